package phone

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	sam = `[data-desk="sam"] `
	luz = `[data-desk="luz"] `
)

func TestCoordinatorTakesTheCall(t *testing.T) {
	x := newFake()
	b := open(t, 1280, 900, x)
	if b == nil {
		return
	}
	b.Sees(sam+".doing", "At rest")
	b.Click("#ring")
	b.Sees("#captions .line.now", "press 1")
	x.ringDesk(0, 20)
	b.Sees(sam+".doing", "Ringing: Second opinion line") // without a click
	b.Sees(luz+".doing", "At rest")
	x.ringDesk(2, 20)
	b.Sees(`[data-desk="kim"] .doing`, "Ringing")
	b.Shoot("desk-ringing")
	b.Click(sam + ".pickup")
	b.Sees(sam+".heard", "Press 1 to take the call. Press 2 to pass.")
	b.Shoot("desk-whisper")
	if got := b.Eval(`document.activeElement.className`); got != "heard" {
		t.Errorf("after the call is picked up the focus is on %q, want what is heard", got)
	}
	b.Click(sam + `[data-pad="1"]`)
	b.Sees(sam+".doing", "Talking with the caller")
	b.Sees("#talk", "You are talking with a coordinator")
	b.Shoot("desk-talking")
	b.Click(sam + ".down")
	b.Sees(sam+".doing", "The call has ended")
	b.Sees(sam+".heard", "You hung up")
	b.did("ring tollfree known, pickup at desk-sam, press 1 at desk-sam, hangup at desk-sam")
}

func TestCoordinatorWithTheKeyboardOnly(t *testing.T) {
	x := newFake()
	b := open(t, 1280, 900, x)
	if b == nil {
		return
	}
	b.Click("#ring")
	b.Sees("#captions .line.now", "press 1")
	x.ringDesk(1, 20)
	b.Sees(luz+".doing", "Ringing")
	b.Do(chromedp.Focus(chromedp.CSS(luz+".pickup")), chromedp.KeyEvent(kb.Enter))
	b.Sees(luz+".heard", "Press 1 to take the call.")
	b.Until(`document.activeElement.className === "heard"`)
	b.Do(chromedp.KeyEvent("2")) // on the telephone that has the focus
	b.Sees(luz+".heard", "You passed")
	b.did("ring tollfree known, pickup at desk-luz, press 2 at desk-luz")
}

func TestCoordinatorDoesNotTakeTheCall(t *testing.T) {
	tests := []struct {
		name    string
		seconds int
		do      func(*tab)
		sees    string
		did     string
	}{
		{"declines", 20, func(b *tab) { b.Click(sam + ".down") }, "You hung up", "hangup at desk-sam"},
		{"lets it ring", 1, func(*tab) {}, "Nobody picked up", "silence at desk-sam"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := newFake()
			b := open(t, 1280, 900, x)
			if b == nil {
				return
			}
			x.ringDesk(0, tt.seconds)
			b.Sees(sam+".doing", "Ringing")
			tt.do(b)
			b.Sees(sam+".heard", tt.sees)
			b.did(tt.did)
		})
	}
}

func TestARingDoesNotDisturbTheCaller(t *testing.T) {
	x := newFake()
	x.timeout = 3
	b := open(t, 1280, 900, x)
	if b == nil {
		return
	}
	b.Click("#ring")
	b.Click("#wait")
	b.Until(`Number(document.getElementById("left").style.strokeDashoffset) > 0 && Number(document.getElementById("left").style.strokeDashoffset) < 100`)
	b.did("ring tollfree known, silence")
	x.ringDesk(0, 20)
	b.Sees(sam+".doing", "Ringing")
	if got := b.Eval(`document.activeElement.id`); got == "" {
		t.Error("the ringing telephone takes the focus")
	}
	b.Until(`document.querySelectorAll("#captions .line").length === 5`) // the caller's time ran on
	b.did("silence")
}

func TestRingOutOfSight(t *testing.T) {
	x := newFake()
	b := open(t, 360, 740, x, &emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"})
	if b == nil {
		return
	}
	b.Click("#ring")
	b.Sees("#captions .line.now", "press 1")
	x.ringDesk(1, 20)
	b.Sees("#banner", "Luz Marín’s telephone rings.")
	b.Shoot("desk-banner-360")
	b.Click("#banner")
	b.Until(`document.getElementById("banner").hidden`)
	b.Shoot("desk-ringing-360")
	b.Do(chromedp.KeyEvent(kb.Enter)) // the focus is on Pick up
	b.Sees(luz+".heard", "Press 1 to take the call.")
	b.Shoot("desk-whisper-360")
}

func TestSetAnyMoment(t *testing.T) {
	b := open(t, 1280, 900, newFake())
	if b == nil {
		return
	}
	b.Eval(`document.getElementById("moment-at").value = ""`)
	b.Eval(`document.getElementById("moment-at").dispatchEvent(new Event("input")), ""`)
	b.Refused = true
	b.Click("#moment button")
	b.Sees("#toast", "Please give a whole date and time")
	b.Eval(`document.getElementById("moment-at").value = "2026-12-24T20:15"`)
	b.Click("#moment button")
	b.Sees("#now", "Wednesday, 9:30 a.m.")
	b.did("clock 2026-12-24T20:15")
	b.Until(`document.getElementById("moment-at").value === "2026-11-25T09:30"`) // what the clock shows
}
