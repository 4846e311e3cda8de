package phone

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// tab is a page of a real browser on a fake exchange.
type tab struct {
	t   *testing.T
	ctx context.Context
	x   *fakeExchange
	// refused: the test has the line refuse a request.
	refused bool
}

// browser is the path of a Chromium. Where there is none the browser's tests
// say so, and fail in CI.
func browser(t *testing.T) string {
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

// The browser that all tests have their tabs in, and what ends it.
var (
	shared     context.Context
	endBrowser = func() {}
)

func TestMain(m *testing.M) {
	code := m.Run()
	endBrowser()
	os.Exit(code)
}

// chromium starts the browser at its first call.
func chromium(t *testing.T, path string) context.Context {
	t.Helper()
	if shared == nil {
		opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
			chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("hide-scrollbars", false))
		var stop, end context.CancelFunc
		shared, stop = chromedp.NewExecAllocator(context.Background(), opts...)
		shared, end = chromedp.NewContext(shared)
		endBrowser = func() { end(); stop() }
		if err := chromedp.Do(shared); err != nil {
			t.Fatalf("start the browser: %v", err)
		}
	}
	return shared
}

// open gives a tab with the page loaded, or nil where there is no browser. When
// the test ends the console must have stayed silent.
func open(t *testing.T, width, height int64, x *fakeExchange, media ...*emulation.MediaFeature) *tab {
	t.Helper()
	path := browser(t)
	if path == "" {
		return nil
	}
	server := httptest.NewServer(Handler(x, slog.New(slog.DiscardHandler)))
	t.Cleanup(server.Close)
	ctx, cancel := chromedp.NewContext(chromium(t, path))
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, x: x}
	t.Cleanup(b.watchConsole())
	b.do(chromedp.EmulateViewport(width, height))
	if len(media) > 0 {
		if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: media}); err != nil {
			t.Fatalf("emulate media: %v", err)
		}
	}
	b.do(chromedp.Navigate(server.URL))
	b.until(`document.getElementById("trips").textContent !== ""`)
	return b
}

// watchConsole gives the check that nothing went wrong on the page.
func (b *tab) watchConsole() func() {
	messages := chromedp.Console(b.ctx)
	return func() {
		b.eval(`console.log("the end"), ""`)
		for m, err := range messages {
			switch {
			case err != nil:
				b.t.Errorf("console: %v", err)
				return
			case m.Text == "the end":
				return
			case b.refused && m.Source == "network": // the browser itself notes each refused request
			case m.Type == chromedp.ConsoleError, m.Type == chromedp.ConsoleWarning, m.IsException():
				b.t.Errorf("the page complained: %v", m)
			}
		}
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatalf("browser: %v", err)
	}
}

// click presses the mouse on what css selects, once it can be seen.
func (b *tab) click(css string) {
	b.t.Helper()
	b.do(chromedp.WaitEnabled(chromedp.CSS(css)), chromedp.Click(chromedp.CSS(css)))
}

// until waits for a JavaScript expression to be true.
func (b *tab) until(expression string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		b.t.Fatalf("waiting for %s: %v", expression, err)
	}
}

// sees waits until what css selects shows words.
func (b *tab) sees(css, words string) {
	b.t.Helper()
	b.until(`[...document.querySelectorAll(` + quote(css) + `)].some((e) => e.getClientRects().length && e.innerText.includes(` + quote(words) + `))`)
}

func (b *tab) eval(expression string) string {
	b.t.Helper()
	s, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		b.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return s
}

func (b *tab) did(want string) {
	b.t.Helper()
	if got := b.x.did(); got != want {
		b.t.Errorf("the line was given %q, want %q", got, want)
	}
}

// shoot keeps a picture of the page when SECONDLINE_SHOTS names a folder.
func (b *tab) shoot(name string) {
	b.t.Helper()
	dir := os.Getenv("SECONDLINE_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatalf("screenshot: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		b.t.Fatalf("screenshot: %v", err)
	}
}
