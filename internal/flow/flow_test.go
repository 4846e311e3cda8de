package flow

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"secondline/internal/private"
)

// tea is a small script that has one of everything.
func tea() *Book {
	return NewBook(Ways{
		Person: "person.start", Language: "person.start", Stop: "stop.ask", Starts: []string{"tea.start"},
		NoInput: []string{"ni1", "ni2"}, NoMatch: []string{"nm1", "nm2"}, Stuck: "person.stuck", Paused: "paused", PausedOptional: "paused",
	}, &Script{Name: "tea", Title: "Tea", Steps: []Step{
		{ID: "start", Say: []string{"hello"}, Goto: Goto{OK: "choose"}},
		{ID: "choose", Say: []string{"tea-or-coffee"}, Ask: Choices("1", "tea", "2", "coffee"), Save: "drink", NoInput: []string{"own-ni"},
			Goto: Goto{"tea": "born", "coffee": "born"}},
		{ID: "born", Say: []string{"born?"}, Ask: Date{Confirm: "born-c", Bad: "born-bad"}, Save: "born", Fail: "zip", Goto: Goto{OK: "zip"}},
		{ID: "zip", Say: []string{"zip?"}, Ask: Zip{Bad: "zip-bad"}, Save: "zip", Back: "choose", Goto: Goto{OK: "story"}},
		{ID: "story", Say: []string{"story?"}, Ask: Recording{Max: 60, Optional: true}, Save: "story", Goto: Goto{OK: "month", Skipped: "month"}},
		{ID: "month", Say: []string{"month?"}, Ask: Digits{N: 2, Min: 1, Max: 12, Short: true}, Save: "month", Goto: Goto{OK: "number"}},
		{ID: "number", Say: []string{"number?"}, Ask: Digits{N: 8, Luhn: true, Bad: "number-bad"}, Save: "number", Goto: Goto{OK: "mail"}},
		{ID: "mail", Say: []string{"mail?"}, Ask: Email{Bad: "mail-bad"}, Save: "mail", Goto: Goto{OK: "done"}},
		{ID: "done", Say: []string{"bye"}, Do: []string{"brew"}, End: Hangup},
	}}, &Script{Name: "person", Title: "Person", Steps: []Step{
		{ID: "stuck", Say: []string{"esc"}, Goto: Goto{OK: "start"}},
		{ID: "start", Say: []string{"ring"}, Ask: Connect{To: "team"}, Goto: Goto{Talked: "end", Nobody: "end", CallMe: "end", LeaveMessage: "end"}},
		{ID: "end", Say: []string{"bye"}, End: Hangup},
	}}, &Script{Name: "stop", Title: "Stop", Steps: []Step{
		{ID: "ask", Say: []string{"stop?"}, Ask: Choices("1", "stop"), Back: Return, Fail: Return, Goto: Goto{"stop": "person.end"}},
	}})
}

var env = Env{Now: time.Date(2027, 3, 2, 15, 0, 0, 0, time.UTC), Facts: map[string]string{Channel: "voice"}}

// play runs a conversation: keys, "_" for silence, "(words)" for a recording,
// "(#)" for a recording ended at once. It returns what was said, a turn a line,
// and where it stands.
func play(t *testing.T, b *Book, inputs string) (string, State) {
	t.Helper()
	state, turn := b.Start("tea.start", env)
	lines := []string{said(turn)}
	for _, in := range strings.Fields(inputs) {
		state, turn = b.Answer(state, input(in), env)
		lines = append(lines, said(turn))
	}
	return strings.Join(lines, " / "), state
}

func input(s string) Input {
	switch {
	case s == "_":
		return Input{Kind: Silence}
	case s == "talked" || s == "nobody":
		return Input{Kind: Came, Outcome: Outcome(s)}
	case strings.HasPrefix(s, "("):
		words, end := strings.Trim(s, "()"), "#"
		if i := strings.IndexAny(words, "0*89"); i >= 0 {
			words, end = words[:i], words[i:]
		}
		words = strings.TrimSuffix(words, "#")
		return Input{Kind: Voice, Text: private.Of(words), EndKey: end, Seconds: len(words)}
	}
	return Input{Kind: Keys, Text: private.Of(s)}
}

