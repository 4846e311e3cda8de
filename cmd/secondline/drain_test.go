//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"secondline/internal/loadgen"
	"secondline/internal/private"
	"secondline/internal/twiliosim"
)

// callLoad is calls in progress: so many webhooks a second of intakes, each call's in their
// order.
type callLoad struct {
	w       *faultWorld
	intake  []webhook
	numbers loadgen.Numbers
	next    atomic.Int64
	client  *http.Client

	mu      sync.Mutex
	good    int
	sorry   int      // an apology, and a person
	held    int      // a moment was asked for
	failed  []string // no answer, or none that Twilio plays
	last    time.Time
	longest time.Duration // between two good answers
}

func newLoad(w *faultWorld) *callLoad {
	w.t.Helper()
	l := &callLoad{w: w, intake: recordIntake(w.t), numbers: loadgen.HomeNumbers(isDomestic), client: &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 256}}}
	w.t.Cleanup(l.client.CloseIdleConnections)
	return l
}

// run sends rate webhooks a second until ctx ends, and waits for their answers.
func (l *callLoad) run(ctx context.Context, rate int) {
	var all sync.WaitGroup
	l.last = time.Now()
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	ready := make(chan *callInProgress, 20*rate)
	for range rate {
		ready <- l.begin()
	}
	for {
		select {
		case <-ctx.Done():
			all.Wait()
			return
		case <-tick.C:
			c := <-ready
			all.Go(func() {
				l.send(c)
				if c.turn++; c.turn == len(l.intake) {
					c = l.begin()
				}
				ready <- c
			})
		}
	}
}

type callInProgress struct {
	sid, from string
	turn      int
}

func (l *callLoad) begin() *callInProgress {
	n := int(l.next.Add(1))
	return &callInProgress{sid: loadgen.SID("CA", 1<<40+n), from: l.numbers.Of(n)}
}

func (l *callLoad) send(c *callInProgress) {
	hook := l.intake[c.turn]
	form := url.Values{}
	for name, values := range hook.fields {
		form[name] = values
	}
	form.Set("CallSid", c.sid)
	form.Set("From", c.from)
	form.Set("Caller", c.from)
	at := l.w.balancer.url + hook.target
	status, body := l.post(at, form)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case status != http.StatusOK || !strings.Contains(body, "<Response>"):
		l.failed = append(l.failed, fmt.Sprintf("turn %d: %d %.80s", c.turn, status, body))
	case strings.Contains(body, "I am sorry"):
		l.sorry++
	case strings.Contains(body, "One moment"):
		l.held++
	default:
		l.good++
		now := time.Now()
		l.longest = max(l.longest, now.Sub(l.last))
		l.last = now
	}
}

func (l *callLoad) post(at string, form url.Values) (int, string) {
	req, err := http.NewRequest(http.MethodPost, at, bytes.NewReader([]byte(form.Encode())))
	if err != nil {
		return 0, err.Error()
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Twilio-Signature", twiliosim.Sign(worldToken, at, form))
	res, err := l.client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, string(body)
}

func (l *callLoad) String() string {
	return fmt.Sprintf("%d good answers, %d asked for a moment, %d apologies with a person, %d failed webhooks, longest time to the next good answer %s",
		l.good, l.held, l.sorry, len(l.failed), l.longest.Round(time.Millisecond))
}

// rateOf is 200 webhooks a second; with the race detector, and in the short run, fewer.
func rateOf() int {
	if n, err := strconv.Atoi(os.Getenv("SECONDLINE_RATE")); err == nil {
		return n
	}
	return 50
}

// Three replicas are restarted one after the other while calls are in progress: no
// webhook fails, and no caller hears an apology.
//
// SECONDLINE_RATE says how many webhooks a second.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	w := newFaultWorld(t, "single", 3)
	l := newLoad(w)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { l.run(ctx, rateOf()) })
	begun := time.Now()
	for _, r := range w.replicas {
		_, ended := r.process()
		r.signal(syscall.SIGTERM)
		<-ended
		eventually(t, "another process has taken its place", func() bool { return r.count() == 2 })
		eventually(t, "a replica is ready again", r.ready)
		pauseFor(300 * time.Millisecond) // until the balancer has seen it
	}
	stop()
	running.Wait()
	took := time.Since(begun)
	t.Logf("three replicas restarted in %s at %.0f webhooks a second (%d wanted): %s", took.Round(time.Millisecond), float64(l.good)/took.Seconds(), rateOf(), l)
	if len(l.failed) > 0 || l.sorry > 0 || l.good == 0 {
		t.Errorf("failed webhooks: %q", l.failed[:min(10, len(l.failed))])
	}
}

// The primary dies while calls are in progress and people opt out: nobody hears silence
// or an error, and no opt-out that was acknowledged is lost.
func TestFailoverUnderLoad(t *testing.T) {
	t.Parallel()
	kinds := []string{"sentinel"}
	if os.Getenv("SECONDLINE_RATE") != "" {
		kinds = append(kinds, "cluster")
	}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newFaultWorld(t, kind, 3)
			l := newLoad(w)
			ctx, stop := context.WithCancel(t.Context())
			var running sync.WaitGroup
			running.Go(func() { l.run(ctx, rateOf()) })
			var stopped []string
			running.Go(func() { stopped = w.optOuts(ctx) })
			pauseFor(2 * time.Second)
			primaries, _ := w.redis.Primaries()
			primaries[0].Kill()
			killed := time.Now()
			(&schedule{w: w}).awaitFailover()
			took := time.Since(killed)
			pauseFor(3 * time.Second)
			stop()
			running.Wait()
			w.redis.Settle()
			lost := 0
			for _, number := range stopped {
				eventually(t, "an opt-out can be read", func() bool {
					_, is, err := w.store.OptedOut(context.Background(), w.store.Ring().Person(private.Of(number)))
					if err == nil && !is {
						lost++
					}
					return err == nil
				})
			}
			t.Logf("%s: a primary killed at %d webhooks a second, another after %s: %s; %d opt-outs were acknowledged, %d lost", kind, rateOf(), took.Round(time.Millisecond), l, len(stopped), lost)
			if len(l.failed) > 0 || l.good == 0 || lost > 0 || len(stopped) == 0 {
				t.Errorf("%q", l.failed[:min(10, len(l.failed))])
			}
		})
	}
}

// optOuts has ten people a second opt out, and gives those who were acknowledged.
func (w *faultWorld) optOuts(ctx context.Context) (acknowledged []string) {
	for n := 0; ctx.Err() == nil; n++ {
		number := personOf(650+n/500, n%500)
		if got, err := w.sim.Text(context.Background(), number, w.number, "please stop texting me"); err == nil && got.Status == http.StatusOK {
			acknowledged = append(acknowledged, number)
		}
		pauseFor(100 * time.Millisecond)
	}
	return acknowledged
}
