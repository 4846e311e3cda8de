package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"secondline/casestore"
)

func TestHealthIsScraped(t *testing.T) {
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
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(&health{store: store, recordings: h.data, journal: filepath.Join(h.data, "optouts.journal")})
	scrape := func() string {
		t.Helper()
		w := httptest.NewRecorder()
		promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		if w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return w.Body.String()
	}
	want := func(lines ...string) {
		t.Helper()
		got := scrape()
		for _, line := range lines {
			if !strings.Contains(got, line) {
				t.Errorf("it lacks %q:\n%s", line, got)
			}
		}
	}
	if err := store.OpenTask(t.Context(), 3, &casestore.Task{ID: "t1", Kind: casestore.TaskMessage, Due: time.Now().Add(-time.Hour), Opened: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := store.RefuseEvent(t.Context(), casestore.RefusedEvent{Reason: "json"}); err != nil {
		t.Fatal(err)
	}
	want("secondline_redis_up 1", `secondline_check_state{check="redis.eviction"} 0`, `secondline_check_state{check="keys"} 0`,
		`secondline_owed{age="open"} 1`, `secondline_owed{age="late"} 1`, `secondline_laid_aside{what="refused_events"} 1`,
		`secondline_laid_aside{what="effects"} 0`, `secondline_disk_free_bytes{place="journal"} `, "secondline_outbox_waiting ")
	h.redis.Do(t, "CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
	want(`secondline_check_state{check="redis.eviction"} 2`)
	h.redis.Kill()
	want("secondline_redis_up 0", "secondline_disk_free_bytes")
}
