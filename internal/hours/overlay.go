package hours

import "sync"

// Overlay narrows a person's window by the law of a place. It never widens it.
// The zero value forbids every day.
type Overlay struct {
	// Name says whose hours they are, such as "Canada".
	Name string
	days [7]span
	// shut gives the days on which nobody is called; nil for none.
	shut func() map[int]string
}

// weekOf gives the days of a week, Sunday first.
func weekOf(sunday, weekday, saturday span) [7]span {
	return [7]span{sunday, weekday, weekday, weekday, weekday, weekday, saturday}
}

// countryOverlays are hours that bind every call.
var countryOverlays = map[string]Overlay{
	"CA": {Name: "Canada", days: weekOf(span{10 * 60, 18 * 60}, span{9 * 60, 21*60 + 30}, span{10 * 60, 18 * 60})},
}

var allDay = span{0, dayMinutes}

// stateOverlays are the hours that states set for calls that sell. They do not
// bind ours, and count only where an operator asks for them: strict_state_mode
//
var stateOverlays = map[string]Overlay{
	"AL": {Name: "Alabama", days: weekOf(span{}, allDay, allDay), shut: federalHolidays},
	"LA": {Name: "Louisiana", days: weekOf(span{}, allDay, allDay), shut: federalHolidays},
	"MS": {Name: "Mississippi", days: weekOf(span{}, allDay, allDay), shut: federalHolidays},
	"RI": {Name: "Rhode Island", days: weekOf(span{}, span{9 * 60, 18 * 60}, span{10 * 60, 17 * 60}), shut: federalHolidays},
	"KY": {Name: "Kentucky", days: weekOf(span{10 * 60, 21 * 60}, span{10 * 60, 21 * 60}, span{10 * 60, 21 * 60})},
	"TX": {Name: "Texas", days: weekOf(span{12 * 60, 21 * 60}, allDay, allDay)},
}

// federalHolidays gives the dates of the holidays of 5 U.S.C. 6103(a): a
// Sunday's on Monday, too.
var federalHolidays = sync.OnceValue(func() map[int]string {
	c := &Calendar{days: weekOf(span{}, allDay, allDay), shut: map[int]string{}}
	for name, h := range holidays {
		if name != "day_after_thanksgiving" {
			c.shutOn(h, name)
		}
	}
	return c.shut
})

// OverlayOfCountry gives the hours of a country (ISO 3166-1, two capitals) in
// which its people may be called; false for one that sets none that bind us.
func OverlayOfCountry(iso2 string) (Overlay, bool) {
	o, ok := countryOverlays[iso2]
	return o, ok
}

// OverlayOfState gives the hours that a state (two capitals) sets for calls that
// sell, for strict_state_mode; false for one that sets none narrower than
// the window.
func OverlayOfState(state string) (Overlay, bool) {
	o, ok := stateOverlays[state]
	return o, ok
}
