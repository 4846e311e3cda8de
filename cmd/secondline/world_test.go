package main

import (
	"log/slog"
	"os"
	"testing"
	"time"
)

// testWorld is the whole program in memory, its clock at a time.
func testWorld(t testing.TB, at string) *world {
	t.Helper()
	return testWorldWith(t, at, slog.New(slog.DiscardHandler), hooks{})
}

func testWorldWith(t testing.TB, at string, log *slog.Logger, h hooks) *world {
	t.Helper()
	settings, err := LoadSettings(noEnvironment, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	return testWorldOf(t, settings, at, log, h)
}

// testWorldOf is one with these settings.
func testWorldOf(t testing.TB, settings Settings, at string, log *slog.Logger, h hooks) *world {
	t.Helper()
	when, err := time.Parse(time.RFC3339, at)
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWorld(settings, &clock{at: when}, log, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.stop)
	return w
}

// playTokens plays a call to its end.
func (w *world) playTokens(t *testing.T, p *callPlayer, text string) {
	t.Helper()
	tokens, err := parseTokens(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.play(t.Context(), tokens); err != nil {
		t.Fatal(err)
	}
}
