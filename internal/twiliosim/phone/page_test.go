package phone

import (
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func quote(s string) string { return strconv.Quote(s) }

func TestCallWithTheMouse(t *testing.T) {
	b := open(t, 1280, 900, newFake())
	if b == nil {
		return
	}
	b.sees("#now", "Tuesday, 10:12 a.m. in New York")
	b.sees(".demo", "no real call is placed")
	b.shoot("idle")
	b.click("#ring")
	b.sees("#captions .line.now", "To start a second opinion, press 1.")
	b.did("ring tollfree known")
	b.shoot("menu")
	b.click(`[data-key="1"]`)
	b.sees("#captions .caller", "1")
	b.sees("#captions .line.now", "date of birth")
	b.sees("#digits", "········")
	for _, k := range "0304" {
		b.click(`[data-key="` + string(k) + `"]`)
	}
	b.sees("#digits", "0304····")
	b.shoot("digits")
	for _, k := range "1960" {
		b.click(`[data-key="` + string(k) + `"]`)
	}
	b.sees("#case", "March 4, 1960")
	b.sees("#stage", "Started")
	b.did("press 1, press 0, press 3, press 0, press 4, press 1, press 9, press 6, press 0")
	b.do(chromedp.SendKeys(chromedp.CSS("#words"), "Maria Example"))
	b.shoot("recording")
	b.click("#voice button")
	b.sees("#number", "4819 2207")
	b.sees("#texts", "reply with the best e-mail address")
	b.did("speak Maria Example")
	b.click("#traffic-card > summary")
	b.click("#traffic > li:first-child summary")
	b.sees("#traffic pre", "  <Gather")
	b.do(chromedp.ScrollIntoView(chromedp.CSS("#traffic pre")))
	b.shoot("traffic")
	b.click("#hangup")
	b.sees("#over", "The call has ended")
	b.shoot("ended")
	b.click("#again")
	b.sees("#captions .now", "Thank you for calling")
	b.did("hangup, ring tollfree known")
}

func TestCallWithTheKeyboardOnly(t *testing.T) {
	b := open(t, 1280, 900, newFake())
	if b == nil {
		return
	}
	b.do(chromedp.Focus(chromedp.CSS("#dial input:checked")), chromedp.KeyEvent(kb.Enter))
	b.sees("#captions .now", "press 1")
	if got := b.eval(`document.activeElement.id`); got != "captions" {
		t.Errorf("after the call is placed the focus is on %q, want the captions", got)
	}
	// Faster than the line answers: every key arrives, in order.
	b.do(chromedp.KeyEvent("103041960"))
	b.sees("#case", "March 4, 1960")
	b.did("ring tollfree known, press 1, press 0, press 3, press 0, press 4, press 1, press 9, press 6, press 0")
	b.until(`document.activeElement.id === "words"`)
	b.do(chromedp.KeyEvent("Maria 2#"))
	b.sees("#case", "Maria 2")
	b.did("speak Maria 2")
	b.do(chromedp.KeyEvent("0"))
	b.sees("#talk", "You are talking with a coordinator (demo)")
	b.sees("#captions .saying", "this is the care team")
	b.shoot("talking")
	b.do(chromedp.KeyEvent("5")) // the line is not listening
	b.do(chromedp.Focus(chromedp.CSS("#remote")), chromedp.KeyEvent(kb.Enter))
	b.sees("#over", "The call has ended")
	b.did("press 0, remote-hangup")
	b.until(`document.activeElement.id === "again"`)
}

func TestWhoCallsWhichNumber(t *testing.T) {
	b := open(t, 1280, 900, newFake())
	if b == nil {
		return
	}
	b.click(`.pick:has([value="international"])`)
	b.click(`.pick:has([value="abroad"])`)
	b.click("#ring")
	b.sees("#captions", "Thank you")
	b.did("ring international abroad")
	b.click("#hangup")
	b.click("#change")
	b.sees("#dial", "From abroad")
	b.click(`.pick:has([value="withheld"])`)
	b.click("#ring")
	b.sees("#captions", "Thank you")
	b.did("hangup, ring international withheld")
}

func TestNothingPressed(t *testing.T) {
	x := newFake()
	x.timeout = 1
	b := open(t, 1280, 900, x)
	if b == nil {
		return
	}
	b.click("#ring")
	b.click("#wait") // at once
	b.sees("#captions .now", "I did not hear a choice")
	b.did("ring tollfree known, silence")
	b.until(`document.querySelectorAll("#captions .line").length === 5`) // by itself, after reading and one second
	b.did("silence")
	b.click("#limits") // no time limit: the line waits for ever
	b.until(`document.getElementById("left").style.strokeDashoffset === "100"`)
	b.click(`[data-key="1"]`)
	b.sees("#captions .now", "date of birth")
	b.did("press 1")
}

func TestSceneryAndTexts(t *testing.T) {
	b := open(t, 1280, 900, newFake())
	if b == nil {
		return
	}
	b.click(`[data-clock="morning"]`)
	b.sees("#now", "Wednesday, 9:30 a.m.")
	b.do(chromedp.SetValue(chromedp.CSS("#callee"), CalleeBusy))
	b.click("#ring")
	b.click(`[data-key="1"]`)
	b.sees("#digits", "····")
	b.do(chromedp.KeyEvent("03041960"))
	b.sees("#voice", "Type what would be said")
	b.click("#voice button")
	b.do(chromedp.WaitVisible(chromedp.CSS("#reply")), chromedp.SendKeys(chromedp.CSS("#reply-words"), "maria1@example.org"+kb.Enter))
	b.sees("#texts .mine", "maria1@example.org")
	b.did("clock morning, callee busy, ring tollfree known, press 1, press 0, press 3, press 0, press 4, press 1, press 9, press 6, press 0, " +
		"speak , text maria1@example.org")
}

func TestCallSurvivesReload(t *testing.T) {
	b := open(t, 1280, 900, newFake())
	if b == nil {
		return
	}
	b.click("#ring")
	b.sees("#captions .now", "press 1")
	b.do(chromedp.Reload())
	b.sees("#captions .now", "press 1")
	b.click("#hangup")
	b.sees("#over", "ended")
	b.did("ring tollfree known, hangup")
}

func TestLineWentAway(t *testing.T) {
	x := newFake()
	b := open(t, 1280, 900, x)
	if b == nil {
		return
	}
	b.click("#ring")
	b.sees("#captions .now", "press 1")
	x.mu.Lock()
	x.v = newFake().v // the program was started again
	x.mu.Unlock()
	b.refused = true
	b.click(`[data-key="1"]`)
	b.sees("#toast", "This call is over. You can call again.")
	b.sees("#dial", "Toll-free")
}

func TestNarrowScreens(t *testing.T) {
	b := open(t, 1280, 844, newFake())
	if b == nil {
		return
	}
	for _, width := range []int64{320, 360, 390, 768, 1024} {
		b.do(chromedp.EmulateViewport(width, 844), chromedp.Reload())
		b.until(`document.getElementById("trips").textContent !== ""`)
		b.shoot("idle-" + strconv.Itoa(int(width)))
		b.click("#ring")
		b.sees("#captions .now", "press 1")
		b.shoot("menu-" + strconv.Itoa(int(width)))
		b.click(`[data-key="1"]`)
		b.sees("#digits", "·")
		for _, k := range "03041960" {
			b.click(`[data-key="` + string(k) + `"]`)
		}
		b.click("#voice button")
		b.sees("#number", "4819 2207")
		if width <= 390 { // the messages are out of sight below
			b.sees("#toast", "New text message")
		}
		b.eval(`document.querySelectorAll("details").forEach((d) => { d.open = true; }), ""`)
		if over := b.eval(`((e) => String(e.scrollWidth - e.clientWidth))(document.documentElement)`); over != "0" {
			t.Errorf("at %d px the page is %s px too wide: it scrolls sideways", width, over)
		}
		b.click("#hangup")
		b.click("#change")
		b.sees("#dial", "Who are you?")
	}
}

func TestDarkAndStill(t *testing.T) {
	b := open(t, 1280, 900, newFake(), &emulation.MediaFeature{Name: "prefers-color-scheme", Value: "dark"},
		&emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"})
	if b == nil {
		return
	}
	b.shoot("idle-dark")
	b.click("#ring")
	b.sees("#captions .now", "press 1")
	b.click(`[data-key="1"]`)
	b.do(chromedp.KeyEvent("03041960"))
	b.sees("#case", "March 4, 1960")
	b.shoot("call-dark")
	if got := b.eval(`getComputedStyle(document.querySelector(".key")).transitionDuration`); got != "0s" {
		t.Errorf("with reduced motion asked for, keys move for %s", got)
	}
}
