// Package planview shows the plan to keep a promise, in print or drawn.
package planview

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"secondline/internal/hours"
)

// View is a plan as it is shown, in print or drawn.
type View struct {
	promise hours.Promise
	plan    hours.Plan
	line    *hours.Calendar
	window  hours.Window
	// day is the 24 hours; patient and office are the two clocks.
	day             hours.Block
	patient, office *time.Location
	tracks          []track
	events          []event
}

// track is a row of the 24 hours: when something is so.
type track struct {
	kind, label string // kind is line, patient or legal
	blocks      []hours.Block
}

// event is something that happens at a time.
type event struct {
	at   time.Time
	kind string // text, call, hand, guard, missed, letter
	name string
	why  string
}

// New shows the plan of a promise to a patient in some zones, called in a window.
func New(p hours.Promise, line *hours.Calendar, zones hours.ZoneSet, window hours.Window, overlays ...hours.Overlay) *View {
	plan := p.Plan()
	v := &View{promise: p, plan: plan, line: line, window: window,
		day: hours.Block{From: plan.Delivered, To: plan.Deadline}, patient: p.Legal.Clock(), office: line.Zone()}
	v.tracks = append(v.tracks, track{"line", "line open", line.Blocks(v.day.From, v.day.To)})
	if zones.Empty() {
		zones, _ = hours.NewZoneSet(hours.FromCountry, hours.ZonesOfCountry("US")...)
	}
	for _, z := range zones.Zones() {
		v.addZone(z, overlays)
	}
	v.tracks = append(v.tracks, track{"legal", "a call is legal", plan.Blocks})
	v.addEvents()
	return v
}

// addZone adds a row for a zone, or its name to one with the same hours.
func (v *View) addZone(z hours.PossibleZone, overlays []hours.Overlay) {
	one, err := hours.NewZoneSet(z.Source, z.Name)
	if err != nil {
		return
	}
	name := z.Name[strings.LastIndex(z.Name, "/")+1:]
	name = strings.ReplaceAll(name, "_", " ")
	blocks := hours.NewLegal(v.line, one, v.window, 0, overlays...).Texts(v.day.From, v.day.To)
	for i, t := range v.tracks {
		if t.kind == "patient" && slices.Equal(t.blocks, blocks) {
			v.tracks[i].label += ", " + name
			return
		}
	}
	v.tracks = append(v.tracks, track{"patient", name, blocks})
}

// addEvents lists what happens, in order of time.
func (v *View) addEvents() {
	for _, x := range v.plan.Texts {
		name := map[hours.TextKind]string{hours.UpdateText: "text: an update", hours.PreCallText: "text: we call soon"}[x.Kind]
		v.events = append(v.events, event{x.At, "text", name, x.Why.String()})
	}
	for i, a := range v.plan.Attempts {
		v.addAttempt(a, fmt.Sprintf("attempt %d", i+1))
	}
	for _, a := range v.plan.After {
		v.addAttempt(a, "attempt")
	}
	g := v.plan.Guards
	v.addGuard(g.Human, "guard", "a task for the coordinator")
	v.addGuard(g.Supervisor, "guard", "a task for the supervisor")
	v.addGuard(g.Missed, "missed", "missed, if nobody tried")
	if !v.plan.Letter.IsZero() {
		v.events = append(v.events, event{v.plan.Letter, "letter", "a task: a letter?", "nobody was reached, a person decides"})
	}
	slices.SortStableFunc(v.events, func(a, b event) int { return a.at.Compare(b.at) })
}

func (v *View) addAttempt(a hours.Attempt, name string) {
	kind := "call"
	if a.Kind == hours.ByHand {
		kind = "hand"
	}
	var why []string
	for _, r := range a.Why {
		why = append(why, r.String())
	}
	if a.Voicemail {
		why = append(why, "a message may be left")
	}
	how := map[hours.Kind]string{hours.AgentFirst: "coordinator first", hours.BotFirst: "automated voice first", hours.ByHand: "by hand"}[a.Kind]
	v.events = append(v.events, event{a.At, kind, name + ", " + how, strings.Join(why, "; ")})
}

func (v *View) addGuard(at time.Time, kind, name string) {
	if at.IsZero() {
		return
	}
	why := fmt.Sprintf("%d legal minutes remain", v.remaining(at))
	if v.remaining(at) == 0 {
		why = "no legal minute remains"
	}
	if at.Equal(v.plan.Delivered) {
		why = "at once"
	}
	v.events = append(v.events, event{at, kind, name, why})
}

// remaining counts the legal minutes from t on.
func (v *View) remaining(t time.Time) int {
	n := 0
	for _, b := range v.plan.Blocks {
		if b.From.Before(t) {
			b.From = t
		}
		n += max(b.Minutes(), 0)
	}
	if n == 1 && t.Equal(v.plan.Deadline) {
		return 0 // the deadline's own minute
	}
	return n
}

// oneClock says that patient and line have the same time.
func (v *View) oneClock() bool {
	_, a := v.day.From.In(v.patient).Zone()
	_, b := v.day.From.In(v.office).Zone()
	return a == b
}

// summary says in a line how much of the day is legal.
func (v *View) summary() string {
	return fmt.Sprintf("%d of 1,440 minutes", hours.Minutes(v.plan.Blocks))
}

