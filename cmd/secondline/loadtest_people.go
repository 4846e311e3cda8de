package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"secondline/internal/twiliosim"
)

// The people of a load test. Both make a whole request.
const loadCall = `1 1 1 2 2 1 03041960 1 1 1 1 1 10001 1 "Ana Ruiz, A N A" # "City Clinic in Albany" "Is there another way?" 3`

var loadTexts = []string{"BEGIN", "1", "1", "yes", "no", "2", "1", "March 4 1960", "1", "1", "1", "1", "1", "10001", "1", "Ana Ruiz", "it is ana@example.org", "1",
	"City Clinic, Boston", "Is there another way?", "thank you"}

// webhook is one request of Twilio's, as the stand-in sent it.
type webhook struct {
	target string // path and query
	fields url.Values
}

// recordCall plays a call in a line of its own in this process, and gives the requests
// that it was made of. Steps and versions in the addresses are the same in every call
// that presses the same keys.
func recordCall(ctx context.Context, settings Settings, at time.Time, tokens string) ([]webhook, error) {
	w, err := newWorld(settings, &clock{at: at}, slog.New(slog.DiscardHandler), hooks{})
	if err != nil {
		return nil, err
	}
	defer w.stop()
	pressed, err := parseTokens(tokens)
	if err != nil {
		return nil, err
	}
	p := &callPlayer{world: w, from: "+16175550123", to: settings.Programme.Lines.TollFree.Number}
	if err := p.play(ctx, pressed); err != nil {
		return nil, fmt.Errorf("the call of the load test: %w", err)
	}
	var out []webhook
	for _, x := range p.calls[0].Traffic() {
		if !x.Callback {
			out = append(out, webhook{strings.TrimPrefix(x.URL, worldURL), x.Form})
		}
	}
	return out, nil
}

// loadSettings are those of the running line as far as callers notice them.
func loadSettings(env environment) (Settings, error) {
	settings, err := LoadSettings(env, os.ReadFile)
	settings.Deploy = settings.Deploy.alone()
	if err == nil && settings.Deploy.AuthToken.Empty() {
		err = fmt.Errorf("TWILIO_AUTH_TOKEN is not set: it is that of the secondline serve under test, and signs the webhooks")
	}
	return settings, err
}

// asCall gives the fields of a recorded request, made those of another call and caller.
func (h webhook) asCall(sid, number string, n int) url.Values {
	fields := make(url.Values, len(h.fields))
	for name, values := range h.fields {
		fields[name] = values
	}
	fields.Set("CallSid", sid)
	fields.Set("From", number)
	fields.Set("Caller", number)
	if recording := fields.Get("RecordingSid"); recording != "" {
		fields.Set("RecordingSid", fmt.Sprintf("%s%08x", recording[:len(recording)-8], uint32(n)))
	}
	return fields
}

// signedBy gives the signature that a line with this token believes.
func signedBy(token string) func(string, url.Values) string {
	return func(address string, fields url.Values) string { return twiliosim.Sign(token, address, fields) }
}
