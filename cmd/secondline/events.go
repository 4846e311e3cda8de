package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"secondline/casestore"
	"secondline/internal/event"
	"secondline/internal/fhir"
	"secondline/internal/private"
)

// parseEndpoints reads who is told of events: name, address and secret of each, with
// a comma between them. The error holds no secret.
func parseEndpoints(text private.Text) ([]event.Endpoint, error) {
	var out []event.Endpoint
	for i, entry := range strings.Split(text.Reveal(), ",") {
		if strings.TrimSpace(entry) == "" {
			continue
		}
		fields := strings.Fields(entry)
		if len(fields) != 3 {
			return nil, fmt.Errorf("entry %d is not a name, an address and a secret", i+1)
		}
		u, err := url.Parse(fields[1])
		if err != nil || u.Host == "" || u.Scheme != "https" && !local(u) {
			return nil, fmt.Errorf("the address of entry %d is no https address", i+1)
		}
		secret, err := event.ParseSecret(private.Of(fields[2]))
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i+1, err)
		}
		if slices.ContainsFunc(out, func(e event.Endpoint) bool { return e.Name == fields[0] }) {
			return nil, fmt.Errorf("two entries are called %.40q", fields[0])
		}
		out = append(out, event.Endpoint{Name: fields[0], URL: fields[1], Secret: secret})
	}
	return out, nil
}

// local says that an address is on this machine.
func local(u *url.URL) bool {
	return u.Scheme == "http" && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1")
}

func secretProblem(text private.Text) string {
	if text.Empty() {
		return ""
	}
	if _, err := event.ParseSecret(text); err != nil {
		return "is not \"whsec_\" and base64 of 24 to 64 bytes"
	}
	return ""
}

// newEvents makes both directions.
func (l *line) newEvents(p parts) error {
	d := p.settings.Deploy
	m := event.NewMetrics()
	m.Register(l.metrics)
	endpoints, err := parseEndpoints(d.EventsOut)
	if err != nil {
		return fmt.Errorf("EVENTS_OUT: %w", err)
	}
	l.inbox = &event.Inbox{Store: p.store, Coordinator: rosterID(p.settings.Programme.Coordinators), Unproved: d.RedisUnsafe, Now: p.now, Log: p.log, Metrics: m}
	for _, text := range []private.Text{d.EventsSecret, d.EventsNext} {
		if text.Empty() {
			continue
		}
		secret, err := event.ParseSecret(text)
		if err != nil {
			return fmt.Errorf("EVENTS_SECRET: %w", err)
		}
		l.inbox.Secrets = append(l.inbox.Secrets, secret)
	}
	programme := fhir.Programme{Organisation: p.settings.Programme.Organisation, URL: d.PublicURL}
	l.outbox = &event.Outbox{
		HandOver: func(_ context.Context, c *casestore.Case) (json.RawMessage, error) {
			bundle, err := fhir.Bundle(c, programme)
			if errors.Is(err, fhir.ErrNotComplete) {
				return nil, nil
			}
			return bundle, err
		},
		Endpoints: endpoints, Source: d.PublicURL, Store: p.store, Now: p.now, Log: p.log, Metrics: m,
		Client: &http.Client{Timeout: 15 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("redirects are not followed") }}}
	return nil
}

// rosterID finds who an event names: by roster ID, or by the number in the roster.
func rosterID(roster []Coordinator) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, c := range roster {
			if id := coordinatorID(c.Number); name == id || name == c.Number {
				return id, true
			}
		}
		return "", false
	}
}

// replayOne takes a refused event again, and says why where it was refused again.
func (l *line) replayOne(ctx context.Context, e casestore.RefusedEvent) (why []string, err error) {
	results, err := replay(ctx, l.store, l.inbox, e)
	for _, r := range results {
		if r.Status == "refused" {
			why = append(why, inBlanks(r.Reason)+": "+r.Detail)
		}
	}
	return why, err
}
