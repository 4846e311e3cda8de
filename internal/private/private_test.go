package private

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestTextNeverPrints(t *testing.T) {
	const secret = "1960-03-04"
	type holder struct {
		Born  Text
		Named map[string]Text
	}
	h := holder{Of(secret), map[string]Text{"born": Of(secret)}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %v"} {
		fmt.Fprintf(&out, verb+"\n", h)
		fmt.Fprintf(&out, verb+"\n", &h)
		fmt.Fprintf(&out, verb+"\n", h.Born)
	}
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(handler).Info("told", "born", h.Born, "all", h)
	}
	if err := json.NewEncoder(&out).Encode(h); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(&out, fmt.Errorf("wrapped: %w", fmt.Errorf("%v", h.Born)))
	for _, leak := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret)} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("what was told is printed:\n%s", out.String())
		}
	}
	if h.Born.Reveal() != secret {
		t.Error("Reveal does not give what was kept")
	}
}
