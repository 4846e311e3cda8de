package console

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"secondline/casestore"
	"secondline/internal/browsertest"
	"secondline/internal/private"
)

// Every page at both widths: what it must show, and no violation of axe's rules.
func TestPages(t *testing.T) {
	w := newWorld(t)
	c := w.busy()
	tasks, err := w.store.Tasks(t.Context())
	must(t, err)
	pages := []struct{ name, path, css, shows string }{
		{"board", "/", ".rows .left", "legal"},
		{"tasks", "/tasks", ".rows .what", "Call back"},
		{"task", "/task/" + ref(tasks[0].Partition, tasks[0].ID), ".facts .num", "+1212555"},
		{"calls", "/calls", ".rows .who", "Rings: Alex Rivera"},
		{"case", "/case/" + caseRef(c), ".timeline", "The patient was called: no answer."},
		{"team", "/team", ".rows .what", "Mina Chen"},
		{"optouts", "/optouts", ".rows .what", "no texts"},
		{"health", "/health", ".facts", "Lines of the audit record"},
		{"givenup", "/given-up", ".rows .what", "unknown type"},
	}
	for _, width := range widths {
		for _, page := range pages {
			t.Run(page.name+" "+width.name, func(t *testing.T) {
				b := w.open(t, "co1", page.path, width.wide, width.high)
				if b == nil {
					return
				}
				b.Sees(page.css, page.shows)
				b.shoot(page.name + "-" + width.name)
				b.accessible(page.name + " at " + width.name)
			})
		}
	}
}

func TestPagesInTheDark(t *testing.T) {
	w := newWorld(t)
	c := w.busy()
	b := w.open(t, "co1", "/", 1280, 860, dark())
	if b == nil {
		return
	}
	for _, path := range []string{"/", "/tasks", "/calls", "/case/" + caseRef(c), "/team", "/given-up", "/health"} {
		b.goTo(path)
		b.accessible(path + " in the dark")
		b.Shoot("dark" + strings.ReplaceAll(strings.Split(path, "/")[1], "/", "-"))
	}
}

func TestSignInPages(t *testing.T) {
	w := newWorld(t)
	for _, width := range widths {
		p := browsertest.Open(t, w.url+"/tasks", `document.readyState == "complete"`, width.wide, width.high)
		if p == nil {
			return
		}
		b := &tab{p, w}
		b.Sees("main", "Open the link that the program printed")
		b.accessible("sign-in")
		b.goTo(w.server.Link())
		b.accessible("the link's page")
		b.Shoot("link-" + width.name)
	}
}

// Every action on a case, at both widths, as a coordinator does it.
func TestActionsOnACase(t *testing.T) {
	for _, width := range widths {
		t.Run(width.name, func(t *testing.T) {
			w := newWorld(t)
			c := w.busy()
			b := w.open(t, "co1", "/case/"+caseRef(c), width.wide, width.high)
			if b == nil {
				return
			}
			b.act("act-note", "textarea", "Prefers to be called Annie", "[name=sealed]", "1")
			b.Sees(".timeline", "Prefers to be called Annie")
			b.Sees(".timeline", "It is sealed: its author and supervisors read it.")
			b.act("act-reschedule", "#at", "2026-07-15T10:30")
			b.Sees("#live", "Wednesday, July 15, 10:30 a.m. EDT, which the patient chose")
			b.act("act-authority", "#name", "Rosa Ruiz, daughter", "[name=checked]", "1")
			b.Sees(".facts", "Rosa Ruiz, daughter, established by Alex Rivera on July 14")
			b.act("act-number", "#new-number", "+12125550777")
			b.Sees(".facts", "+12125550777")
			b.act("act-stop", "[name=sure]", "1")
			b.Sees(".card", "Texts may not: they opted out.")
			b.act("act-stage", "#stage", "on_hold", "#why", "She is travelling")
			b.Sees("#live", "On hold")
			b.Sees(".timeline", "She is travelling")
			b.accessible("the case after it all")
			b.Shoot("case-acted-" + width.name)
			got, err := w.store.Case(t.Context(), c.Partition, c.ID)
			must(t, err)
			contact, err := w.store.ContactOf(t.Context(), private.Of("+12125550777"))
			must(t, err)
			if got.Stage != casestore.StageOnHold || got.Authority.Name.Reveal() != "Rosa Ruiz, daughter" || contact.OptedOut.At.IsZero() {
				t.Errorf("kept: %s, opted out %v", got.Stage, contact.OptedOut.At)
			}
			if on := w.recorded(6); !strings.Contains(on, "co1 case.stage asked; co1 case.stage done; co1 case.read shown") {
				t.Errorf("on record: %s", on)
			}
		})
	}
}

// Every action on a task, at both widths.
func TestActionsOnATask(t *testing.T) {
	for _, width := range widths {
		t.Run(width.name, func(t *testing.T) {
			w := newWorld(t)
			w.busy()
			tasks, err := w.store.Tasks(t.Context())
			must(t, err)
			at := ref(tasks[0].Partition, tasks[0].ID)
			b := w.open(t, "co1", "/tasks", width.wide, width.high)
			if b == nil {
				return
			}
			b.press(fmt.Sprintf(`[id="take-%s"]`, at))
			b.Sees(".facts", "Alex Rivera, at it until")
			b.set("#to", "co2")
			b.press("#reassign-form .plain")
			b.Sees(".facts", "Sam Okafor")
			b.press("#take")
			b.set("#outcome", "tried")
			b.press("#done-form .button")
			b.Sees(".facts", "tried 1 times")
			b.set("#outcome", "spoke")
			b.set("#note", "All is well")
			b.press("#done-form .button")
			b.Sees("#live", "2 tasks are open")
			b.goTo("/case/" + ref(tasks[0].Partition, string(tasks[0].Case)))
			b.Sees(".timeline", "Alex Rivera saw to the task “Call back”: spoke.")
			b.Sees(".timeline", "All is well")
		})
	}
}

