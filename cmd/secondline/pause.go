package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"secondline/casestore"
)

// pause says when nothing may be sent, though callers are answered: a Redis that may
// have lost or thrown away an opt-out, or that we have called, must not be asked whether
// we may (R-28, rules.md 3.4).
type pause struct {
	store    *casestore.Store
	replicas int
	// unsafe is the operator's word that none of this matters here.
	unsafe bool
	// reapply writes the journal of opt-outs again.
	reapply func(context.Context) error
	log     *slog.Logger

	mu     sync.Mutex
	looked time.Time
	reason string

	looking sync.Mutex // one asks at a time
	lineage string
	// until is when every replica has written its journal again after a failover. It
	// is of the machine's clock, which nobody moves: it waits for machines.
	until time.Time
}

const (
	// pauseAsks is how long an answer of Redis is good for.
	pauseAsks = time.Second
	// pauseSettles is how long after a failover nothing is sent: each replica sees it
	// within a second and writes its journal again.
	pauseSettles = 5 * time.Second
)

// asked gives the question; nil where nothing ever pauses.
func (p *pause) asked() func(context.Context) string {
	if p == nil {
		return nil
	}
	return p.why
}

// said gives the last answer, and asks nobody: a replica that writes its journal again
// answers callers meanwhile.
func (p *pause) said() (reason string, fresh bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reason, time.Since(p.looked) < pauseAsks
}

// why gives the reason for which nothing is sent now; "" for none.
func (p *pause) why(ctx context.Context) string {
	p.looking.Lock()
	defer p.looking.Unlock()
	before, fresh := p.said()
	if fresh {
		return before
	}
	reason := p.look(ctx)
	p.mu.Lock()
	p.reason, p.looked = reason, time.Now()
	p.mu.Unlock()
	switch {
	case before == "" && reason != "":
		p.log.Error("nothing is sent; callers are answered", "why", reason)
	case before != "" && reason == "":
		p.log.Info("texts and calls are sent again")
	}
	return reason
}

func (p *pause) look(ctx context.Context) string {
	servers, err := p.store.Servers(ctx)
	if err != nil {
		return "Redis cannot be asked who has opted out: " + redisTrouble(err)
	}
	if why := p.settles(ctx, servers); why != "" {
		return why
	}
	if p.unsafe {
		return ""
	}
	for _, s := range servers {
		if why := mayLose(s, p.replicas); why != "" {
			return why
		}
	}
	return ""
}

// begin writes the journal at the start. Which server is the primary is asked before: a
// failover meanwhile, or before the first look, is one that the first look sees.
func (p *pause) begin(ctx context.Context) error {
	p.lineage = "unknown"
	if servers, err := p.store.Servers(ctx); err == nil {
		p.lineage = lineageOf(servers)
	}
	return p.reapply(ctx)
}

// lineageOf says which servers are the primaries, and whose data they go on with.
func lineageOf(servers []casestore.Server) string {
	var all []string
	for _, s := range servers {
		all = append(all, s.Lineage)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// settles writes the journal again when another server has become the primary, and
// waits until the other replicas have done so too.
func (p *pause) settles(ctx context.Context, servers []casestore.Server) string {
	lineage := lineageOf(servers)
	if lineage != p.lineage {
		if err := p.reapply(ctx); err != nil {
			return "the journal of opt-outs cannot be written to Redis again"
		}
		p.lineage, p.until = lineage, time.Now().Add(pauseSettles)
	}
	if time.Now().Before(p.until) {
		return "Redis has failed over; opt-outs are being written again"
	}
	return ""
}

// mayLose says how a server may lose, without a fault of the machine, what forbids a
// text or a call.
func mayLose(s casestore.Server, replicas int) string {
	switch {
	case s.Role != "" && s.Role != "master":
		return "Redis is a replica, and may be behind"
	case s.Most > 0 && s.Eviction != "noeviction":
		return "Redis may throw away opt-outs (" + s.Eviction + ")"
	case !s.AppendOnly && s.Snapshots == "":
		return "Redis keeps nothing on disk"
	case s.Replicas < replicas:
		return fmt.Sprintf("%d replicas of Redis are connected, and %d are asked for", s.Replicas, replicas)
	}
	return ""
}
