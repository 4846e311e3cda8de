package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"secondline/casestore"
	"secondline/internal/hours"
	"secondline/internal/intake"
	"secondline/ivr"
	"secondline/sms"
)

// newTexts puts the text line together.
func (l *line) newTexts(p parts, c calendar, words sms.Words) (*sms.Server, error) {
	m := sms.NewMetrics()
	m.Register(l.metrics)
	return sms.New(sms.Parts{
		Config: textConfig(p.settings, c), Calendar: c, Words: words, Store: p.store, Carrier: p.client, Journal: p.journal,
		Slots: func(now time.Time, zones []*time.Location) []sms.Slot {
			var out []sms.Slot
			for _, s := range c.Slots(now, zones) {
				out = append(out, sms.Slot{Kind: string(s.Kind), At: s.At, Tomorrow: s.Tomorrow})
			}
			return out
		},
		Answered: func(ctx context.Context, p casestore.Partition, call string) error {
			return l.voice.Answered(ctx, p, call)
		},
		PromisedBy: func(ctx context.Context, c *casestore.Case) (time.Time, error) { return l.voice.PromisedBy(ctx, c) },
		Promised: func(ctx context.Context, p casestore.Partition, id casestore.CaseID) (bool, error) {
			return l.voice.Promised(ctx, p, id)
		},
		RingAt: func(t *casestore.Task) time.Time { return l.voice.RingAt(t) },
		Paused: p.pause.asked(),
		Now:    p.now, Log: p.log, Metrics: m,
	})
}

func textConfig(s Settings, c calendar) sms.Config {
	p := s.Programme
	return sms.Config{
		PublicURL: s.Deploy.PublicURL, From: p.Lines.TollFree.Number, TollFree: isTollFree(p.Lines.TollFree.Number),
		Organisation: p.Organisation, Phone: p.Lines.TollFree.Number, Hours: c.Spec(), Zone: c.Zone(), CallBack: p.Promise.CallBack,
		FirstCall: p.Promise.FirstCall, InPerson: p.InPerson.Number, Callable: callable(p.Countries.Callable),
		Places:  intake.Places{Zips: zipRules, Load: hours.LoadZone, OfNumber: zonesOf},
		PerHour: p.Caps.TextsPerNumber, PerNumberADay: p.Caps.TextsPerNumberADay,
		PerPrefixADay: p.Caps.TextsPerPrefixADay, PerCountryADay: p.Caps.TextsPerCountryADay, ADay: p.Caps.TextsADay, PerSecond: p.Caps.TextsASecond,
		Destination: destinationOf(p), Home: isDomestic, Zones: textZones,
	}
}

// isTollFree says whether a number of the North American plan is one at which the
// network answers STOP itself.
func isTollFree(e164 string) bool {
	if len(e164) != 12 || e164[:2] != "+1" {
		return false
	}
	switch e164[2:5] {
	case "800", "833", "844", "855", "866", "877", "888":
		return true
	}
	return false
}

// textZones gives all the zones in which somebody may be: by zip code, by the
// offset that was told, else all of the country.
func textZones(zip, offset, e164 string) []*time.Location {
	names := hours.ZonesOfZip(zip)
	if offset != "" {
		names = []string{offset}
	}
	if len(names) == 0 {
		region := regionOf(e164)
		if isDomestic(e164) {
			region = "US"
		}
		names = hours.ZonesOfCountry(region)
	}
	var out []*time.Location
	for _, name := range names {
		if zone, err := hours.LoadZone(name); err == nil {
			out = append(out, zone)
		}
	}
	if len(out) == 0 {
		return []*time.Location{time.UTC}
	}
	return out
}

