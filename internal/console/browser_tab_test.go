package console

import (
	_ "embed"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"secondline/casestore"
	"secondline/internal/browsertest"
	"secondline/internal/private"
	"secondline/internal/recordings"
)

// axe-core 4.14.1 (https://github.com/dequelabs/axe-core), Mozilla Public License 2.0:
// testdata/axe.LICENSE.
//
//go:embed testdata/axe.min.js
var axe string

var widths = []struct {
	name       string
	wide, high int64
}{{"desktop", 1280, 860}, {"phone", 390, 844}}

// tab is a page of the console in a real browser.
type tab struct {
	*browsertest.Page
	w *world
}

// open signs a coordinator in by the link, as a person does, and goes to a path; nil
// where there is no browser.
func (w *world) open(t *testing.T, member, path string, wide, high int64, media ...*emulation.MediaFeature) *tab {
	t.Helper()
	p := browsertest.Open(t, w.url+w.server.Link(), `document.querySelector("#member")`, wide, high, media...)
	if p == nil {
		return nil
	}
	b := &tab{p, w}
	b.set("#member", member)
	b.press("form .button")
	b.goTo(path)
	return b
}

func (b *tab) goTo(path string) {
	b.T.Helper()
	b.Do(chromedp.Navigate(b.w.url + path))
	b.ready()
}

// ready waits until the page is there, and kept up to date where it is one that is.
func (b *tab) ready() {
	b.T.Helper()
	b.Until(`document.readyState == "complete" && (!document.getElementById("live") || document.body.dataset.live == "on")`)
}

