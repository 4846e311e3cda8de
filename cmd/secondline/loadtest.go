package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"secondline/internal/loadgen"
)

const loadTestUsage = `secondline loadtest plays whole calls and text threads against a running line, as
Twilio would send them, and says how long the answers took. For a line that is set
up for it, NEVER for one that patients use: it makes requests, and everything that
follows from them.

  secondline loadtest -url PUBLIC_URL -rate 50 -for 1m -twilio ADDRESS [-to ADDRESS] -yes

TWILIO_AUTH_TOKEN, and LINE_CONFIG where there is one, are those of the line. Numbers
are of the kind set aside for fiction (555-0100 to 555-0199). Have the line's
TWILIO_API_URL lead to -twilio, so that its texts and calls go nowhere.

Webhooks leave by the clock, whatever became of those before them, and a latency counts
from when a webhook should have left: a line that stands still does not look fast.

The exit status is 1 when a webhook failed.

`

// loadOptions is what was asked for.
type loadOptions struct {
	url, to, twilio string
	rate            float64
	span, pace      time.Duration
	texters         int
	yes             bool
}

// runLoadTest plays a load test.
func runLoadTest(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("loadtest", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var o loadOptions
	flags.StringVar(&o.url, "url", "", "the line's PUBLIC_URL, letter for letter: it is signed")
	flags.StringVar(&o.to, "to", "", "connect here instead, host:port: past a proxy; http, not https")
	flags.Float64Var(&o.rate, "rate", 20, "webhooks a second")
	flags.DurationVar(&o.span, "for", time.Minute, "how long people come; those who are there finish")
	flags.DurationVar(&o.pace, "pace", time.Second, "from one answer of a person to the next")
	flags.IntVar(&o.texters, "texters", 4, "one person in so many writes instead of calling; 0 for nobody")
	flags.StringVar(&o.twilio, "twilio", "", "stand in for Twilio's API on this address, for the line's TWILIO_API_URL; 127.0.0.1:9090 for example")
	flags.BoolVar(&o.yes, "yes", false, "the line is one for tests: no patient calls it, and its Redis may be thrown away")
	flags.Usage = func() { fmt.Fprint(stderr, loadTestUsage); flags.PrintDefaults() }
	if err := flags.Parse(args); err != nil {
		return flagStatus(err)
	}
	l, err := newLoadTest(ctx, o, env)
	if err != nil {
		fmt.Fprintln(stderr, "secondline loadtest:", err)
		return 2
	}
	l.tell(stdout, o)
	if !o.yes {
		fmt.Fprintln(stderr, "secondline loadtest: nothing was sent. Is this a line for tests, with a Redis that may be thrown away? Then say -yes.")
		return 2
	}
	if o.twilio == "" {
		fmt.Fprintln(stderr, "secondline loadtest: nothing was sent, because nobody would stand in for Twilio: what the line sends would reach telephones. Start the line with TWILIO_API_URL=http://127.0.0.1:9090, and say -twilio 127.0.0.1:9090 here.")
		return 2
	}
	failed, err := l.play(ctx, o, stdout)
	if err != nil {
		fmt.Fprintln(stderr, "secondline loadtest:", err)
		return 1
	}
	if failed {
		return 1
	}
	return 0
}

func newLoadTest(ctx context.Context, o loadOptions, env environment) (*loadTest, error) {
	u, err := url.Parse(o.url)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, errors.New("-url: give the line's PUBLIC_URL; an example: https://line.example.org")
	}
	if o.rate <= 0 || o.span <= 0 || o.pace < 0 {
		return nil, errors.New("-rate, -for and -pace are above zero")
	}
	settings, err := loadSettings(env)
	if err != nil {
		return nil, err
	}
	call, err := recordCall(ctx, settings, time.Now(), loadCall)
	if err != nil {
		return nil, err
	}
	address := o.to
	if address == "" {
		address = u.Host
		if u.Port() == "" {
			address = net.JoinHostPort(u.Hostname(), u.Scheme)
		}
	}
	return &loadTest{
		line: loadgen.Line{Origin: u.Scheme + "://" + u.Host, Sign: signedBy(settings.Deploy.AuthToken.Reveal())}, path: trimSlash(u.EscapedPath()),
		pool: newLoadPool(address, u.Scheme == "https" && o.to == "", u.Hostname()), call: call, numbers: loadgen.HomeNumbers(isDomestic),
		account: settings.Deploy.AccountSID, to: settings.Programme.Lines.TollFree.Number, pace: o.pace, rate: o.rate, texters: o.texters,
		first: int(time.Now().UnixMilli() << 8), tally: &loadTally{},
	}, nil
}

