package ivr

import (
	"net/http"

	"secondline/internal/private"
	"secondline/internal/twilio"
)

// coordinator gives whom to ring: for an interpreter the first who speaks
// another language than English, else the first of the roster. Who answers must
// press 1 before the caller is connected, so that a voicemail box never gets a
// patient (rules.md 2, transfer). The number is empty where the roster is.
func (s *Server) coordinator(reason string) twilio.Number {
	if len(s.cfg.Coordinators) == 0 {
		return twilio.Number{}
	}
	chosen := s.cfg.Coordinators[0]
	for _, c := range s.cfg.Coordinators {
		if reason == "interpreter" && speaksAnother(c) {
			chosen = c
			break
		}
	}
	return twilio.Number{To: private.Of(chosen.Number), URL: s.base + pathWhisper + "?" + paramReason + "=" + reason}
}

func speaksAnother(c Coordinator) bool {
	for _, l := range c.Languages {
		if l != language {
			return true
		}
	}
	return false
}

// whisper is what the coordinator hears before being connected: who is there and
// why. No key hangs up, and the caller is offered something else.
func (s *Server) whisper(w http.ResponseWriter, r *http.Request) {
	id := "reason-caller"
	if r.URL.Query().Get(paramReason) == "interpreter" {
		id = "reason-interpreter"
	}
	reason, err := s.words.Text(language, id, nil)
	if err != nil {
		reason = "A caller"
	}
	text, err := s.words.Text(language, "F-w", map[string]string{"REASON": reason})
	if err != nil {
		text = "Second opinion line. Press 1 to take the call."
	}
	none := ""
	s.writeWhisper(w, twilio.Document{twilio.Gather{
		Action: s.base + pathAccept, NumDigits: 1, FinishOnKey: &none, Timeout: "7", ActionOnEmptyResult: true,
		Prompts: []twilio.Prompt{twilio.Say{Voice: s.cfg.Voice, Language: s.cfg.Language, Text: text}},
	}})
}

// accept connects who pressed 1: the end of the document does.
func (s *Server) accept(w http.ResponseWriter, r *http.Request) {
	if twilio.FormOf(r).Get("Digits") == "1" {
		s.writeWhisper(w, twilio.Document{})
		return
	}
	s.writeWhisper(w, twilio.Document{twilio.Hangup{}})
}

func (s *Server) writeWhisper(w http.ResponseWriter, doc twilio.Document) {
	b, err := doc.Encode(twilio.Whisper)
	if err != nil {
		s.log.Error("a whisper could not be written", "err", err)
		b = []byte(`<?xml version="1.0" encoding="UTF-8"?><Response><Hangup/></Response>`)
	}
	s.write(w, b)
}
