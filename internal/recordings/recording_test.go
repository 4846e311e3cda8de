package recordings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestNew(t *testing.T) {
	tests := map[string]struct {
		contentType string
		size        int
		want        string // content type
		err         error
	}{
		"Twilio's WAV":                {contentType: "audio/x-wav", size: 44, want: "audio/x-wav"},
		"MP3, loudly written":         {contentType: "Audio/MPEG", size: 1, want: "audio/mpeg"},
		"with a parameter":            {contentType: "audio/L16; rate=8000", size: 1, want: "audio/l16; rate=8000"},
		"with a broken parameter":     {contentType: "audio/wav; x", size: 1, want: "audio/wav"},
		"as large as may be":          {contentType: wav, size: MaxAudio, want: wav},
		"nothing at all":              {contentType: wav, err: ErrEmpty},
		"a byte too much":             {contentType: wav, size: MaxAudio + 1, err: ErrTooLarge},
		"a page of a proxy":           {contentType: "text/html", size: 9, err: ErrNotAudio},
		"an error of Twilio's":        {contentType: "application/json", size: 9, err: ErrNotAudio},
		"no content type":             {size: 9, err: ErrNotAudio},
		"a header in a content type":  {contentType: "audio/wav\r\nSet-Cookie: a=b", size: 9, err: ErrNotAudio},
		"a content type without end":  {contentType: "audio/" + strings.Repeat("a", 300), size: 9, err: ErrNotAudio},
		"audio in name only":          {contentType: "audiobook/wav", size: 9, err: ErrNotAudio},
		"no kind of audio":            {contentType: "audio/", size: 9, err: ErrNotAudio},
		"a parameter that says audio": {contentType: "text/html; a=audio/wav", size: 9, err: ErrNotAudio},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := New(tt.contentType, make([]byte, tt.size))
			if !errors.Is(err, tt.err) || r.ContentType() != tt.want {
				t.Errorf("content type %q, error %v; want %q, %v", r.ContentType(), err, tt.want, tt.err)
			}
		})
	}
}

func TestWhatWasSaidIsNeverPrinted(t *testing.T) {
	const said = "my name is Jane"
	r := sound(t, said)
	held := struct{ R Recording }{r}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb+verb, r, &r, held)
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "r", r, "held", held)
	if err := json.NewEncoder(&out).Encode(held); err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{said, fmt.Sprintf("%x", said), "109 121 32"} {
		if strings.Contains(out.String(), form) {
			t.Errorf("printed as %q", form)
		}
	}
}

func TestCheckID(t *testing.T) {
	good := []string{sid, other, "RE" + strings.Repeat("A", 32)}
	for _, id := range good {
		if err := CheckID(id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	bad := []string{
		"", "RE", sid[:33], sid + "0", "CA" + sid[2:], "re" + sid[2:], sid[:33] + "g", " " + sid, sid + "\n",
		"RE../../../../../../../../etc/passwd", "RE/" + sid[3:], "RE.." + sid[4:], sid[:33] + "\x00", "RE" + strings.Repeat("é", 16),
	}
	for _, id := range bad {
		if err := CheckID(id); !errors.Is(err, ErrInvalidID) {
			t.Errorf("%q: %v", id, err)
		}
	}
}
