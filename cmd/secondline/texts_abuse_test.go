package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twiliosim"
)

// Where no text goes, and why; answers go to countries that may be called, too.
func TestWhereNoTextGoes(t *testing.T) {
	w := testWorld(t, afternoon)
	for i, tt := range []struct{ what, number, asked, unasked string }{
		{"a mobile telephone here", "+16175550123", "", ""},
		{"Puerto Rico", "+17875550123", "", ""},
		{"Canada", "+14165550123", "", ""},
		{"a mobile telephone in Britain", "+447400123456", "", "country"},
		{"a mobile telephone in Germany", "+4915123456789", "", "country"},
		{"India, which is not listed", "+919876543210", "country", "country"},
		{"Jamaica, which looks like home", "+18765550123", "country", "country"},
		{"Latvia, a destination of pumping", "+37121234567", "country", "country"},
		{"premium here", "+19002345678", "premium_number", "premium_number"},
		{"premium in Britain", "+449098790123", "premium_number", "premium_number"},
		{"shared cost in Germany", "+491806123456", "premium_number", "premium_number"},
		{"premium of no country", "+979123456789", "premium_number", "premium_number"},
		{"Inmarsat", "+870773111632", "satellite_number", "satellite_number"},
		{"Iridium", "+881612345678", "satellite_number", "satellite_number"},
		{"Globalstar", "+881841234567", "satellite_number", "satellite_number"},
		{"Thuraya", "+8821612345678", "satellite_number", "satellite_number"},
		{"toll-free of no country", "+80012345678", "no_country", "no_country"},
		{"a code that nobody has", "+210123456789", "no_country", "no_country"},
		{"our toll-free line", tollFree, "our_own_number", "our_own_number"},
		{"our international line", "+17754402559", "our_own_number", "our_own_number"},
		{"the line for visits", "+18774423324", "our_own_number", "our_own_number"},
	} {
		w.allowTexts(t, tt.number)
		for _, kind := range []casestore.TextKind{casestore.TextReply, casestore.TextNotice} {
			now := w.clock.Now()
			text := &casestore.Text{ID: fmt.Sprint("x", i, kind), Kind: kind, To: private.Of(tt.number), From: "+18009419308", Prompt: "S-help", Language: "en", Created: now, Expires: now.Add(time.Hour)}
			if err := w.line.store.QueueText(t.Context(), text, now); err != nil {
				t.Fatal(err)
			}
			if err := w.settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			got, err := w.line.store.Text(t.Context(), text.Partition, text.ID)
			if err != nil {
				t.Fatal(err)
			}
			want := map[casestore.TextKind]string{casestore.TextReply: tt.asked, casestore.TextNotice: tt.unasked}[kind]
			// From is no number of ours: what may go is tried, and refused by Twilio for
			// that alone.
			tried := got.Code == 21606
			if tried != (want == "") || !tried && (got.Reason != want || got.State != casestore.TextDropped) {
				t.Errorf("%s, %s: %s, %q, code %d; want %q", tt.what, kind, got.State, got.Reason, got.Code, want)
			}
		}
	}
	if left := len(w.sim.Texts()); left != 0 {
		t.Errorf("%d texts left", left)
	}
}

// Who is no person is answered by nobody, and keeps nobody busy.
func TestSendersThatAreNoPerson(t *testing.T) {
	w := testWorld(t, afternoon)
	for i, from := range []string{"12345", "123456", "AMAZON", "Care Team", "", "anonymous", "+266696687", "whatsapp:+16175550123", tollFree, "+17754402559", "+18774423324", "+0", "+1"} {
		for _, words := range []string{"HELP", "STOP", "please stop texting me", "I have chest pain", "hello"} {
			if status := deliverText(t, twiliosim.HandlerTransport(w.line.handler), w.textForm(from, words, i*10+len(words))); status != 200 {
				t.Errorf("%q from sender %d is answered with %d", words, i, status)
			}
		}
	}
	if err := w.settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	tasks, err := w.line.store.Tasks(t.Context())
	if err != nil || len(tasks) != 0 || len(w.sim.Texts()) != 0 {
		t.Errorf("%d tasks and %d texts came of machines, %v", len(tasks), len(w.sim.Texts()), err)
	}
}

