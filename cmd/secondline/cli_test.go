package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/event"
	"secondline/internal/private"
)

// office is an operator before a line that keeps something.
type office struct {
	*house
	store *casestore.Store
	c     *casestore.Case
}

const (
	officePhone = "+16172530123"
	officeName  = "Ana Ruiz"
)

func newOffice(t *testing.T) *office {
	t.Helper()
	h := newHouse(t)
	h.env["LINE_CONFIG"] = filepath.Join(t.TempDir(), "line.toml")
	h.env["AUDIT_LOG"] = filepath.Join(t.TempDir(), "audit.log")
	h.write(h.env["LINE_CONFIG"], h.toml)
	settings, err := LoadSettings(lookup(h.env), os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	store, err := openStore(time.Now, settings, h.redis.URL(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	number, err := casestore.ParseRequestNumber(worldRequest)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{house: h, store: store}
	o.c = &casestore.Case{ID: casestore.NewCaseID(), Stage: casestore.StageInReview, Number: number, Line: "tollfree", Language: "en", Opened: time.Now(),
		Caller: private.Of(officePhone), Coordinator: coordinatorID("+16172530001"),
		Answers:  map[string]private.Text{"birth_date": private.Of(worldBorn), "name": private.Of(officeName)},
		Consents: []casestore.Consent{{Kind: "texts", Given: "yes", Prompt: "D7-text", At: time.Now()}}}
	if err := store.AddCase(t.Context(), o.c); err != nil {
		t.Fatal(err)
	}
	return o
}

// ask runs a command as an operator does.
func (o *office) ask(args ...string) (status int, out, errs string) {
	o.t.Helper()
	var stdout, stderr bytes.Buffer
	status = run(o.t.Context(), args, lookup(o.env), &stdout, &stderr)
	for _, secret := range []string{officePhone, officePhone[2:], officeName, worldBorn, worldRequest} {
		if strings.Contains(stdout.String()+stderr.String(), secret) {
			o.t.Errorf("%v says %q:\n%s%s", args, secret, stdout.String(), stderr.String())
		}
	}
	return status, stdout.String(), stderr.String()
}

// want runs a command that succeeds and says all of these.
func (o *office) want(args []string, says ...string) string {
	o.t.Helper()
	status, out, errs := o.ask(args...)
	if status != 0 || errs != "" {
		o.t.Fatalf("%v: status %d: %s%s", args, status, out, errs)
	}
	for _, s := range says {
		if !strings.Contains(out, s) {
			o.t.Errorf("%v does not say %q:\n%s", args, s, out)
		}
	}
	return out
}

// refuses runs a command that does not.
func (o *office) refuses(want int, says string, args ...string) {
	o.t.Helper()
	if status, out, errs := o.ask(args...); status != want || !strings.Contains(errs, says) {
		o.t.Errorf("%v: status %d, want %d and %q: %s%s", args, status, want, says, out, errs)
	}
}

func TestCaseByCommand(t *testing.T) {
	o := newOffice(t)
	draft := &casestore.Case{ID: casestore.NewCaseID(), Stage: casestore.StageStarted, Line: "tollfree"}
	who := o.store.Ring().Person(private.Of("+16172530999"))
	if err := o.store.Commit(t.Context(), who, &casestore.Conversation{Call: "CA1"}, casestore.Change{Drafts: []casestore.Draft{{Case: draft}}}); err != nil {
		t.Fatal(err)
	}
	o.want([]string{"case", "list"}, string(o.c.ID), "in review", "…5674", "Alex Rivera", string(draft.ID))
	if out := o.want([]string{"case", "list", "-stage", "started"}); !strings.Contains(out, string(draft.ID)) || strings.Contains(out, string(o.c.ID)) {
		t.Errorf("only unfinished ones:\n%s", out)
	}
	for _, which := range [][]string{{worldRequest}, {"1234", "5674"}, {string(o.c.ID)}} {
		o.want(append([]string{"case", "show"}, which...), "…5674", "••••", "Alex Rivera", "texts: yes", "No call after delivery is promised yet", "none: no consent")
	}
	o.want([]string{"case", "show", string(draft.ID)}, `at the stage "started"`)

	o.want([]string{"case", "advance", worldRequest, "delivered"}, "in review → delivered", "A call is promised by")
	o.want([]string{"case", "advance", worldRequest, "delivered"}, "already")
	o.want([]string{"case", "note", worldRequest, "Her son calls for her."}, "noted")
	if file, err := o.store.File(t.Context(), o.c.Partition, o.c.ID); err != nil || !slices.ContainsFunc(file.Entries, func(e casestore.CaseEntry) bool {
		return e.What == casestore.EntryNote && e.Text.Reveal() == "Her son calls for her."
	}) {
		t.Errorf("the note is not in the history (%v)", err)
	}
	o.refuses(2, "a note has", "case", "note", worldRequest, " ")
	o.want([]string{"case", "show", worldRequest}, "The opinion was delivered on ")
	p, err := o.store.Promise(t.Context(), o.c.Partition, o.c.ID)
	if err != nil || p.State != casestore.PromiseOpen || time.Since(p.Delivered) > time.Hour {
		t.Fatalf("the promise: %+v, %v", p, err)
	}
	at := time.Now().Add(-3 * time.Hour).Truncate(time.Second)
	o.want([]string{"case", "advance", "-at", at.Format(time.RFC3339), string(o.c.ID), "delivered"}, "delivered → delivered")
	if c, err := o.store.Case(t.Context(), o.c.Partition, o.c.ID); err != nil || !c.DeliveredAt.Equal(at) || !c.Stamps["stage"].At.After(at) {
		t.Errorf("%+v, %v", c, err)
	}
	o.refuses(2, "did you mean in_review?", "case", "advance", worldRequest, "in_revew")
	o.refuses(2, "there is no stage", "case", "list", "-stage", "lost")
	o.refuses(2, "unfinished", "case", "advance", worldRequest, "started")
	o.refuses(2, "no time", "case", "advance", "-at", "noon", worldRequest, "closed")
	o.refuses(2, "future", "case", "advance", "-at", "2999-01-01T00:00:00Z", worldRequest, "closed")
	o.refuses(1, "no request of this number", "case", "show", casestore.NewRequestNumber().Reveal())
	o.refuses(1, "no case of this name", "case", "show", "cnothing")
	o.refuses(1, "neither a request number", "case", "show", "x")
	o.refuses(2, "Usage", "case", "show")
	o.refuses(2, `there is no "x"`, "case", "x")
	o.refuses(2, "secondline case list", "case")
}

func TestTasksByCommand(t *testing.T) {
	o := newOffice(t)
	now := time.Now()
	add := func(id string, kind casestore.TaskKind) {
		t.Helper()
		task := &casestore.Task{ID: id, Kind: kind, Due: now.Add(-time.Minute), Opened: now, Case: o.c.ID, Phone: private.Of(officePhone), Owner: o.c.Coordinator}
		if err := o.store.OpenTask(t.Context(), o.c.Partition, task); err != nil {
			t.Fatal(err)
		}
	}
	add("t1", casestore.TaskCallBack)
	add("t2", casestore.TaskPromise)
	add("t3", casestore.TaskMessage)
	o.want([]string{"task", "list"}, "t1", "call back", "late", "Alex Rivera", string(o.c.ID))
	o.want([]string{"task", "done", "t1", "spoke"}, "call back", "spoke")
	if out := o.want([]string{"task", "list"}); strings.Contains(out, "t1") {
		t.Errorf("it is still owed:\n%s", out)
	}
	if task, err := o.store.Task(t.Context(), o.c.Partition, "t1"); err != nil || task.Outcome != "spoke" || task.Closed.IsZero() {
		t.Errorf("%+v, %v", task, err)
	}
	o.refuses(1, "nothing of this name", "task", "done", "t1", "spoke")
	// What is said of a promised call is kept with the promise, as the console does it.
	if _, _, err := o.store.Advance(t.Context(), o.c.Partition, o.c.ID, casestore.StageDelivered, nil); err != nil {
		t.Fatal(err)
	}
	o.refuses(2, "say spoke, wrong_number, opted_out; when no call is owed any more, secondline case advance "+string(o.c.ID), "task", "done", "t2", "done")
	o.want([]string{"task", "done", "t2", "spoke"}, "promise", "spoke")
	if p, err := o.store.Promise(t.Context(), o.c.Partition, o.c.ID); err != nil || p.State != casestore.PromiseKept || len(p.Attempts) != 1 || !p.Attempts[0].ByHand {
		t.Errorf("the promise: %+v, %v", p, err)
	}
	o.refuses(2, "one word", "task", "done", "t3", "We spoke")
	o.refuses(2, "still owed", "task", "done", "t3", "tried")
	// Who does not want calls has it on disk, or it is not done.
	o.refuses(1, "no journal", "task", "done", "-data", o.data, "t3", "opted_out")
	o.write(filepath.Join(o.data, "optouts.journal"), "")
	o.want([]string{"task", "done", "-data", o.data, "t3", "opted_out"}, "opted out")
	o.wantOptedOut(officePhone)
}

// wantOptedOut looks in Redis and in the journal.
func (o *office) wantOptedOut(number string) {
	o.t.Helper()
	person := o.store.Ring().Person(private.Of(number))
	if stop, ok, err := o.store.OptedOut(o.t.Context(), person); err != nil || !ok || stop.How != "operator" {
		o.t.Errorf("opted out: %v %+v, %v", ok, stop, err)
	}
	journal, err := casestore.OpenJournal(filepath.Join(o.data, "optouts.journal"))
	if err != nil {
		o.t.Fatal(err)
	}
	defer journal.Close()
	entries, unreadable, err := journal.Entries(time.Time{})
	if err != nil || unreadable > 0 || len(entries) == 0 || entries[len(entries)-1].Person != person || entries[len(entries)-1].What != "stop" {
		o.t.Errorf("the journal: %+v, %v", entries, err)
	}
}

func TestOptOutByCommand(t *testing.T) {
	o := newOffice(t)
	o.refuses(1, "no journal", "optout", "-data", o.data, "+16172530777")
	o.write(filepath.Join(o.data, "optouts.journal"), "")
	o.want([]string{"optout", "-data", o.data, "+16172530777"}, "…0777", "no texts and no automated calls")
	o.wantOptedOut("+16172530777")
	for _, number := range []string{"6172530777", "+1 617 253 0777", "+1617", "x"} {
		o.refuses(2, "E.164", "optout", "-data", o.data, number)
	}
	o.refuses(2, "secondline optout", "optout")
	// On disk first: what Redis does not take is written again at the next start.
	o.redis.Do(t, "CONFIG", "SET", "min-replicas-to-write", "1")
	o.refuses(1, "", "optout", "-data", o.data, "+16172530778")
	o.redis.Do(t, "CONFIG", "SET", "min-replicas-to-write", "0")
	text, err := os.ReadFile(filepath.Join(o.data, "optouts.journal"))
	if err != nil || !strings.Contains(string(text), string(o.store.Ring().Person(private.Of("+16172530778")))) {
		t.Errorf("the journal: %s, %v", text, err)
	}
}

// An opt-out is done though it cannot be recorded, and said to be on no record; all else
// is refused then.
func TestOptOutWithoutARecord(t *testing.T) {
	o := newOffice(t)
	o.write(filepath.Join(o.data, "optouts.journal"), "")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(o.store.OpenTask(t.Context(), o.c.Partition, &casestore.Task{ID: "t1", Kind: casestore.TaskCallBack, Due: time.Now(), Case: o.c.ID, Phone: private.Of(officePhone)}))
	must(os.Mkdir(auditBeside(o.env["AUDIT_LOG"], "cli"), 0o700)) // no file can be there
	o.refuses(1, "nothing is done", "case", "list")
	o.refuses(1, "nothing is done", "task", "done", "-data", o.data, "t1", "spoke")
	o.refuses(3, "NOT ON RECORD", "optout", "-data", o.data, "+16172530777")
	o.wantOptedOut("+16172530777")
	o.refuses(3, "NOT ON RECORD", "task", "done", "-data", o.data, "t1", "opted_out")
	o.wantOptedOut(officePhone)
	o.refuses(2, "E.164", "optout", "-data", o.data, "6172530777")
}

func TestEventsByCommand(t *testing.T) {
	o := newOffice(t)
	o.want([]string{"events", "replay", "all"}, "nothing to try again")
	inbox := &event.Inbox{Store: o.store, Coordinator: func(string) (string, bool) { return "", false }, Now: time.Now, Log: slog.New(slog.DiscardHandler), Metrics: event.NewMetrics()}
	assigned := func(id, coordinator string) string {
		data := fmt.Sprintf(`{"coordinator":%q,"note":%q}`, coordinator, officeName)
		e := event.Event{ID: id, Source: "records", Type: event.CoordinatorAssigned, Subject: string(o.c.ID), Time: time.Now(), Data: json.RawMessage(data)}
		body, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	// Sam was not in the roster then, and the other is not yet.
	for _, body := range []string{assigned("e1", "+16172530002"), assigned("e2", "+16172539999"), "no JSON"} {
		if _, err := inbox.Take(t.Context(), http.Header{"Content-Type": {event.TypeEvent}}, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	refused, err := o.store.RefusedEvents(t.Context(), 10)
	if err != nil || len(refused) != 3 {
		t.Fatalf("%d refused, %v", len(refused), err)
	}
	o.want([]string{"events", "refused"}, refused[0].ID, "unknown coordinator", "json")
	o.want([]string{"events", "replay", refused[0].ID}, refused[0].ID+": accepted")
	if c, err := o.store.Case(t.Context(), o.c.Partition, o.c.ID); err != nil || c.Coordinator != coordinatorID("+16172530002") {
		t.Errorf("not assigned: %+v, %v", c, err)
	}
	o.refuses(1, "there is no event of this name", "events", "replay", refused[0].ID)
	o.refuses(1, "2 refused again", "events", "replay", "all")
	if again, err := o.store.RefusedEvents(t.Context(), 10); err != nil || len(again) != 2 {
		t.Errorf("%d are kept, %v", len(again), err)
	}
	d := casestore.Delivery{ID: "d1.x", Endpoint: "records", Type: casestore.IntakeCompleted, Body: []byte("{}"), First: time.Now(), Tries: 9}
	if err := o.store.Delivered(t.Context(), d, true); err != nil {
		t.Fatal(err)
	}
	o.want([]string{"events", "dead"}, "d1.x", "records", "intake.completed", "9")
	o.want([]string{"events", "replay", "d1.x"}, "sent again by serve, to records")
	if dead, err := o.store.DeadDeliveries(t.Context()); err != nil || len(dead) > 0 {
		t.Errorf("still laid aside: %v, %v", dead, err)
	}
	// What the case brought about waits in its own part.
	part := ((o.c.Partition + 1) % casestore.Partitions).String()
	dead, outbox := "sl:{"+part+"}:dead", "sl:{"+part+"}:outbox"
	o.redis.Do(t, "XADD", dead, "5-1", "kind", "text", "data", "x1", "tries", "8")
	o.want([]string{"events", "given-up"}, part+".5-1", "text", "8")
	o.want([]string{"events", "replay", part + ".5-1"}, part+".5-1 (text): done again by serve")
	if left, waits := o.redis.Do(t, "XLEN", dead), o.redis.Do(t, "XLEN", outbox); left != ":0" || waits != ":1" {
		t.Errorf("given up still: %s, to be done: %s", left, waits)
	}
	o.refuses(1, "there is no event of this name", "events", "replay", part+".5-1")
	due, _, err := o.store.ClaimDue(t.Context(), casestore.DueDelivery, 10, time.Minute)
	if err != nil || len(due) != 1 || due[0].ID != "d1.x" {
		t.Errorf("due: %v, %v", due, err)
	}
}

func TestExportByCommand(t *testing.T) {
	o := newOffice(t)
	if _, _, err := o.store.Advance(t.Context(), o.c.Partition, o.c.ID, casestore.StageDelivered, nil); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "all.jsonl")
	o.want([]string{"export", file}, "1 requests", "personal data")
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got exported
	if err := json.Unmarshal(text, &got); err != nil || got.Number != worldRequest || got.Caller != officePhone || got.Answers["name"] != officeName ||
		got.Stage != casestore.StageDelivered || got.Promise == nil || len(got.Consents) != 1 {
		t.Errorf("%s: %v", text, err)
	}
	o.refuses(1, "exists", "export", file)
	o.refuses(2, "secondline export", "export")
	// Half of an export is none.
	broken := filepath.Join(t.TempDir(), "broken.jsonl")
	o.redis.Kill()
	if status, _, errs := o.ask("export", broken); status != 1 || errs == "" {
		t.Errorf("status %d %s", status, errs)
	}
	if _, err := os.Stat(broken); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a half is left: %v", err)
	}
}

func TestCommandsWithoutALine(t *testing.T) {
	o := newOffice(t)
	if err := o.store.MarkKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	right := o.env["PHI_KEYS"]
	index, seal := fresh(t)
	o.env["PHI_KEYS"] = index + "," + seal
	o.refuses(1, "PHI_KEYS is not that of secondline serve", "case", "list")
	delete(o.env, "PHI_KEYS")
	o.refuses(1, "PHI_KEYS is not set", "task", "list")
	o.env["PHI_KEYS"] = right
	delete(o.env, "REDIS_URL")
	o.refuses(1, "REDIS_URL is not set", "events", "refused", "-data", o.data)
	if err := os.Symlink(o.redis.Socket, redisFiles{o.data}.socket()); err != nil {
		t.Fatal(err)
	}
	o.want([]string{"case", "list", "-data", o.data}, string(o.c.ID))
	o.redis.Kill()
	o.refuses(1, "Redis: nobody listens there", "case", "list", "-data", o.data)
	for _, name := range []string{"case", "task", "events"} {
		if status, _, errs := o.ask(name, "-h"); status != 0 || !strings.Contains(errs, "secondline "+name) {
			t.Errorf("%s -h: %d %s", name, status, errs)
		}
	}
}

// What a command says is its own: the client of Redis adds nothing to it. serve has it
// in its log, a line of JSON each.
func TestTheClientOfRedisIsQuiet(t *testing.T) {
	o := newOffice(t)
	o.redis.Kill()
	var environment []string
	for name, value := range o.env {
		environment = append(environment, name+"="+value)
	}
	cmd := child(t, environment, "case", "list")
	out, err := cmd.CombinedOutput()
	if err == nil || string(out) != "secondline case list: Redis: nobody listens there\n" {
		t.Errorf("%v: %s", err, out)
	}
	var log bytes.Buffer
	clientLogFor([]string{"serve"}, &log).Warn("x")
	if !json.Valid(log.Bytes()) {
		t.Errorf("%s", log.String())
	}
}
