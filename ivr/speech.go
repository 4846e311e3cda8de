package ivr

import (
	"slices"
	"strings"

	"secondline/casestore"
	"secondline/internal/flow"
	"secondline/internal/private"
	"secondline/internal/twilio"
)

// What is understood when it is said, by language (rules.md 2, DTMF + speech).
// Whatever else is said is heard as a key that is not one of the choices. What
// was said is neither kept nor logged.
var (
	saysYes    = map[string][]string{"en": {"yes", "yeah", "yep"}, "es": {"sí", "si"}}
	saysNo     = map[string][]string{"en": {"no", "nope"}, "es": {"no"}}
	saysPerson = map[string][]string{"en": {"person", "agent", "help", "human", "operator", "representative", "somebody", "someone"},
		"es": {"persona", "agente", "ayuda", "operador", "operadora"}}
	saysUrgent = map[string][]string{"en": {"emergency", "suicide", "kill myself", "chest pain", "can't breathe", "cannot breathe"},
		"es": {"emergencia", "suicidio", "suicidarme", "matarme", "dolor de pecho", "no puedo respirar"}}
)

// hearing makes a Gather listen for words too, where the setting says so and the
// step is one of a single key. Nothing longer is heard: a date that is spoken
// would be misheard, and every word said goes through somebody else's machine.
func (s *Server) hearing(c *casestore.Conversation, g twilio.Gather) twilio.Gather {
	if !s.cfg.Speech || g.NumDigits != 1 {
		return g
	}
	g.Input, g.Language = twilio.InputKeysAndSpeech, s.voice(c.Language, "").Language
	g.SpeechTimeout = "2"
	g.Hints = slices.Concat(saysYes[c.Language], saysNo[c.Language], saysPerson[c.Language], saysUrgent[c.Language])
	return g
}

// heard turns words into the key, or the choice, that they stand for. Yes and no
// answer only where they are the choices. Twilio may leave the
// confidence out, and may send an empty result; neither is needed.
func (s *Server) heard(req request) flow.Input {
	words := plainWords(req.form.Get("SpeechResult"))
	key := "?"
	switch {
	case s.urgent(req):
		key = "*"
	case says(words, saysPerson):
		key = "0"
	case says(words, saysNo):
		key = "no"
	case says(words, saysYes):
		key = "yes"
	}
	return flow.Input{Kind: flow.Keys, Text: private.Of(key)}
}

// urgent says whether words were heard that may mean an emergency.
func (s *Server) urgent(req request) bool {
	return says(plainWords(req.form.Get("SpeechResult")), saysUrgent)
}

// plainWords gives what was said in small letters, one blank between words and
// around them.
func plainWords(said string) string {
	keep := func(r rune) rune {
		if strings.ContainsRune(".,!?;:¡¿\"", r) {
			return ' '
		}
		return r
	}
	return " " + strings.Join(strings.Fields(strings.Map(keep, strings.ToLower(strings.ReplaceAll(said, "’", "'")))), " ") + " "
}

func says(words string, vocabulary map[string][]string) bool {
	for _, list := range vocabulary {
		for _, w := range list {
			if strings.Contains(words, " "+w+" ") {
				return true
			}
		}
	}
	return false
}
