package main

import (
	"bytes"
	"crypto/rand"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"secondline/casestore"
	"secondline/internal/explain"
	"secondline/internal/private"
	"secondline/internal/redistest"
)

// wantExplained looks at what an operator is told: whole sentences, and no names of
// the program's.
func (d *promised) wantExplained() {
	d.t.Helper()
	lines := explain.Promise(d.promise(), d.zone)
	lines = append(lines, explain.Line{Text: explain.Next(d.promise(), d.zone)})
	for _, x := range lines {
		if strings.Contains(x.Text, "_") || !strings.HasSuffix(x.Text, ".") || !unicode.IsUpper(rune(x.Text[0])) || strings.Contains(x.Text, ": .") {
			d.t.Errorf("no sentence for people: %q", x.Text)
		}
	}
}

func TestExplain(t *testing.T) {
	redis := redistest.Start(t)
	keys, err := newPHIKeys(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(t.TempDir(), "audit.log")
	env := func(name string) (string, bool) {
		value := map[string]string{"REDIS_URL": redis.URL(), "PHI_KEYS": keys, "AUDIT_LOG": at}[name]
		return value, value != ""
	}
	settings, err := LoadSettings(env, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	store, err := openStore(time.Now, settings, redis.URL(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	number, err := casestore.ParseRequestNumber(worldRequest)
	if err != nil {
		t.Fatal(err)
	}
	c := &casestore.Case{ID: casestore.NewCaseID(), Stage: casestore.StageInReview, Number: number, Line: "tollfree", Language: "en", Opened: time.Now(),
		Caller: private.Of(deliveredTo), Answers: map[string]private.Text{"birth_date": private.Of(worldBorn)}}
	if err := store.AddCase(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	ask := func(which string) (int, string, string) {
		var out, errs bytes.Buffer
		status := run(t.Context(), []string{"explain", which}, env, &out, &errs)
		return status, out.String(), errs.String()
	}
	if status, out, errs := ask(worldRequest); status != 0 || !strings.Contains(out, "No call after delivery is promised yet") {
		t.Errorf("before delivery: status %d, %s%s", status, out, errs)
	}
	if _, _, err := store.Advance(t.Context(), c.Partition, c.ID, casestore.StageDelivered, nil); err != nil {
		t.Fatal(err)
	}
	for _, which := range []string{worldRequest, "1234 5674", string(c.ID)} {
		status, out, errs := ask(which)
		if status != 0 || !strings.Contains(out, "The opinion was delivered on ") || !strings.Contains(out, "Next: ") {
			t.Errorf("%q: status %d, %s%s", which, status, out, errs)
		}
		for _, secret := range []string{deliveredTo, deliveredTo[2:], worldBorn, "1960"} {
			if strings.Contains(out, secret) {
				t.Errorf("it says %q:\n%s", secret, out)
			}
		}
	}
	for which, want := range map[string]string{"12345675": "neither a request number", "87654323": "", "cnothing": "no case of this name", "x": "neither a request number"} {
		if status, _, errs := ask(which); status != 1 || !strings.Contains(errs, want) {
			t.Errorf("%q: status %d, %s", which, status, errs)
		}
	}
	var out, errs bytes.Buffer
	if status := run(t.Context(), []string{"handover", worldRequest}, env, &out, &errs); status != 0 || !strings.Contains(out.String(), `"resourceType":"Bundle"`) {
		t.Errorf("handover: status %d, %s%s", status, out.String(), errs.String())
	}
	if status := run(t.Context(), []string{"handover"}, env, &out, &errs); status != 2 {
		t.Errorf("handover of nothing: status %d", status)
	}
	redis.Kill()
	if status, _, errs := ask(worldRequest); status != 1 || errs == "" {
		t.Errorf("no Redis: status %d, %q", status, errs)
	}
}
