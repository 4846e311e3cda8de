package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"secondline/internal/hours"
	"secondline/internal/planview"
)

const planUsage = `secondline plan shows what is done to call a patient within 24 hours of a
delivery: when a call is legal, when it is tried, and when a person takes over.

  secondline plan -delivered TIME -zone ZONE[,ZONE] [-line HOURS] [-svg FILE]
  secondline plan -delivered TIME -zip 02115
  secondline plan -delivered TIME -country CA

TIME is an RFC 3339 time, or "2027-03-12 16:30" by the line's clock. Without a
zone, a zip code or a country, legal is what is legal in all of the United States.

`

// planFlags is what a plan is asked for with.
type planFlags struct {
	delivered, chosen, zones, zip, country, consents, svg string
	hoursFlags
	bot, exempt, strict bool
}

// hoursFlags say when the line is open and when patients may be called.
type hoursFlags struct{ line, holidays, window string }

func (h *hoursFlags) register(flags *flag.FlagSet) {
	flags.StringVar(&h.line, "line", "Mon-Sun 09:00-21:00", "opening hours; a zone may follow them, America/New_York else")
	flags.StringVar(&h.holidays, "holidays", "", "days on which the line is closed, divided by commas: thanksgiving,2027-12-24")
	flags.StringVar(&h.window, "window", hours.DefaultWindow.String(), "when a patient may be called, by the patient's clock")
}

// read gives the calendar and the window; the error names every fault.
func (h *hoursFlags) read() (*hours.Calendar, hours.Window, error) {
	cfg, err := hours.ParseSpec(h.line, "America/New_York")
	cfg.Holidays = listed(h.holidays)
	from, to, _ := strings.Cut(h.window, "-")
	window, err2 := hours.NewWindow(from, to)
	if err = errors.Join(err, err2); err != nil {
		return nil, window, err
	}
	line, err := hours.NewCalendar(cfg)
	return line, window, err
}

// listed gives the words between commas.
func listed(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// runPlan prints a plan, and draws it.
func runPlan(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("plan", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var f planFlags
	flags.StringVar(&f.delivered, "delivered", "", "when the opinion was delivered")
	flags.StringVar(&f.zones, "zone", "", "zones in which the patient may be, divided by commas")
	flags.StringVar(&f.zip, "zip", "", "the patient's zip code, in place of a zone")
	flags.StringVar(&f.country, "country", "", "the patient's country, two letters, in place of a zone")
	flags.StringVar(&f.consents, "consents", "texts,voicemail", "what the patient agreed to: texts, calls (automated ones), voicemail")
	flags.StringVar(&f.chosen, "chosen", "", "the time that the patient chose")
	flags.BoolVar(&f.bot, "bot", false, "an automated voice speaks first, where the patient agreed to automated calls")
	flags.BoolVar(&f.exempt, "exemption", false, "without consent, use the exemption for health care calls")
	flags.BoolVar(&f.strict, "strict", false, "keep the hours that the zip code's state sets for calls that sell")
	flags.StringVar(&f.svg, "svg", "", "a file to draw the plan in")
	f.register(flags)
	flags.Usage = func() { fmt.Fprint(stderr, planUsage); flags.PrintDefaults() }
	if err := flags.Parse(args); err != nil {
		return flagStatus(err)
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "secondline plan: there is nothing to do with %q\n", flags.Args())
		return 2
	}
	view, err := f.view()
	if err != nil {
		fmt.Fprintln(stderr, "secondline plan:", err)
		return 2
	}
	if err := showPlan(view, stdout, f.svg); err != nil {
		fmt.Fprintln(stderr, "secondline plan:", err)
		return 1
	}
	return 0
}

// showPlan prints a plan and, where a file is named, draws it.
func showPlan(v *planview.View, stdout io.Writer, svg string) error {
	if _, err := io.WriteString(stdout, v.Text()); err != nil {
		return fmt.Errorf("print the plan: %w", err)
	}
	if svg == "" {
		return nil
	}
	if err := os.WriteFile(svg, []byte(v.SVG()), 0o644); err != nil {
		return fmt.Errorf("draw the plan: %w", err)
	}
	return nil
}

// view makes the plan that was asked for.
func (f *planFlags) view() (*planview.View, error) {
	line, window, err := f.read()
	if err != nil {
		return nil, err
	}
	delivered, err1 := planTime(f.delivered, line)
	zones, overlays, err2 := f.place()
	consents, err3 := readConsents(f.consents)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	p := hours.NewPromise(delivered, line, zones)
	p.Legal = hours.NewLegal(line, zones, window, hours.ClosingMargin, overlays...)
	p.Consents, p.BotFirst, p.Exemption = consents, f.bot, f.exempt
	if f.chosen != "" {
		if p.Chosen, err = planTime(f.chosen, line); err != nil {
			return nil, err
		}
	}
	return planview.New(p, line, zones, window, overlays...), nil
}

// planTime reads a time; one without a zone is by the line's clock.
func planTime(text string, line *hours.Calendar) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04"} {
		if t, err := time.ParseInLocation(layout, text, line.Zone()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time; examples: 2027-03-12T16:30:00-05:00, \"2027-03-12 16:30\"", text)
}

// place gives the zones in which the patient may be, and what binds calls there.
func (f *planFlags) place() (hours.ZoneSet, []hours.Overlay, error) {
	var out []hours.Overlay
	if o, ok := hours.OverlayOfCountry(strings.ToUpper(f.country)); ok {
		out = append(out, o)
	}
	state, known := hours.StateOfZip(f.zip)
	if o, ok := hours.OverlayOfState(state); ok && f.strict {
		out = append(out, o)
	}
	switch {
	case f.zones != "":
		zones, err := hours.NewZoneSet(hours.FromAnswer, listed(f.zones)...)
		return zones, out, err
	case f.zip != "":
		if !known {
			return hours.ZoneSet{}, nil, errors.New("the zip code is not known; an example: 02115")
		}
		zones, err := hours.NewZoneSet(hours.FromZip, hours.ZonesOfZip(f.zip)...)
		return zones, out, err
	case f.country != "":
		names := hours.ZonesOfCountry(strings.ToUpper(f.country))
		if len(names) == 0 {
			return hours.ZoneSet{}, nil, errors.New("the country is not known; an example: CA")
		}
		zones, err := hours.NewZoneSet(hours.FromCountry, names...)
		return zones, out, err
	}
	return hours.ZoneSet{}, out, nil
}

func readConsents(text string) (hours.Consents, error) {
	var out hours.Consents
	for _, word := range listed(text) {
		switch word {
		case "texts":
			out.Texts = true
		case "calls":
			out.AutomatedCalls = true
		case "voicemail":
			out.Voicemail = true
		case "none":
		default:
			return out, fmt.Errorf("%q is no consent; there are texts, calls, voicemail and none", word)
		}
	}
	return out, nil
}

// write and center put words into a drawing.
var (
	write  = planview.Write
	center = planview.Center
)
