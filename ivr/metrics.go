package ivr

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what the telephone does. No label holds anything personal.
type Metrics struct {
	turns   *prometheus.CounterVec
	seconds prometheus.Histogram
	stops   *prometheus.CounterVec
	tasks   *prometheus.CounterVec
	intakes prometheus.Counter
	calls   *prometheus.CounterVec

	transfers, legs, outcomes, status *prometheus.CounterVec
	waits                             prometheus.Histogram

	promises, attempts, refusals, lookups, repairs *prometheus.CounterVec
	crowded, bounds                                *prometheus.CounterVec
	inProgress                                     prometheus.Gauge
	open, left                                     *prometheus.GaugeVec
	oldest                                         prometheus.Gauge
	tick                                           prometheus.Histogram
}

// NewMetrics makes the counters; Register makes them visible. Those that somebody is
// woken for begin at 0: a first one that comes out of nothing is no increase.
func NewMetrics() *Metrics {
	m := newMetrics()
	for vec, values := range map[*prometheus.CounterVec][]string{
		m.promises: {"kept", "over", "missed", "no_legal_minute"}, m.repairs: {"made", "scheduled"}, m.turns: {"next", "repeat", "held", "fault"},
		m.transfers: {"asked", "abandoned"}, m.legs: {"refused"}, m.status: {"match", "no_match", "locked"},
		m.crowded: {"caller", "all"}, m.bounds: {"prefix", "country", "day"},
	} {
		for _, v := range values {
			vec.WithLabelValues(v)
		}
	}
	return m
}

func newMetrics() *Metrics {
	counter := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Namespace: "secondline", Subsystem: "voice", Name: name, Help: help}
	}
	promise := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Namespace: "secondline", Subsystem: "promise", Name: name, Help: help}
	}
	return &Metrics{
		promises:   prometheus.NewCounterVec(promise("ends_total", "Promises of a call after delivery: kept, over, missed, no_legal_minute."), []string{"state"}),
		attempts:   prometheus.NewCounterVec(promise("attempts_total", "Calls to patients that were begun, by what came of them."), []string{"result"}),
		refusals:   prometheus.NewCounterVec(promise("refusals_total", "Calls to patients that were due and not made, by the condition that forbade it."), []string{"reason"}),
		lookups:    prometheus.NewCounterVec(promise("lookups_total", "Dials of unknown outcome that were looked up: found, not_made."), []string{"result"}),
		repairs:    prometheus.NewCounterVec(promise("repairs_total", "Open promises for which nothing came next, by what was repaired."), []string{"repair"}),
		open:       prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "secondline", Subsystem: "promise", Name: "open", Help: "Promises that are open: in_time, after_24_hours."}, []string{"age"}),
		left:       prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "secondline", Subsystem: "promise", Name: "open_by_time_left", Help: "Promises that are open, by the legal minutes that are left of their 24 hours: none, under_60, under_180, under_480, more; chosen where the patient chose a time."}, []string{"legal_minutes"}),
		oldest:     prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "secondline", Subsystem: "promise", Name: "oldest_due_seconds", Help: "How late the oldest thing is that is due."}),
		tick:       prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "secondline", Subsystem: "promise", Name: "tick_seconds", Help: "Time to do what is due in all partitions.", Buckets: []float64{.001, .005, .01, .05, .1, .5, 1, 5, 30}}),
		turns:      prometheus.NewCounterVec(counter("turns_total", "Answered voice requests by what was answered: next, repeat, held, fault."), []string{"answer"}),
		seconds:    prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "secondline", Subsystem: "voice", Name: "turn_seconds", Help: "Time to answer a voice request.", Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}}),
		stops:      prometheus.NewCounterVec(counter("turned_away_total", "People whom a stop rule of the intake turned away, by rule."), []string{"rule"}),
		tasks:      prometheus.NewCounterVec(counter("tasks_total", "Things that calls left for the team to do, by kind."), []string{"kind"}),
		intakes:    prometheus.NewCounter(counter("intakes_total", "Requests completed by telephone.")),
		crowded:    prometheus.NewCounterVec(counter("calls_too_many_total", "Calls that were one too many: of one caller, of all together."), []string{"bound"}),
		bounds:     prometheus.NewCounterVec(counter("out_bounds_total", "Calls to patients that were not made because a bound of a day was reached: prefix, country, day."), []string{"bound"}),
		inProgress: prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "secondline", Subsystem: "voice", Name: "calls_in_progress", Help: "Calls that came in and are not over, on all replicas."}),
		transfers:  prometheus.NewCounterVec(counter("transfers_total", "Callers who waited for a person: asked, abandoned."), []string{"state"}),
		legs:       prometheus.NewCounterVec(counter("coordinator_legs_total", "Telephones of coordinators that were rung, by how it ended."), []string{"result"}),
		outcomes:   prometheus.NewCounterVec(counter("task_outcomes_total", "What became of calls that were owed."), []string{"outcome"}),
		status:     prometheus.NewCounterVec(counter("status_answers_total", "Pairs of request number and date of birth: match, no_match, locked."), []string{"answer"}),
		waits:      prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "secondline", Subsystem: "voice", Name: "wait_seconds", Help: "Time that callers waited until a coordinator took the call.", Buckets: []float64{10, 20, 30, 60, 90, 120, 300, 600, 1800}}),
		calls:      prometheus.NewCounterVec(counter("calls_ended_total", "Calls that ended, by Twilio's status."), []string{"status"}),
	}
}

// Register makes the counters visible.
func (m *Metrics) Register(r prometheus.Registerer) {
	r.MustRegister(m.turns, m.seconds, m.stops, m.tasks, m.intakes, m.calls,
		m.promises, m.attempts, m.refusals, m.lookups, m.repairs, m.open, m.left, m.oldest, m.tick,
		m.transfers, m.legs, m.outcomes, m.status, m.waits, m.crowded, m.bounds, m.inProgress)
}
