package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are known on a machine without them
	"unicode"

	"golang.org/x/text/language"

	"secondline/internal/hours"
)

// finder gathers the faults of the programme.
type finder struct{ faults Faults }

func (f *finder) check(key, problem string) {
	if problem != "" {
		f.faults = append(f.faults, Fault{Name: key, Problem: problem, Example: exampleOf(withoutIndex(key))})
	}
}

var listIndex = regexp.MustCompile(`\[[0-9]+\].*`)

// withoutIndex gives the setting that coordinator[2].number is part of.
func withoutIndex(key string) string { return listIndex.ReplaceAllString(key, "") }

// check looks at every value of the programme.
func (p Programme) check() Faults {
	var f finder
	f.check("organisation", organisationProblem(p.Organisation))
	p.checkNumbers(&f)
	p.Opening.check(&f)
	f.check("voice.en", voiceProblem(p.Voice.English))
	f.check("voice.es", voiceProblem(p.Voice.Spanish))
	p.checkSpecialDays(&f)
	f.check("countries.callable", countriesProblem(p.Countries.Callable))
	f.check("countries.textable", p.Countries.textableProblem())
	p.checkAmounts(&f)
	return f.faults
}

// revealing are words that tell the person who picks up, or the next who looks
// at the telephone, what the call is about. Each matches the beginning of a word.
var revealing = []string{
	"cancer", "oncolog", "onco", "tumor", "tumour", "leukemia", "leukaemia", "lymphoma", "myeloma",
	"melanoma", "sarcoma", "carcinoma", "chemo", "radiation", "radiother", "palliat", "hospice",
	"patholog", "dana", "farber", "danafarber", "second opinion", "secondopinion",
}

// 32 is what the longest text leaves for a name within one segment of 160.
const longestOrganisation = 32

