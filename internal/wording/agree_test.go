package wording

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"secondline/internal/hours"

	"pgregory.net/rapid"
)

func TestAPromptKeepsItsChannelInEveryLanguage(t *testing.T) {
	formatters["xx"] = formatters["en"]
	defer delete(formatters, "xx")
	_, err := load(fstest.MapFS{
		"en.toml": {Data: []byte("[a]\nchannel = \"VM\"\ntext = \"Call {PHONE}.\"\n")},
		"xx.toml": {Data: []byte("[a]\nchannel = \"V\"\ntext = \"Llame al {PHONE}.\"\n")},
	})
	if err == nil || !strings.Contains(err.Error(), "xx: a is for channel V, in English for VM") {
		t.Errorf("a voicemail that is spoken into calls in Spanish is taken: %v", err)
	}
}

// Wherever in the United States a patient lives, a text that names a time fits
// one segment.
func TestTextsFitInEveryZone(t *testing.T) {
	b := loaded(t)
	for _, zone := range unitedStates() {
		vars := map[string]string{}
		for name, raw := range longest {
			vars[name] = raw
		}
		vars["WHEN"] = "2027-12-29T21:30:00Z " + zone
		for _, id := range b.IDs() {
			if b.Channel(id) != Text {
				continue
			}
			for _, language := range b.Languages() {
				text, err := b.Text(language, id, vars)
				if err != nil || !oneSegment(text) {
					t.Errorf("%s in %s, %s is no single segment of GSM-7: %q %v", id, language, zone, text, err)
				}
			}
		}
	}
}

func unitedStates() []string {
	var out []string
	for _, state := range []string{"PR", "VI", "GU", "MP", "AS"} {
		out = append(out, hours.ZonesOfState(state)...)
	}
	return append(out, hours.ZonesOfCountry("US")...)
}

// Whatever hours an operator sets, the line can say and write them.
func TestEveryCalendarCanBeSaid(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := anyCalendar(rt)
		for _, name := range []string{"HOURS", "HRS"} {
			words, err := english[name](c.Spec())
			if err != nil {
				rt.Fatalf("%s %q: %v", name, c.Spec(), err)
			}
			if _, err := spanish[name](c.Spec()); err != nil {
				rt.Fatalf("%s %q in Spanish: %v", name, c.Spec(), err)
			}
			if open := strings.Count(c.Spec(), ";") + 1; strings.Count(words, ";")+strings.Count(words, ", ") < open-1 {
				rt.Fatalf("%s %q leaves out hours: %q", name, c.Spec(), words)
			}
		}
	})
}

func anyCalendar(rt *rapid.T) *hours.Calendar {
	cfg := hours.CalendarConfig{
		Zone: rapid.SampledFrom([]string{"America/New_York", "Pacific/Honolulu", "Europe/London", "UTC"}).Draw(rt, "zone"),
		Days: map[string][2]string{"tuesday": {"9:00", "24:00"}},
	}
	for _, day := range strings.Fields("monday wednesday thursday friday saturday sunday") {
		if rapid.Bool().Draw(rt, day) {
			from := rapid.IntRange(0, 24*60-1).Draw(rt, "from")
			to := rapid.IntRange(from+1, 24*60).Draw(rt, "to")
			cfg.Days[day] = [2]string{clock(from), clock(to)}
		}
	}
	c, err := hours.NewCalendar(cfg)
	if err != nil {
		rt.Fatal(err)
	}
	return c
}

func clock(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }
