package console

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"time"
)

// follow keeps a page up to date: as long as the browser listens the page is written
// again every little while, and sent when it is another. The browser shows it in
// place of what it had.
func (s *Server) follow(v *visit, page string, load func() (any, error)) reply {
	return reply{stream: func() {
		v.w.Header().Set("Content-Type", "text/event-stream")
		out := http.NewResponseController(v.w)
		// The listener's own limits are for requests and pages that end.
		_ = out.SetReadDeadline(time.Time{})
		ticker := time.NewTicker(s.Every)
		defer ticker.Stop()
		var last [32]byte
		for beat := 0; ; beat++ {
			event, sum := s.news(page, load, last)
			if event == nil && beat%8 == 0 {
				event = []byte(": still here\n\n")
			}
			last = sum
			_ = out.SetWriteDeadline(time.Now().Add(30 * time.Second))
			if len(event) > 0 {
				if _, err := v.w.Write(event); err != nil || out.Flush() != nil {
					return
				}
			}
			select {
			case <-v.Context().Done():
				return
			case <-s.ended:
				return
			case <-ticker.C:
			}
			if _, ok := s.personOf(v.Request); !ok {
				return // signed out, or the time is up
			}
		}
	}}
}

// news gives the event of a page that is another than the last one; nil for none.
func (s *Server) news(page string, load func() (any, error), last [32]byte) ([]byte, [32]byte) {
	data, err := load()
	var text []byte
	if err == nil {
		text, err = s.fragment(page, data)
	}
	if err != nil {
		s.Log.Warn("a page cannot be kept up to date", "page", page, "err", err)
		return nil, last
	}
	sum := sha256.Sum256(text)
	if sum == last {
		return nil, sum
	}
	var b bytes.Buffer
	for line := range bytes.Lines(text) {
		fmt.Fprintf(&b, "data: %s\n", bytes.TrimRight(line, "\r\n"))
	}
	b.WriteByte('\n')
	return b.Bytes(), sum
}