func organisationProblem(name string) string {
	if strings.TrimSpace(name) == "" {
		return "is empty: who calls must be said"
	}
	if len(name) > longestOrganisation {
		return fmt.Sprintf("is longer than %d characters and would not fit into a text", longestOrganisation)
	}
	for _, r := range name {
		if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" .,&'-", r) {
			return fmt.Sprintf("holds %q: use plain letters, digits, and . , & ' -", r)
		}
	}
	words := " " + strings.Join(strings.FieldsFunc(strings.ToLower(name), notLetter), " ")
	for _, word := range revealing {
		if strings.Contains(words, " "+word) {
			return fmt.Sprintf("says %q, and so tells whoever picks up what the call is about", word)
		}
	}
	return ""
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`)

// numberProblem does not quote the number: a coordinator's is personal.
func numberProblem(number string) string {
	if !e164.MatchString(number) {
		return "must be + and 8 to 15 digits, without spaces (E.164)"
	}
	if strings.HasPrefix(number, "+1") && len(number) != len("+16175550123") {
		return "begins with +1, so ten digits must follow"
	}
	return ""
}

// checkNumbers refuses the same number twice: a line that transfers to itself
// rings for ever.
func (p Programme) checkNumbers(f *finder) {
	holder := map[string]string{}
	number := func(key, value string) {
		problem := numberProblem(value)
		if other, taken := holder[value]; taken && problem == "" {
			problem = "is the same number as " + other
		}
		if holder[value] == "" {
			holder[value] = key
		}
		f.check(key, problem)
	}
	line := func(key string, l Line) {
		number(key+".number", l.Number)
		if strings.TrimSpace(l.Name) == "" {
			f.check(key+".name", "is empty")
		}
		if l.Greeting != GreetDomestic && l.Greeting != GreetInternational {
			f.check(key+".greeting", fmt.Sprintf("is %q; it is %q or %q", l.Greeting, GreetDomestic, GreetInternational))
		}
	}
	line("lines.tollfree", p.Lines.TollFree)
	line("lines.international", p.Lines.International)
	number("in_person.number", p.InPerson.Number)
	for i, c := range p.Coordinators {
		at := fmt.Sprintf("coordinator[%d]", i+1)
		number(at+".number", c.Number)
		if strings.TrimSpace(c.Name) == "" {
			f.check(at+".name", "is empty")
		}
		f.check(at+".languages", languagesProblem(c.Languages))
		if pin := c.PIN.Reveal(); pin != "" && !pinForm.MatchString(pin) {
			f.check(at+".pin", "is not 4 to 8 digits")
		}
		if c.Hours != "" && (c.Hours == "closed" || dayProblem(c.Hours) != "") {
			f.check(at+".hours", fmt.Sprintf("is %q; it is two times of 24 hours", c.Hours))
		}
	}
}

var pinForm = regexp.MustCompile(`^[0-9]{4,8}$`)

func (p Programme) checkSpecialDays(f *finder) {
	for i, d := range p.SpecialDays {
		at := fmt.Sprintf("special_day[%d]", i+1)
		if _, err := time.Parse(time.DateOnly, d.Date); err != nil {
			f.check(at+".date", fmt.Sprintf("is %q, which is no date", d.Date))
		}
		f.check(at+".hours", dayProblem(d.Hours))
		if strings.TrimSpace(d.Say["en"]) == "" {
			f.check(at+".say", "has no English sentence (en)")
		}
		for language := range d.Say {
			f.check(at+".say", languageProblem(language))
		}
	}
}

// Days gives the opening and closing time of every day that is open, each
// "15:04", under the day's English name in small letters.
func (o Opening) Days() map[string][2]string {
	days := map[string][2]string{}
	for name, hours := range o.written() {
		if from, to, ok := strings.Cut(hours, "-"); ok {
			days[name] = [2]string{strings.TrimSpace(from), strings.TrimSpace(to)}
		}
	}
	return days
}

func (o Opening) written() map[string]string {
	return map[string]string{
		"monday": o.Monday, "tuesday": o.Tuesday, "wednesday": o.Wednesday, "thursday": o.Thursday,
		"friday": o.Friday, "saturday": o.Saturday, "sunday": o.Sunday,
	}
}

var weekdays = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

func (o Opening) check(f *finder) {
	if _, err := time.LoadLocation(o.Zone); err != nil || o.Zone == "" || o.Zone == "Local" {
		f.check("opening.zone", fmt.Sprintf("is %q, which is not a time zone", o.Zone))
	}
	written := o.written()
	for _, day := range weekdays {
		f.check("opening."+day, dayProblem(written[day]))
	}
	if len(o.Days()) == 0 {
		f.check("opening", "is closed on every day")
	}
	for _, holiday := range o.Holidays {
		f.check("opening.holidays", holidayProblem(holiday))
	}
}

var clockTime = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)

func dayProblem(hours string) string {
	if hours == "closed" {
		return ""
	}
	from, to, _ := strings.Cut(hours, "-")
	from, to = strings.TrimSpace(from), strings.TrimSpace(to)
	switch {
	case !clockTime.MatchString(from) || !clockTime.MatchString(to):
		return fmt.Sprintf("is %q; it is two times of 24 hours, or \"closed\"", hours)
	case to <= from:
		return fmt.Sprintf("is %q: it closes before it opens", hours)
	}
	return ""
}

// holidayProblem asks the calendar, which knows the names.
func holidayProblem(holiday string) string {
	_, err := hours.NewCalendar(hours.CalendarConfig{Zone: "UTC", Days: map[string][2]string{"monday": {"09:00", "21:00"}}, Holidays: []string{holiday}})
	if err == nil {
		return ""
	}
	return fmt.Sprintf("holds %q, which is neither a holiday's name nor a date", holiday)
}

var voiceName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*(\.[A-Za-z0-9-]+)?$`)

func voiceProblem(name string) string {
	if voiceName.MatchString(name) {
		return ""
	}
	return fmt.Sprintf("is %q, which is not the name of a voice", name)
}

