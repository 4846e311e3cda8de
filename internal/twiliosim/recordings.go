package twiliosim

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"strings"
	"time"
)

// recording is a stored recording; the words stand for its sound.
type recording struct {
	sid, call, words, source string
	duration                 time.Duration
	channels                 int
	created                  time.Time
}

func (c *Call) keep(words, source string, channels int) *recording {
	return &recording{sid: c.sim.ids.sid("RE"), call: c.sid, words: words, source: source,
		channels: channels, created: c.sim.cfg.Now()}
}

func (s *Sim) store(r *recording) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recordings[r.sid] = r
	s.said[r.sid] = r.words
}

// Said returns the words of a recording, deleted or not: who spoke them has
// spoken them.
func (s *Sim) Said(sid string) (words string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	words, ok = s.said[sid]
	return words, ok
}

func (s *Sim) recordingURL(sid string) string {
	return "https://api.twilio.com/2010-04-01/Accounts/" + s.cfg.AccountSID + "/Recordings/" + sid
}

// Recording returns the words of a stored recording, false when there is none
// or it was deleted.
func (s *Sim) Recording(sid string) (words string, ok bool) {
	r, ok := s.recording(sid)
	if !ok {
		return "", false
	}
	return r.words, true
}

func (s *Sim) recording(sid string) (*recording, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.recordings[sid]
	return r, ok
}

// serveRecording is the Recording resource: its description, its sound as WAV
// or MP3, and its deletion.
func (s *Sim) serveRecording(w http.ResponseWriter, r *http.Request, name string) {
	sid, ext, _ := strings.Cut(name, ".")
	rec, ok := s.recording(sid)
	if !ok {
		writeError(w, errNotFound)
		return
	}
	switch {
	case r.Method == http.MethodDelete:
		s.mu.Lock()
		delete(s.recordings, sid)
		s.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	case r.Method != http.MethodGet:
		writeError(w, errMethod)
	case ext == "json":
		writeJSON(w, http.StatusOK, s.recordingJSON(rec))
	case ext == "mp3":
		w.Header().Set("Content-Type", "audio/mpeg")
		_, _ = w.Write(silentMP3())
	case ext == "" || ext == "wav":
		w.Header().Set("Content-Type", "audio/x-wav")
		_, _ = w.Write(silentWAV())
	default:
		writeError(w, errNotFound)
	}
}

func (s *Sim) recordingJSON(r *recording) map[string]any {
	return map[string]any{
		"account_sid": s.cfg.AccountSID, "api_version": "2010-04-01", "call_sid": r.call, "conference_sid": nil,
		"date_created": stamp(r.created), "date_updated": stamp(r.created), "start_time": stamp(r.created),
		"duration": seconds(r.duration), "sid": r.sid, "price": nil, "price_unit": "USD", "status": "completed",
		"channels": r.channels, "source": r.source, "error_code": nil, "encryption_details": nil,
		"uri":       "/2010-04-01/Accounts/" + s.cfg.AccountSID + "/Recordings/" + r.sid + ".json",
		"media_url": s.recordingURL(r.sid), "subresource_uris": map[string]string{},
	}
}

// silentWAV is a tenth of a second of silence, 8 kHz 16-bit mono.
func silentWAV() []byte {
	const rate, size = 8000, 1600
	var b bytes.Buffer
	b.WriteString("RIFF")
	_ = binary.Write(&b, binary.LittleEndian, uint32(36+size))
	b.WriteString("WAVEfmt ")
	for _, v := range []any{uint32(16), uint16(1), uint16(1), uint32(rate), uint32(rate * 2), uint16(2), uint16(16)} {
		_ = binary.Write(&b, binary.LittleEndian, v)
	}
	b.WriteString("data")
	_ = binary.Write(&b, binary.LittleEndian, uint32(size))
	b.Write(make([]byte, size))
	return b.Bytes()
}

// silentMP3 is one silent frame, MPEG-1 layer III, 128 kbit/s at 44.1 kHz.
func silentMP3() []byte {
	frame := make([]byte, 417)
	copy(frame, []byte{0xff, 0xfb, 0x90, 0xc4})
	return frame
}

func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC1123Z)
}
