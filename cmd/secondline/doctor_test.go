package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"secondline/casestore"
)

func TestDoctorFindsNothingWhereAllIsRight(t *testing.T) {
	h := newHouse(t)
	for range 2 {
		if status, notFine := h.findings(); status != 0 || len(notFine) > 0 {
			t.Errorf("status %d: %+v", status, notFine)
		}
	}
	status, out := h.examine()
	if status != 0 || !strings.Contains(out, "0 to look at, 0 bad") || !strings.Contains(out, "ok  tollfree.voice ") {
		t.Errorf("status %d:\n%s", status, out)
	}
	if entries, err := os.ReadDir(h.data); err != nil || len(entries) > 0 {
		t.Errorf("it leaves %v in the directory (%v)", entries, err)
	}
}

// keysOf changes PHI_KEYS by hand.
func keysOf(t *testing.T, h *house, change func(index, seal string) string) {
	t.Helper()
	if status, notFine := h.findings(); status != 0 {
		t.Fatalf("before: %+v", notFine) // leaves the mark
	}
	index, seal, _ := strings.Cut(h.env["PHI_KEYS"], ",")
	h.env["PHI_KEYS"] = change(index, seal)
}

func fresh(t *testing.T) (index, seal string) {
	t.Helper()
	keys, err := newPHIKeys(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	index, seal, _ = strings.Cut(keys, ",")
	return index, seal
}

func TestDoctorFindsEachMisconfiguration(t *testing.T) {
	t.Parallel()
	for _, tt := range misconfigurations {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			tt.spoil(t, h)
			status, notFine := h.findings()
			f, found := notFine[tt.check]
			if !found || f.State != tt.state || !strings.Contains(f.Found, tt.says) {
				t.Fatalf("%s: %+v; found: %+v", tt.check, f, notFine)
			}
			if want := 0; tt.state == bad && status != 1 || tt.state == warn && status != want {
				t.Errorf("status %d: %+v", status, notFine)
			}
		})
	}
	t.Logf("%d misconfigurations, of %d checks", len(misconfigurations), countChecks())
}

func countChecks() int {
	names := map[string]bool{}
	for _, m := range misconfigurations {
		names[m.check] = true
	}
	return len(names)
}

// What cannot be had of a redis-server here is asked of what one would say.
func TestWhatAServerSaysIsJudged(t *testing.T) {
	right := casestore.Server{Version: "7.2.4", Role: "master", AppendOnly: true, Fsync: "always", Eviction: "noeviction", Scripts: true}
	for _, tt := range []struct {
		name, check string
		change      func(*casestore.Server)
		want        state
	}{
		{"right", "", func(*casestore.Server) {}, fine},
		{"old", "redis.version", func(s *casestore.Server) { s.Version = "6.2.14" }, bad},
		{"new", "redis.version", func(s *casestore.Server) { s.Version = "8.0.1" }, fine},
		{"of no version", "redis.version", func(s *casestore.Server) { s.Version = "" }, warn},
		{"loading", "redis.loading", func(s *casestore.Server) { s.Loading = true }, bad},
		{"a disk that is full", "redis.writes", func(s *casestore.Server) { s.WritesFail = true }, bad},
		{"a cluster reached as one", "redis.cluster", func(s *casestore.Server) { s.ClusterMode, s.ClusterState = true, "ok" }, bad},
		{"it threw away", "redis.eviction", func(s *casestore.Server) { s.Evicted = 3 }, warn},
	} {
		one := right
		tt.change(&one)
		for _, servers := range [][]casestore.Server{{one}, {right, one}, {one, right}} {
			for _, f := range redisFindings(servers, 0, false) {
				want := fine
				if f.Name == tt.check {
					want = tt.want
				}
				if f.State != want {
					t.Errorf("%s: %s is %s, want %s", tt.name, f.Name, f.State, want)
				}
			}
		}
	}
}

func TestWaysToRedisAreJudged(t *testing.T) {
	for address, want := range map[string]string{
		"redis://localhost:6379": "", "unix:///run/r.sock": "", "redis://127.0.0.1": "", "rediss://u:p@db.example": "",
		"redis://u:p@db.example": "redis.tls", "rediss://db.example": "redis.password", "rediss+sentinel://u:p@one,two/master": "",
		"redis+sentinel://:p@localhost,two/master": "redis.tls", "rediss+cluster://one,two": "redis.password",
	} {
		d := &doctor{}
		d.examineWay(address)
		var got []string
		for _, f := range d.findings {
			got = append(got, f.Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %q", address, got, want)
		}
	}
}

// A command that is asked while serve has its own Redis finds it in the directory.
func TestDoctorWithoutRedisURL(t *testing.T) {
	h := newHouse(t)
	delete(h.env, "REDIS_URL")
	if status, notFine := h.findings(); status != 0 || notFine["redis"].State != warn {
		t.Errorf("status %d: %+v", status, notFine)
	}
	if err := os.Symlink(h.redis.Socket, redisFiles{h.data}.socket()); err != nil {
		t.Fatal(err)
	}
	if status, notFine := h.findings(); status != 0 || len(notFine) > 0 {
		t.Errorf("status %d: %+v", status, notFine)
	}
}

func TestDoctorTellsWhatWaits(t *testing.T) {
	h := newHouse(t)
	settings, err := LoadSettings(lookup(h.env), os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	store, err := openStore(time.Now, settings, h.redis.URL(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	d := casestore.Delivery{ID: "d1", Endpoint: "records", Body: []byte("{}")}
	if err := errors.Join(store.RefuseEvent(t.Context(), casestore.RefusedEvent{Reason: "json"}), store.Delivered(t.Context(), d, true)); err != nil {
		t.Fatal(err)
	}
	_, notFine := h.findings()
	if names := slices.Sorted(maps.Keys(notFine)); !slices.Equal(names, []string{"events.dead", "events.refused"}) {
		t.Errorf("%v", names)
	}
}

func TestDialTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	_, err := dialTLS(t.Context(), server.URL)
	if err == nil || connectTrouble(err) != "its certificate is not trusted" {
		t.Errorf("%v", err)
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	if _, err := dialTLS(t.Context(), plain.URL); err != nil {
		t.Error(err)
	}
	plain.Close()
	if _, err := dialTLS(t.Context(), plain.URL); err == nil || connectTrouble(err) != "nobody listens there" {
		t.Errorf("%v", err)
	}
	if free, err := freeBytes(t.TempDir()); err != nil || free == 0 {
		t.Errorf("free: %d, %v", free, err)
	}
}

func TestDoctorsFlags(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want int
	}{{[]string{"-h"}, 0}, {[]string{"x"}, 2}, {[]string{"-nothing"}, 2}} {
		var out, errs bytes.Buffer
		if got := run(t.Context(), append([]string{"doctor"}, tt.args...), noEnvironment, &out, &errs); got != tt.want || errs.Len() == 0 {
			t.Errorf("%v: %d %s", tt.args, got, errs.String())
		}
	}
	var out, errs bytes.Buffer
	if got := run(t.Context(), []string{"doctor", "-connect=false", "-data", t.TempDir()}, noEnvironment, &out, &errs); got != 1 || !strings.Contains(out.String(), "PHI_KEYS is not set") {
		t.Errorf("nothing set: %d %s%s", got, out.String(), errs.String())
	}
}