// textEffects does by text what the telephone asks for.
func (l *line) textEffects() map[casestore.EffectKind]casestore.Handler {
	ofCall := func(do func(context.Context, *casestore.Conversation) error) casestore.Handler {
		return func(ctx context.Context, p casestore.Partition, e casestore.Effect) error {
			c, err := l.store.Conversation(ctx, p, e.Data)
			if errors.Is(err, casestore.ErrNotFound) || (err == nil && c.Caller.Empty()) {
				return nil
			}
			if err != nil {
				return err
			}
			return do(ctx, c)
		}
	}
	// aroundCall texts about a call after delivery.
	aroundCall := func(prompt string) casestore.Handler {
		return func(ctx context.Context, p casestore.Partition, e casestore.Effect) error {
			id, at, _ := strings.Cut(e.Data, "|")
			unix, err := strconv.ParseInt(at, 10, 64)
			if err != nil {
				return fmt.Errorf("texts: the time of a call: %w", err)
			}
			c, err := l.store.Case(ctx, p, casestore.CaseID(id))
			if errors.Is(err, casestore.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			return l.texts.AroundCall(ctx, c, prompt, time.Unix(unix, 0))
		}
	}
	return map[casestore.EffectKind]casestore.Handler{
		ivr.EffectPreCall: aroundCall("S-pre"), ivr.EffectMissed: aroundCall("S-miss"), ivr.EffectLast: aroundCall("S-last"),
		casestore.EffectStage: func(ctx context.Context, p casestore.Partition, e casestore.Effect) error {
			c, err := l.store.Case(ctx, p, casestore.CaseID(e.Data))
			if errors.Is(err, casestore.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			return l.texts.StageChanged(ctx, c)
		},
		ivr.EffectAskEmail: ofCall(func(ctx context.Context, c *casestore.Conversation) error {
			if c.Case == nil {
				return nil
			}
			return l.texts.AskAddress(ctx, c.Caller, c.Language, c.Case.ID, c.Call)
		}),
		ivr.EffectVisit: ofCall(func(ctx context.Context, c *casestore.Conversation) error {
			return l.texts.Visit(ctx, c.Caller, c.Language, c.Call)
		}),
		ivr.EffectSaved: ofCall(func(ctx context.Context, c *casestore.Conversation) error {
			return l.texts.Resume(ctx, c.Caller, c.Language, c.Call)
		}),
		intake.EffectFinished: func(ctx context.Context, p casestore.Partition, e casestore.Effect) error {
			c, err := l.store.Case(ctx, p, casestore.CaseID(e.Data))
			if errors.Is(err, casestore.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			return errors.Join(l.texts.TakeAddress(ctx, p, c), l.welcome(ctx, c))
		},
	}
}

// welcome texts whoever has just agreed to texts; everybody else was told in the
// call. What an intake by text has said itself is not said again.
func (l *line) welcome(ctx context.Context, c *casestore.Case) error {
	if c.MayText() {
		return l.texts.Welcome(ctx, c)
	}
	return nil
}

// reapply writes again what a failover of Redis may have lost: what the journal
// holds of the last hours, or all of it at the start.
func (l *line) reapply(ctx context.Context, since time.Time) error {
	entries, unreadable, err := l.journal.Entries(since)
	if err != nil {
		return err
	}
	if unreadable > 0 {
		l.log.Error("lines of the journal of opt-outs cannot be read", "count", unreadable)
	}
	missing, err := l.store.Reapply(ctx, entries)
	if missing > 0 {
		l.log.Error("Redis had lost opt-outs; they are written again", "count", missing)
	}
	// What cannot be deleted again now keeps nobody from the line; it is tried again.
	if err := l.shredAgain(ctx, entries); err != nil {
		l.log.Error("a request that was deleted is there again, and cannot be deleted now", "err", err)
	}
	return err
}

// reapplied is how much of the journal is compared with Redis while the line runs.
const reapplied = 2 * time.Hour

func (l *line) reapplyRecent(ctx context.Context) {
	if err := l.reapply(ctx, l.now().Add(-reapplied)); err != nil {
		l.log.Warn("the journal of opt-outs is not compared with Redis", "err", err)
	}
}
