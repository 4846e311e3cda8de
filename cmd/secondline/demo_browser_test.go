package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// chromiumPath is the path of a Chromium. Where there is none the browser's
// tests say so, and fail in CI.
func chromiumPath(t *testing.T) string {
	t.Helper()
	for _, p := range []string{os.Getenv("SECONDLINE_CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"} {
		if _, err := os.Stat(p); p != "" && err == nil {
			return p
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("no Chromium on this machine: install it, or name it in SECONDLINE_CHROMIUM")
	}
	t.Log("NOT TESTED: no Chromium on this machine; install it, or name it in SECONDLINE_CHROMIUM")
	return ""
}

// demoPage is the page of a demo of its own, in a browser.
type demoPage struct {
	t   *testing.T
	ctx context.Context
}

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

// openDemo opens the page of a demo in a new tab. When the test ends the
// console must have stayed silent.
func openDemo(t *testing.T, browser context.Context) *demoPage {
	t.Helper()
	address := runningDemo(t)
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	p := &demoPage{t, ctx}
	t.Cleanup(p.watchConsole())
	p.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(address))
	p.until(`document.getElementById("trips").textContent !== ""`)
	// A slow machine must not count as a silent caller.
	p.click("#limits")
	return p
}

// watchConsole gives the check that nothing went wrong on the page.
func (p *demoPage) watchConsole() func() {
	messages := chromedp.Console(p.ctx)
	return func() {
		p.eval(`console.log("the end"), ""`)
		for m, err := range messages {
			switch {
			case err != nil:
				p.t.Errorf("console: %v", err)
				return
			case m.Text == "the end":
				return
			case m.Type == chromedp.ConsoleError, m.Type == chromedp.ConsoleWarning, m.IsException():
				p.t.Errorf("the page complained: %v", m)
			}
		}
	}
}

func (p *demoPage) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatalf("browser: %v", err)
	}
}

// click presses the mouse on what css selects, once it can be seen.
func (p *demoPage) click(css string) {
	p.t.Helper()
	p.do(chromedp.WaitEnabled(chromedp.CSS(css)), chromedp.Click(chromedp.CSS(css)))
}

// until waits for a JavaScript expression to be true.
func (p *demoPage) until(expression string) {
	p.t.Helper()
	if _, err := chromedp.Run(p.ctx, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		p.t.Fatalf("waiting for %s: %v; the page shows:\n%s", expression, err, p.eval(`document.body.innerText`))
	}
}

// sees waits until what css selects shows words.
func (p *demoPage) sees(css, words string) {
	p.t.Helper()
	p.until(`[...document.querySelectorAll(` + strconv.Quote(css) + `)].some((e) => e.getClientRects().length && e.innerText.includes(` + strconv.Quote(words) + `))`)
}

func (p *demoPage) eval(expression string) string {
	p.t.Helper()
	s, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		p.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return s
}

// call starts the call and waits for the line to have said words.
func (p *demoPage) call(words string) {
	p.t.Helper()
	p.click("#ring")
	p.sees("#captions .line", words)
}

// turn does something that the line has to answer, and waits until it has.
func (p *demoPage) turn(do func()) {
	p.t.Helper()
	before := p.eval(`document.getElementById("trips").textContent`)
	do()
	p.until(`Number(document.getElementById("trips").textContent) > ` + before)
}

// press clicks keys on the keypad.
func (p *demoPage) press(keys string) {
	p.t.Helper()
	p.turn(func() {
		for _, key := range keys {
			p.click(`[data-key="` + string(key) + `"]`)
		}
	})
}

// say types what would be said, keeps a picture where it has a name, and
// clicks Done.
func (p *demoPage) say(words, picture string) {
	p.t.Helper()
	p.until(`document.body.dataset.await === "recording"`)
	p.turn(func() {
		p.do(chromedp.WaitVisible(chromedp.CSS("#words")), chromedp.SendKeys(chromedp.CSS("#words"), words))
		p.shoot(picture)
		p.click("#voice button")
	})
}

// shoot keeps a picture of the page when SECONDLINE_SHOTS names a folder.
func (p *demoPage) shoot(name string) {
	p.t.Helper()
	dir := os.Getenv("SECONDLINE_SHOTS")
	if dir == "" || name == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatalf("screenshot: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), png, 0o644); err != nil {
		p.t.Fatalf("screenshot: %v", err)
	}
}

// The demo as its first visitor finds it, in a real browser.
func TestDemoInABrowser(t *testing.T) {
	path := chromiumPath(t)
	if path == "" {
		return
	}
	browser, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true))...)
	defer stop()
	browser, end := chromedp.NewContext(browser)
	defer end()
	if err := chromedp.Do(browser); err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	t.Run("a whole intake", func(t *testing.T) { demoIntake(t, openDemo(t, browser)) })
	t.Run("a coordinator", func(t *testing.T) { demoCoordinator(openDemo(t, browser)) })
	t.Run("after hours", func(t *testing.T) { demoAfterHours(openDemo(t, browser)) })
}

func demoIntake(t *testing.T, p *demoPage) {
	tokens, err := parseTokens(wholeIntake)
	if err != nil {
		t.Fatal(err)
	}
	p.call("To start a second opinion, press 1.")
	pictures := map[string]string{"City Clinic in Albany": "demo-intake.png"}
	for _, what := range tokens {
		if what.words != "" {
			p.sees("#stage", "started")
			p.say(what.words, pictures[what.words])
		} else {
			p.press(what.keys)
		}
	}
	p.sees("#captions .line", "Your request number is")
	p.sees("#stage", "requested")
	p.until(`/Request number \d{4} ?\d{4}$/.test(document.getElementById("number").innerText.trim())`)
	for _, row := range []string{
		"The patient is", "Date of birth", "1960", "May we call", "May we text", "May we leave a message", "Zip code", "10001",
		"A good time to call", "morning", "Ana Ruiz, A N A", "City Clinic in Albany", "Is there another way?", "A coordinator calls by",
	} {
		p.sees("#case li", row)
	}
	p.click("#hangup")
	p.sees("#over", "The call has ended")
	p.sees("#stage", "requested")
}

func demoCoordinator(p *demoPage) {
	p.sees("#hours", "The line is open")
	p.call("To speak with a person, press zero.")
	p.click(`[data-key="0"]`)
	p.sees("#captions .line", "I will connect you now.")
	p.sees("#talk", "You are talking with a coordinator")
	p.until(`document.body.dataset.status === "talking"`)
	p.click("#remote")
	p.until(`document.body.dataset.status !== "talking"`)
	p.sees("#over", "The call has ended")
	p.click("#again")
	p.sees("#captions .line", "To speak with a person, press zero.")
}

func demoAfterHours(p *demoPage) {
	p.click(`[data-clock="afterhours"]`)
	p.sees("#hours", "The line is closed until")
	p.call("Our team is here Monday to Friday, 9 a.m. to 9 p.m. Eastern time.")
	p.sees("#captions .line", "To leave a message, press zero.")
	p.click(`[data-key="3"]`)
	p.sees("#captions .line", "We will call the number ending in 0 1 2 3 by")
	p.press("1")
	p.sees("#captions .line", "You are all set.")
	p.sees("#over", "The call has ended")
	if strings.Contains(p.eval(`document.body.innerText`), "You are talking") {
		p.t.Error("a person is there although the line is closed")
	}
}