// Whatever a person's telephone sends is borne, a coordinator sees it where it says
// anything, and no log holds it.
func TestStrangeTexts(t *testing.T) {
	t.Parallel()
	for i, tt := range []struct {
		name, body string
		texts      string // prompts that leave
		owed       casestore.TaskKind
	}{
		{"1,600 letters", strings.Repeat("a", 1600), "S-unknown", casestore.TaskRead},
		{"1,600 letters that end in a wish", strings.Repeat("the weather is fine ", 78) + "please stop texting me", "S-stop", ""},
		{"emoji", "🙂🙂🙂", "", ""},
		{"800 emoji", strings.Repeat("😀", 800), "", ""},
		{"a stop sign", "🛑", "S-stop", ""},
		{"a help sign", "🆘", "S-emerg", casestore.TaskEmergency},
		{"Hebrew", "שלום, מתי תתקשרו?", "S-unknown", casestore.TaskRead},
		{"Arabic, with marks of direction", "\u202bمرحبا متى تتصلون\u202c", "S-unknown", casestore.TaskRead},
		{"STOP written from right to left", "\u202eSTOP PLEASE\u202c", "S-stop", ""},
		{"blanks", "   \t\n  ", "", ""},
		{"nothing", "", "", ""},
		{"NULs", "\x00\x00\x00", "", ""},
		{"STOP that NULs cut: not guessed at", "\x00S\x00TOP now please\x00", "S-unknown", casestore.TaskRead},
		{"STOP with NULs about it", "\x00please stop texting me\x00", "S-stop", ""},
		{"bytes that are no UTF-8", "\xff\xfe\xfd", "", ""},
		{"a wish among bytes that are no UTF-8", "\xff please stop texting me \xfe", "S-stop", ""},
		{"chest pain among bytes that are no UTF-8", "\xc3\x28 I have chest pain \xa0", "S-emerg", casestore.TaskEmergency},
		{"marks without letters", strings.Repeat("e"+strings.Repeat("\u0301", 30), 40), "S-unknown", casestore.TaskRead},
		{"markup", `<Response><Message>hi</Message></Response>`, "S-unknown", casestore.TaskRead},
		{"Redis and shell", "'; FLUSHALL \r\n$(reboot) {{.}} %s%n", "S-unknown", casestore.TaskRead},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			w := testWorldWith(t, afternoon, slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), hooks{})
			if status := deliverText(t, twiliosim.HandlerTransport(w.line.handler), w.textForm(patient, tt.body, i)); status != 200 {
				t.Fatalf("answered with %d", status)
			}
			if err := w.settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			texts, err := w.line.store.Texts(t.Context(), w.line.store.Ring().Person(private.Of(patient)), time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			var prompts []string
			for _, text := range texts {
				if text.State == casestore.TextDelivered {
					prompts = append(prompts, text.Prompt)
				}
			}
			tasks, err := w.line.store.Tasks(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if strings.Join(prompts, " ") != tt.texts {
				t.Errorf("answered by %v, want %s", prompts, tt.texts)
			}
			switch {
			case tt.owed == "" && len(tasks) == 0:
			case len(tasks) != 1 || tasks[0].Kind != tt.owed || tasks[0].Note.Reveal() != tt.body:
				t.Errorf("%d tasks, or not what was written, want %s", len(tasks), tt.owed)
			}
			if body := strings.TrimSpace(tt.body); len(body) > 8 && strings.Contains(log.String(), body[4:8]) || strings.Contains(log.String(), patient[2:]) {
				t.Error("what was written, or who wrote it, stands in the log")
			}
		})
	}
}

// cost is what came of what was written to the line.
type cost struct{ messages, texts, segments, tasks, journal int }

func (w *world) cost(t *testing.T, messages int) cost {
	t.Helper()
	c := cost{messages: messages}
	for _, text := range w.sim.Texts() {
		c.texts++
		c.segments += text.Segments
	}
	// Counted where they lie: hundreds read at once are more than the pipe to the
	// Redis in memory bears.
	for part := range casestore.Partition(casestore.Partitions) {
		tasks, err := w.redis.ZMembers("sl:{" + part.String() + "}:tasks")
		if err != nil && !errors.Is(err, miniredis.ErrKeyNotFound) {
			t.Fatal(err)
		}
		c.tasks += len(tasks)
	}
	entries, _, err := w.line.journal.Entries(time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	c.journal = len(entries)
	return c
}

func (c cost) within(t *testing.T, what string, most cost) {
	t.Helper()
	t.Logf("%s: %d messages cost %d texts of %d segments (bound %d), %d tasks (bound %d), %d lines of the journal (bound %d)",
		what, c.messages, c.texts, c.segments, most.texts, c.tasks, most.tasks, c.journal, most.journal)
	if c.texts > most.texts || c.segments > most.texts || c.tasks > most.tasks || c.journal > most.journal {
		t.Errorf("%s costs more than its bound", what)
	}
}

// flood is how many messages the floods have: SECONDLINE_FLOOD sets it.
func flood(otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv("SECONDLINE_FLOOD")); err == nil {
		return n
	}
	return otherwise
}