func languageProblem(tag string) string {
	if _, err := language.Parse(tag); err != nil {
		return fmt.Sprintf("is %q, which is not a language", tag)
	}
	return ""
}

func languagesProblem(tags []string) string {
	if len(tags) == 0 {
		return "is empty: a coordinator speaks at least one language"
	}
	for _, tag := range tags {
		if problem := languageProblem(tag); problem != "" {
			return problem
		}
	}
	return ""
}

func countriesProblem(codes []string) string {
	for _, code := range codes {
		region, err := language.ParseRegion(code)
		if err != nil || len(code) != 2 || region.Canonicalize().String() != code || !region.IsCountry() {
			return fmt.Sprintf("holds %q, which is not an ISO 3166 code of a country", code)
		}
	}
	return ""
}

func (c Countries) textableProblem() string {
	for _, code := range c.Textable {
		if !slices.Contains(c.Callable, code) {
			return fmt.Sprintf("holds %q, which is not in countries.callable", code)
		}
	}
	return ""
}

// checkAmounts bounds every number: a nought too many costs a night's sleep.
func (p Programme) checkAmounts(f *finder) {
	amount := func(key string, value, least, most int) {
		if value < least || value > most {
			f.check(key, fmt.Sprintf("is %d; it is %d to %d", value, least, most))
		}
	}
	length := func(key string, value, least, most time.Duration) {
		if value < least || value > most {
			f.check(key, fmt.Sprintf("is %s; it is %s to %s", shortDuration(value), shortDuration(least), shortDuration(most)))
		}
	}
	amount("caps.calls_per_caller_in_10_minutes", p.Caps.CallsPerCaller, 1, 100)
	amount("caps.calls_per_caller_at_once", p.Caps.CallsPerCallerAtOnce, 1, 20)
	amount("caps.texts_per_number_in_an_hour", p.Caps.TextsPerNumber, 1, 60)
	amount("caps.texts_per_number_a_day", p.Caps.TextsPerNumberADay, 1, 200)
	amount("caps.texts_per_prefix_a_day", p.Caps.TextsPerPrefixADay, 1, 10_000)
	amount("caps.texts_per_country_a_day", p.Caps.TextsPerCountryADay, 1, 100_000)
	amount("caps.texts_a_day", p.Caps.TextsADay, 1, 1_000_000)
	amount("caps.texts_a_second", p.Caps.TextsASecond, 1, 1000)
	amount("caps.calls_at_once", p.Caps.CallsAtOnce, 1, 100_000)
	amount("caps.calls_out_a_day", p.Caps.CallsOutADay, 1, 1_000_000)
	amount("caps.calls_out_per_prefix_a_day", p.Caps.CallsOutPerPrefix, 1, 100_000)
	amount("caps.calls_out_per_country_a_day", p.Caps.CallsOutPerCountry, 1, 100_000)
	amount("caps.wrong_answers_a_day", p.Caps.WrongAnswersADay, 10, 1_000_000)
	amount("retention.unfinished_intake_days", p.Retention.UnfinishedIntakeDays, 1, 90)
	amount("retention.recordings_days", p.Retention.RecordingsDays, 1, 3650)
	amount("retention.closed_requests_days", p.Retention.ClosedRequestsDays, 1, 3650)
	amount("retention.closed_tasks_days", p.Retention.ClosedTasksDays, 1, 3650)
	amount("retention.laid_aside_days", p.Retention.LaidAsideDays, 4, 3650)
	amount("retention.consents_days", p.Retention.ConsentsDays, 2190, 36500)
	length("transfer.ring", p.Transfer.Ring, 5*time.Second, 60*time.Second)
	length("transfer.total", p.Transfer.Total, p.Transfer.Ring, 10*time.Minute)
	length("transfer.longest", p.Transfer.Longest, p.Transfer.Total, time.Hour)
	length("promise.first_call", p.Promise.FirstCall, time.Hour, 120*time.Hour)
	length("promise.call_back", p.Promise.CallBack, time.Hour, 120*time.Hour)
}
