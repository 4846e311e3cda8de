package ivr

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"secondline/internal/flow"
	"secondline/internal/private"
	"secondline/internal/twilio"
)

// input is what the caller did, as the fields tell.
func (s *Server) input(req request) flow.Input {
	if req.hold {
		return req.held
	}
	form := req.form
	switch {
	case req.outcome != "":
		return flow.Input{Kind: flow.Came, Outcome: req.outcome}
	case form.Get("SpeechResult") != "":
		return s.heard(req)
	case req.query.Has(paramNothing):
		switch req.query.Get(paramNothing) {
		case "connect":
			return flow.Input{Kind: flow.Came, Outcome: flow.Nobody}
		case "told":
			return flow.Input{Kind: flow.Came, Outcome: flow.Told}
		}
		return flow.Input{Kind: flow.Silence}
	case form.Get("DialCallStatus") != "":
		return dialled(form)
	case form.Get("RecordingUrl") != "" || form.Get("RecordingSid") != "":
		r, err := twilio.DecodeRecord(form)
		if err != nil {
			s.log.Warn("a recording came without its name", "call", req.who.call, "err", err)
			return flow.Input{Kind: flow.Silence}
		}
		return flow.Input{Kind: flow.Voice, Text: private.Of(r.RecordingSID), EndKey: r.EndKey, Seconds: max(0, int(r.Duration/time.Second))}
	case form.Get("Digits") != "":
		return flow.Input{Kind: flow.Keys, Text: private.Of(form.Get("Digits"))}
	case form.Get("FinishedOnKey") == "#":
		return flow.Input{Kind: flow.Keys, Text: private.Of("#")}
	}
	return flow.Input{Kind: flow.Silence}
}

// dialled says what became of a Dial.
func dialled(form url.Values) flow.Input {
	d, err := twilio.DecodeDial(form)
	talked := err == nil && (d.Bridged || (form.Get("DialBridged") == "" && (d.Status == twilio.DialCompleted || d.Status == twilio.DialAnswered)))
	if talked {
		return flow.Input{Kind: flow.Came, Outcome: flow.Talked}
	}
	return flow.Input{Kind: flow.Came, Outcome: flow.Nobody}
}

// held is what a caller did, sealed into the address that tries again.
type held struct {
	Kind    flow.InputKind
	Text    string
	EndKey  string
	Seconds int
	Outcome flow.Outcome
}

func (s *Server) seal(call string, in flow.Input) string {
	plain, err := json.Marshal(held{in.Kind, in.Text.Reveal(), in.EndKey, in.Seconds, in.Outcome})
	if err != nil {
		panic(fmt.Sprintf("ivr: an answer cannot be written: %v", err))
	}
	return base64.RawURLEncoding.EncodeToString(s.store.Ring().Seal(call, "held", plain))
}

func (s *Server) unseal(call, text string) (flow.Input, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return flow.Input{}, fmt.Errorf("ivr: held answer: %w", err)
	}
	plain, err := s.store.Ring().Open(call, "held", sealed)
	if err != nil {
		return flow.Input{}, fmt.Errorf("ivr: held answer: %w", err)
	}
	var h held
	if err := json.Unmarshal(plain, &h); err != nil {
		return flow.Input{}, fmt.Errorf("ivr: held answer: %w", err)
	}
	return flow.Input{Kind: h.Kind, Text: private.Of(h.Text), EndKey: h.EndKey, Seconds: h.Seconds, Outcome: h.Outcome}, nil
}
