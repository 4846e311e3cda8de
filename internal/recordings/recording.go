// Package recordings keeps what callers said. Twilio records it; we fetch it,
// seal it, store it, and only then delete it at Twilio.
//
// A Recording is what was said. A Vault stores recordings; Dir is a vault in a
// directory. A Keeper takes one recording from Twilio to the vault.
package recordings

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"strings"
)

// MaxAudio is the largest recording that is kept, in bytes: over half an hour of
// Twilio's WAV (8000 samples of 16 bits a second), where a message has two minutes.
const MaxAudio = 32 << 20

// maxContentType bounds a content type, in bytes; a sealed value has one byte for
// its length.
const maxContentType = 255

// Reasons for which something is not taken as a recording.
var (
	// ErrEmpty: there is no audio.
	ErrEmpty = errors.New("recordings: no audio")
	// ErrTooLarge: there is more audio than MaxAudio.
	ErrTooLarge = errors.New("recordings: too large")
	// ErrNotAudio: the content type is not audio, as when a proxy answered with a
	// page of its own.
	ErrNotAudio = errors.New("recordings: not audio")
	// ErrInvalidID: not a RecordingSid of Twilio's.
	ErrInvalidID = errors.New("recordings: not a recording SID")
)

// Recording is the voice of a person. Whatever prints it gives "[redacted]"; only
// Audio tells. The zero value is no recording.
type Recording struct {
	contentType string
	audio       []byte
}

var (
	_ fmt.Formatter  = Recording{}
	_ json.Marshaler = Recording{}
	_ slog.LogValuer = Recording{}
)

// New makes a recording of audio, which must not be changed afterwards. It fails
// with ErrEmpty, ErrTooLarge or ErrNotAudio.
func New(contentType string, audio []byte) (Recording, error) {
	switch {
	case len(audio) == 0:
		return Recording{}, ErrEmpty
	case len(audio) > MaxAudio:
		return Recording{}, ErrTooLarge
	}
	media, parameters, err := mime.ParseMediaType(contentType)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) || !strings.HasPrefix(media, "audio/") {
		return Recording{}, ErrNotAudio
	}
	clean := mime.FormatMediaType(media, parameters)
	if clean == "" || len(clean) > maxContentType {
		return Recording{}, ErrNotAudio
	}
	return Recording{clean, audio}, nil
}

// ContentType gives the media type, such as "audio/x-wav": always audio, and fit
// to stand in a header.
func (r Recording) ContentType() string { return r.contentType }

// Audio gives what was said. Call it only to seal it or to play it to a person
// who may hear it; do not change it.
func (r Recording) Audio() []byte { return r.audio }

const redacted = "[redacted]"

// Format gives "[redacted]", whatever the verb and its flags.
func (r Recording) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalJSON gives "[redacted]".
func (r Recording) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// LogValue gives "[redacted]".
func (r Recording) LogValue() slog.Value { return slog.StringValue(redacted) }

// CheckID says whether id is a RecordingSid: RE and 32 hexadecimal digits
// (https://www.twilio.com/docs/glossary/what-is-a-sid). The error is ErrInvalidID
// and does not repeat id, which can be anything that a request held.
func CheckID(id string) error {
	digits, ok := strings.CutPrefix(id, "RE")
	if !ok || len(digits) != 32 || strings.Trim(digits, "0123456789abcdefABCDEF") != "" {
		return ErrInvalidID
	}
	return nil
}
