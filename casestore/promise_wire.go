package casestore

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

func encodePromise(p *Promise) []byte {
	w := &writer{b: append(make([]byte, 0, 512), wireFormat)}
	w.text(string(p.State))
	w.when(p.Delivered)
	w.text(p.Outcome)
	w.when(p.Ended)
	w.flag(p.NoLegalMinute)
	w.flag(p.Missed)
	w.when(p.Chosen)
	w.text(p.ChosenHow)
	w.when(p.NotBefore)
	w.int(p.Unanswered)
	w.text(p.Flight)
	w.int(len(p.Attempts))
	for _, a := range p.Attempts {
		w.record(func(w *writer) {
			w.text(a.Transfer)
			w.text(a.Call)
			w.text(a.Coordinator)
			w.when(a.At)
			w.text(a.Result)
			w.flag(a.ByHand)
			w.flag(a.Voicemail)
		})
	}
	for _, at := range []time.Time{p.Human, p.Supervisor, p.Letter, p.Announced, p.Next} {
		w.when(at)
	}
	w.text(p.Task)
	w.when(p.Regretted)
	w.int(len(p.Log))
	for _, d := range p.Log {
		w.record(func(w *writer) {
			w.when(d.At)
			w.text(d.What)
			w.text(d.Why)
			w.when(d.About)
		})
	}
	return w.b
}

func decodePromise(id CaseID, version int, plain []byte) (*Promise, error) {
	r, err := openWire(plain)
	if err != nil {
		return nil, err
	}
	p := &Promise{Case: id, Version: version, State: PromiseState(r.text()), Delivered: r.when(), Outcome: r.text(), Ended: r.when(),
		NoLegalMinute: r.flag(), Missed: r.flag(), Chosen: r.when(), ChosenHow: r.text(), NotBefore: r.when(), Unanswered: r.int(), Flight: r.text()}
	for range r.count() {
		r.record(func(r *reader) {
			p.Attempts = append(p.Attempts, Attempt{Transfer: r.text(), Call: r.text(), Coordinator: r.text(), At: r.when(), Result: r.text(), ByHand: r.flag(), Voicemail: r.flag()})
		})
	}
	p.Human, p.Supervisor, p.Letter, p.Announced, p.Next = r.when(), r.when(), r.when(), r.when(), r.when()
	p.Task, p.Regretted = r.text(), r.when()
	for range r.count() {
		r.record(func(r *reader) {
			p.Log = append(p.Log, Decision{At: r.when(), What: r.text(), Why: r.text(), About: r.when()})
		})
	}
	if r.err != nil {
		return nil, fmt.Errorf("casestore: promise %s: %w", id, r.err)
	}
	return p, nil
}

// EffectChosen moves the promise of a case to a time that the patient chose. Where
// none is promised any more, the patient is owed a call at that time all the same.
const EffectChosen EffectKind = "chosen"

// ChosenTime gives the effect; how is "key" or "text".
func ChosenTime(p Partition, id CaseID, at time.Time, how string) Effect {
	return Effect{Kind: EffectChosen, Data: strings.Join([]string{p.String(), string(id), strconv.FormatInt(at.Unix(), 10), how}, "|")}
}

// ParseChosenTime reads the data of EffectChosen.
func ParseChosenTime(data string) (p Partition, id CaseID, at time.Time, how string, err error) {
	parts := strings.Split(data, "|")
	if len(parts) != 4 {
		return 0, "", time.Time{}, "", fmt.Errorf("casestore: a chosen time has %d parts", len(parts))
	}
	unix, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return 0, "", time.Time{}, "", fmt.Errorf("casestore: a chosen time: %w", err)
	}
	p, err = ParsePartition(parts[0])
	return p, CaseID(parts[1]), time.Unix(unix, 0).UTC(), parts[3], err
}
