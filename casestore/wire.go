package casestore

import (
	"encoding/json"
	"fmt"
	"time"

	"secondline/internal/flow"
	"secondline/internal/private"
)

// What is kept has its own shapes: the domain types print as "[redacted]" and
// could not be kept by accident. Field names are short because every call
// carries them; a name, once used, never changes its meaning.

type wireState struct {
	At      string            `json:"at"`
	Phase   string            `json:"ph,omitempty"`
	Tries   int               `json:"tr,omitempty"`
	Repeats int               `json:"rp,omitempty"`
	Slow    bool              `json:"sl,omitempty"`
	Pending string            `json:"pe,omitempty"`
	From    string            `json:"fr,omitempty"`
	Answers map[string]string `json:"an,omitempty"`
}

type wirePrompt struct {
	ID        string            `json:"i,omitempty"`
	Vars      map[string]string `json:"v,omitempty"`
	Recording string            `json:"r,omitempty"`
}

type wireTurn struct {
	Say   []wirePrompt `json:"s,omitempty"`
	Await flow.Await   `json:"a"`
	End   string       `json:"e,omitempty"`
}

type wireCase struct {
	ID       string            `json:"id"`
	Stage    string            `json:"st"`
	Number   string            `json:"no,omitempty"`
	Line     string            `json:"li"`
	Language string            `json:"la"`
	Opened   int64             `json:"op"`
	Updated  int64             `json:"up"`
	Caller   string            `json:"ca,omitempty"`
	Answers  map[string]string `json:"an,omitempty"`
	Consents []Consent         `json:"co,omitempty"`
	CallBy   int64             `json:"by,omitempty"`
	At       string            `json:"at,omitempty"`
	Fails    int               `json:"fa,omitempty"`
	FailedAt int64             `json:"ft,omitempty"`
}

type wireConversation struct {
	Token   string    `json:"to,omitempty"`
	Line    string    `json:"li"`
	Caller  string    `json:"ca,omitempty"`
	Started int64     `json:"st"`
	State   wireState `json:"s"`
	Turn    wireTurn  `json:"t"`
	Case    *wireCase `json:"c,omitempty"`
	Open    bool      `json:"un,omitempty"`
	Tried   int       `json:"tr,omitempty"`
}

func encodeConversation(c *Conversation) []byte {
	w := wireConversation{
		Token: c.Token, Line: c.Line, Caller: c.Caller.Reveal(), Started: c.Started.UnixMilli(),
		State: toWireState(c.State), Turn: toWireTurn(c.Turn), Open: c.Unfinished, Tried: c.ResumeTries,
	}
	if c.Case != nil {
		w.Case = toWireCase(c.Case)
	}
	return mustJSON(w)
}

func decodeConversation(call string, version int, plain []byte) (*Conversation, error) {
	var w wireConversation
	if err := json.Unmarshal(plain, &w); err != nil {
		return nil, fmt.Errorf("casestore: conversation %s: %w", call, err)
	}
	c := &Conversation{
		Call: call, Version: version, Token: w.Token, Line: w.Line, Caller: private.Of(w.Caller),
		Started: milli(w.Started), State: fromWireState(w.State), Turn: fromWireTurn(w.Turn), Unfinished: w.Open, ResumeTries: w.Tried,
	}
	if w.Case != nil {
		c.Case = fromWireCase(w.Case)
	}
	return c, nil
}

func encodeCase(c *Case) []byte { return mustJSON(toWireCase(c)) }

func decodeCase(plain []byte) (*Case, error) {
	var w wireCase
	if err := json.Unmarshal(plain, &w); err != nil {
		return nil, fmt.Errorf("casestore: case: %w", err)
	}
	return fromWireCase(&w), nil
}

func toWireState(s flow.State) wireState {
	return wireState{s.At, string(s.Phase), s.Tries, s.Repeats, s.Slow, s.Pending.Reveal(), s.From, reveal(s.Answers)}
}

