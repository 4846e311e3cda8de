package console

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"secondline/casestore"
)

// aside makes one of each thing that waits for an operator.
func (w *world) aside() {
	w.t.Helper()
	ctx := w.t.Context()
	must(w.t, w.store.RefuseEvent(ctx, casestore.RefusedEvent{At: t0.Add(-time.Hour), Reason: "unknown_type", Kind: "application/json", Body: []byte(`{"phone":"+12125550001"}`)}))
	must(w.t, w.store.Delivered(ctx, casestore.Delivery{ID: "d1.intake.cx", Endpoint: "records", Type: casestore.IntakeCompleted, Body: []byte("{}"), First: t0.Add(-80 * time.Hour), Tries: 9}, true))
	w.redis.Do(w.t, "XADD", "sl:{07}:dead", "1784000000000-0", "kind", "text", "data", "x1", "tries", "8")
}

func TestWhatWasGivenUpIsTriedAgain(t *testing.T) {
	replayed, why := 0, []string{"unknown type: nobody knows it"}
	var w *world
	w = newWorld(t, func(p *Parts) {
		p.Replay = func(ctx context.Context, e casestore.RefusedEvent) ([]string, error) {
			replayed++
			if len(why) > 0 {
				return why, nil
			}
			return nil, w.store.DropRefused(ctx, e.ID)
		}
	})
	w.aside()
	operator := w.visitor(as("co1", Operator))
	_, page := operator.get("/given-up")
	for _, want := range []string{"3 things wait", "unknown type", "for records, tried 9 times", "tried 8 times"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, "2125550001") {
		t.Error("it says what is personal")
	}
	if _, page := w.visitor(as("co3", Supervisor)).get("/given-up"); strings.Contains(page, "Try again") {
		t.Error("who may not try again is offered it")
	}
	refused, err := w.store.RefusedEvents(t.Context(), 10)
	must(t, err)
	if status, body := operator.post("/given-up/refused/" + refused[0].ID); status != http.StatusConflict || !strings.Contains(body, "nobody knows it") || w.recorded(1) != "co1 givenup.again refused_again" {
		t.Errorf("refused again: status %d, on record: %s", status, w.recorded(1))
	}
	why = nil
	for _, at := range []string{"refused/" + refused[0].ID, "undelivered/d1.intake.cx", "effect/07.1784000000000-0"} {
		if status, body := operator.post("/given-up/" + at); status != http.StatusSeeOther {
			t.Errorf("%s: status %d: %s", at, status, body)
		}
		if on := w.recorded(2); on != "co1 givenup.again asked; co1 givenup.again done" {
			t.Errorf("%s on record: %s", at, on)
		}
		if status, _ := operator.post("/given-up/" + at); status != http.StatusNotFound {
			t.Errorf("%s a second time: status %d", at, status)
		}
	}
	effects, deliveries, left, err := w.store.LaidAside(t.Context())
	if err != nil || effects+deliveries+left > 0 || replayed != 2 || w.redis.Do(t, "XLEN", "sl:{07}:outbox") != ":1" {
		t.Errorf("left: %d %d %d, %v; %d replayed", effects, deliveries, left, err, replayed)
	}
}

// The board has a page for every 200 promises, which stays up to date by itself.
func TestTheBoardHasPages(t *testing.T) {
	w := newWorld(t)
	seen := map[string]bool{}
	for i := range 450 {
		w.patient(i, time.Duration(i+1)*time.Minute)
	}
	v := w.visitor(as("co1", Coordinator))
	for page, want := range map[string]string{"/": "1 to 200 of 450", "/?page=2": "201 to 400 of 450", "/?page=3": "401 to 450 of 450", "/?page=99": "401 to 450 of 450", "/?page=x": "1 to 200 of 450"} {
		_, body := v.get(page)
		if !strings.Contains(body, want) || !strings.Contains(body, "450 open promises") {
			t.Errorf("%s does not say %q", page, want)
		}
		if before, after := strings.Contains(body, `id="page-before"`), strings.Contains(body, `id="page-after"`); before == strings.HasPrefix(want, "1 ") || after == strings.HasPrefix(want, "401") {
			t.Errorf("%s leads to the page before: %v, to the page after: %v", page, before, after)
		}
		for _, row := range strings.Split(body, `id="row-`)[1:] {
			seen[row[:strings.IndexByte(row, '"')]] = true
		}
	}
	if len(seen) != 450 {
		t.Errorf("%d of 450 promises are on some page", len(seen))
	}
	lines := v.follow("/live/board?page=3")
	for {
		line, err := lines.ReadString('\n')
		must(t, err)
		if strings.Contains(line, "401 to 450 of 450") {
			break
		}
	}
	c := w.patient(450, time.Minute)
	if _, body := v.get("/?page=3"); !strings.Contains(body, "401 to 451 of 451") || !strings.Contains(body, "Request …"+c.Number.Reveal()[4:]) {
		t.Error("one more is not on the last page, by the end of its number")
	}
}

// The pages of the board are reached by keyboard, at both widths.
func TestThePagesOfTheBoardInABrowser(t *testing.T) {
	w := newWorld(t)
	for i := range 410 {
		w.patient(i, time.Duration(i+1)*time.Minute)
	}
	for i, width := range widths {
		b := w.open(t, "co1", "/?page=2", width.wide, width.high)
		if b == nil {
			return
		}
		b.Sees(".pager", fmt.Sprintf("201 to 400 of %d", 410+i))
		b.press("#page-after")
		b.Sees(".pager", fmt.Sprintf("401 to %d of %d", 410+i, 410+i))
		b.accessible("a page of the board at " + width.name)
		b.shoot("pager-" + width.name)
		w.patient(500+i, 2*time.Minute)
		b.Sees(".pager", fmt.Sprintf("of %d", 411+i)) // by itself
	}
}