// tell says what will be done, and what the line must be set to.
func (l *loadTest) tell(out io.Writer, o loadOptions) {
	perPerson := float64(l.webhooks(0))
	if l.texters > 0 {
		perPerson = (float64((l.texters-1)*(len(l.call)+1)) + float64(len(loadTexts))) / float64(l.texters)
	}
	people := o.rate / perPerson
	fmt.Fprintf(out, "%s: %.4g webhooks a second for %s, by %.3g new people a second, each with a whole request:\n"+
		"a call of %d turns and its end, or %d texts, %s apart.\n", o.url, o.rate, o.span, people, len(l.call), len(loadTexts), o.pace)
	atOnce := people*float64(len(l.call))*o.pace.Seconds() + 1
	perNumber := people*min(600, o.span.Seconds())/float64(l.numbers.Len()) + 1
	fmt.Fprintf(out, "The line's [caps] must allow calls_at_once = %.0f, calls_per_caller_in_10_minutes = %.0f;\n"+
		"texts above texts_a_second and texts_a_day wait, which is no failure here.\n", atOnce, perNumber)
	if o.twilio == "" {
		fmt.Fprintln(out, "Nobody stands in for Twilio: -yes needs -twilio.")
	} else {
		fmt.Fprintf(out, "The line's TWILIO_API_URL must be http://%s.\n", o.twilio)
	}
}

// play stands in for Twilio, has people come, shows progress, and says how it went.
func (l *loadTest) play(ctx context.Context, o loadOptions, out io.Writer) (failed bool, err error) {
	defer l.pool.close()
	twilio := &loadTwilio{asked: make(chan struct{})}
	listener, err := net.Listen("tcp", o.twilio)
	if err != nil {
		return false, fmt.Errorf("-twilio: %w", err)
	}
	server := &http.Server{Handler: twilio, ReadHeaderTimeout: 5 * time.Second}
	defer server.Close()
	go func() { _ = server.Serve(listener) }()
	if err := l.try(ctx, twilio.asked, o.twilio, firstAsks); err != nil {
		return false, err
	}
	began := time.Now()
	over := make(chan struct{})
	go func() { defer close(over); l.run(ctx, began, o.span) }()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for done := false; !done; {
		select {
		case <-tick.C:
			l.tally.progress(out, time.Since(began))
		case <-over:
			done = true
		}
	}
	if err := l.tally.report(out, began); err != nil {
		return false, err
	}
	fmt.Fprintf(out, "The line asked Twilio's stand-in for %s.\n", twilio)
	return l.tally.failures() > 0, nil
}

// firstAsks is how long the line has to ask the stand-in for the recordings of the first
// call, which it does as soon as they are told.
const firstAsks = 30 * time.Second

// try has one person call, whom the table does not count, and waits until the line asks
// the stand-in for something: a line that asks somebody else, or does not take the call,
// is not set up for tests.
func (l *loadTest) try(ctx context.Context, asked <-chan struct{}, address string, within time.Duration) error {
	one := *l
	one.tally, one.pace, one.first = &loadTally{}, 0, l.first-1
	one.playCall(ctx, 0, time.Now())
	if one.tally.failures() > 0 {
		return fmt.Errorf("one call was played, and went wrong; nothing more was sent: %s", strings.Join(slices.Sorted(maps.Keys(one.tally.failed)), "; "))
	}
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-asked:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-late.C:
		return fmt.Errorf("one call was played, and in %s the line has asked nothing of the stand-in for Twilio: it asks somebody else, who may be the real one. Nothing more was sent. Start the line with TWILIO_API_URL=http://%s", within, address)
	}
}

func trimSlash(path string) string {
	for len(path) > 0 && path[len(path)-1] == '/' {
		path = path[:len(path)-1]
	}
	return path
}

// kindOf says in a word why nothing came back.
func kindOf(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection closed"
	}
	return "no connection"
}

func statusText(status int) string {
	switch status {
	case http.StatusForbidden:
		return "403: the signature is refused; look at -url and TWILIO_AUTH_TOKEN"
	}
	return fmt.Sprintf("%d %s", status, http.StatusText(status))
}
