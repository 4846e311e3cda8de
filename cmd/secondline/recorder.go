package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/robfig/cron/v3"

	"secondline/casestore"
	"secondline/internal/recordings"
	"secondline/internal/twilio"
)

// recorder takes what callers said from Twilio to the vault, deletes it there,
// and deletes it in the vault when its time is up.
type recorder struct {
	store  *casestore.Store
	vault  recordings.Vault
	keeper *recordings.Keeper
	client *twilio.Client
	days   int
	now    func() time.Time
	log    *slog.Logger
	done   *prometheus.CounterVec
}

func newRecorder(p parts, registry prometheus.Registerer) *recorder {
	r := &recorder{store: p.store, vault: p.vault, client: p.client, days: p.settings.Programme.Retention.RecordingsDays, now: p.now, log: p.log}
	r.keeper = &recordings.Keeper{Source: p.client, Vault: p.vault, Now: p.now, Missing: func(err error) bool {
		var e *twilio.Error
		return errors.As(err, &e) && e.Class == twilio.NotFound
	}}
	r.done = prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "secondline", Name: "recordings_total",
		Help: "Tries to take a recording from Twilio, by outcome."}, []string{"outcome"})
	for _, outcome := range []recordings.Outcome{recordings.Stored, recordings.Failed, recordings.Lost, recordings.Refused} {
		r.done.WithLabelValues(string(outcome))
	}
	registry.MustRegister(r.done)
	return r
}

// effects gives the worker.
func (r *recorder) effects() map[casestore.EffectKind]casestore.Handler {
	return map[casestore.EffectKind]casestore.Handler{casestore.EffectRecording: func(ctx context.Context, p casestore.Partition, e casestore.Effect) error {
		noted, err := r.store.RecordingNoted(ctx, p, e.Data)
		if err != nil || noted.IsZero() {
			return err
		}
		return r.keep(ctx, casestore.NotedRecording{SID: e.Data, Partition: p, Noted: noted})
	}}
}

// keep tries once. What fails is tried again by again, for as long as it takes:
// only what must be written to Redis and cannot be is an error.
func (r *recorder) keep(ctx context.Context, n casestore.NotedRecording) error {
	outcome, err := r.keeper.Keep(ctx, n.SID, n.Noted)
	r.done.WithLabelValues(string(outcome)).Inc()
	switch {
	case err == nil:
		return r.store.SettleRecording(ctx, n.Partition, n.SID, "kept")
	case outcome.Final():
		r.log.Error("what a caller said is lost: listen at Twilio, and call back", "recording", n.SID, "outcome", outcome, "err", err)
		return r.store.SettleRecording(ctx, n.Partition, n.SID, "lost")
	case errors.Is(err, recordings.ErrOverdue):
		r.log.Error("a recording has been at Twilio for too long", "recording", n.SID, "outcome", outcome, "err", err)
	default:
		r.log.Warn("a recording is not kept yet", "recording", n.SID, "outcome", outcome, "err", err)
	}
	return nil
}

// again tries what could not be kept at once.
func (r *recorder) again(ctx context.Context) {
	noted, err := r.store.NotedRecordings(ctx, r.now().Add(-20*time.Second))
	if err != nil {
		r.log.Warn("recordings that wait cannot be listed", "err", err)
		return
	}
	for _, n := range noted {
		if ctx.Err() != nil {
			return
		}
		if err := r.keep(ctx, n); err != nil {
			r.log.Warn("a recording is kept, but not noted so; it is tried again", "recording", n.SID, "err", err)
		}
	}
}

// sweep deletes what has been kept for long enough.
func (r *recorder) sweep(ctx context.Context) {
	deleted, err := r.vault.Sweep(ctx, r.now().AddDate(0, 0, -r.days))
	if err != nil {
		r.log.Error("old recordings cannot be deleted", "err", err)
	}
	if deleted > 0 {
		r.log.Info("old recordings are deleted", "count", deleted)
	}
}

// FetchRecording gives a recording to play, from the vault or, while it is not
// there yet, from Twilio.
func (r *recorder) FetchRecording(ctx context.Context, sid string) (io.ReadCloser, string, error) {
	kept, err := r.vault.Get(ctx, sid)
	if err == nil {
		return io.NopCloser(bytes.NewReader(kept.Audio())), kept.ContentType(), nil
	}
	if !errors.Is(err, recordings.ErrNotFound) {
		r.log.Error("a recording in the vault cannot be played", "recording", sid, "err", err)
	}
	return r.client.FetchRecording(ctx, sid)
}

// tick runs what is to be done again and again, on every replica, until ctx ends.
// Times are in UTC: the specifications of wall clocks skip or repeat on the days
// on which they are changed.
func (l *line) tick(ctx context.Context, log *slog.Logger) {
	c := cron.New(cron.WithLocation(time.UTC), cron.WithChain(cron.SkipIfStillRunning(cronLog{log})))
	for _, x := range []struct {
		spec string
		job  func(context.Context)
	}{
		// look is by itself: what is due may wait long for a Twilio that does not answer.
		{"@every 1s", l.look}, {"@every 1s", l.due}, {"@every 5m", l.voice.SweepPromises}, {"@every 1m", l.recorder.again}, {"@every 30s", l.abandon},
		{"17 * * * *", l.recorder.sweep}, {"@every 45s", l.reapplyRecent}, {"41 * * * *", l.retain},
	} {
		if _, err := c.AddJob(x.spec, guardedJob(ctx, log, x.job)); err != nil {
			panic("secondline: " + err.Error()) // the specifications are ours
		}
	}
	c.Start()
	<-ctx.Done()
	<-c.Stop().Done()
}

// abandon lets go of unfinished requests whose time is up.
func (l *line) abandon(ctx context.Context) {
	if err := l.store.AbandonDrafts(ctx); err != nil {
		l.log.Warn("unfinished requests whose time is up are still there; it is tried again", "err", err)
	}
}

// look sees a failover though nothing is to be sent, and how many calls go on.
func (l *line) look(ctx context.Context) {
	if l.pause != nil {
		l.pause.why(ctx)
	}
	l.voice.CountCalls(ctx)
}

// due does what is due now: texts, calls that were promised, calls that are owed.
func (l *line) due(ctx context.Context) {
	l.texts.Tick(ctx)
	l.voice.TickPromises(ctx)
	l.voice.TickTasks(ctx)
	l.outbox.Tick(ctx)
}

// cronLog gives cron's messages to our log.
type cronLog struct{ log *slog.Logger }

func (c cronLog) Info(msg string, keys ...any) { c.log.Debug(msg, keys...) }
func (c cronLog) Error(err error, msg string, keys ...any) {
	c.log.Error(msg, append(keys, "err", err)...)
}
