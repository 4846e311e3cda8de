package casestore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"secondline/internal/private"
	"secondline/internal/redistest"
)

func TestServerTellsWhatItIs(t *testing.T) {
	r := redistest.Start(t)
	now := time.Now()
	s := storeBy(t, r.URL(), &now)
	got, err := s.Servers(t.Context())
	if err != nil || len(got) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	one := got[0]
	if !strings.Contains(one.Version, ".") || one.Role != "master" || !one.AppendOnly || one.Fsync != "always" || one.Eviction != "noeviction" ||
		one.ClusterMode || one.Loading || one.WritesFail || !one.Scripts || one.Used == 0 || one.Most != 0 {
		t.Errorf("%+v", one)
	}
	now = time.Now().Add(-time.Minute)
	r.Do(t, "CONFIG", "SET", "appendonly", "no")
	r.Do(t, "CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
	r.Do(t, "CONFIG", "SET", "maxmemory", "100mb")
	r.Do(t, "REPLICAOF", "127.0.0.1", "1")
	r.Do(t, "ACL", "SETUSER", "default", "-config", "-eval")
	if got, err = s.Servers(t.Context()); err != nil {
		t.Fatal(err)
	}
	one = got[0]
	if one.Role != "slave" || one.AppendOnly || one.Fsync != "" || one.Eviction != "allkeys-lru" || one.Most != 100<<20 || one.Scripts || one.Ahead < 59*time.Second {
		t.Errorf("%+v", one)
	}
	r.Kill()
	if _, err := s.Servers(t.Context()); err == nil {
		t.Error("one that is gone answers")
	}
}

func TestServersOfACluster(t *testing.T) {
	var hosts []string
	for _, server := range redistest.StartCluster(t) {
		hosts = append(hosts, fmt.Sprintf("127.0.0.1:%d", server.Port))
	}
	now := time.Now()
	s := storeBy(t, "redis+cluster://"+strings.Join(hosts, ","), &now)
	got, err := s.Servers(t.Context())
	if err != nil || len(got) != 3 || !s.Clustered() {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, one := range got {
		if !one.ClusterMode || one.ClusterState != "ok" || one.Role != "master" {
			t.Errorf("%+v", one)
		}
	}
	want := map[CaseID]bool{}
	for i := range 40 {
		c := &Case{ID: NewCaseID(), Stage: StageRequested, Number: NewRequestNumber(), Caller: private.Of(fmt.Sprintf("+16175550%03d", i))}
		if err := s.AddCase(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		want[c.ID] = true
	}
	wantCases(t, s, want)
}

func wantCases(t *testing.T, s *Store, want map[CaseID]bool) {
	t.Helper()
	got := map[CaseID]int{}
	if err := s.EachCase(t.Context(), func(c *Case) error { got[c.ID]++; return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Errorf("%d cases, want %d", len(got), len(want))
	}
	for id, n := range got {
		if n != 1 || !want[id] {
			t.Errorf("case %s is visited %d times", id, n)
		}
	}
}

func TestUnfinishedOnesAreAmongTheCases(t *testing.T) {
	s := storeBy(t, redistest.Start(t).URL(), new(time.Time))
	finished := &Case{ID: NewCaseID(), Stage: StageInReview, Number: NewRequestNumber(), Caller: private.Of("+16175550123")}
	if err := s.AddCase(t.Context(), finished); err != nil {
		t.Fatal(err)
	}
	draft := &Case{ID: NewCaseID(), Stage: StageStarted}
	who := s.ring.Person(private.Of("+16175550124"))
	if err := s.Commit(t.Context(), who, &Conversation{Call: "CA1"}, Change{Drafts: []Draft{{Case: draft}}}); err != nil {
		t.Fatal(err)
	}
	wantCases(t, s, map[CaseID]bool{finished.ID: true, draft.ID: true})
	if err := s.rdb.HSet(t.Context(), caseKey(finished.Partition, "cdamaged"), "v", 1, "d", "not sealed").Err(); err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := s.EachCase(t.Context(), func(*Case) error { n++; return nil }); !errors.Is(err, ErrSealed) || n != 2 {
		t.Errorf("beside a damaged one %d are read, %v", n, err)
	}
	enough := errors.New("enough")
	if err := s.EachCase(t.Context(), func(*Case) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("visit's error is lost: %v", err)
	}
}

func TestKeysThatAreWrongAreFound(t *testing.T) {
	url := redistest.Start(t).URL()
	secret := func(b byte) []byte { return []byte(strings.Repeat(string(rune(b)), 32)) }
	with := func(index byte, keys ...Key) *Store {
		ring, err := NewKeyRing(secret(index), keys...)
		if err != nil {
			t.Fatal(err)
		}
		rdb, err := Connect(url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = rdb.Close() })
		return New(Options{Redis: rdb, Ring: ring})
	}
	k1, k2, other := Key{"k1", secret('a')}, Key{"k2", secret('b')}, Key{"k1", secret('c')}
	ctx := context.Background()
	if known, err := with('i', k1).CheckKeys(ctx); known != 0 || err != nil {
		t.Errorf("before the first: %d, %v", known, err)
	}
	for range 2 {
		if err := with('i', k1).MarkKeys(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := with('i', k2, k1).MarkKeys(ctx); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		store *Store
		want  error
		says  string
	}{
		{"both", with('i', k2, k1), nil, ""},
		{"in another order", with('i', k1, k2), nil, ""},
		{"the old one is gone", with('i', k2), ErrSealed, `key "k1" is not in the ring`},
		{"another secret", with('i', k2, other), ErrSealed, `key "k1" has another secret`},
		{"another index", with('j', k2, k1), ErrOtherIndex, ""},
	} {
		known, err := tt.store.CheckKeys(ctx)
		if known != 2 || !errors.Is(err, tt.want) || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %d, %v", tt.name, known, err)
		}
	}
}
