package casestore

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"secondline/internal/flow"
	"secondline/internal/private"
)

// wireFormat is the first byte of everything written here.
const wireFormat = 2

// open begins to read what a writer wrote.
func openWire(plain []byte) (*reader, error) {
	if len(plain) == 0 || plain[0] != wireFormat {
		return nil, fmt.Errorf("casestore: what is kept has a format that is not known here")
	}
	return &reader{rest: string(plain[1:])}, nil
}

func writeConversation(w *writer, c *Conversation) {
	w.text(c.Token)
	w.text(c.Line)
	w.told(c.Caller)
	w.when(c.Started)
	w.record(func(w *writer) { writeState(w, c.State) })
	w.record(func(w *writer) { writeTurn(w, c.Turn) })
	w.flag(c.Case != nil)
	w.record(func(w *writer) {
		if c.Case != nil {
			writeCase(w, c.Case)
		}
	})
	w.flag(c.Unfinished)
	w.int(c.ResumeTries)
	w.flag(c.Home)
	w.flag(c.ZoneKnown)
	writeLater(w, c)
}

func decodeConversation(call string, version int, plain []byte) (*Conversation, error) {
	r, err := openWire(plain)
	if err != nil {
		return nil, err
	}
	c := &Conversation{Call: call, Version: version, Token: r.text(), Line: r.text(), Caller: r.told(), Started: r.when()}
	r.record(func(r *reader) { c.State = readState(r) })
	r.record(func(r *reader) { c.Turn = readTurn(r) })
	has := r.flag()
	r.record(func(r *reader) {
		if has {
			c.Case = readCase(r)
		}
	})
	c.Unfinished, c.ResumeTries = r.flag(), r.int()
	c.Home, c.ZoneKnown = r.flag(), r.flag()
	readLater(r, c)
	if r.err != nil {
		return nil, fmt.Errorf("casestore: conversation %s: %w", call, r.err)
	}
	return c, nil
}

// writeLater writes what was added to a conversation since the first format.
func writeLater(w *writer, c *Conversation) {
	w.text(c.Language)
	w.text(string(c.Named))
	w.told(c.LastFour)
	w.text(c.Coordinator)
	w.flag(c.Verified)
	w.int(c.StatusTries)
	w.text(c.Transfer)
	w.text(c.Member)
	w.flag(c.SignedIn)
	w.int(c.PINTries)
	w.text(c.Task)
	w.int(int(c.TaskPlace))
	w.int(len(c.Passed))
	for _, id := range c.Passed {
		w.text(id)
	}
	w.int(int(c.NamedPlace))
	w.text(c.Reach)
}

func readLater(r *reader, c *Conversation) {
	c.Language, c.Named, c.LastFour, c.Coordinator, c.Verified = r.text(), CaseID(r.text()), r.told(), r.text(), r.flag()
	c.StatusTries, c.Transfer, c.Member, c.SignedIn, c.PINTries = r.int(), r.text(), r.text(), r.flag(), r.int()
	c.Task, c.TaskPlace = r.text(), Partition(r.int())
	for range r.count() {
		c.Passed = append(c.Passed, r.text())
	}
	c.NamedPlace, c.Reach = Partition(r.int()), r.text()
}

func writeState(w *writer, s flow.State) {
	w.text(s.At)
	w.text(string(s.Phase))
	w.int(s.Tries)
	w.int(s.Repeats)
	w.flag(s.Slow)
	w.told(s.Pending)
	w.text(s.From)
	w.all(s.Answers)
}

func readState(r *reader) flow.State {
	return flow.State{At: r.text(), Phase: flow.Phase(r.text()), Tries: r.int(), Repeats: r.int(), Slow: r.flag(),
		Pending: r.told(), From: r.text(), Answers: r.all()}
}

func writeTurn(w *writer, t flow.Turn) {
	w.int(len(t.Say))
	for _, p := range t.Say {
		w.text(p.ID)
		w.all(p.Vars)
		w.told(p.Recording)
	}
	a := t.Await
	w.record(func(w *writer) {
		w.text(string(a.Kind))
		w.int(a.MaxKeys)
		w.text(a.Finish)
		w.int(a.Seconds)
		w.int(a.MaxSeconds)
		w.text(a.To)
		w.text(a.Reason)
	})
	w.text(string(t.End))
}

func readTurn(r *reader) flow.Turn {
	t := flow.Turn{Say: make([]flow.Prompt, r.count())}
	for i := range t.Say {
		t.Say[i] = flow.Prompt{ID: r.text(), Vars: r.all(), Recording: r.told()}
	}
	r.record(func(r *reader) {
		t.Await = flow.Await{Kind: flow.AwaitKind(r.text()), MaxKeys: r.int(), Finish: r.text(), Seconds: r.int(), MaxSeconds: r.int(), To: r.text(), Reason: r.text()}
	})
	t.End = flow.End(r.text())
	return t
}

func encodeCase(c *Case) []byte {
	w := &writer{b: []byte{wireFormat}}
	writeCase(w, c)
	return w.b
}

