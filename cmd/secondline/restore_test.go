package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/event"
	"secondline/internal/private"
	"secondline/internal/redistest"
	"secondline/internal/twiliosim"
)

// backups are the two ways of the guide to copy Redis, and to start on the copy.
var backups = map[string]struct {
	copy  func(t *testing.T, from *redistest.Server, to string)
	start func(t *testing.T, dir string) *redistest.Server
}{
	"the append-only directory": {
		func(t *testing.T, from *redistest.Server, to string) {
			if err := os.CopyFS(filepath.Join(to, "appendonlydir"), os.DirFS(filepath.Join(from.Dir, "appendonlydir"))); err != nil {
				t.Fatal(err)
			}
		},
		func(t *testing.T, dir string) *redistest.Server { return redistest.StartIn(t, dir) },
	},
	"dump.rdb": {
		func(t *testing.T, from *redistest.Server, to string) {
			from.Do(t, "SAVE")
			b, err := os.ReadFile(filepath.Join(from.Dir, "dump.rdb"))
			if err == nil {
				err = os.WriteFile(filepath.Join(to, "dump.rdb"), b, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		},
		func(t *testing.T, dir string) *redistest.Server {
			server := redistest.StartIn(t, dir, "--appendonly", "no")
			server.Do(t, "CONFIG", "SET", "appendonly", "yes")
			eventually(t, "the append-only file is written", func() bool {
				info := server.Do(t, "INFO", "persistence")
				return strings.Contains(info, "aof_enabled:1") && strings.Contains(info, "aof_rewrite_in_progress:0") && strings.Contains(info, "aof_rewrite_scheduled:0")
			})
			return server
		},
	},
}

// told is an event of the case system.
func (s *searched) tells(id, kind, subject, data string) string {
	s.t.Helper()
	body := fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"https://records.example.org","type":%q,"subject":%q,"time":%q,"data":%s}`, id, kind, subject, s.clock.Now().Format(time.RFC3339), data)
	if status := s.post(body, true); status != 200 {
		s.t.Fatalf("event %s: status %d", id, status)
	}
	return body
}

func (s *searched) found(name string) *casestore.Case {
	s.t.Helper()
	c, err := s.line.store.FindCase(s.t.Context(), name)
	s.must(err)
	return c
}

func (s *searched) promiseOf(name string) *casestore.Promise {
	s.t.Helper()
	c := s.found(name)
	p, err := s.line.store.Promise(s.t.Context(), c.Partition, c.ID)
	if err != nil {
		s.t.Fatalf("the promise of %q: %v", name, err)
	}
	return p
}

// operator runs a command on what is kept.
func (s *searched) operator(args ...string) string {
	s.t.Helper()
	var out, errs bytes.Buffer
	env := map[string]string{"PHI_KEYS": s.env["PHI_KEYS"], "REDIS_URL": s.redis.server.URL(), "OPTOUT_JOURNAL": filepath.Join(s.dir, "optouts.journal"), "AUDIT_LOG": filepath.Join(s.dir, "audit.log"), "RECORDINGS_DIR": filepath.Join(s.dir, "recordings")}
	if status := run(s.t.Context(), args, lookup(env), &out, &errs); status != 0 {
		s.t.Fatalf("%v: %d: %s%s", args, status, out.String(), errs.String())
	}
	return out.String()
}

// What the guide says under "Backup and restore", done: yesterday's Redis is copied,
// life goes on for a day, Redis is lost, and yesterday's is put back beside the journal
// of today. Whoever opted out since is not contacted, what was deleted stays deleted, no
// promise is forgotten, and nobody who was called is called again.
func TestRestoreOfYesterday(t *testing.T) {
	for name, backup := range backups {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSearched(t)
			ctx := t.Context()
			// Patients answer and press 1; coordinators accept, and say that it went well.
			callee := func(to string) twiliosim.CalleeBehaviour {
				if slices.ContainsFunc(s.people, func(f *fake) bool { return f.phone == to }) {
					return twiliosim.Answers("1")
				}
				return twiliosim.Answers("1", "1")
			}
			s.sim.SetCallee(callee)
			for i, name := range []string{"stops", "waits", "kept", "presses", "shredded"} {
				f := s.people[i]
				s.tells("made."+name, event.CaseCreated, name, fmt.Sprintf(`{"phone":%q,"birth_date":"1960-03-04","zip":%q,"consents":{"texts":true,"calls":true}}`, f.phone, f.zip))
			}
			s.pass(time.Minute, time.Minute)
			copied := t.TempDir()
			backup.copy(t, s.redis.server, copied)

			// A day goes on.
			s.texts(s.people[0], "Please stop texting me")
			s.calls(s.people[3].phone, "answers", "9 1")
			s.operator("case", "advance", string(s.found("shredded").ID), "withdrawn")
			s.must(s.settle(ctx))
			s.operator("case", "shred", "-sure", string(s.found("shredded").ID))
			s.sim.SetCallee(callee)
			delivered := s.tells("delivered.kept", event.OpinionDelivered, "kept", `{}`)
			s.pass(2*time.Hour, 15*time.Second)
			if p := s.promiseOf("kept"); p.State != casestore.PromiseKept {
				t.Fatalf("the promise of the day is %s: %v", p.State, p.Log)
			}
			s.clock.Set(s.clock.Now().Add(21 * time.Hour)) // the next morning, 10 o'clock
			late := []string{s.tells("delivered.waits", event.OpinionDelivered, "waits", `{}`), delivered}
			late = append(late, s.tells("made.new", event.CaseCreated, "new", fmt.Sprintf(`{"phone":%q,"birth_date":"1960-03-04","zip":"10001"}`, s.people[5].phone)))
			s.clock.Pass(time.Minute)
			late = append(late, s.tells("delivered.new", event.OpinionDelivered, "new", `{}`))

			// Redis is lost; yesterday's is put back, and a replica starts on it.
			s.redis.away.Store(true)
			s.redis.server.Kill()
			s.must(os.RemoveAll(s.redis.server.Dir))
			s.redis.server = backup.start(t, copied)
			s.redis.away.Store(false)
			eventually(t, "Redis answers", func() bool { return s.line.store.Ping(ctx) == nil })
			before := map[string]int{}
			for _, f := range s.people {
				before[f.phone] = len(s.sim.CallsTo(f.phone)) + len(s.sim.TextsTo(f.phone))
			}
			s.must(s.line.reapply(ctx, time.Time{}))
			if list := s.operator("case", "list"); strings.Count(list, "requested") < 4 {
				t.Fatalf("not all requests of yesterday are there:\n%s", list)
			}
			if c := s.found("shredded"); c.Forgotten.IsZero() {
				t.Error("what was deleted is there again")
			}
			for i := len(late) - 1; i >= 0; i-- { // the case system sends again, in any order
				if status := s.post(late[i], true); status != 200 {
					t.Fatalf("an event that is sent again: status %d", status)
				}
			}
			// Who was called since is in Twilio's log.
			s.operator("case", "advance", string(s.found("kept").ID), "followed_up")
			for _, name := range []string{"stops", "presses"} {
				c := s.found(name)
				_, _, err := s.line.store.Advance(ctx, c.Partition, c.ID, casestore.StageCollectingRecords, nil)
				s.must(err)
			}
			s.pass(6*time.Hour, 15*time.Second)

			for i, who := range map[int]string{0: "texted STOP", 3: "pressed 9", 2: "was called", 4: "was deleted"} {
				if n := len(s.sim.CallsTo(s.people[i].phone)) + len(s.sim.TextsTo(s.people[i].phone)) - before[s.people[i].phone]; n != 0 && i != 2 {
					t.Errorf("somebody who %s is contacted %d times", who, n)
				}
			}
			if n := len(s.sim.CallsTo(s.people[2].phone)); n != 1 {
				t.Errorf("who was called before Redis was lost is called %d times in all", n)
			}
			for _, name := range []string{"waits", "new"} {
				if p := s.promiseOf(name); p.State != casestore.PromiseKept {
					t.Errorf("the promise of %q is %s: %v", name, p.State, p.Log)
				}
			}
			if len(s.sim.CallsTo(s.people[1].phone)) != 1 || len(s.sim.CallsTo(s.people[5].phone)) != 1 {
				t.Error("a promise that came after the backup was not kept by one call")
			}
			for _, i := range []int{0, 3} {
				contact, err := s.line.store.ContactOf(ctx, private.Of(s.people[i].phone))
				s.must(err)
				if contact.OptedOut.At.IsZero() {
					t.Error("an opt-out is lost")
				}
			}
		})
	}
}

// A Redis that is to keep an append-only file and finds only dump.rdb starts empty: the
// guide says what to do instead.
func TestADumpAloneIsNotRead(t *testing.T) {
	first := redistest.Start(t)
	first.Do(t, "SET", "a", "b")
	dir := t.TempDir()
	backups["dump.rdb"].copy(t, first, dir)
	if got := redistest.StartIn(t, dir).Do(t, "DBSIZE"); got != ":0" {
		t.Errorf("it has %s keys: the guide can be shorter", got)
	}
}
