package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/recordings"
)

// ringOf makes the key ring of PHI_KEYS.
func ringOf(t *testing.T, text string) *casestore.KeyRing {
	t.Helper()
	parsed, err := parsePHIKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := newRing(parsed)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// nextKeys gives PHI_KEYS with a new key behind the old one, with it first, and with it
// alone.
func nextKeys(t *testing.T, old string) (behind, first, alone string) {
	t.Helper()
	fresh, err := newPHIKeys(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	index, sealing, _ := strings.Cut(old, ",")
	_, key, _ := strings.Cut(fresh, ",")
	return old + "," + key, index + "," + key + "," + sealing, index + "," + key
}

// lasting says of every key of the server whether it has a lifetime.
func (s *searched) lasting() map[string]bool {
	out := map[string]bool{}
	for _, kept := range s.redis.server.Everything(s.t) {
		out[kept.Key] = s.redis.server.Do(s.t, "TTL", kept.Key) == ":-1"
	}
	return out
}

// After whole lives of requests every sealed value, in every kind of key, and every
// recording is sealed anew while somebody writes, broken off in between; the old key can
// go then, and everything opens without it.
func TestEverythingIsSealedAnew(t *testing.T) {
	t.Parallel()
	s := newSearched(t)
	ctx := t.Context()
	s.live()
	s.events()
	s.outreach()
	c := s.caseOf(s.people[0])
	s.must(s.line.store.MarkKeys(ctx))
	dead := casestore.Delivery{ID: "d1", Endpoint: "records", Type: casestore.OptOutChanged, Body: []byte("{}"), First: time.Now()}
	s.must(s.line.store.Delivered(ctx, dead, true))

	sealed, kinds := 0, map[string]bool{}
	for _, kept := range s.redis.server.Everything(t) {
		for _, v := range kept.Values {
			if _, ok := casestore.KeyOf([]byte(v)); ok && !strings.Contains(kept.Key, ":probe") {
				sealed++
				kinds[strings.Split(kept.Key, ":")[2]] = true
			}
		}
	}
	by, err := s.line.store.SealedBy(ctx)
	s.must(err)
	old := s.line.store.Ring().Current()
	if by[old] != sealed || len(by) != 1 || sealed < 100 {
		t.Fatalf("%d values are sealed in kinds %v; %v are known", sealed, kinds, by)
	}
	forever := s.lasting()

	_, first, alone := nextKeys(t, s.env["PHI_KEYS"])
	server, err := casestore.Connect(s.redis.server.URL())
	s.must(err)
	live := casestore.New(casestore.Options{Redis: server, Ring: ringOf(t, first)})
	defer live.Close()
	s.must(live.MarkKeys(ctx))
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := range 200 {
			if _, err := live.MoveCase(ctx, c.Partition, c.ID, func(c *casestore.Case) bool {
				c.Answers["count"] = private.Of(fmt.Sprint(i + 1))
				return true
			}); err != nil {
				t.Error(err)
			}
		}
	})
	broken, stop := context.WithCancel(ctx)
	done, _, err := live.Reseal(broken, func(done, _ int) {
		if done == 50 {
			stop()
		}
	})
	if err == nil || done < 50 {
		t.Errorf("it was not broken off: %d, %v", done, err)
	}
	env := map[string]string{"PHI_KEYS": first, "REDIS_URL": s.redis.server.URL(), "RECORDINGS_DIR": filepath.Join(s.dir, "recordings")}
	status, out := ran(t, env, "keys", "reseal")
	writing.Wait()
	if status != 0 || !strings.Contains(out, "Nothing is left under another key in Redis") || !strings.Contains(out, "take "+old+" out of PHI_KEYS") {
		t.Fatalf("%d: %s", status, out)
	}
	t.Logf("%d values in %d kinds of keys, 50 before it was broken off:\n%s", sealed, len(kinds), out)
	if status, out := ran(t, env, "keys", "list"); status != 0 || !strings.Contains(out, "nothing is left under it here") {
		t.Errorf("%d: %s", status, out)
	}
	for key, was := range s.lasting() {
		if before, known := forever[key]; known && before != was {
			t.Error("a key has another lifetime than it had: " + strings.Split(key, ":")[2])
		}
	}

	env["PHI_KEYS"] = alone
	for _, args := range [][]string{{"case", "list"}, {"task", "list"}, {"events", "refused"}, {"events", "dead"}, {"case", "show", s.people[0].request}, {"explain", s.people[3].request}, {"export", filepath.Join(t.TempDir(), "all")}} {
		if status, out := ran(t, env, args...); status != 0 {
			t.Errorf("with the new key alone: %v: %s", args, out)
		}
	}
	ring := ringOf(t, alone)
	after := casestore.New(casestore.Options{Redis: server, Ring: ring})
	vault, err := recordings.OpenDir(env["RECORDINGS_DIR"], ring, time.Now)
	s.must(err)
	heard := 0
	s.must(after.EachCase(ctx, func(c *casestore.Case) error {
		for name, value := range c.Answers {
			if sid := value.Reveal(); strings.HasPrefix(sid, "RE") {
				if _, err := vault.Get(ctx, sid); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
				heard++
			}
		}
		return nil
	}))
	if got, err := after.Case(ctx, c.Partition, c.ID); err != nil || got.Answers.Get("count") != "200" || heard < 3 {
		t.Errorf("what was written meanwhile is lost: %v, %v; %d recordings heard", got.Answers.Get("count"), err, heard)
	}
}

// Replicas are restarted one after another with a new key behind the old one, and again
// with it first: at every moment each reads what any other has written.
func TestKeysAreChangedWhileServing(t *testing.T) {
	t.Parallel()
	s := newSearched(t)
	c := casestore.NewCaseID()
	behind, first, _ := nextKeys(t, s.env["PHI_KEYS"])
	server, err := casestore.Connect(s.redis.server.URL())
	s.must(err)
	open := func(keys string) *casestore.Store {
		return casestore.New(casestore.Options{Redis: server, Ring: ringOf(t, keys)})
	}
	number, err := open(behind).TakeNumber(t.Context())
	s.must(err)
	s.must(open(s.env["PHI_KEYS"]).AddCase(t.Context(), &casestore.Case{ID: c, Stage: casestore.StageInReview, Number: number, Caller: private.Of(s.people[0].phone), Answers: map[string]private.Text{}}))
	n := 0
	for _, step := range []struct{ from, to string }{{s.env["PHI_KEYS"], behind}, {behind, first}} {
		replicas := []string{step.from, step.from, step.from}
		for restarted := range len(replicas) + 1 {
			for _, keys := range replicas {
				store := open(keys)
				if _, err := store.CheckKeys(t.Context()); err != nil {
					t.Fatal(err)
				}
				s.must(store.MarkKeys(t.Context()))
				p := store.Ring().Person(private.Of(s.people[0].phone)).Partition()
				got, err := store.MoveCase(t.Context(), p, c, func(c *casestore.Case) bool {
					if v := c.Answers.Get("n"); n > 0 && v != fmt.Sprint(n) {
						t.Errorf("%d was written, and %q is read", n, v)
					}
					n++
					c.Answers = map[string]private.Text{"n": private.Of(fmt.Sprint(n))}
					return true
				})
				if err != nil || got == nil {
					t.Fatalf("%d restarted: %v", restarted, err)
				}
			}
			if restarted < len(replicas) {
				replicas[restarted] = step.to
			}
		}
	}
	if n != 24 {
		t.Errorf("%d writes", n)
	}
}