// wires have what was written last before it was sealed: every turn writes two.
var wires = sync.Pool{New: func() any { return new(writer) }}

// sealWire closes what fill writes for the field of one owner.
func (r *KeyRing) sealWire(owner, field string, fill func(*writer)) []byte {
	w := wires.Get().(*writer)
	w.b = append(w.b[:0], wireFormat)
	fill(w)
	sealed := r.Seal(owner, field, w.b)
	clear(w.b)
	wires.Put(w)
	return sealed
}

func decodeCase(plain []byte) (*Case, error) {
	wire, err := unpack(plain)
	if err != nil {
		return nil, err
	}
	r, err := openWire(wire)
	if err != nil {
		return nil, err
	}
	c := readCase(r)
	if r.err != nil {
		return nil, fmt.Errorf("casestore: case: %w", r.err)
	}
	return c, nil
}

func writeCase(w *writer, c *Case) {
	w.text(string(c.ID))
	w.text(string(c.Stage))
	w.text(c.Number.Reveal())
	w.text(c.Line)
	w.text(c.Language)
	w.when(c.Opened)
	w.when(c.Updated)
	w.told(c.Caller)
	w.all(c.Answers)
	w.int(len(c.Consents))
	for _, consent := range c.Consents {
		w.record(func(w *writer) { writeConsent(w, consent) })
	}
	w.when(c.CallBy)
	w.text(c.At)
	w.text(c.Coordinator)
	w.flag(c.ActionNeeded)
	w.int(c.Waiting)
	w.when(c.RecordsAt)
	w.when(c.DeliveredAt)
	w.int(len(c.Stamps))
	for _, thing := range slices.Sorted(maps.Keys(c.Stamps)) {
		w.text(thing)
		w.when(c.Stamps[thing].At)
		w.text(c.Stamps[thing].ID)
	}
	w.told(c.Authority.Name)
	w.text(c.Authority.By)
	w.when(c.Authority.At)
	w.when(c.Forgotten)
	w.text(string(c.ForgottenOf))
	w.text(c.ForgottenWhy)
}

func readCase(r *reader) *Case {
	c := &Case{ID: CaseID(r.text()), Stage: Stage(r.text()), Number: RequestNumber{private.Of(r.text())}, Line: r.text(), Language: r.text(),
		Opened: r.when(), Updated: r.when(), Caller: r.told(), Answers: r.all()}
	for range r.count() {
		r.record(func(r *reader) { c.Consents = append(c.Consents, readConsent(r)) })
	}
	c.CallBy, c.At = r.when(), r.text()
	c.Coordinator, c.ActionNeeded, c.Waiting, c.RecordsAt, c.DeliveredAt = r.text(), r.flag(), r.int(), r.when(), r.when()
	for range r.count() {
		if c.Stamps == nil {
			c.Stamps = map[string]Stamp{}
		}
		c.Stamps[r.text()] = Stamp{At: r.when(), ID: r.text()}
	}
	c.Authority = Authority{Name: r.told(), By: r.text(), At: r.when()}
	c.Forgotten, c.ForgottenOf, c.ForgottenWhy = r.when(), PersonID(r.text()), r.text()
	return c
}

func writeConsent(w *writer, c Consent) {
	w.text(c.Kind)
	w.text(c.Given)
	w.text(c.Prompt)
	w.text(c.Version)
	w.text(c.Key)
	w.text(c.Call)
	w.text(c.Line)
	w.when(c.At)
	w.flag(c.Unproven)
}

func readConsent(r *reader) Consent {
	return Consent{Kind: r.text(), Given: r.text(), Prompt: r.text(), Version: r.text(), Key: r.text(), Call: r.text(), Line: r.text(), At: r.when(), Unproven: r.flag()}
}

func encodeTask(t *Task) []byte {
	w := &writer{b: []byte{wireFormat}}
	w.text(string(t.Kind))
	w.when(t.Due)
	w.text(t.Owner)
	w.told(t.Phone)
	w.text(t.Recording)
	w.text(string(t.Case))
	w.text(t.Call)
	w.when(t.Opened)
	w.text(t.Outcome)
	w.text(t.Language)
	w.flag(t.About)
	w.int(t.Tries)
	w.when(t.Closed)
	w.when(t.HeldUntil)
	w.told(t.Note)
	w.when(t.Ring)
	w.int(t.Rounds)
	w.text(t.Rung)
	return w.b
}

func decodeTask(id string, plain []byte) (*Task, error) {
	r, err := openWire(plain)
	if err != nil {
		return nil, err
	}
	t := &Task{ID: id, Kind: TaskKind(r.text()), Due: r.when(), Owner: r.text(), Phone: r.told(), Recording: r.text(), Case: CaseID(r.text()),
		Call: r.text(), Opened: r.when(), Outcome: r.text(), Language: r.text(), About: r.flag(), Tries: r.int(), Closed: r.when(), HeldUntil: r.when(), Note: r.told(), Ring: r.when(), Rounds: r.int(), Rung: r.text()}
	if r.err != nil {
		return nil, fmt.Errorf("casestore: task %s: %w", id, r.err)
	}
	return t, nil
}
