package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"secondline/internal/event"
)

func TestReadySaysWhatTheDoctorSays(t *testing.T) {
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
	l := &line{store: store, inbox: &event.Inbox{}}
	want := func(status int, lines ...string) {
		t.Helper()
		w := httptest.NewRecorder()
		l.ready(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		if got := strings.Split(strings.TrimSpace(w.Body.String()), "\n"); w.Code != status || len(got) != len(lines) {
			t.Fatalf("%d %q, want %d %q", w.Code, got, status, lines)
		}
		for _, line := range lines {
			if !strings.Contains(w.Body.String(), line) {
				t.Errorf("%q lacks %q", w.Body, line)
			}
		}
	}
	want(http.StatusOK, "ready")
	h.redis.Do(t, "CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
	want(http.StatusOK, "ready", "bad redis.eviction: allkeys-lru")
	h.redis.Do(t, "REPLICAOF", "127.0.0.1", "1")
	want(http.StatusServiceUnavailable, "not ready", "bad redis.eviction", "bad redis.role")
	h.redis.Kill()
	want(http.StatusServiceUnavailable, "not ready", "bad redis: ")
}

// Another index key would look like a line without any cases: serve does not start.
func TestServeRefusesAnotherIndexKey(t *testing.T) {
	h := newHouse(t)
	keysOf(t, h, func(_, seal string) string { index, _ := fresh(t); return index + "," + seal })
	settings, err := LoadSettings(lookup(h.env), os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := serve(t.Context(), time.Now, settings, h.data, &strings.Builder{}, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "PHI_KEYS") {
		t.Errorf("%v", err)
	}
}
