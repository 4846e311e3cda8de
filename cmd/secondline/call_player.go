package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twiliosim"
	"secondline/internal/wording"
)

// callPlayer is a caller.
type callPlayer struct {
	world    *world
	from, to string
	language string
	calls    []*twiliosim.Call
	now      *twiliosim.Call
}

func (p *callPlayer) play(ctx context.Context, tokens []token) error {
	choose, err := p.languageKeys(ctx)
	if err != nil {
		return err
	}
	tokens = append(choose, tokens...)
	if err := p.ring(ctx); err != nil {
		return err
	}
	for i, t := range tokens {
		if err := p.do(ctx, t); errors.Is(err, errCallOver) {
			return fmt.Errorf("%w, and %d of %d tokens are left, from token %d on", err, len(tokens)-i, len(tokens)-len(choose), i+1-len(choose))
		} else if err != nil {
			return fmt.Errorf("token %d: %w", i+1-len(choose), err)
		}
	}
	if p.now != nil && p.now.Await().Kind != twiliosim.AwaitNothing {
		return p.do(ctx, token{hangup: true})
	}
	return nil
}

// languageKeys are the keys that choose a language in the menu of key 8; none for
// a caller whose number is known, who chose it in an earlier call.
func (p *callPlayer) languageKeys(ctx context.Context) ([]token, error) {
	if p.language == "" || p.language == "en" {
		return nil, nil
	}
	words, err := wording.Load()
	if err != nil {
		return nil, err
	}
	at := slices.Index(words.Languages(), p.language)
	if at < 0 {
		return nil, fmt.Errorf("-language: there are no words in %q; there are %s", p.language, strings.Join(words.Languages(), ", "))
	}
	if p.from != "" {
		return nil, p.world.line.store.ChangeContact(ctx, p.world.line.store.Ring().Person(private.Of(p.from)), casestore.ContactChange{Language: p.language})
	}
	return []token{{keys: "8"}, {keys: strconv.Itoa(at + 1)}}, nil
}

func (p *callPlayer) ring(ctx context.Context) (err error) {
	if p.now, err = p.world.sim.Ring(ctx, p.from, p.to); err == nil {
		p.calls = append(p.calls, p.now)
	}
	return err
}

// errCallOver is something to be done in a call that has ended.
var errCallOver = errors.New("the call is over")

func (p *callPlayer) do(ctx context.Context, t token) error {
	if t.pass > 0 {
		p.world.clock.Pass(t.pass)
		return nil
	}
	if p.now == nil {
		if err := p.ring(ctx); err != nil {
			return err
		}
	}
	p.world.clock.Pass(5 * time.Second)
	err := p.act(ctx, t)
	if errors.Is(err, twiliosim.ErrEnded) {
		return errCallOver
	}
	if err != nil {
		return err
	}
	return p.world.settle(ctx)
}

func (p *callPlayer) act(ctx context.Context, t token) error {
	var err error
	switch {
	case t.hangup:
		err = p.now.Hangup(ctx)
		p.now = nil
		if errors.Is(err, twiliosim.ErrEnded) {
			err = nil
		}
	case t.silence:
		p.world.clock.Pass(10 * time.Second)
		if p.now.Queued() {
			p.world.clock.Pass(10 * time.Second)
		}
		if p.now.Await().Kind == twiliosim.AwaitTalk {
			err = p.now.RemoteHangup(ctx)
		} else {
			err = p.silent(ctx)
		}
	case t.text:
		_, err = p.world.sim.Text(ctx, p.from, p.to, t.words)
	case t.keys != "":
		err = p.now.Press(ctx, t.keys)
	default:
		err = p.now.Speak(ctx, t.words)
	}
	return err
}

// silent lets the time of a Gather or a Record run out, or of both where one
// stands before the other's tone.
func (p *callPlayer) silent(ctx context.Context) error {
	before := p.now.Await().Kind
	err := p.now.Silence(ctx)
	if err == nil && before == twiliosim.AwaitKeys && p.now.Await().Kind == twiliosim.AwaitRecording {
		return p.now.Silence(ctx)
	}
	return err
}

// result reads what came of the calls.
func (p *callPlayer) result(ctx context.Context) (*callResult, error) {
	out := &callResult{}
	for _, c := range p.calls {
		part := callPart{}
		for _, e := range c.Events() {
			// A talk is told of when it begins; its end says the same once more.
			if l, ok := heard(e); ok && (e.Kind != twiliosim.EventQueued || len(part.Heard) == 0 || part.Heard[len(part.Heard)-1] != l) {
				part.Heard = append(part.Heard, l)
			}
			if e.Kind == twiliosim.EventRefused || (e.Kind == twiliosim.EventWebhook && e.Status >= 400) {
				out.Faults = append(out.Faults, fmt.Sprintf("%s %d %s", e.Kind, e.Code+e.Status, e.Text))
			}
		}
		out.Calls = append(out.Calls, part)
	}
	tasks, err := p.world.line.store.Tasks(ctx)
	if err != nil {
		return nil, err
	}
	for _, task := range tasks {
		out.Owed = append(out.Owed, fmt.Sprintf("%s by %s", strings.ReplaceAll(string(task.Kind), "_", " "), task.Due.In(p.world.zone).Format("Mon 2 Jan 3:04 PM")))
	}
	c, err := p.latest(ctx)
	if err != nil || c == nil {
		return out, err
	}
	out.Stage, out.Request, out.Answers = string(c.Stage), c.Number.Reveal(), map[string]string{}
	for name, value := range c.Answers {
		out.Answers[name] = masked(value)
	}
	return out, nil
}

// latest gives the request that the last call was about.
func (p *callPlayer) latest(ctx context.Context) (*casestore.Case, error) {
	for _, call := range slices.Backward(p.calls) {
		if c, err := p.world.caseOf(ctx, call); c != nil || err != nil {
			return c, err
		}
	}
	return nil, nil
}
