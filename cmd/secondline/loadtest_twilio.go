package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"secondline/internal/loadgen"
)

// loadTwilio answers what the line under test asks of Twilio: it takes every text and
// every call, and sends and dials nothing. Nothing ever becomes of them.
type loadTwilio struct {
	once                     sync.Once
	asked                    chan struct{} // closed by the first request; nil where nobody waits for it
	texts, calls, recordings atomic.Int64
}

// silence is a recording of a tenth of a second (WAVE, 8 kHz, 8 bits).
var silence = []byte("RIFF\x44\x03\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data\x20\x03\x00\x00" + strings.Repeat("\x80", 800))

// ServeHTTP is as much of Twilio's REST API as the line uses.
func (l *loadTwilio) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	made := func(kind string, n int64) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(map[string]string{"sid": loadgen.SID(kind, int(n)), "status": "queued", "to": r.FormValue("To"), "from": r.FormValue("From")})
	}
	if l.asked != nil {
		l.once.Do(func() { close(l.asked) })
	}
	path := r.URL.Path
	switch {
	case r.Method == http.MethodPost && strings.HasSuffix(path, "/Messages.json"):
		made("SM", l.texts.Add(1))
	case r.Method == http.MethodPost && strings.HasSuffix(path, "/Calls.json"):
		made("CA", l.calls.Add(1))
	case strings.Contains(path, "/Recordings/") && r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	case strings.Contains(path, "/Recordings/"):
		l.recordings.Add(1)
		w.Header().Set("Content-Type", "audio/x-wav")
		_, _ = w.Write(silence)
	case r.Method == http.MethodGet && (strings.HasSuffix(path, "/Messages.json") || strings.HasSuffix(path, "/Calls.json")):
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"messages":[],"calls":[],"next_page_uri":null}`)
	default:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"code":20404,"status":404}`)
	}
}

// String says what was asked for.
func (l *loadTwilio) String() string {
	return fmt.Sprintf("%d texts, %d calls and %d recordings", l.texts.Load(), l.calls.Load(), l.recordings.Load())
}