func TestDutyAndSearch(t *testing.T) {
	for _, width := range widths {
		t.Run(width.name, func(t *testing.T) {
			w := newWorld(t)
			c := w.busy()
			b := w.open(t, "co1", "/team", width.wide, width.high)
			if b == nil {
				return
			}
			b.press(`[aria-label="Go off duty: Alex Rivera"]`)
			b.Sees(".rows", "Off duty")
			b.Do(chromedp.SendKeys(chromedp.CSS("#number"), c.Number.Reveal()[:4]+" "+c.Number.Reveal()[4:]))
			b.press(".search button")
			b.Sees("h1", "Request "+shown(c.Number.Ending(), c.ID))
			if at := b.Eval(`location.href`); strings.Contains(at, c.Number.Reveal()) {
				t.Errorf("the number stands in the address: %s", at)
			}
			b.Refused = true
			b.set("#number", "12345678")
			b.press(".search button")
			b.Sees("main", "do not fit together")
			b.accessible("a search in vain")
		})
	}
}

// Two people at one case: who comes second is told, and sees both.
func TestTwoAtOneThing(t *testing.T) {
	w := newWorld(t)
	c := w.busy()
	for _, width := range widths {
		b := w.open(t, "co1", "/case/"+caseRef(c), width.wide, width.high)
		if b == nil {
			return
		}
		b.Refused = true
		if _, _, err := w.store.Advance(t.Context(), c.Partition, c.ID, casestore.Stage(map[string]string{"desktop": "on_hold", "phone": "withdrawn"}[width.name]), nil); err != nil {
			t.Fatal(err)
		}
		b.act("act-stage", "#stage", "closed", "#why", "done")
		b.Sees(".alert", "Somebody changed this meanwhile")
		b.Sees(".alert", "You wanted the stage “Closed”")
		b.Sees(".alert", map[string]string{"desktop": "“On hold”", "phone": "“Withdrawn”"}[width.name])
		b.accessible("a change that came second")
		b.Shoot("stale-" + width.name)
		if got, err := w.store.Case(t.Context(), c.Partition, c.ID); err != nil || got.Stage == casestore.StageClosed {
			t.Errorf("it was changed all the same: %s, %v", got.Stage, err)
		}
	}
}

// Pages change by themselves, and nothing moves under somebody who types.
func TestPagesFollow(t *testing.T) {
	w := newWorld(t)
	c := w.busy()
	b := w.open(t, "co1", "/", 1280, 860)
	if b == nil {
		return
	}
	b.Sees("#live", "7 open promises")
	w.patient(50, time.Hour)
	b.Sees("#live", "8 open promises")
	at := "row-" + caseRef(c)
	b.Eval(fmt.Sprintf(`document.getElementById(%q).focus(), ""`, at))
	w.pass(time.Hour)
	b.Sees(".rows", "8 h 00 min legal")
	if got := b.Eval(`document.activeElement.id`); got != at {
		t.Errorf("the focus went to %q", got)
	}
	b.goTo("/case/" + caseRef(c))
	must(t, w.store.AddEntry(t.Context(), c.Partition, c.ID, casestore.CaseEntry{At: w.clock(), What: casestore.EntryNote, Who: "co2", Text: private.Of("fresh from Sam")}))
	b.Sees(".timeline", "fresh from Sam")
}

// With the keyboard alone: to the content, and through a form.
func TestByKeyboard(t *testing.T) {
	w := newWorld(t)
	c := w.busy()
	b := w.open(t, "co1", "/case/"+caseRef(c), 1280, 860)
	if b == nil {
		return
	}
	b.Do(chromedp.KeyEvent("\t"))
	if got := b.Eval(`document.activeElement.innerText`); got != "Go to the content" {
		t.Errorf("the first stop is %q", got)
	}
	b.Do(chromedp.KeyEvent("\r"))
	b.Until(`document.activeElement.id == "main"`)
	b.Eval(`document.querySelector("#act-note summary").focus(), ""`)
	b.Do(chromedp.KeyEvent("\r"))
	b.Do(chromedp.KeyEvent("\t"), chromedp.KeyEvent("by hand"), chromedp.KeyEvent("\t"), chromedp.KeyEvent("\t"))
	b.Eval(`window.stale = true, ""`)
	b.Do(chromedp.KeyEvent("\r"))
	b.next()
	b.Sees(".timeline", "by hand")
}

// What was said is played, and a stranger's recording is not.
func TestRecordingsPlay(t *testing.T) {
	w := newWorld(t)
	c := w.busy()
	b := w.open(t, "co1", "/case/"+caseRef(c), 1280, 860)
	if b == nil {
		return
	}
	b.Eval(`document.querySelector("audio").load(), ""`)
	b.Until(`document.querySelector("audio").duration > 0`)
	b.Until(`document.querySelector(".drawn img").naturalWidth > 0`)
	v := w.visitor(as("co1", Coordinator))
	if status, _ := v.get("/case/" + caseRef(c) + "/recording/RE" + strings.Repeat("b", 32)); status != 404 {
		t.Errorf("a recording that is not the case's: %d", status)
	}
}
