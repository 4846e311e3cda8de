package console

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
)

// signedIn gives a request of somebody who is signed in.
func (w *world) signedIn(path string) *http.Request {
	r := httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, path, nil)
	r.AddCookie(&http.Cookie{Name: w.server.cookieName(), Value: w.server.sessions.begin(as("co1", Coordinator))})
	return r
}

// page takes the time of a page from the request to its last byte, with the entry in
// the audit record; the aim is 100 ms.
func (w *world) page(b *testing.B, path string, least int) {
	b.Helper()
	handler, r := w.server.Handler(), w.signedIn(path)
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		took = append(took, time.Since(began))
		if answer.Code != http.StatusOK || answer.Body.Len() < least {
			b.Fatalf("status %d, %d bytes", answer.Code, answer.Body.Len())
		}
	}
	reportPages(b, took)
}

// reportPages reports the median, and what one page in twenty exceeds.
func reportPages(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/page")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "ms/page-p95")
}

// BenchmarkBoardPage opens the board of 5,000 open promises: the first time, when
// nothing is known of them yet, and again.
func BenchmarkBoardPage(b *testing.B) {
	w := newWorld(b)
	for i := range 5000 {
		w.patient(i, time.Duration(i%1500+1)*time.Minute)
	}
	b.Run("first", func(b *testing.B) {
		handler, r := w.server.Handler(), w.signedIn("/")
		var took []time.Duration
		for b.Loop() {
			w.server.board, w.server.minutes.known, w.server.legal.all = w.store.NewBoard(), nil, nil
			began := time.Now()
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, r)
			took = append(took, time.Since(began))
			if answer.Code != http.StatusOK {
				b.Fatalf("status %d", answer.Code)
			}
		}
		reportPages(b, took)
	})
	b.Run("again", func(b *testing.B) { w.page(b, "/", 50_000) })
}

// BenchmarkCasePage opens a case of which 500 things are known.
func BenchmarkCasePage(b *testing.B) {
	w := newWorld(b)
	c := w.patient(1, 2*time.Hour)
	_, err := w.store.MovePromise(b.Context(), c.Partition, c.ID, func(p *casestore.Promise) (casestore.PromiseChange, bool) {
		for i := range 190 {
			at := t0.Add(time.Duration(i-200) * time.Minute)
			p.Note(casestore.Decision{At: at, What: "planned", Why: "three_hours_later", About: at.Add(time.Hour)})
		}
		return casestore.PromiseChange{}, true
	})
	must(b, err)
	for i := range 200 {
		must(b, w.store.AddEntry(b.Context(), c.Partition, c.ID, casestore.CaseEntry{At: t0.Add(time.Duration(-i) * time.Minute), What: casestore.EntryNote, Who: "co1", Text: private.Of(fmt.Sprintf("note %d", i))}))
	}
	for i := range 60 {
		text := &casestore.Text{ID: casestore.NewTextID(), Kind: casestore.TextNotice, To: c.Phone(), Prompt: "S-pre", Case: c.ID, Created: t0.Add(time.Duration(-i) * time.Hour)}
		must(b, w.store.QueueText(b.Context(), text, t0))
		task := &casestore.Task{ID: casestore.NewTaskID(), Kind: casestore.TaskCallBack, Due: t0, Opened: t0.Add(time.Duration(-i) * time.Hour), Case: c.ID, Phone: c.Phone()}
		must(b, w.store.OpenTask(b.Context(), c.Partition, task))
	}
	f, err := w.store.File(b.Context(), c.Partition, c.ID)
	must(b, err)
	if n := len(w.server.timeline(f, as("co1", Coordinator))); n < 500 {
		b.Fatalf("%d entries", n)
	}
	w.page(b, "/case/"+caseRef(c), 100_000)
}