// A machine that answers whatever we text, at once, for a day: the two talk to
// each other until the number's bound of the day, and a person sees it.
func TestTwoMachinesTalk(t *testing.T) {
	t.Parallel()
	for _, says := range []string{"HELP", "CALL", "LATER", "Thank you for your message! We are out of the office.", "please stop texting me", "I have chest pain", "START"} {
		w := testWorld(t, afternoon)
		messages := 0
		for begun := w.clock.Now(); w.clock.Now().Sub(begun) < 24*time.Hour; w.clock.Pass(10 * time.Minute) {
			for range 4 {
				messages++
				if _, err := w.sim.Text(t.Context(), patient, tollFree, says); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.settle(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		// 60 messages of the day, and a task for each hour that is cut short.
		most := cost{texts: 30, tasks: 60 + 4, journal: messages}
		switch says {
		case "I have chest pain":
			most.tasks = 24 * 20 // of an alert nothing is kept from a person below 20 in an hour
		case "please stop texting me":
			most.journal = 1
		}
		w.cost(t, messages).within(t, fmt.Sprintf("a machine that says %.20q for a day", says), most)
	}
}

// One number writes as much as it can within an hour.
func TestFloodFromOneNumber(t *testing.T) {
	t.Parallel()
	w := testWorld(t, afternoon)
	says := []string{"HELP", "CALL", "hello", "please stop texting me", "START", "I have chest pain", "is it cancer", "LATER", "ana@example.org"}
	n := flood(600)
	for i := range n {
		w.clock.Pass(time.Hour / time.Duration(n+1))
		if _, err := w.sim.Text(t.Context(), patient, tollFree, says[i%len(says)]); err != nil {
			t.Fatal(err)
		}
		if i%25 == 0 {
			if err := w.settle(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.cost(t, n).within(t, "one number in an hour", cost{texts: 23, tasks: 20 + 20 + 1, journal: n})
}

// Ten thousand numbers of one block, bought to have us text them: pumping.
func TestFloodFromABlockOfNumbers(t *testing.T) {
	t.Parallel()
	for _, says := range []string{"HELP", "I have chest pain", "please stop texting me"} {
		w := testWorld(t, afternoon)
		n := flood(450)
		for i := range n {
			if _, err := w.sim.Text(t.Context(), fmt.Sprintf("+1617555%04d", i), tollFree, says); err != nil {
				t.Fatal(err)
			}
			if i%50 == 49 {
				w.clock.Pass(30 * time.Second)
				if err := w.settle(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		most := cost{texts: 100, tasks: 200}
		switch says {
		case "I have chest pain":
			most.texts, most.tasks = 200, n // each alert of another person stands before a person
		case "please stop texting me":
			most.texts, most.journal = 200, n // nobody's opt-out is lost
		}
		w.cost(t, n).within(t, fmt.Sprintf("%d numbers of one block that say %q", n, says), most)
	}
}

// Numbers of everywhere, and of one country abroad, against the bounds of a day.
func TestFloodFromEverywhere(t *testing.T) {
	t.Parallel()
	settings, err := LoadSettings(noEnvironment, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	settings.Programme.Caps.TextsADay, settings.Programme.Caps.TextsPerCountryADay = 120, 40
	for _, tt := range []struct {
		what, number string
		most         int
	}{
		{"everybody in a day", "+1%03d5550100", 120},
		{"one country abroad in a day", "+44740%03d3456", 40},
	} {
		at, err := time.Parse(time.RFC3339, afternoon)
		if err != nil {
			t.Fatal(err)
		}
		w, err := newWorld(settings, &clock{at: at}, slog.New(slog.DiscardHandler), hooks{})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for i := 201; i < 201+flood(300) && i < 990; i++ {
			number := fmt.Sprintf(tt.number, i)
			if slices.Contains([]string{"no_country", "country", "premium_number"}, string(destinationOf(settings.Programme)(number).Never)) {
				continue
			}
			n++
			if _, err := w.sim.Text(t.Context(), number, tollFree, "HELP"); err != nil {
				t.Fatal(err)
			}
			if n%50 == 0 {
				if err := w.settle(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := w.cost(t, n)
		got.within(t, tt.what, cost{texts: tt.most})
		if got.texts != tt.most {
			t.Errorf("%s: %d texts left, for a bound of %d that %d messages should reach", tt.what, got.texts, tt.most, n)
		}
		w.stop()
	}
}
