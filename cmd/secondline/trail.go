package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"secondline/casestore"
	"secondline/internal/audit"
	"secondline/internal/twilio"
)

// mostUnwritten is how many lines of the audit record may wait for the disk: some
// minutes of a busy line.
const mostUnwritten = 100_000

// auditPath is where this replica's record lies.
func auditPath(s Settings, data string) string {
	if s.Deploy.Audit != "" {
		return s.Deploy.Audit
	}
	return filepath.Join(data, "audit.log")
}

// auditBeside names a record that lies beside another: "audit.cli.log".
func auditBeside(path, mark string) string {
	end := filepath.Ext(path)
	return strings.TrimSuffix(path, end) + "." + mark + end
}

// auditFiles finds a record and all that lie beside it.
func auditFiles(path string) ([]string, error) {
	beside, err := filepath.Glob(auditBeside(path, "*"))
	if _, stat := os.Stat(path); stat == nil || !errors.Is(stat, os.ErrNotExist) {
		beside = append([]string{path}, beside...)
	}
	return beside, err
}

// openTrail makes the trail of a line, in the record of the console. Where that one
// cannot be gone on with, because somebody must look at it first, the line writes
// another beside it: callers are answered all the same, and on record.
func openTrail(now func() time.Time, record *audit.Log, path string, log *slog.Logger) (*audit.Trail, func()) {
	other := record
	if record == nil {
		var err error
		if other, err = audit.Open(auditBeside(path, now().UTC().Format("20060102T150405Z")), now); err != nil {
			log.Error("what the line does is on no record", "err", err)
			return audit.NewTrail(nil, 0, now, log), func() {}
		}
	}
	return audit.NewTrail(other, mostUnwritten, now, log), func() { _ = other.Close() }
}

// runTrail writes a trail until it is stopped, which waits for the last line.
func runTrail(ctx context.Context, t *audit.Trail) (stop func()) {
	ctx, end := context.WithCancel(context.WithoutCancel(ctx))
	var writing sync.WaitGroup
	writing.Go(func() { t.Run(ctx) })
	return func() { end(); writing.Wait() }
}

// noted gives what the store tells of to a trail.
func noted(t *audit.Trail) func(casestore.Deed) {
	return func(d casestore.Deed) { t.Note(entryOf(d)) }
}

func entryOf(d casestore.Deed) audit.Entry {
	return audit.Entry{Who: d.Who, Role: d.Role, What: d.What, Case: string(d.Case), Thing: d.Thing, Outcome: d.Outcome, Trace: d.Trace}
}

// isTwilioSID says whether something has the shape of a SID, with any two capitals before
// it; whatever else comes in that field is not written down.
func isTwilioSID(s string) bool {
	if len(s) != 34 {
		return false
	}
	for i, c := range []byte(s) {
		if letter := 'A' <= c && c <= 'Z'; !letter && (i < 2 || (c < 'a' || c > 'z') && (c < '0' || c > '9')) {
			return false
		}
	}
	return true
}

// actors says who is behind a webhook: whoever is on the line, or writes. Reports on
// what we did ourselves come from Twilio.
func actors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		form := twilio.FormOf(r)
		by := casestore.Actor{Who: "caller", Role: "caller"}
		for _, name := range []string{"CallSid", "MessageSid", "SmsSid"} {
			if sid := form.Get(name); by.Trace == "" && isTwilioSID(sid) {
				by.Trace = sid
			}
		}
		switch path := r.URL.Path; {
		case strings.HasSuffix(path, "status") || strings.HasSuffix(path, "/leg") || strings.HasSuffix(path, "/recording"):
			by.Who, by.Role = "twilio", "carrier"
		case strings.HasSuffix(path, "/sms/incoming"):
			by.Who, by.Role = "sender", "sender"
		case coordinatorPaths[path[strings.LastIndexByte(path, '/')+1:]]:
			by.Who, by.Role = "coordinator", "coordinator"
		}
		next.ServeHTTP(w, r.WithContext(casestore.By(r.Context(), by)))
	})
}

// coordinatorPaths end what a coordinator's own telephone asks for. Every turn looks here,
// and pays a fifth of what a regular expression costs.
var coordinatorPaths = map[string]bool{"whisper": true, "accept": true, "joined": true, "after-talk": true, "star": true, "how": true, "when": true, "ask": true}

// auditHealth is what Prometheus sees of the record.
type auditHealth struct{ trail *audit.Trail }

var _ prometheus.Collector = auditHealth{}

var (
	descUnwritten = healthDesc("audit_waiting", "Lines of the audit record that wait for the disk.")
	descNoted     = healthDesc("audit_lines_total", "Lines of the audit record about what the line did: written, and lost because the disk took none for too long.", "what")
	descNoWrite   = healthDesc("audit_write_failures_total", "Attempts to write the audit record that failed.")
)

// Describe names the metrics.
func (h auditHealth) Describe(out chan<- *prometheus.Desc) {
	out <- descUnwritten
	out <- descNoted
	out <- descNoWrite
}

// Collect counts.
func (h auditHealth) Collect(out chan<- prometheus.Metric) {
	s := h.trail.Stats()
	out <- prometheus.MustNewConstMetric(descUnwritten, prometheus.GaugeValue, float64(s.Waiting))
	out <- prometheus.MustNewConstMetric(descNoted, prometheus.CounterValue, float64(s.Written), "written")
	out <- prometheus.MustNewConstMetric(descNoted, prometheus.CounterValue, float64(s.Lost), "lost")
	out <- prometheus.MustNewConstMetric(descNoWrite, prometheus.CounterValue, float64(s.Failures))
}
