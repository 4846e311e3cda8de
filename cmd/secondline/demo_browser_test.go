package main

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"secondline/internal/browsertest"
	"secondline/internal/twiliosim/phone"
)

// demoPage is the page of a demo of its own, in a browser.
type demoPage struct{ *browsertest.Page }

// runningDemo starts "secondline demo" and gives its page's address, from what
// it prints.
func runningDemo(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, ended := &lockedBuffer{}, make(chan struct{})
	go func() {
		defer close(ended)
		run(ctx, []string{"demo", "-listen", "127.0.0.1:0"}, noEnvironment, out, out)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	printed := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	eventually(t, "demo prints its address", func() bool { return printed.MatchString(out.String()) })
	return printed.FindString(out.String())
}

// demoTest is a test on the page of a demo; without a browser it does nothing.
func demoTest(do func(demoPage)) func(*testing.T) {
	return func(t *testing.T) {
		p := browsertest.Open(t, runningDemo(t), `"ready" in document.body.dataset`, 1280, 900)
		if p == nil {
			return
		}
		// A slow machine must not count as a silent caller.
		p.Click("#limits")
		do(demoPage{p})
	}
}

// call starts the call and waits for the line to have said words.
func (p demoPage) call(words string) {
	p.T.Helper()
	p.Click("#ring")
	p.Sees("#captions .line", words)
}

// turn does something that the line has to answer, and waits until it has.
func (p demoPage) turn(do func()) {
	p.T.Helper()
	before := p.Eval(`document.getElementById("trips").textContent`)
	do()
	p.Until(`Number(document.getElementById("trips").textContent) > ` + before)
}

// press clicks keys on the keypad.
func (p demoPage) press(keys string) {
	p.T.Helper()
	p.turn(func() {
		for _, key := range keys {
			p.Click(`[data-key="` + string(key) + `"]`)
		}
	})
}

// say types what would be said, keeps a picture where it has a name, and
// clicks Done.
func (p demoPage) say(words, picture string) {
	p.T.Helper()
	p.Click("#wait") // nothing is pressed before the tone
	p.Until(`document.body.dataset.await === "recording"`)
	p.turn(func() {
		p.Do(chromedp.WaitVisible(chromedp.CSS("#words")), chromedp.SendKeys(chromedp.CSS("#words"), words))
		p.Shoot(picture)
		p.Click("#voice button")
	})
}

// The demo as its first visitor finds it, in a real browser.
func TestDemoInABrowser(t *testing.T) {
	t.Cleanup(browsertest.Stop)
	t.Run("a whole intake", demoTest(demoIntake))
	t.Run("a coordinator", demoTest(demoCoordinator))
	t.Run("a coordinator who passes", demoTest(demoPasses))
	t.Run("a coordinator by itself", demoTest(demoByItself))
	t.Run("clocks", demoTest(demoClock))
	t.Run("after hours", demoTest(demoAfterHours))
	t.Run("the promise", demoTest(demoPromise))
}

func demoIntake(p demoPage) {
	tokens, err := parseTokens(wholeIntake)
	if err != nil {
		p.T.Fatal(err)
	}
	p.call("To start a second opinion, press 1.")
	pictures := map[string]string{"City Clinic in Albany": "demo-intake"}
	for _, what := range tokens {
		if what.words != "" {
			p.Sees("#stage", "started")
			p.say(what.words, pictures[what.words])
		} else {
			p.press(what.keys)
		}
	}
	p.Sees("#captions .line", "Your request number is")
	p.Sees("#stage", "requested")
	p.Until(`/Request number \d{4} ?\d{4}$/.test(document.getElementById("number").innerText.trim())`)
	for _, row := range []string{
		"The patient is", "Date of birth", "1960", "May we call", "May we text", "May we leave a message", "Zip code", "10001",
		"A good time to call", "morning", "Ana Ruiz, A N A", "City Clinic in Albany", "Is there another way?", "A coordinator calls by",
	} {
		p.Sees("#case li", row)
	}
	p.Click("#hangup")
	p.Sees("#over", "The call has ended")
	p.Sees("#stage", "requested")
	demoTexts(p)
}

// demoTexts goes on by text: what the line has texted is there with what became of
// it, an answer is answered, and so is a stop.
func demoTexts(p demoPage) {
	p.Sees("#texts li", "Please reply with the best e-mail address")
	p.Sees("#texts small", "delivered")
	write := func(words, answer string) {
		p.Eval("document.getElementById('reply-words').value = " + strconv.Quote(words))
		p.Click("#reply button")
		p.Sees("#texts .mine", words)
		p.Sees("#texts li", answer)
	}
	write("it is ana@gmial.com", "We have a***@gmail.com")
	write("ok", "Your e-mail address is saved")
	p.Eval("document.getElementById('texts-card').scrollIntoView(); ''")
	p.Shoot("demo-texts")
	write("please stop texting me", "You will get no more texts or automated calls")
}

// ring asks for a person and waits until a coordinator's telephone rings; it
// gives what selects that telephone.
func (p demoPage) ring() string {
	p.T.Helper()
	p.Sees("#hours", "The line is open")
	p.call("To speak with a person, press zero.")
	p.Click(`[data-key="0"]`)
	p.Until(`document.querySelector(".desk[data-status=ringing]") !== null`)
	return `[data-desk="` + p.Eval(`document.querySelector(".desk[data-status=ringing]").dataset.desk`) + `"] `
}

func demoCoordinator(p demoPage) {
	desk := p.ring()
	p.Sees("#where", "Waiting for a coordinator")
	p.Sees("#captions", "(soft music)")
	p.Sees(desk+".doing", "Ringing: Second opinion line")
	p.Shoot("demo-ringing")
	p.Click(desk + ".pickup")
	p.Sees(desk+".heard", "Press 1 to take the call. Press 2 to pass.")
	p.Shoot("demo-whisper")
	p.Click(desk + `[data-pad="1"]`)
	p.Sees(desk+".doing", "Talking with the caller")
	p.Sees("#talk", "You are talking with a coordinator")
	p.Until(`document.querySelector(".desk[data-status=ringing]") === null`) // the others stop
	p.Shoot("demo-talking")
	p.Click(desk + ".down")
	p.Sees(desk+".heard", "You hung up.")
	p.Until(`document.body.dataset.status !== "talking"`)
}

func demoPasses(p demoPage) {
	desk := p.ring()
	p.Click(desk + ".pickup")
	p.Sees(desk+".heard", "Press 2 to pass.")
	p.Click(desk + `[data-pad="2"]`)
	p.Sees(desk+".doing", "The call has ended")
	p.Sees("#where", "Waiting for a coordinator")
	p.Click("#hangup")
	p.Sees("#over", "The call has ended")
	p.Until(`document.querySelector(".desk[data-status=ringing]") === null`) // nobody is needed any more
	p.Sees(".desk .heard", "It stopped ringing")
}

func demoByItself(p demoPage) {
	p.Do(chromedp.SetValue(chromedp.CSS("#callee"), phone.CalleeAnswers))
	p.call("To speak with a person, press zero.")
	p.Click(`[data-key="0"]`)
	p.Sees("#talk", "You are talking with a coordinator")
	p.Click("#remote")
	p.Until(`document.body.dataset.status !== "talking"`)
}

func demoClock(p demoPage) {
	p.Click(`#changes button:first-child`)
	p.Sees("#now", "Sunday, Nov 1, 2026")
	p.Sees("#now", "1:30 a.m. EDT")
	p.Click(`[data-clock="hour"]`)
	p.Sees("#now", "1:30 a.m. EST") // the same hour once more
	p.Click(`#changes button:last-child`)
	p.Sees("#now", "Sunday, Mar 14, 2027, 1:30 a.m. EST")
	p.Click(`[data-clock="hour"]`)
	p.Sees("#now", "3:30 a.m. EDT")
	p.Eval(`document.getElementById("moment-at").value = "2026-12-24T20:15"`)
	p.Click("#moment button")
	p.Sees("#now", "Thursday, Dec 24, 2026, 8:15 p.m. EST")
}

func demoAfterHours(p demoPage) {
	p.Click(`[data-clock="afterhours"]`)
	p.Sees("#hours", "The line is closed until")
	p.call("Our team is here Monday to Friday, 9 a.m. to 9 p.m. Eastern time.")
	p.Sees("#captions .line", "To leave a message, press zero.")
	p.Click(`[data-key="3"]`)
	p.Sees("#captions .line", "We will call the number ending in 0 1 2 3 by")
	p.press("1")
	p.Sees("#captions .line", "You are all set.")
	p.Sees("#over", "The call has ended")
	if strings.Contains(p.Eval(`document.body.innerText`), "You are talking") {
		p.T.Error("a person is there although the line is closed")
	}
}

// demoPromise is the product's main job: an opinion is delivered, time goes by, a
// coordinator is rung and calls, and the promise is kept.
func demoPromise(p demoPage) {
	p.Eval(`document.getElementById("moment-at").value = "2027-03-02T10:12"`)
	p.Click("#moment button")
	p.Sees("#now", "Mar 2, 2027, 10:12 a.m.")
	p.Click("#deliver")
	p.Sees("#promise-log", "The opinion was delivered.")
	p.Sees("#promise-next", "A call on Tuesday, March 2, 10:42 a.m. EST")
	p.Sees("#promise-state", "open")
	p.Click(`[data-clock="half"]`)
	p.Until(`document.querySelector(".desk[data-status=ringing]") !== null`)
	p.Shoot("demo-promise-ringing")
	desk := `[data-desk="` + p.Eval(`document.querySelector(".desk[data-status=ringing]").dataset.desk`) + `"] `
	p.Click(desk + ".pickup")
	p.Sees(desk+".heard", "Outreach call. Request ending")
	p.Click(desk + `[data-pad="1"]`)
	p.Sees("#where", "Ringing: Second opinion line")
	p.Eval(`document.querySelector(".phone").scrollIntoView(); ''`)
	p.Shoot("demo-promise-patient")
	p.Click("#pickup")
	p.Sees("#talk", "You are talking with a coordinator")
	p.Click("#hangup")
	p.Sees(desk+".heard", "How did it go?")
	p.Click(desk + `[data-pad="1"]`)
	p.Sees("#promise-state", "kept")
	p.Sees("#promise-next", "Nothing: the promise is kept.")
	p.Eval(`document.getElementById("promise-title").scrollIntoView(); ''`)
	p.Shoot("demo-promise-kept")
}
