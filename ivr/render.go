package ivr

import (
	"strconv"
	"strings"
	"time"

	"secondline/casestore"
	"secondline/internal/flow"
	"secondline/internal/private"
	"secondline/internal/twilio"
)

// render makes TwiML of a conversation's last turn. It is a function of the
// conversation alone, so a repeat gets the same answer, letter for letter.
func (s *Server) render(c *casestore.Conversation) twilio.Document {
	t := c.Turn
	prompts := make([]twilio.Prompt, 0, len(t.Say))
	for _, p := range t.Say {
		prompts = append(prompts, s.prompt(c, p))
	}
	if t.End != flow.Open {
		return append(verbs(prompts), twilio.Hangup{})
	}
	switch t.Await.Kind {
	case flow.AwaitKeys:
		finish := t.Await.Finish
		return twilio.Document{s.hearing(c, twilio.Gather{
			Action: s.answerURL(c), NumDigits: t.Await.MaxKeys, FinishOnKey: &finish, Timeout: strconv.Itoa(t.Await.Seconds),
			ActionOnEmptyResult: true, Prompts: prompts,
		})}
	case flow.AwaitRecording:
		finish, silence := t.Await.Finish, t.Await.Seconds
		return append(s.beforeTone(c, prompts),
			twilio.Record{Action: s.answerURL(c), FinishOnKey: &finish, MaxLength: t.Await.MaxSeconds, Timeout: &silence,
				StatusCallback: s.base + pathRecording + "?" + paramPartition + "=" + s.person(c.Caller, c.Call).Partition().String()},
			// Nothing was said: Twilio does not ask the action, it goes on here.
			twilio.Redirect{URL: s.answerURL(c) + "&" + paramNothing + "=voice"})
	case flow.AwaitConnect:
		return append(verbs(prompts), s.connect(c, t.Await)...)
	}
	return append(verbs(prompts), twilio.Hangup{})
}

// beforeTone says what stands before a recording inside of a Gather of one key,
// so that zero, star and pound are heard there too. Twilio goes on to the Record
// when nothing was pressed.
func (s *Server) beforeTone(c *casestore.Conversation, prompts []twilio.Prompt) twilio.Document {
	if len(prompts) == 0 {
		return nil
	}
	none := ""
	return twilio.Document{twilio.Gather{Action: s.answerURL(c), NumDigits: 1, FinishOnKey: &none, Timeout: "1", Prompts: prompts}}
}

// connect dials whom the step asks for; who asks for the team waits in a queue of
// their own meanwhile. Without anybody to dial the call goes on as if nobody had
// answered.
func (s *Server) connect(c *casestore.Conversation, a flow.Await) twilio.Document {
	to := private.Of(s.cfg.InPerson)
	switch a.To {
	case "team":
		wait := s.transferURL(pathWait, s.person(c.Caller, c.Call).Partition(), c.Transfer)
		return twilio.Document{twilio.Enqueue{Name: c.Transfer, Action: s.answerURL(c), WaitURL: &wait}}
	case "task":
		to = c.State.Answers["task_phone"]
	}
	if to.Empty() {
		return twilio.Document{twilio.Redirect{URL: s.answerURL(c) + "&" + paramNothing + "=connect"}}
	}
	return twilio.Document{twilio.Dial{
		Nouns: []twilio.Noun{twilio.Number{To: to}}, Action: s.answerURL(c), CallerID: s.numberOf(c.Line), Timeout: seconds(s.cfg.Ring),
	}}
}

func seconds(d time.Duration) int { return int(d / time.Second) }

func (s *Server) numberOf(line string) string {
	for _, l := range s.cfg.Lines {
		if l.Name == line {
			return l.Number
		}
	}
	return s.cfg.Lines[0].Number
}

func verbs(prompts []twilio.Prompt) twilio.Document {
	doc := make(twilio.Document, 0, len(prompts)+2)
	for _, p := range prompts {
		doc = append(doc, p)
	}
	return doc
}

// prompt says one thing, slower once somebody needed longer.
func (s *Server) prompt(c *casestore.Conversation, p flow.Prompt) twilio.Prompt {
	if p.ID == "" {
		return twilio.Play{URL: s.base + pathPlayback + "?" + paramPartition + "=" + s.person(c.Caller, c.Call).Partition().String() + "&recording=" + p.Recording.Reveal()}
	}
	text, voice := s.text(c.Language, p), s.voice(c.Language, p.ID)
	say := twilio.Say{Voice: voice.Name, Language: voice.Language, Text: text}
	if c.State.Slow {
		say.Text, say.Nodes = "", []twilio.SSML{twilio.Prosody{Rate: "90%", Nodes: []twilio.SSML{twilio.Text(text)}}}
	}
	return say
}

// voice gives the one that says a prompt: the call's, unless the prompt is in a
// language of its own.
func (s *Server) voice(language, id string) Voice {
	id, language = spokenIn(id, language)
	if other := s.words.Language(language, id); other != "" {
		language, _, _ = strings.Cut(other, "-")
	}
	if v, ok := s.cfg.Voices[language]; ok {
		return v
	}
	return s.cfg.Voices[english]
}

// text gives the words of a prompt. That they are there is proved at start; a
// value that cannot be spoken falls back to a sentence that is always true.
func (s *Server) text(language string, p flow.Prompt) string {
	id, language := spokenIn(p.ID, language)
	text, err := s.words.Text(language, id, revealed(p.Vars))
	if err == nil {
		return text
	}
	s.log.Error("a prompt cannot be spoken", "prompt", p.ID, "err", err)
	text, err = s.words.Text(language, "hold", nil)
	if err != nil {
		return "One moment, please."
	}
	return text
}

// say gives a prompt that needs no conversation.
func (s *Server) say(language, id string, vars map[string]private.Text) twilio.Say {
	voice := s.voice(language, id)
	return twilio.Say{Voice: voice.Name, Language: voice.Language, Text: s.text(language, flow.Prompt{ID: id, Vars: vars})}
}

func revealed(vars map[string]private.Text) map[string]string {
	if len(vars) == 0 {
		return nil
	}
	out := make(map[string]string, len(vars))
	for name, value := range vars {
		out[name] = value.Reveal()
	}
	return out
}

// answerURL is where the next answer of a call goes.
func (s *Server) answerURL(c *casestore.Conversation) string {
	return s.base + pathAnswer + "?" + paramAt + "=" + c.State.At + "&" + paramVersion + "=" + strconv.Itoa(c.Version)
}
