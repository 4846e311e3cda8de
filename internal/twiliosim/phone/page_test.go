package phone

import (
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestCallWithTheMouse(t *testing.T) {
	b := open(t, 1280, 900, newFake())
	if b == nil {
		return
	}
	b.Sees("#now", "Tuesday, 10:12 a.m. in New York")
	b.Sees(".demo", "no real call is placed")
	b.Shoot("idle")
	b.Click("#ring")
	b.Sees("#captions .line.now", "To start a second opinion, press 1.")
	b.did("ring tollfree known")
	b.Shoot("menu")
	b.Click(`[data-key="1"]`)
	b.Sees("#captions .caller", "1")
	b.Sees("#captions .line.now", "date of birth")
	b.Sees("#digits", "········")
	for _, k := range "0304" {
		b.Click(`[data-key="` + string(k) + `"]`)
	}
	b.Sees("#digits", "0304····")
	b.Shoot("digits")
	for _, k := range "1960" {
		b.Click(`[data-key="` + string(k) + `"]`)
	}
	b.Sees("#case", "March 4, 1960")
	b.Sees("#stage", "Started")
	b.did("press 1, press 0, press 3, press 0, press 4, press 1, press 9, press 6, press 0")
	b.Do(chromedp.SendKeys(chromedp.CSS("#words"), "Maria Example"))
	b.Shoot("recording")
	b.Click("#voice button")
	b.Sees("#number", "4819 2207")
	b.Sees("#texts", "reply with the best e-mail address")
	b.did("speak Maria Example")
	b.Click("#traffic-card > summary")
	b.Click("#traffic > li:first-child summary")
	b.Sees("#traffic pre", "  <Gather")
	b.Do(chromedp.ScrollIntoView(chromedp.CSS("#traffic pre")))
	b.Shoot("traffic")
	b.Click("#hangup")
	b.Sees("#over", "The call has ended")
	b.Shoot("ended")
	b.Click("#again")
	b.Sees("#captions .now", "Thank you for calling")
	b.did("hangup, ring tollfree known")
}

func TestCallWithTheKeyboardOnly(t *testing.T) {
	b := open(t, 1280, 900, newFake())
	if b == nil {
		return
	}
	b.Do(chromedp.Focus(chromedp.CSS("#dial input:checked")), chromedp.KeyEvent(kb.Enter))
	b.Sees("#captions .now", "press 1")
	if got := b.Eval(`document.activeElement.id`); got != "captions" {
		t.Errorf("after the call is placed the focus is on %q, want the captions", got)
	}
	// Faster than the line answers: every key arrives, in order.
	b.Do(chromedp.KeyEvent("103041960"))
	b.Sees("#case", "March 4, 1960")
	b.did("ring tollfree known, press 1, press 0, press 3, press 0, press 4, press 1, press 9, press 6, press 0")
	b.Until(`document.activeElement.id === "words"`)
	b.Do(chromedp.KeyEvent("Maria 2#"))
	b.Sees("#case", "Maria 2")
	b.did("speak Maria 2")
	b.Do(chromedp.KeyEvent("0"))
	b.Sees("#talk", "You are talking with a coordinator (demo)")
	b.Sees("#captions .saying", "this is the care team")
	b.Shoot("talking")
	b.Do(chromedp.KeyEvent("5")) // the line is not listening
	b.Do(chromedp.Focus(chromedp.CSS("#remote")), chromedp.KeyEvent(kb.Enter))
	b.Sees("#over", "The call has ended")
	b.did("press 0, remote-hangup")
	b.Until(`document.activeElement.id === "again"`)
}

func TestWhoCallsWhichNumber(t *testing.T) {
	b := open(t, 1280, 900, newFake())
	if b == nil {
		return
	}
	b.Click(`.pick:has([value="international"])`)
	b.Click(`.pick:has([value="abroad"])`)
	b.Click("#ring")
	b.Sees("#captions", "Thank you")
	b.did("ring international abroad")
	b.Click("#hangup")
	b.Click("#change")
	b.Sees("#dial", "From abroad")
	b.Click(`.pick:has([value="withheld"])`)
	b.Click("#ring")
	b.Sees("#captions", "Thank you")
	b.did("hangup, ring international withheld")
}

func TestNothingPressed(t *testing.T) {
	x := newFake()
	x.timeout = 2
	b := open(t, 1280, 900, x)
	if b == nil {
		return
	}
	b.Click("#ring")
	b.Click("#wait") // at once
	b.Sees("#captions .now", "I did not hear a choice")
	b.did("ring tollfree known, silence")
	b.Until(`document.querySelectorAll("#captions .line").length === 5`) // by itself, after reading and two seconds
	b.did("silence")
	b.Click("#limits") // no time limit: the line waits for ever
	b.Until(`document.getElementById("left").style.strokeDashoffset === "100"`)
	b.Click(`[data-key="1"]`)
	b.Sees("#captions .now", "date of birth")
	b.did("press 1")
}

func TestSceneryAndTexts(t *testing.T) {
	b := open(t, 1280, 900, newFake())
	if b == nil {
		return
	}
	b.Click(`[data-clock="morning"]`)
	b.Sees("#now", "Wednesday, 9:30 a.m.")
	b.Do(chromedp.SetValue(chromedp.CSS("#callee"), CalleeBusy))
	b.Click(`[data-clock="2026-11-01T01:30:00-04:00"]`)
	b.Click("#ring")
	b.Click(`[data-key="1"]`)
	b.Sees("#digits", "····")
	b.Do(chromedp.KeyEvent("03041960"))
	b.Sees("#voice", "Type what would be said")
	b.Click("#voice button")
	b.Do(chromedp.WaitVisible(chromedp.CSS("#reply")), chromedp.SendKeys(chromedp.CSS("#reply-words"), "maria1@example.org"+kb.Enter))
	b.Sees("#texts .mine", "maria1@example.org")
	b.did("clock morning, callee busy, clock 2026-11-01T01:30:00-04:00, ring tollfree known, press 1, press 0, press 3, press 0, press 4, press 1, press 9, press 6, press 0, " +
		"speak , text maria1@example.org")
}

func TestCallSurvivesReload(t *testing.T) {
	b := open(t, 1280, 900, newFake())
	if b == nil {
		return
	}
	b.Click("#ring")
	b.Sees("#captions .now", "press 1")
	b.Do(chromedp.Reload())
	b.Sees("#captions .now", "press 1")
	b.Click("#hangup")
	b.Sees("#over", "ended")
	b.did("ring tollfree known, hangup")
}

func TestLineWentAway(t *testing.T) {
	x := newFake()
	b := open(t, 1280, 900, x)
	if b == nil {
		return
	}
	b.Click("#ring")
	b.Sees("#captions .now", "press 1")
	x.mu.Lock()
	x.v = newFake().v // the program was started again
	x.mu.Unlock()
	b.Refused = true
	b.Sees("#toast", "This call is over.") // by itself
	b.Sees("#dial", "Toll-free")
}

func TestNarrowScreens(t *testing.T) {
	b := open(t, 1280, 844, newFake())
	if b == nil {
		return
	}
	for _, width := range []int64{320, 360, 390, 768, 1024} {
		b.Do(chromedp.EmulateViewport(width, 844), chromedp.Reload())
		b.Until(loaded)
		b.Shoot("idle-" + strconv.Itoa(int(width)))
		b.Click("#ring")
		b.Sees("#captions .now", "press 1")
		b.Shoot("menu-" + strconv.Itoa(int(width)))
		b.Click(`[data-key="1"]`)
		b.Sees("#digits", "·")
		for _, k := range "03041960" {
			b.Click(`[data-key="` + string(k) + `"]`)
		}
		b.Click("#voice button")
		b.Sees("#number", "4819 2207")
		if width <= 390 { // the messages are out of sight below
			b.Sees("#toast", "New text message")
		}
		b.Eval(`document.querySelectorAll("details").forEach((d) => { d.open = true; }), ""`)
		if over := b.Eval(`((e) => String(e.scrollWidth - e.clientWidth))(document.documentElement)`); over != "0" {
			t.Errorf("at %d px the page is %s px too wide: it scrolls sideways", width, over)
		}
		b.Click("#hangup")
		b.Click("#change")
		b.Sees("#dial", "Who are you?")
	}
}

func TestDarkAndStill(t *testing.T) {
	x := newFake()
	b := open(t, 1280, 900, x, &emulation.MediaFeature{Name: "prefers-color-scheme", Value: "dark"},
		&emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"})
	if b == nil {
		return
	}
	b.Shoot("idle-dark")
	b.Click("#ring")
	b.Sees("#captions .now", "press 1")
	b.Click(`[data-key="1"]`)
	b.Do(chromedp.KeyEvent("03041960"))
	b.Sees("#case", "March 4, 1960")
	x.ringDesk(0, 20)
	b.Sees(`[data-desk="sam"] .doing`, "Ringing")
	if got := b.Eval(`getComputedStyle(document.querySelector(".desk .bell")).animationName`); got != "none" {
		t.Errorf("with reduced motion asked for, a ringing telephone moves: %s", got)
	}
	b.Shoot("call-dark")
	if got := b.Eval(`getComputedStyle(document.querySelector(".key")).transitionDuration`); got != "0s" {
		t.Errorf("with reduced motion asked for, keys move for %s", got)
	}
}