func said(turn Turn) string {
	var ids []string
	for _, p := range turn.Say {
		ids = append(ids, p.ID)
	}
	if turn.End != Open {
		ids = append(ids, "END")
	}
	return strings.Join(ids, " ")
}

func TestConversations(t *testing.T) {
	for _, tt := range []struct{ name, inputs, want, at string }{
		{"straight through", "1 03041960 1 02139 (story) 8 12345674", "hello tea-or-coffee / born? / born-c / zip? / story? / month? / number? / mail? bye END", "tea.done"},
		{"a wrong read-back is asked again", "1 03041960 2", "hello tea-or-coffee / born? / born-c / born?", "tea.born"},
		{"a day that does not exist", "1 02301960", "hello tea-or-coffee / born? / born-bad", "tea.born"},
		{"three bad dates go on without", "1 02301960 13011960 1", "hello tea-or-coffee / born? / born-bad / born-bad born? / zip?", "tea.zip"},
		{"own words for silence, then general ones, then a person", "_ _ _", "hello tea-or-coffee / own-ni / ni2 tea-or-coffee / esc ring", "person.start"},
		{"wrong keys", "7 6 5", "hello tea-or-coffee / nm1 tea-or-coffee / nm2 tea-or-coffee / esc ring", "person.start"},
		{"zero is a person at once", "0 talked", "hello tea-or-coffee / ring / bye END", "person.end"},
		{"zero in the middle of a number", "1 0", "hello tea-or-coffee / born? / ring", "person.start"},
		{"zeros in anger", "1 000", "hello tea-or-coffee / born? / ring", "person.start"},
		{"star repeats", "1 *", "hello tea-or-coffee / born? / born?", "tea.born"},
		{"star repeats a read-back", "1 03041960 *", "hello tea-or-coffee / born? / born-c / born-c", "tea.born"},
		{"a star in a number starts over", "1 0304*", "hello tea-or-coffee / born? / born?", "tea.born"},
		{"pound after a whole number is let pass", "1 03041960 #", "hello tea-or-coffee / born? / born-c / born-c", "tea.born"},
		{"pound goes back where there is a way back", "1 03041960 1 #", "hello tea-or-coffee / born? / born-c / zip? / tea-or-coffee", "tea.choose"},
		{"nine and back", "1 9 #", "hello tea-or-coffee / born? / stop? / born?", "tea.born"},
		{"nine, silence, back", "1 9 _ _ _", "hello tea-or-coffee / born? / stop? / ni1 stop? / ni2 stop? / born?", "tea.born"},
		{"silence where words are awaited", "1 03041960 1 02139 (0 talked", "hello tea-or-coffee / born? / born-c / zip? / story? / ring / bye END", "person.end"},
		{"a recording skipped", "1 03041960 1 02139 (#)", "hello tea-or-coffee / born? / born-c / zip? / story? / month?", "tea.month"},
		{"a pause, any key, words", "1 03041960 1 02139 _ 5 (story)", "hello tea-or-coffee / born? / born-c / zip? / story? / paused / story? / month?", "tea.month"},
		{"a pause, pound skips", "1 03041960 1 02139 _ #", "hello tea-or-coffee / born? / born-c / zip? / story? / paused / month?", "tea.month"},
		{"three silences where words are awaited", "1 03041960 1 02139 _ _ _", "hello tea-or-coffee / born? / born-c / zip? / story? / paused / paused / esc ring", "person.start"},
		{"a recording ended with zero is kept", "1 03041960 1 02139 (story0)", "hello tea-or-coffee / born? / born-c / zip? / story? / ring", "person.start"},
		{"8 is August, not another language", "1 03041960 1 02139 (#) 8", "hello tea-or-coffee / born? / born-c / zip? / story? / month? / number?", "tea.number"},
		{"a wrong check digit", "1 03041960 1 02139 (#) 8 12345678", "hello tea-or-coffee / born? / born-c / zip? / story? / month? / number? / number-bad", "tea.number"},
		{"a short zip", "1 03041960 1 021", "hello tea-or-coffee / born? / born-c / zip? / zip-bad", "tea.zip"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, state := play(t, tea(), tt.inputs)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("said (-want +got):\n%s", diff)
			}
			if state.At != tt.at {
				t.Errorf("stands at %s, want %s", state.At, tt.at)
			}
		})
	}
}