// set fills a field in.
func (b *tab) set(css, value string) {
	b.T.Helper()
	b.Eval(fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.type == "checkbox" ? e.checked = true : e.value = %q; e.dispatchEvent(new Event("change")); return ""; })()`, css, value))
}

// press clicks and lets the next page come.
func (b *tab) press(css string) {
	b.T.Helper()
	b.Eval(`window.stale = true, ""`)
	b.Click(css)
	b.next()
}

// next waits until another page is there. The one that is left answers no more.
func (b *tab) next() {
	b.T.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		fresh, err := chromedp.Run(b.Ctx, chromedp.Evaluate[bool](`!window.stale && document.readyState == "complete"`))
		if err == nil && fresh {
			break
		}
		select {
		case <-b.Ctx.Done():
			b.T.Fatalf("no other page comes: %v", err)
		case <-tick.C:
		}
	}
	b.ready()
}

// act opens the form of an action, fills it in and sends it.
func (b *tab) act(id string, fields ...string) {
	b.T.Helper()
	b.Eval(fmt.Sprintf(`document.querySelector("#%s").open = true, ""`, id))
	for i := 0; i < len(fields); i += 2 {
		b.set("#"+id+" "+fields[i], fields[i+1])
	}
	b.press("#" + id + " .button")
}

// accessible fails for every violation that axe finds, and for a page that is wider
// than the screen.
func (b *tab) accessible(what string) {
	b.T.Helper()
	b.Eval(axe + `; ""`)
	b.Eval(`window.axed = undefined, axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then((r) => {
		window.axed = r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html + " " + n.failureSummary).slice(0, 3).join("\n  ")).join("\n"); }), ""`)
	b.Until(`window.axed !== undefined`)
	if found := b.Eval(`window.axed`); found != "" {
		b.T.Errorf("%s is not accessible:\n%s", what, found)
	}
	if over := b.Eval(`String(document.documentElement.scrollWidth - document.documentElement.clientWidth)`); over != "0" {
		b.T.Errorf("%s is %s px wider than the screen: %s", what, over, b.Eval(`[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map((e) => e.tagName + "." + e.className).join(", ")`))
	}
}

// shoot keeps a picture of the whole page.
func (b *tab) shoot(name string) {
	b.T.Helper()
	wide, high := b.Eval(`String(innerWidth)`), b.Eval(`String(Math.min(document.documentElement.scrollHeight, 2400))`)
	w, h := number(wide), number(high)
	b.Do(chromedp.EmulateViewport(int64(w), int64(h)))
	b.Shoot(name)
	b.Do(chromedp.EmulateViewport(int64(w), 860))
}

// busy fills the console with a day's work, and gives the case that most is known of.
func (w *world) busy() *casestore.Case {
	w.aside()
	w.t.Helper()
	ctx := w.t.Context()
	c := w.patient(1, 2*time.Hour)
	for n, ago := range []time.Duration{25 * time.Hour, 23*time.Hour + 20*time.Minute, 22 * time.Hour, 20 * time.Hour, 5 * time.Hour, time.Hour} {
		w.planned(w.patient(n+2, ago), n)
	}
	w.known(c)
	for i, kind := range []casestore.TaskKind{casestore.TaskCallBack, casestore.TaskEmergency, casestore.TaskRead} {
		task := &casestore.Task{ID: casestore.NewTaskID(), Kind: kind, Due: t0.Add(time.Duration(i-1) * time.Hour), Opened: t0.Add(-2 * time.Hour), Phone: c.Phone(), Owner: []string{"", "co2", "co1"}[i]}
		if i == 0 {
			task.Case, task.Recording = c.ID, "RE"+strings.Repeat("a", 32)
		}
		if kind == casestore.TaskRead {
			task.Note = private.Of("Can my sister be on the call too?")
		}
		must(w.t, w.store.OpenTask(ctx, c.Partition, task))
	}
	must(w.t, w.store.StartTransfer(ctx, 3, &casestore.Transfer{ID: "CA1.1", State: casestore.TransferWaiting, Language: "es", Reason: "status", Opened: t0.Add(-time.Minute), Legs: []casestore.Leg{{Coordinator: "co1", State: casestore.LegRinging}}}))
	must(w.t, w.store.StartTransfer(ctx, c.Partition, &casestore.Transfer{ID: "oc.1", State: casestore.TransferTaken, Language: "en", Reason: "promise", Taken: "co2", Verified: true, Case: c.ID, CasePlace: c.Partition,
		Opened: t0.Add(-4 * time.Minute), Out: &casestore.Outreach{}}))
	sound, err := recordings.New("audio/wav", silence())
	must(w.t, err)
	must(w.t, w.server.Vault.Put(ctx, "RE"+strings.Repeat("a", 32), sound))
	must(w.t, w.line.StopContact(ctx, private.Of("+12125559999"), "t"))
	return c
}

// planned has the promise of one of several cases come as far as each of them may.
func (w *world) planned(c *casestore.Case, n int) {
	w.t.Helper()
	_, err := w.store.MovePromise(w.t.Context(), c.Partition, c.ID, func(p *casestore.Promise) (casestore.PromiseChange, bool) {
		p.Note(casestore.Decision{At: t0.Add(-10 * time.Minute), What: "planned", Why: "first_legal_minute", About: t0.Add(time.Duration(20*n+30) * time.Minute)})
		p.Attempts = make([]casestore.Attempt, max(0, 2-n))
		switch n {
		case 0:
			p.Missed, p.Supervisor, p.Task = true, t0, "t"
		case 1:
			p.Human, p.Task = t0, "t"
		case 2:
			p.Flight = "oc.2"
		}
		return casestore.PromiseChange{}, true
	})
	must(w.t, err)
}

// known gives a case a history.
func (w *world) known(c *casestore.Case) {
	w.t.Helper()
	ctx := w.t.Context()
	_, err := w.store.MovePromise(ctx, c.Partition, c.ID, func(p *casestore.Promise) (casestore.PromiseChange, bool) {
		p.Note(casestore.Decision{At: t0.Add(-100 * time.Minute), What: "planned", Why: "after_reading_time", About: t0.Add(-40 * time.Minute)})
		p.Note(casestore.Decision{At: t0.Add(-40 * time.Minute), What: "ringing_coordinators", Why: "after_reading_time"})
		p.Attempts = []casestore.Attempt{{At: t0.Add(-39 * time.Minute), Coordinator: "co2", Result: "no_answer"}}
		p.Note(casestore.Decision{At: t0.Add(-38 * time.Minute), What: "called", Why: "no_answer"})
		p.Note(casestore.Decision{At: t0.Add(-38 * time.Minute), What: "planned", Why: "three_hours_later", About: t0.Add(2 * time.Hour)})
		return casestore.PromiseChange{}, true
	})
	must(w.t, err)
	must(w.t, w.store.AddEntry(ctx, c.Partition, c.ID, casestore.CaseEntry{At: t0.Add(-30 * time.Minute), What: casestore.EntryNote, Who: "co2", Text: private.Of("She is at work until three. Her son may pick up.")}))
	must(w.t, w.store.AddEntry(ctx, c.Partition, c.ID, casestore.CaseEntry{At: t0.Add(-20 * time.Minute), What: casestore.EntryNote, Who: "co2", Text: private.Of("sealed words"), Sealed: true}))
	text := &casestore.Text{ID: casestore.NewTextID(), Kind: casestore.TextNotice, To: c.Phone(), Prompt: "S-pre", Language: "en", Case: c.ID, Created: t0.Add(-70 * time.Minute)}
	must(w.t, w.store.QueueText(ctx, text, t0))
}

// silence is a tenth of a second of it, as Twilio's WAV.
func silence() []byte {
	head := []byte("RIFF\x64\x06\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x40\x06\x00\x00")
	return append(head, make([]byte, 1600)...)
}

func dark() *emulation.MediaFeature {
	return &emulation.MediaFeature{Name: "prefers-color-scheme", Value: "dark"}
}
