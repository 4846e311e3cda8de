package console

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// follow opens a page that is kept up to date, and gives its lines.
func (v *visitor) follow(path string) *bufio.Reader {
	v.w.t.Helper()
	r, err := http.NewRequestWithContext(v.w.t.Context(), http.MethodGet, v.w.url+path, nil)
	must(v.w.t, err)
	answer, err := v.client.Do(r)
	must(v.w.t, err)
	v.w.t.Cleanup(func() { answer.Body.Close() })
	return bufio.NewReader(answer.Body)
}

// What has changed is sent, what has not is not, and the page ends with the session
// and with the program.
func TestLivePages(t *testing.T) {
	w := newWorld(t)
	v := w.visitor(as("co1", Coordinator))
	lines := v.follow("/live/board")
	until := func(words string) {
		t.Helper()
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatalf("before %q: %v", words, err)
			}
			if strings.Contains(line, words) {
				return
			}
		}
	}
	until("0 open promises")
	w.patient(1, time.Hour)
	until("1 open promises")
	v.post("/signout")
	if rest, err := io.ReadAll(lines); err != nil || strings.Contains(string(rest), "open promises") {
		t.Errorf("after signing out: %v, %s", err, rest)
	}
	lines = w.visitor(as("co1", Coordinator)).follow("/live/board")
	until("1 open promises")
	w.server.Stop()
	if _, err := io.ReadAll(lines); err != nil {
		t.Errorf("at the end: %v", err)
	}
}