func TestAnswersAreKept(t *testing.T) {
	_, state := play(t, tea(), "2 3041960 03041960 1 02139 (story0)")
	got := map[string]string{}
	for name, value := range state.Answers {
		got[name] = value.Reveal()
	}
	want := map[string]string{"drink": "coffee", "born": "1960-03-04", "zip": "02139", "story": "story"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if !state.Slow {
		t.Error("a failed try did not slow the call down")
	}
}

func TestAnswerLeavesItsInputAlone(t *testing.T) {
	b := tea()
	before, _ := b.Start("tea.start", env)
	b.Answer(before, input("1"), env)
	if len(before.Answers) != 0 || before.At != "tea.choose" {
		t.Errorf("the state that was given has changed: at %s, %d answers", before.At, len(before.Answers))
	}
}

func TestKindsRead(t *testing.T) {
	for _, tt := range []struct {
		ask      Ask
		in, want string
	}{
		{Date{}, "03041960", "1960-03-04"},
		{Date{}, "03/04/1960", "1960-03-04"},
		{Date{}, "02292023", ""},
		{Date{}, "02292024", "2024-02-29"},
		{Date{}, "00001960", ""},
		{Date{}, "03041899", ""},
		{Date{}, "3041960", ""},
		{Phone{}, "6175550123", "+16175550123"},
		{Phone{}, "1 (617) 555-0123", "+16175550123"},
		{Phone{}, "0175550123", ""},
		{Phone{}, "617555012", ""},
		{Phone{Abroad: true}, "442079460958", "+442079460958"},
		{Phone{Abroad: true}, "00442079460958", "+442079460958"},
		{Phone{Abroad: true}, "011442079460958", "+442079460958"},
		{Phone{Abroad: true}, "44", ""},
		{Phone{Abroad: true}, "99912345678901234", ""},
		{Zip{}, "02139", "02139"},
		{Zip{}, "021390", ""},
		{Digits{N: 8, Luhn: true}, "12345674", "12345674"},
		{Digits{N: 8, Luhn: true}, "12345675", ""},
		{Digits{N: 2, Min: 1, Max: 12, Short: true}, "3", "03"},
		{Digits{N: 2, Min: 1, Max: 12, Short: true}, "13", ""},
		{Clock{}, "1430", "14:30"},
		{Clock{}, "0000", "00:00"},
		{Clock{}, "2460", ""},
		{Email{}, "Ana.Ruiz@Example.ORG", "Ana.Ruiz@example.org"},
		{Email{}, "ana@example", ""},
		{Email{}, "ana example.org", ""},
		{Email{}, "<ana@example.org>.", "ana@example.org"},
		{YesNo(), "1", "yes"},
		{YesNo(), "Yes.", "yes"},
		{YesNo(), "n", "no"},
		{YesNo(), "maybe", ""},
	} {
		if got := tt.ask.parse(tt.in).value; got != tt.want {
			t.Errorf("%s reads %q as %q, want %q", tt.ask.Kind(), tt.in, got, tt.want)
		}
	}
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	if err := tea().Check(); err != nil {
		t.Fatalf("the sound script is found unsound: %v", err)
	}
	for _, tt := range []struct {
		name  string
		spoil func(*Script)
		want  string
	}{
		{"jump to nowhere", func(s *Script) { s.Steps[1].Goto["tea"] = "kettle" }, "nowhere"},
		{"answer without a way", func(s *Script) { delete(s.Steps[1].Goto, "coffee") }, "leads nowhere"},
		{"way without an answer", func(s *Script) { s.Steps[1].Goto["cocoa"] = "born" }, "no answer"},
		{"open end", func(s *Script) { s.Steps[0].Goto = nil }, "open end"},
		{"silent step", func(s *Script) { s.Steps[3].Say = nil }, "says nothing"},
		{"stands twice", func(s *Script) { s.Steps[3].ID = "born" }, "twice"},
		{"never reached", func(s *Script) { s.Steps = append(s.Steps, Step{ID: "attic", Say: []string{"x"}, End: Hangup}) }, "never reached"},
		{"goes round", func(s *Script) { s.Steps[0].Goto[OK] = "start" }, "round for ever"},
		{"ends and goes on", func(s *Script) { s.Steps[8].Goto = Goto{OK: "start"} }, "ends and goes on"},
		{"a name with a blank", func(s *Script) { s.Steps[8].ID = "all done" }, "letters"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := tea()
			tt.spoil(b.scripts[0])
			err := NewBook(b.ways, b.scripts...).Check()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Check says %v, want %q in it", err, tt.want)
			}
		})
	}
}

