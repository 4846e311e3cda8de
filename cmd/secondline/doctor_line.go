package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"secondline/internal/hours"
	"secondline/internal/wording"
)

// examineSettings looks at what serve would refuse, and at what it bears.
func (d *doctor) examineSettings(faults Faults) {
	for _, f := range faults {
		do := "set it right"
		if f.Example != "" {
			do = "for example: " + f.Example
		}
		d.notFine(bad, "settings", do, "%s %s", f.Name, f.Problem)
	}
	if len(faults) == 0 {
		d.ok("settings", "serve can start with them")
	}
	dep := d.settings.Deploy
	if u, err := url.Parse(dep.PublicURL); err == nil && isLocalhost(u.Hostname()) {
		d.notFine(bad, "public_address", "set PUBLIC_URL to the https address that Twilio reaches", "PUBLIC_URL is on this machine: Twilio cannot reach it")
	}
	if host, _, ok := strings.Cut(dep.AdminListen, ":"); ok && !isLocalhost(strings.Trim(host, "[]")) && faultNamed(faults, "ADMIN_LISTEN") == "" {
		d.notFine(warn, "admin_address", "listen on 127.0.0.1, or keep the port behind a firewall", "ADMIN_LISTEN is not loopback: whoever reaches it reads metrics")
	}
	if !dep.AuthTokenNext.Empty() {
		d.notFine(warn, "auth_token_next", "remove TWILIO_AUTH_TOKEN_NEXT when the change of tokens is done", "requests signed with either token are accepted")
	}
}

func faultNamed(faults Faults, name string) string {
	for _, f := range faults {
		if f.Name == name {
			return f.Problem
		}
	}
	return ""
}

// examineRoster looks at who answers. Nobody is named by more than a place in the
// roster.
func (d *doctor) examineRoster() {
	p := d.settings.Programme
	d.examineLineNumbers()
	if len(p.Coordinators) == 0 {
		d.notFine(bad, "roster", "add [[coordinator]] blocks to the file that LINE_CONFIG names", "nobody is in the roster: callers who ask for a person reach none")
		return
	}
	d.ok("roster", "%d people", len(p.Coordinators))
	d.examineRosterNumbers()
	d.examineRosterPINs()
	d.examineRosterHours()
	spoken := map[string]bool{}
	supervisors := 0
	for _, c := range p.Coordinators {
		for _, l := range c.Languages {
			spoken[base(l)] = true
		}
		if c.Supervisor {
			supervisors++
		}
	}
	if supervisors == 0 {
		d.notFine(bad, "roster.supervisor", "set supervisor = true for at least one", "nobody is told of a promise that is at risk")
	} else {
		d.ok("roster.supervisor", "%d of them", supervisors)
	}
	d.examineLanguages(spoken)
}

func base(tag string) string { lang, _, _ := strings.Cut(strings.ToLower(tag), "-"); return lang }

func (d *doctor) examineLanguages(spoken map[string]bool) {
	words, err := wording.Load()
	if err != nil {
		d.notFine(bad, "roster.languages", "install the program anew", "the wording cannot be read: %v", err)
		return
	}
	var missing []string
	for _, l := range words.Languages() {
		if !spoken[base(l)] {
			missing = append(missing, l)
		}
	}
	if len(missing) > 0 {
		d.notFine(warn, "roster.languages", "add somebody who speaks it, or have an interpreter service in the roster", "the line is held in %s, and nobody in the roster speaks it", list(missing))
		return
	}
	d.ok("roster.languages", "somebody speaks each of %s", list(words.Languages()))
}

func (d *doctor) examineRosterNumbers() {
	may := callable(d.settings.Programme.Countries.Callable)
	var wrong, barred []string
	for i, c := range d.settings.Programme.Coordinators {
		switch {
		case !validNumber(c.Number):
			wrong = append(wrong, rosterPlace(i))
		case !may(c.Number):
			barred = append(barred, rosterPlace(i))
		}
	}
	if len(wrong) > 0 {
		d.notFine(bad, "roster.numbers", "correct the number; it is dialled as it stands", "no telephone can have the number of %s", list(wrong))
	}
	if len(barred) > 0 {
		d.notFine(bad, "roster.countries", "add the country to countries.callable, or give another number", "the country of %s is not one that the line dials", list(barred))
	}
	if len(wrong)+len(barred) == 0 {
		d.ok("roster.numbers", "all can be dialled")
	}
}

// rosterPlace names a coordinator by the order in the roster.
func rosterPlace(i int) string { return fmt.Sprintf("coordinator[%d]", i+1) }

func validNumber(e164 string) bool {
	n, err := phonenumbers.Parse(e164, "")
	return err == nil && phonenumbers.IsValidNumber(n)
}

func (d *doctor) examineLineNumbers() {
	p := d.settings.Programme
	for _, n := range []struct{ name, number string }{{"tollfree", p.Lines.TollFree.Number}, {"international", p.Lines.International.Number}, {"in_person", p.InPerson.Number}} {
		switch {
		case !validNumber(n.number):
			d.notFine(bad, n.name+".number", "correct it in the file that LINE_CONFIG names", "%s is no telephone number", n.number)
		case n.name == "tollfree" && !isTollFree(n.number):
			d.notFine(warn, n.name+".number", "a local number that texts needs an A2P campaign; set lines.tollfree.number if it is a mistake", "%s is not toll-free", n.number)
		}
	}
}

func (d *doctor) examineRosterPINs() {
	taken := map[string]int{}
	var none, easy, same []string
	for i, c := range d.settings.Programme.Coordinators {
		pin := c.PIN.Reveal()
		switch {
		case pin == "":
			none = append(none, rosterPlace(i))
			continue
		case strings.Trim(pin, pin[:1]) == "", strings.Contains("01234567890", pin), strings.Contains("09876543210", pin):
			easy = append(easy, rosterPlace(i))
		}
		if _, ok := taken[pin]; ok {
			same = append(same, rosterPlace(i))
		}
		taken[pin] = i
	}
	if len(none) > 0 {
		d.notFine(warn, "roster.pin", "give each a pin of 4 to 8 digits", "%s cannot use the coordinators' own line: no pin", list(none))
	}
	if len(easy) > 0 {
		d.notFine(bad, "roster.pin_easy", "choose one that nobody guesses", "the pin of %s is the first that anybody tries", list(easy))
	}
	if len(same) > 0 {
		d.notFine(warn, "roster.pin_same", "give each a pin of their own", "%s has the pin of somebody else", list(same))
	}
}

// examineRosterHours looks for time in which the line is open and nobody works.
func (d *doctor) examineRosterHours() {
	p := d.settings.Programme
	days := p.Opening.Days()
	var gaps []string
	for _, day := range weekdays {
		span, open := days[day]
		if !open {
			continue
		}
		if gap := uncovered(span, p.Coordinators); gap != "" {
			gaps = append(gaps, day+" "+gap)
		}
	}
	if len(gaps) > 0 {
		d.notFine(warn, "roster.hours", "change hours in the roster, or those of the line", "the line is open and nobody works: %s", list(gaps))
		return
	}
	d.ok("roster.hours", "somebody works whenever the line is open")
}

// uncovered gives the first span of a day in which nobody works; "" for none.
func uncovered(open [2]string, roster []Coordinator) string {
	works := make([][2]string, 0, len(roster))
	for _, c := range roster {
		from, to, ok := strings.Cut(c.Hours, "-")
		if !ok {
			return ""
		}
		works = append(works, [2]string{strings.TrimSpace(from), strings.TrimSpace(to)})
	}
	slices.SortFunc(works, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	at := open[0]
	for _, w := range works {
		if w[0] > at {
			return at + "-" + min(w[0], open[1])
		}
		if at = max(at, w[1]); at >= open[1] {
			return ""
		}
	}
	return at + "-" + open[1]
}

// recentRules are changes of law that old time-zone data do not have: the offset in
// seconds of a zone at a time.
var recentRules = []struct {
	zone    string
	at      string
	east    int
	version string
}{
	{"America/Mexico_City", "2026-07-01T12:00:00Z", -6 * 3600, "2022f"},
	{"America/Ciudad_Juarez", "2026-01-01T12:00:00Z", -7 * 3600, "2022g"},
	{"Asia/Almaty", "2026-01-01T12:00:00Z", 5 * 3600, "2024a"},
	{"America/Asuncion", "2026-07-01T12:00:00Z", -3 * 3600, "2025a"},
	{"America/Coyhaique", "2026-07-01T12:00:00Z", -3 * 3600, "2025b"},
}

// examineZones loads every zone and looks for rules that only recent data have: a
// machine's own come before those in the program.
func (d *doctor) examineZones() {
	var missing []string
	all := hours.AllZones()
	for _, name := range append(slices.Clone(all), d.settings.Programme.Opening.Zone) {
		if _, err := d.tools.zone(name); err != nil {
			missing = append(missing, name)
		}
	}
	if n := len(missing); n > 0 {
		d.notFine(bad, "zones", "install the package tzdata, or unset ZONEINFO", "%d time zones cannot be loaded, %s among them", n, missing[0])
	} else {
		d.ok("zones", "all %d load", len(all))
	}
	for _, r := range recentRules {
		at, _ := time.Parse(time.RFC3339, r.at) // ours
		zone, err := d.tools.zone(r.zone)
		if err != nil {
			continue
		}
		if _, east := at.In(zone).Zone(); east != r.east {
			d.notFine(bad, "zones.data", "update the package tzdata, or remove the machine's data so that the program's own are used", "the time-zone data are older than %s: %s has another offset", r.version, r.zone)
			return
		}
	}
	d.ok("zones.data", "at least as new as %s", recentRules[len(recentRules)-1].version)
}
