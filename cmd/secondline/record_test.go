package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/audit"
	"secondline/internal/event"
	"secondline/internal/twiliosim"
)

// onDisk is a record in the making, and what a test asks of it.
type onDisk struct {
	t    *testing.T
	path string
	stop func()
}

// record begins one, and gives what the store tells it.
func record(t *testing.T) (*onDisk, func(casestore.Deed)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.log")
	log, err := audit.Open(path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	trail := audit.NewTrail(log, 10_000, time.Now, slog.New(slog.DiscardHandler))
	stop := runTrail(t.Context(), trail)
	return &onDisk{t, path, func() { stop(); _ = log.Close() }}, noted(trail)
}

func entriesOf(t *testing.T, path string) []audit.Entry {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []audit.Entry
	for line := range strings.Lines(string(text)) {
		var e audit.Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// wantLines looks for a line of each form: who, what, outcome, and "case" where it must
// name the case.
func wantLines(t *testing.T, lines []audit.Entry, c casestore.CaseID, want ...[4]string) {
	t.Helper()
	for _, w := range want {
		if !slices.ContainsFunc(lines, func(e audit.Entry) bool {
			return e.Who == w[0] && e.What == w[1] && e.Outcome == w[2] && (w[3] == "" || e.Case == string(c))
		}) {
			t.Errorf("not on record: %v", w)
		}
	}
	if t.Failed() {
		for _, e := range lines {
			t.Log(e.Who, e.What, e.Outcome, e.Case, e.Thing, e.Trace)
		}
	}
}

// wantNothingPersonal looks for what must stand in no record.
func wantNothingPersonal(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{deliveredTo[2:], officePhone[2:], officeName, worldBorn, worldRequest, "03041960", "Her son"} {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("%s holds %q", filepath.Base(path), secret)
		}
	}
}

// wantTamperFound alters, takes away and moves every line, one after the other; the
// command must find each.
func wantTamperFound(t *testing.T, path string) {
	t.Helper()
	verify := func() int {
		var out bytes.Buffer
		return run(t.Context(), []string{"audit", "verify", path}, noEnvironment, &out, &out)
	}
	if verify() != 0 {
		t.Fatalf("%s does not verify as it is", path)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(bytes.TrimSuffix(whole, []byte("\n")), []byte("\n"))
	lines[len(lines)-1] = append(lines[len(lines)-1], '\n')
	for i := range lines {
		altered, removed, moved := slices.Clone(lines), slices.Delete(slices.Clone(lines), i, i+1), slices.Clone(lines)
		altered[i] = bytes.Replace(lines[i], []byte(`"who":"`), []byte(`"who":"x`), 1)
		moved[i], moved[(i+1)%len(lines)] = moved[(i+1)%len(lines)], moved[i]
		for what, text := range map[string][][]byte{"altered": altered, "taken away": removed, "moved": moved} {
			if err := os.WriteFile(path, bytes.Join(text, nil), 0o600); err != nil {
				t.Fatal(err)
			}
			if verify() == 0 {
				t.Fatalf("line %d %s is not found", i+1, what)
			}
		}
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Everything that a line does for one patient is on record: the call to the patient
// and who was connected, a status check with wrong dates of birth, a thread of texts.
func TestWhatTheLineDoesIsOnRecord(t *testing.T) {
	t.Parallel()
	kept, tell := record(t)
	d := deliver(t, tuesday, "rings", hooks{trail: tell}, twiliosim.Answers())
	d.takes(0)
	d.ends("1")
	p := &callPlayer{world: d.world, from: deliveredTo, to: tollFree}
	d.playTokens(t, p, "2 12345674 01011950 12345674 01021950 12345674 03041960 9#")
	d.writes(t, deliveredTo, "HELP", "STOP")
	kept.stop()
	lines := entriesOf(t, kept.path)
	co := coordinatorID(d.team[0].Number)
	wantLines(t, lines, d.c.ID, [][4]string{
		{"line", "case.made", "in_review", "case"}, {"line", "case.change", "delivered", "case"}, {"line", "consent", "given", ""},
		{"line", "call.transfer", "waiting", "case"}, {co, "call.ring", "dialling", "case"}, {co, "call.transfer", "taken", "case"},
		{"line", "call.patient", "dialling", "case"}, {co, "call.disposition", "reached", "case"}, {"line", "promise", "called reached", "case"},
		{"caller", "call.begin", "tollfree", ""}, {"caller", "verify.request", "no_match", "case"}, {"caller", "verify.request", "match", "case"},
		{"caller", "case.read", "told", "case"}, {"twilio", "call.end", "completed", ""},
		{"sender", "text.in", "help", ""}, {"sender", "text.in", "opt-out", ""}, {"sender", "optout", "text", ""}, {"sender", "text.out", "pending", ""},
		{"line", "trail.begin", "done", ""}, {"line", "trail.end", "done", ""},
	}...)
	traces := map[string]bool{}
	for _, e := range lines {
		if e.What == "verify.request" || e.What == "call.begin" && e.Who == "caller" {
			traces[e.Trace] = true
		}
	}
	if len(traces) != 1 || traces[""] {
		t.Errorf("one call has the traces %v", traces)
	}
	wantNothingPersonal(t, kept.path)
	wantTamperFound(t, kept.path)
}

// What operators and the case system read and change is on record, in a file that
// commands share, whether they succeed or not.
func TestWhatCommandsAndEventsDoIsOnRecord(t *testing.T) {
	o := newOffice(t)
	path := auditBeside(o.env["AUDIT_LOG"], "cli")
	done := make(chan int)
	for range 4 { // at once
		go func() {
			var out bytes.Buffer
			done <- run(t.Context(), []string{"task", "list"}, lookup(o.env), &out, &out)
		}()
	}
	for range 4 {
		if status := <-done; status != 0 {
			t.Errorf("task list: status %d", status)
		}
	}
	o.want([]string{"case", "show", worldRequest})
	o.want([]string{"case", "note", worldRequest, "Her son calls for her."})
	o.want([]string{"case", "advance", worldRequest, "delivered"})
	o.want([]string{"explain", worldRequest})
	o.want([]string{"export", filepath.Join(t.TempDir(), "all.jsonl")})
	o.want([]string{"events", "refused"})
	o.refuses(1, "no case of this name", "case", "show", "cnobody")
	o.refuses(1, "no journal", "optout", "-data", t.TempDir(), officePhone)

	lines := entriesOf(t, path)
	me := lines[0].Who
	wantLines(t, lines, o.c.ID, [][4]string{
		{me, "command.task.list", "asked", ""}, {me, "command.task.list", "done", ""}, {me, "command.case.show", "done", "case"}, {me, "case.read", "shown", "case"},
		{me, "command.case.note", "done", "case"}, {me, "case.entry", "note", "case"}, {me, "command.case.advance", "done", "case"},
		{me, "case.change", "delivered", "case"}, {me, "command.explain", "done", "case"}, {me, "command.export", "done", ""},
		{me, "command.events.refused", "done", ""}, {me, "command.case.show", "failed", ""}, {me, "command.optout", "failed", ""},
	}...)
	wantNothingPersonal(t, path)
	wantTamperFound(t, path)

	// What cannot be recorded is not done.
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o.refuses(1, "nothing is done, because it cannot be recorded", "case", "advance", worldRequest, "followed_up")
	if c, err := o.store.Case(t.Context(), o.c.Partition, o.c.ID); err != nil || c.Stage != casestore.StageDelivered {
		t.Errorf("done all the same: %v, %v", c.Stage, err)
	}

	kept, tell := record(t)
	w := testWorldWith(t, tuesday, slog.New(slog.DiscardHandler), hooks{trail: tell})
	inbox := &event.Inbox{Store: w.line.store, Coordinator: func(string) (string, bool) { return "", false }, Unproved: true, Now: w.clock.Now,
		Log: slog.New(slog.DiscardHandler), Metrics: event.NewMetrics()}
	body := `{"specversion":"1.0","id":"1","source":"/records","type":"case.created","subject":"A-77","time":"2027-03-02T10:00:00Z","data":{"phone":"` + deliveredTo + `","consents":{"texts":true}}}`
	for _, body := range []string{body, strings.Replace(body, "case.created", "case.unheard", 1)} {
		if _, err := inbox.Take(t.Context(), http.Header{"Content-Type": {event.TypeEvent}}, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	kept.stop()
	wantLines(t, entriesOf(t, kept.path), "", [][4]string{{"line", "case.made", "requested", ""}, {"line", "consent", "given", ""}, {"line", "event.in", "accepted", ""}, {"line", "event.in", "refused", ""}}...)
	wantNothingPersonal(t, kept.path)
}