// notes gives the sentences of the plan as a whole.
func (v *View) notes() []string {
	var out []string
	for _, r := range v.plan.Notes {
		out = append(out, r.String())
	}
	return out
}

// Text prints the plan.
func (v *View) Text() string {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-13s%s\n", name, fmt.Sprintf(format, args...))
	}
	const stamp = "Mon 2 Jan 2006 15:04 MST"
	row("delivered", "%s%s", v.plan.Delivered.In(v.patient).Format(stamp), v.other(v.plan.Delivered))
	row("promised by", "%s%s", v.plan.Deadline.In(v.patient).Format(stamp), v.other(v.plan.Deadline))
	row("line", "%s", v.line.Spec())
	row("patient", "%s, %s", v.window, strings.Join(v.patients(), "; "))
	row("legal", "%s", v.summary())
	for _, note := range v.notes() {
		row("", "%s", note)
	}
	b.WriteString("\n" + v.chart() + "\n")
	v.writeEvents(&b, "", func(e event) bool { return !e.at.After(v.plan.Deadline) })
	v.writeEvents(&b, "\nafterwards, as long as nobody was reached\n", func(e event) bool { return e.at.After(v.plan.Deadline) })
	return b.String()
}

// patients gives the names of the zones, a group of the same hours each.
func (v *View) patients() []string {
	var out []string
	for _, t := range v.tracks {
		if t.kind == "patient" {
			out = append(out, t.label)
		}
	}
	return out
}

// other gives a time by the line's clock in brackets, where it is another.
func (v *View) other(t time.Time) string {
	if v.oneClock() {
		return ""
	}
	return t.In(v.office).Format(" (Mon 15:04 MST)")
}

func (v *View) writeEvents(b *strings.Builder, title string, is func(event) bool) {
	wide := 0
	for _, e := range v.events {
		wide = max(wide, len(e.name))
	}
	for _, e := range v.events {
		if !is(e) {
			continue
		}
		b.WriteString(title)
		title = ""
		fmt.Fprintf(b, "%s%s  %-*s  %s\n", e.at.In(v.patient).Format("Mon 2 Jan 15:04"), v.other(e.at), wide, e.name, e.why)
	}
}

// columns is how many columns the printed 24 hours take, 20 minutes each.
const columns = 72

// chart draws the 24 hours in letters.
func (v *View) chart() string {
	var b strings.Builder
	wide := len("patient clock")
	for _, t := range v.tracks {
		wide = max(wide, min(len(t.label), 24))
	}
	row := func(name, cells string) {
		b.WriteString(strings.TrimRight(fmt.Sprintf("%-*.*s  %s", wide, wide, name, cells), " ") + "\n")
	}
	row("patient clock", v.scale(v.patient))
	if !v.oneClock() {
		row("line clock", v.scale(v.office))
	}
	for _, t := range v.tracks {
		row(t.label, v.cells(t.blocks))
	}
	row("", v.marks())
	row("", "1-3 attempts, ! a person takes over, x missed")
	return b.String()
}

// column gives the column of a time of the day.
func (v *View) column(t time.Time) int {
	return min(int(t.Sub(v.day.From)*columns/(24*time.Hour)), columns-1)
}

// scale writes every third full hour.
func (v *View) scale(zone *time.Location) string {
	out := []byte(strings.Repeat(" ", columns+2))
	for n := range columns {
		at := v.day.From.Add(time.Duration(n) * 24 * time.Hour / columns)
		local := at.In(zone)
		if local.Minute() < 24*60/columns && local.Hour()%3 == 0 {
			copy(out[n:], local.Format("15"))
		}
	}
	return string(out)
}

func (v *View) cells(blocks []hours.Block) string {
	var b strings.Builder
	for n := range columns {
		from := v.day.From.Add(time.Duration(n) * 24 * time.Hour / columns)
		half := from.Add(12 * time.Hour / columns)
		b.WriteString(map[bool]string{true: "█", false: "·"}[slices.ContainsFunc(blocks, func(b hours.Block) bool { return b.Holds(half) })])
	}
	return b.String()
}

// marks writes the attempts' numbers, and ! where a person takes over.
func (v *View) marks() string {
	out := []byte(strings.Repeat(" ", columns))
	put := func(t time.Time, mark string) {
		if !t.IsZero() && !t.Before(v.day.From) && !t.After(v.day.To) {
			copy(out[v.column(t):], mark)
		}
	}
	put(v.plan.Guards.Human, "!")
	put(v.plan.Guards.Supervisor, "!")
	put(v.plan.Guards.Missed, "x")
	for i, a := range v.plan.Attempts {
		put(a.At, fmt.Sprint(i+1))
	}
	return strings.TrimRight(string(out), " ")
}

// Step is something that happens at a time, in words.
type Step struct {
	At        time.Time
	Name, Why string
}

// Steps lists what happens, in order of time.
func (v *View) Steps() []Step {
	out := make([]Step, len(v.events))
	for i, e := range v.events {
		out[i] = Step{e.at, e.name, e.why}
	}
	return out
}

// Clock is the zone by whose clock the plan is shown.
func (v *View) Clock() *time.Location { return v.patient }