func fromWireState(w wireState) flow.State {
	return flow.State{
		At: w.At, Phase: flow.Phase(w.Phase), Tries: w.Tries, Repeats: w.Repeats, Slow: w.Slow,
		Pending: private.Of(w.Pending), From: w.From, Answers: keep(w.Answers),
	}
}

func toWireTurn(t flow.Turn) wireTurn {
	w := wireTurn{Await: t.Await, End: string(t.End), Say: make([]wirePrompt, len(t.Say))}
	for i, p := range t.Say {
		w.Say[i] = wirePrompt{p.ID, reveal(p.Vars), p.Recording.Reveal()}
	}
	return w
}

func fromWireTurn(w wireTurn) flow.Turn {
	t := flow.Turn{Await: w.Await, End: flow.End(w.End), Say: make([]flow.Prompt, len(w.Say))}
	for i, p := range w.Say {
		t.Say[i] = flow.Prompt{ID: p.ID, Vars: keep(p.Vars), Recording: private.Of(p.Recording)}
	}
	return t
}

func toWireCase(c *Case) *wireCase {
	return &wireCase{
		ID: string(c.ID), Stage: string(c.Stage), Number: c.Number.Reveal(), Line: c.Line, Language: c.Language,
		Opened: c.Opened.UnixMilli(), Updated: c.Updated.UnixMilli(), Caller: c.Caller.Reveal(), Answers: reveal(c.Answers),
		Consents: c.Consents, CallBy: unixMilli(c.CallBy), At: c.At, Fails: c.Fails, FailedAt: unixMilli(c.FailedAt),
	}
}

func fromWireCase(w *wireCase) *Case {
	return &Case{
		ID: CaseID(w.ID), Stage: Stage(w.Stage), Number: RequestNumber{private.Of(w.Number)}, Line: w.Line, Language: w.Language,
		Opened: milli(w.Opened), Updated: milli(w.Updated), Caller: private.Of(w.Caller), Answers: flow.Answers(keep(w.Answers)),
		Consents: w.Consents, CallBy: milli(w.CallBy), At: w.At, Fails: w.Fails, FailedAt: milli(w.FailedAt),
	}
}

type wireTask struct {
	Kind      string `json:"k"`
	Due       int64  `json:"d"`
	Owner     string `json:"o,omitempty"`
	Phone     string `json:"p,omitempty"`
	Recording string `json:"r,omitempty"`
	Case      string `json:"c,omitempty"`
	Call      string `json:"ca,omitempty"`
	Opened    int64  `json:"op"`
	Outcome   string `json:"oc,omitempty"`
}

func encodeTask(t *Task) []byte {
	return mustJSON(wireTask{string(t.Kind), t.Due.UnixMilli(), t.Owner, t.Phone.Reveal(), t.Recording, string(t.Case), t.Call, t.Opened.UnixMilli(), t.Outcome})
}

func decodeTask(id string, plain []byte) (*Task, error) {
	var w wireTask
	if err := json.Unmarshal(plain, &w); err != nil {
		return nil, fmt.Errorf("casestore: task %s: %w", id, err)
	}
	return &Task{ID: id, Kind: TaskKind(w.Kind), Due: milli(w.Due), Owner: w.Owner, Phone: private.Of(w.Phone), Recording: w.Recording,
		Case: CaseID(w.Case), Call: w.Call, Opened: milli(w.Opened), Outcome: w.Outcome}, nil
}

func reveal(m map[string]private.Text) map[string]string {
	if len(m) == 0 {
		return nil
	}
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[k] = v.Reveal()
	}
	return out
}

func keep(m map[string]string) map[string]private.Text {
	if len(m) == 0 {
		return nil
	}
	out := make(map[string]private.Text, len(m))
	for k, v := range m {
		out[k] = private.Of(v)
	}
	return out
}

func milli(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func unixMilli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("casestore: what is kept cannot be written: %v", err))
	}
	return b
}
