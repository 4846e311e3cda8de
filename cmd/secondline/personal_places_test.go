package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"text/tabwriter"

	"secondline/internal/redistest"
)

// hidden is somewhere that nothing personal may stand in clear.
type hidden string

// The places that are searched.
const (
	inLog        hidden = "lines of the log"
	inHookURL    hidden = "addresses of webhooks"
	inRestURL    hidden = "addresses at Twilio and given to it"
	inConsoleURL hidden = "addresses of the console, and links in its pages"
	inTwiML      hidden = "TwiML to who is not known to be the patient"
	inTwiMLURL   hidden = "addresses in TwiML"
	inPages      hidden = "pages that are about no patient"
	inEvents     hidden = "events out that hand no request over"
	inMetrics    hidden = "lines of the metrics"
	inErrors     hidden = "what commands print"
	inCrash      hidden = "lines of a crash"
	inKeys       hidden = "keys of Redis"
	inValues     hidden = "values of Redis"
	inFiles      hidden = "files"
)

var everyPlace = []hidden{inLog, inHookURL, inRestURL, inConsoleURL, inTwiML, inTwiMLURL, inPages, inEvents, inMetrics, inErrors, inCrash, inKeys, inValues, inFiles}

// sample is one thing that stood in a place.
type sample struct {
	// at says where, without telling what.
	at   string
	text []byte
	// may be told these people's, and no one else's.
	to []*fake
}

// places collects all that is to be searched. It is safe for concurrent use.
type places struct {
	mu   sync.Mutex
	seen map[hidden][]sample
	// hears are those to whom the scenario that runs may tell their own.
	hears []*fake
}

func newPlaces() *places { return &places{seen: map[hidden][]sample{}} }

func (p *places) add(at hidden, where string, text []byte, to ...*fake) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[at] = append(p.seen[at], sample{where, bytes.Clone(text), to})
}

func (p *places) listeners(to ...*fake) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hears = to
}

func (p *places) listening() []*fake {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.hears)
}

// hits is what was found, by place; each line says who, what, how and where, and
// not the thing itself.
func (p *places) hits(people []*fake) map[hidden][]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := newSearch(people)
	out := map[hidden][]string{}
	for at, samples := range p.seen {
		for _, x := range samples {
			for found, n := range s.in(x.text) {
				if !slices.Contains(x.to, found.person) {
					out[at] = append(out[at], fmt.Sprintf("%s of patient %d, %s, %d times, in %s", found.what, slices.Index(people, found.person), found.how, n, x.at))
				}
			}
		}
		slices.Sort(out[at])
	}
	return out
}

// counts says how much was searched.
func (p *places) counts() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, at := range everyPlace {
		size := 0
		for _, x := range p.seen[at] {
			size += len(x.text)
		}
		fmt.Fprintf(w, "%d\t%d bytes\t %s\t\n", len(p.seen[at]), size, at)
	}
	w.Flush()
	return b.String()
}

// lines adds a text line by line.
func (p *places) lines(at hidden, where, text string) {
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			p.add(at, where, []byte(line))
		}
	}
}

var (
	addresses = regexp.MustCompile(`(?:action|url|Url|statusCallback|recordingStatusCallback|waitUrl|href|src)="([^"]*)"|>((?:https?:/)?/[^<]*)<`)
	dialled   = regexp.MustCompile(`(<Number[^>]*>)[^<]*(</Number>)`)
)

func (p *places) addressesIn(at hidden, where string, doc []byte) {
	for _, m := range addresses.FindAllSubmatch(doc, -1) {
		p.add(at, where, append(m[1], m[2]...))
	}
}

// hook stands between Twilio and the line.
func (p *places) hook(rt http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		p.add(inHookURL, "a webhook", []byte(r.URL.String()))
		res, err := rt.RoundTrip(r)
		if err != nil {
			return res, err
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return nil, err
		}
		res.Body = io.NopCloser(bytes.NewReader(body))
		p.addressesIn(inTwiMLURL, r.URL.Path, body)
		// Whom to dial must stand in it; the rest of the document may not say it.
		p.add(inTwiML, r.URL.Path, dialled.ReplaceAll(body, []byte("$1$2")), p.listening()...)
		return res, nil
	})
}

// rest stands between the line and Twilio's API. Twilio lists what was sent to a
// number only by an address that names it; whatever else is asked is in the body.
func (p *places) rest(rt http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		address := *r.URL
		if q := address.Query(); r.Method == http.MethodGet && q.Get("To") != "" {
			q.Del("To")
			address.RawQuery = q.Encode()
		}
		p.add(inRestURL, r.Method+" "+path4(address.Path), []byte(address.String()))
		if r.Body != nil {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			for _, field := range strings.Split(string(body), "&") {
				if name, value, _ := strings.Cut(field, "="); strings.Contains(value, "%3A%2F%2F") {
					p.add(inRestURL, name, []byte(value))
				}
			}
		}
		return rt.RoundTrip(r)
	})
}

// path4 is an address's last part.
func path4(path string) string { return filepath.Base(path) }

// redis adds all that a server holds, and what it wrote to disk.
func (p *places) redis(t *testing.T, server *redistest.Server) {
	t.Helper()
	for _, kept := range server.Everything(t) {
		p.add(inKeys, "a "+kept.Type, []byte(kept.Key))
		for _, v := range kept.Values {
			p.add(inValues, regexp.MustCompile(`[0-9a-f]{32}|:[a-z]*[0-9a-z]{16}$`).ReplaceAllString(kept.Key, "…"), []byte(v))
		}
	}
	p.files(t, server.Dir)
}

func (p *places) files(t *testing.T, dir string) {
	t.Helper()
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		p.add(inFiles, name, append([]byte(name+"\n"), b...))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// swapped has a world keep everything in a real redis-server, which goes away, or
// makes whoever writes to it panic, when it is told to.
type swapped struct {
	// auth is the command that says who we are; empty for nobody.
	auth   string
	server *redistest.Server
	away   atomic.Bool
	panics atomic.Pointer[string]
}

func (s *swapped) conn(old net.Conn) net.Conn {
	old.Close()
	conn, err := net.Dial("unix", s.server.Socket)
	if err != nil {
		return brokenConn{old, s}
	}
	if s.auth != "" {
		if _, err := conn.Write([]byte(s.auth)); err == nil {
			_, _ = conn.Read(make([]byte, len("+OK\r\n")))
		}
	}
	return brokenConn{conn, s}
}

type brokenConn struct {
	net.Conn
	s *swapped
}

// readsOutbox is what a worker asks by itself, before it does anything of ours.
var readsOutbox = regexp.MustCompile(`(?i)hello|client|xreadgroup`)

func (c brokenConn) Write(b []byte) (int, error) {
	if said := c.s.panics.Load(); said != nil && !readsOutbox.Match(b[:min(len(b), 40)]) {
		panic(*said)
	}
	if c.s.away.Load() {
		_ = c.Close()
		return 0, net.ErrClosed
	}
	return c.Conn.Write(b)
}

// wantClean fails with every place that something was found in.
func wantClean(t *testing.T, found map[hidden][]string) {
	t.Helper()
	for _, at := range slices.Sorted(maps.Keys(found)) {
		lines := slices.Compact(found[at])
		t.Errorf("%s:\n  %s", at, strings.Join(lines[:min(len(lines), 12)], "\n  "))
	}
}
