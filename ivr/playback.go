package ivr

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"

	"secondline/casestore"
)

// Fetcher gets a recording from Twilio with the account's credentials: the
// address alone must not open it.
type Fetcher interface {
	FetchRecording(ctx context.Context, sid string) (audio io.ReadCloser, contentType string, err error)
}

var recordingSID = regexp.MustCompile(`^RE[0-9a-fA-F]{32}$`)

// silence is an eighth of a second of nothing: what is played when a recording
// cannot be had, so that the call goes on.
var silence = wav(bytes.Repeat([]byte{0xff}, 1000))

// playback lets a caller hear what was just said. Twilio asks for it with its
// signature.
func (s *Server) playback(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), turnLimit)
	defer cancel()
	sid := r.URL.Query().Get("recording")
	if _, err := casestore.ParsePartition(r.URL.Query().Get(paramPartition)); err != nil || !recordingSID.MatchString(sid) || s.fetch == nil {
		s.playSilence(w)
		return
	}
	audio, kind, err := s.fetch.FetchRecording(ctx, sid)
	if err != nil {
		s.log.Warn("a recording cannot be played back", "recording", sid, "err", err)
		s.playSilence(w)
		return
	}
	defer audio.Close()
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.Copy(w, audio)
}

func (s *Server) playSilence(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "audio/wav")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(silence)
}

// wav puts a header before samples of 8 kHz μ-law (RIFF WAVE, format 7), in
// which 0xff is silence.
func wav(samples []byte) []byte {
	le := func(n, size int) []byte {
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(n >> (8 * i))
		}
		return b
	}
	out := []byte("RIFF")
	out = append(out, le(36+len(samples), 4)...)
	out = append(out, "WAVEfmt "...)
	for _, f := range [][2]int{{16, 4}, {7, 2}, {1, 2}, {8000, 4}, {8000, 4}, {1, 2}, {8, 2}} {
		out = append(out, le(f[0], f[1])...)
	}
	out = append(out, "data"...)
	out = append(out, le(len(samples), 4)...)
	return append(out, samples...)
}
