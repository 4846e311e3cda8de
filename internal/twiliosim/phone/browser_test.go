package phone

import (
	"log/slog"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/chromedp/cdproto/emulation"

	"secondline/internal/browsertest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	browsertest.Stop()
	os.Exit(code)
}

// loaded is true once the page's script has shown the first view.
const loaded = `"ready" in document.body.dataset`

// tab is the page of a fake exchange in a real browser.
type tab struct {
	*browsertest.Page
	x *fakeExchange
}

// open gives a tab with the page loaded, or nil where there is no browser.
func open(t *testing.T, width, height int64, x *fakeExchange, media ...*emulation.MediaFeature) *tab {
	t.Helper()
	server := httptest.NewServer(Handler(x, slog.New(slog.DiscardHandler)))
	t.Cleanup(server.Close)
	p := browsertest.Open(t, server.URL, loaded, width, height, media...)
	if p == nil {
		return nil
	}
	return &tab{p, x}
}

func (b *tab) did(want string) {
	b.T.Helper()
	if got := b.x.did(); got != want {
		b.T.Errorf("the line was given %q, want %q", got, want)
	}
}
