package sms

import (
	"github.com/prometheus/client_golang/prometheus"

	"secondline/casestore"
	"secondline/internal/twilio"
)

// Metrics counts what is texted. No label holds anything personal.
type Metrics struct {
	received, sent, refused, ended, capped, lookedUp, asked, tasks, intakes *prometheus.CounterVec
	optOuts, missedOptOuts                                                  prometheus.Counter
}

// NewMetrics makes the counters; Register makes them visible. Those that somebody is
// woken for begin at 0: a first one that comes out of nothing is no increase.
func NewMetrics() *Metrics {
	m := newMetrics()
	m.tasks.WithLabelValues(string(casestore.TaskEmergency))
	for _, class := range []twilio.Class{twilio.Config, twilio.NoResend, twilio.Bug} {
		m.refused.WithLabelValues(string(class))
	}
	for _, bound := range []string{reasonNumberCap, reasonNumberDay, reasonPrefixCap, reasonCountryCap, reasonDayCap} {
		m.capped.WithLabelValues(bound)
	}
	return m
}

func newMetrics() *Metrics {
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "secondline", Subsystem: "text", Name: name, Help: help}, labels)
	}
	one := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "secondline", Subsystem: "text", Name: name, Help: help})
	}
	return &Metrics{
		received: vec("received_total", "Messages by what they were understood as.", "kind"),
		sent:     vec("sent_total", "Texts that Twilio took, by prompt.", "prompt"),
		refused:  vec("refused_total", "Attempts that failed, at Twilio or in the network, by class.", "class"),
		ended:    vec("ended_total", "Texts by the state in which they ended and why.", "state", "reason"),
		capped:   vec("capped_total", "Texts that a bound held back, by bound.", "bound"),
		lookedUp: vec("looked_up_total", "Texts whose sending was not answered, by what Twilio knew.", "found"),
		asked:    vec("asked_total", "Texts of whose end no report came, by what Twilio said when it was asked.", "status"),
		tasks:    vec("tasks_total", "What texts put before a person, by kind.", "kind"),
		intakes:  vec("intakes_total", "Intakes by text that came to an end, by how.", "end"),
		optOuts:  one("opt_outs_total", "Messages that stopped texts and automated calls."), missedOptOuts: one("missed_opt_outs_total", "Opt-outs that only the network knew of."),
	}
}

// Register makes the counters visible.
func (m *Metrics) Register(r prometheus.Registerer) {
	r.MustRegister(m.received, m.sent, m.refused, m.ended, m.capped, m.lookedUp, m.asked, m.tasks, m.intakes, m.optOuts, m.missedOptOuts)
}
