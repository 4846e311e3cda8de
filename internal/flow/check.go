package flow

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// edge is one way on from a step.
type edge struct {
	label string
	to    string
}

// edges lists the ways on from a step in a stable order: outcomes as the kind
// lists them, then keys of the step's own, then back and the third failed try.
func (b *Book) edges(script string, s *Step) []edge {
	var out []edge
	seen := map[Outcome]bool{}
	add := func(o Outcome, label string) {
		if to, ok := s.Goto[o]; ok && !seen[o] {
			seen[o] = true
			out = append(out, edge{label, full(script, to)})
		}
	}
	if menu, ok := s.Ask.(Menu); ok {
		for _, o := range menu {
			add(o.Value, o.Key+" "+words(o.Value))
		}
	} else if s.Ask != nil {
		for _, o := range s.Ask.Outcomes() {
			if o != OK {
				add(o, words(o))
			}
		}
	}
	add(OK, "")
	for _, key := range []Outcome{"0", "8", "9", "#"} {
		add(key, "key "+string(key))
	}
	if s.Back != "" {
		out = append(out, edge{"# back", full(script, s.Back)})
	}
	if s.Fail != "" {
		out = append(out, edge{"no answer", full(script, s.Fail)})
	}
	return out
}

func full(script, target string) string {
	if target == Return || strings.Contains(target, ".") {
		return target
	}
	return script + "." + target
}

func words(o Outcome) string { return strings.ReplaceAll(string(o), "_", " ") }

// Wording lists every ID that the book may say, sorted.
func (b *Book) Wording() []string {
	ids := slices.Concat(b.ways.NoInput, b.ways.NoMatch, []string{b.ways.Paused, b.ways.PausedOptional})
	for _, s := range b.steps {
		ids = slices.Concat(ids, s.Say, s.Lead, s.NoInput, s.NoMatch)
		if s.Ask != nil {
			confirm, bad, _ := s.Ask.words()
			ids = append(ids, confirm, bad)
		}
	}
	for i, id := range ids {
		if id != "" {
			ids[i] = b.ways.word(id)
		}
	}
	sort.Strings(ids)
	ids = slices.Compact(ids)
	return slices.DeleteFunc(ids, func(id string) bool { return id == "" })
}

// Effects lists every effect that a step names, sorted.
func (b *Book) Effects() []string {
	var names []string
	for _, s := range b.steps {
		names = append(names, s.Do...)
	}
	sort.Strings(names)
	return slices.Compact(names)
}

// Check proves that the scripts are sound: no jump to nowhere, no unreachable
// step, no open end, a way to a person from every step, every step says
// something, nothing can go round for ever without an answer. The error lists
// every fault.
func (b *Book) Check() error {
	var faults []error
	fault := func(at, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: "+format, append([]any{at}, args...)...))
	}
	seen := map[string]bool{}
	for _, sc := range b.scripts {
		for i := range sc.Steps {
			at := sc.Name + "." + sc.Steps[i].ID
			if seen[at] {
				fault(at, "the step stands twice")
			}
			seen[at] = true
			b.checkStep(at, sc.Name, &sc.Steps[i], fault)
		}
	}
	b.checkWays(fault)
	if len(faults) == 0 {
		b.checkPaths(fault)
	}
	return errors.Join(faults...)
}

type report func(at, format string, args ...any)

func (b *Book) checkStep(at, script string, s *Step, fault report) {
	_, decides := s.Ask.(Decide)
	if strings.ContainsAny(s.ID, ".@?&# ") || s.ID == "" {
		fault(at, "the name may hold letters, digits and _ only")
	}
	if !decides && len(s.Say)+len(s.Lead) == 0 && s.Play == "" {
		fault(at, "says nothing")
	}
	if decides && len(s.Say)+len(s.Lead) > 0 {
		fault(at, "decides, so nothing it says is heard")
	}
	if s.End == Open && s.Ask == nil && s.Goto[OK] == "" {
		fault(at, "is an open end")
	}
	if s.End != Open && (s.Ask != nil || len(s.Goto) > 0) {
		fault(at, "ends and goes on")
	}
	b.checkOutcomes(at, s, fault)
	for _, e := range b.edges(script, s) {
		if e.to != Return && b.steps[e.to] == nil {
			fault(at, "%q leads to %q, which is nowhere", e.label, e.to)
		}
	}
}

// checkOutcomes asks that every outcome has its way and no way lacks an outcome.
func (b *Book) checkOutcomes(at string, s *Step, fault report) {
	known := map[Outcome]bool{OK: true, "0": true, "8": true, "9": true, "#": true}
	if s.Ask != nil {
		for _, o := range s.Ask.Outcomes() {
			known[o] = true
			if len(o) < 2 {
				fault(at, "the outcome %q is too short to be told from a key", o)
			}
			if s.Goto[o] == "" {
				fault(at, "the answer %q leads nowhere", o)
			}
		}
	}
	for o := range s.Goto {
		if !known[o] {
			fault(at, "%q is no answer to this step", o)
		}
	}
}

func (b *Book) checkWays(fault report) {
	ways := append([]string{b.ways.Person, b.ways.Stuck, b.ways.Language, b.ways.Stop}, b.ways.Starts...)
	for _, at := range ways {
		if b.steps[at] == nil {
			fault("ways", "%q is nowhere", at)
		}
	}
	if len(b.ways.NoInput) < maxTries-1 || len(b.ways.NoMatch) < maxTries-1 {
		fault("ways", "each of the %d tries needs its own words", maxTries-1)
	}
}

// checkPaths walks the whole book.
func (b *Book) checkPaths(fault report) {
	reached := b.reach(append([]string{b.ways.Person, b.ways.Stuck, b.ways.Language, b.ways.Stop}, b.ways.Starts...), nil)
	silent := func(s *Step) bool { return !s.waits("voice") && s.End == Open }
	for _, sc := range b.scripts {
		for i := range sc.Steps {
			s, at := &sc.Steps[i], sc.Name+"."+sc.Steps[i].ID
			if !reached[at] {
				fault(at, "is never reached")
			}
			if silent(s) && b.reach(b.next(at), silent)[at] {
				fault(at, "can go round for ever without an answer")
			}
			if !b.ends(at) {
				fault(at, "never ends")
			}
		}
	}
	person := b.reach([]string{b.ways.Person}, nil)
	found := false
	for at := range person {
		c, ok := b.steps[at].Ask.(Connect)
		found = found || (ok && c.To == "team")
	}
	if !found {
		fault(b.ways.Person, "the way to a person reaches no person")
	}
}

func (b *Book) next(at string) []string {
	var out []string
	for _, e := range b.edges(scriptOf(at), b.steps[at]) {
		if e.to != Return {
			out = append(out, e.to)
		}
	}
	return out
}

// reach lists what can be reached from starts; through limits the steps that
// are walked through.
func (b *Book) reach(starts []string, through func(*Step) bool) map[string]bool {
	seen := map[string]bool{}
	for queue := starts; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if seen[at] {
			continue
		}
		seen[at] = true
		if through == nil || through(b.steps[at]) {
			queue = append(queue, b.next(at)...)
		}
	}
	return seen
}

// ends says whether the way on from a step leads to an end, or to a step that
// waits and so has key 0, whose own way is checked the same.
func (b *Book) ends(at string) bool {
	for to := range b.reach([]string{at}, nil) {
		s := b.steps[to]
		if s.End != Open || (to != at && s.waits("voice")) || s.Goto[OK] == Return {
			return true
		}
	}
	return b.steps[at].waits("voice") && at != b.ways.Person
}
