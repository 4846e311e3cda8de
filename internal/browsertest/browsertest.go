// Package browsertest lets tests use a page in a real Chromium as a visitor
// does.
package browsertest

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Page is a page in a tab of its own. Its methods end the test when the browser
// does not do what is asked within its time.
type Page struct {
	T   *testing.T
	Ctx context.Context
	// Refused: the test has the page's server refuse a request, which the
	// browser itself notes in the console.
	Refused bool
}

// path is where a Chromium is. A machine without one says so, and fails in CI.
func path(t *testing.T) string {
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

// The browser in which all tests of a package have their tabs, and what ends it.
var (
	mu     sync.Mutex
	shared context.Context
	end    = func() {}
)

// Stop ends the browser, where a test has started one. The last test to use it,
// or TestMain, calls it.
func Stop() {
	mu.Lock()
	defer mu.Unlock()
	end()
	shared, end = nil, func() {}
}

// browser starts the browser at its first call; nil where there is none.
func browser(t *testing.T) context.Context {
	t.Helper()
	mu.Lock()
	defer mu.Unlock()
	if shared != nil {
		return shared
	}
	p := path(t)
	if p == "" {
		return nil
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(p), chromedp.NoSandbox,
		chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("hide-scrollbars", false))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	shared, end = ctx, func() { cancel(); stop() }
	return shared
}

// Open loads address in a new tab of a width and height in CSS pixels, and waits
// until ready, a JavaScript expression, is true. It gives nil where there is no
// browser: the test then returns. When the test ends the console must have
// stayed silent.
func Open(t *testing.T, address, ready string, width, height int64, media ...*emulation.MediaFeature) *Page {
	t.Helper()
	b := browser(t)
	if b == nil {
		return nil
	}
	ctx, cancel := chromedp.NewContext(b)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	p := &Page{T: t, Ctx: ctx}
	t.Cleanup(p.watchConsole())
	p.Do(chromedp.EmulateViewport(width, height))
	if len(media) > 0 {
		if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: media}); err != nil {
			t.Fatalf("emulate media: %v", err)
		}
	}
	p.Do(chromedp.Navigate(address))
	p.Until(ready)
	return p
}

// watchConsole gives the check that nothing went wrong on the page.
func (p *Page) watchConsole() func() {
	messages := chromedp.Console(p.Ctx)
	return func() {
		p.Eval(`console.log("the end"), ""`)
		for m, err := range messages {
			switch {
			case err != nil:
				p.T.Errorf("console: %v", err)
				return
			case m.Text == "the end":
				return
			case p.Refused && m.Source == "network":
			case m.Type == chromedp.ConsoleError, m.Type == chromedp.ConsoleWarning, m.IsException():
				p.T.Errorf("the page complained: %v", m)
			}
		}
	}
}

// Do does steps, one after another.
func (p *Page) Do(steps ...chromedp.Action[chromedp.Void]) {
	p.T.Helper()
	if err := chromedp.Do(p.Ctx, steps...); err != nil {
		p.T.Fatalf("browser: %v", err)
	}
}

// Click presses the mouse on what css selects, once it can be seen.
func (p *Page) Click(css string) {
	p.T.Helper()
	p.Do(chromedp.WaitEnabled(chromedp.CSS(css)), chromedp.Click(chromedp.CSS(css)))
}

// Until waits up to 20 seconds for a JavaScript expression to be true.
func (p *Page) Until(expression string) {
	p.T.Helper()
	if _, err := chromedp.Run(p.Ctx, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		p.T.Fatalf("waiting for %s: %v; the page shows:\n%s", expression, err, p.Eval(`document.body.innerText`))
	}
}

// Sees waits until what css selects shows words.
func (p *Page) Sees(css, words string) {
	p.T.Helper()
	p.Until(`[...document.querySelectorAll(` + strconv.Quote(css) + `)].some((e) => e.getClientRects().length && e.innerText.includes(` + strconv.Quote(words) + `))`)
}

// Eval gives the string that a JavaScript expression is.
func (p *Page) Eval(expression string) string {
	p.T.Helper()
	s, err := chromedp.Run(p.Ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		p.T.Fatalf("evaluate %s: %v", expression, err)
	}
	return s
}

// Shoot keeps a picture of what is in view as name.png when SECONDLINE_SHOTS
// names a folder; no name, no picture.
func (p *Page) Shoot(name string) {
	p.T.Helper()
	dir := os.Getenv("SECONDLINE_SHOTS")
	if dir == "" || name == "" {
		return
	}
	png, err := chromedp.Run(p.Ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.T.Fatalf("screenshot: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		p.T.Fatalf("screenshot: %v", err)
	}
}
