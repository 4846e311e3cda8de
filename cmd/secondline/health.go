package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"secondline/casestore"
)

// health is what Prometheus sees of the line's state: asked of Redis and of the disk
// whenever somebody scrapes.
type health struct {
	store               *casestore.Store
	replicas            int
	recordings, journal string
}

var _ prometheus.Collector = (*health)(nil)

// scrapeTime is how long Redis may take for one scrape.
const scrapeTime = 3 * time.Second

func healthDesc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("secondline_"+name, help, labels, nil)
}

var (
	descUp      = healthDesc("redis_up", "1 when Redis answers, 0 when not.")
	descCheck   = healthDesc("check_state", "What secondline doctor says of Redis and the keys: 0 fine, 1 to look at, 2 bad.", "check")
	descOwed    = healthDesc("owed", "Things that the team owes somebody: open, and those of them that are late.", "age")
	descWaiting = healthDesc("outbox_waiting", "Things that the line is to do and has not done yet.")
	descAside   = healthDesc("laid_aside", "What waits for an operator: effects that were given up, deliveries of events that nobody took, refused_events.", "what")
	descFree    = healthDesc("disk_free_bytes", "What is free where recordings and opt-outs are kept.", "place")
)

// Describe names the metrics.
func (h *health) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descUp, descCheck, descOwed, descWaiting, descAside, descFree} {
		out <- d
	}
}

// Collect asks. What Redis does not answer is left out.
func (h *health) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for place, path := range map[string]string{"recordings": h.recordings, "journal": filepath.Dir(h.journal)} {
		if free, err := freeBytes(path); err == nil {
			gauge(descFree, float64(free), place)
		}
	}
	findings, err := storeFindings(ctx, h.store, h.replicas)
	if err != nil {
		gauge(descUp, 0)
		return
	}
	gauge(descUp, 1)
	for _, f := range findings {
		gauge(descCheck, map[state]float64{fine: 0, warn: 1, bad: 2}[f.State], f.Name)
	}
	if all, late, err := h.store.Owed(ctx); err == nil {
		gauge(descOwed, float64(all), "open")
		gauge(descOwed, float64(late), "late")
	}
	if n, err := h.store.Waiting(ctx); err == nil {
		gauge(descWaiting, float64(n))
	}
	if effects, deliveries, refused, err := h.store.LaidAside(ctx); err == nil {
		gauge(descAside, float64(effects), "effects")
		gauge(descAside, float64(deliveries), "deliveries")
		gauge(descAside, float64(refused), "refused_events")
	}
}
