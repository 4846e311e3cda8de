package main

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/redistest"
)

// A Redis that may throw away or forget an opt-out is not asked whether something may be
// sent; callers are answered all the same. An operator's word goes over it, but not over
// a Redis that cannot be asked at all.
func TestPause(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, config, value string
		replicas            int
		unsafe              bool
		want                string
	}{
		{"as the guide says", "maxmemory-policy", "noeviction", 0, false, ""},
		{"a policy that throws away, and no bound", "maxmemory-policy", "allkeys-lru", 0, false, ""},
		{"nothing on disk", "appendonly", "no", 0, false, "keeps nothing"},
		{"nothing on disk, and it is said to be right", "appendonly", "no", 0, true, ""},
		{"a replica is asked for", "appendonly", "yes", 1, false, "0 replicas"},
		{"it may be behind", "", "", 0, false, "replica"},
	} {
		t.Run(c.what, func(t *testing.T) {
			redis := redistest.Start(t, "--save", "")
			if c.config == "" {
				redis.Do(t, "REPLICAOF", "127.0.0.1", "1")
			} else {
				redis.Do(t, "CONFIG", "SET", c.config, c.value)
			}
			wantPause(t, pauseOf(t, redis, c.replicas, c.unsafe), c.want)
		})
	}
	redis := redistest.Start(t)
	redis.Do(t, "CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "volatile-ttl")
	wantPause(t, pauseOf(t, redis, 0, false), "throw away")
	wantPause(t, pauseOf(t, redis, 0, true), "")
	redis.Kill()
	wantPause(t, pauseOf(t, redis, 0, true), "cannot be asked")
}

func pauseOf(t *testing.T, redis *redistest.Server, replicas int, unsafe bool) *pause {
	t.Helper()
	rdb, err := casestore.Connect(redis.URL())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := passingKeys()
	if err != nil {
		t.Fatal(err)
	}
	ring, err := newRing(keys)
	if err != nil {
		t.Fatal(err)
	}
	store := casestore.New(casestore.Options{Redis: rdb, Ring: ring})
	t.Cleanup(func() { _ = store.Close() })
	p := &pause{store: store, replicas: replicas, unsafe: unsafe, reapply: func(context.Context) error { return nil }, log: slog.New(slog.DiscardHandler)}
	if err := p.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

// A failover while the journal is written at the start, or before anybody has looked, may
// have lost what was just written: it is written again before anything is sent.
func TestAFailoverAtTheStartIsSeen(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	p := pauseOf(t, redis, 0, false)
	written := 0
	p.reapply = func(context.Context) error {
		if written++; written == 1 {
			redis.Do(t, "REPLICAOF", "127.0.0.1", "1")
			redis.Do(t, "REPLICAOF", "NO", "ONE") // goes on as another primary
		}
		return nil
	}
	if err := p.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	if why := p.why(t.Context()); written != 2 || !strings.Contains(why, "failed over") {
		t.Errorf("the journal was written %d times, and the reason not to send is %q", written, why)
	}
}

func wantPause(t *testing.T, p *pause, want string) {
	t.Helper()
	why := p.why(t.Context())
	if want == "" && why != "" || !strings.Contains(why, want) {
		t.Errorf("%q, want %q", why, want)
	}
}

// The real program on a Redis that begins to throw away: no text leaves, who calls is
// answered and gets to a person, /readyz says why; and when Redis is right again what was
// owed is sent.
func TestNothingIsSentWhileRedisMayForget(t *testing.T) {
	t.Parallel()
	w := newFaultWorld(t, "single", 1)
	s := &schedule{t: t, w: w, begun: time.Now(), zone: newYork(t)}
	redis := w.redis.Nodes[0]
	number := personOf(0, 1)
	redis.Do(t, "CONFIG", "SET", "maxmemory", "500mb", "maxmemory-policy", "allkeys-lru")
	eventually(t, "it says that nothing is sent", func() bool {
		_, body := get(t, "http://"+w.replicas[0].admin+"/readyz")
		return strings.Contains(body, "nothing is sent: Redis may throw away")
	})
	if !s.post(number, "case.created", map[string]any{"phone": number, "zip": "10001", "consents": map[string]any{"texts": true}}) {
		t.Fatal("an event is not taken")
	}
	person := w.store.Ring().Person(private.Of(number))
	eventually(t, "the text waits", func() bool {
		texts, err := w.store.Texts(t.Context(), person, time.Time{})
		return err == nil && len(texts) == 1 && texts[0].Reason == "paused"
	})
	if heard := s.ringOnce(1); heard != "good" {
		t.Errorf("a caller hears %s", heard)
	}
	if status, _ := get(t, "http://"+w.replicas[0].admin+"/readyz"); status != http.StatusOK {
		t.Errorf("callers are kept away: %d", status)
	}
	if n := len(w.askedOf(number)); n != 0 {
		t.Errorf("%d texts left", n)
	}
	redis.Do(t, "CONFIG", "SET", "maxmemory-policy", "noeviction")
	w.jumpClock(15 * time.Second) // it waits that long at most
	eventually(t, "the text is sent", func() bool { return len(w.askedOf(number)) == 1 })
}