// Any keys whatever lead to an end or to a wait, never to a panic, and 200 keys
// without sense are always heard out by a person or an end.
func TestAnyKeysComeToAnEnd(t *testing.T) {
	b := tea()
	tokens := []string{"0", "1", "2", "7", "8", "9", "#", "*", "_", "03041960", "02139", "(story)", "(#)", "(story0)", "talked", "nobody", "12345674", "00", ""}
	rapid.Check(t, func(t *rapid.T) {
		state, turn := b.Start("tea.start", env)
		for range 200 {
			if turn.End != Open {
				return
			}
			if len(turn.Say) == 0 && turn.Await.Kind != AwaitRecording {
				t.Fatalf("nothing is said at %s", state.At)
			}
			if turn.Await.Kind == AwaitNothing {
				t.Fatalf("nothing is awaited at %s", state.At)
			}
			state, turn = b.Answer(state, input(rapid.SampledFrom(tokens).Draw(t, "key")), env)
		}
	})
}

func TestDrawings(t *testing.T) {
	b := tea()
	svg, err := b.SVG("tea", nil)
	if err != nil {
		t.Fatal(err)
	}
	mermaid, err := b.Mermaid("tea", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"tea-or-coffee", "1 tea", "2 coffee", "no answer"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the drawing does not show %q", want)
		}
		if !strings.Contains(mermaid, want) {
			t.Errorf("the Mermaid text does not show %q", want)
		}
	}
	if _, err := b.SVG("cocoa", nil); err == nil || !strings.Contains(err.Error(), "tea, person, stop") {
		t.Errorf("a wrong name is answered with %v", err)
	}
}

func FuzzKindsNeverPanic(f *testing.F) {
	f.Add("03041960")
	f.Add("+1 (617) 555-0123")
	f.Fuzz(func(t *testing.T, s string) {
		for _, ask := range []Ask{Date{}, Phone{}, Phone{Abroad: true}, Zip{}, Digits{N: 8, Luhn: true}, Clock{}, Email{}, YesNo(), Menu{}, Recording{}} {
			p := ask.parse(s)
			if p.ok && p.value == "" {
				t.Errorf("%s takes an empty answer", ask.Kind())
			}
			if again := ask.parse(p.value); p.ok && ask.Kind() != "date, 8 digits" && !again.ok {
				t.Errorf("%s does not read its own value again", ask.Kind())
			}
		}
	})
}
