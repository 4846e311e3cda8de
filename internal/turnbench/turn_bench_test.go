package turnbench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/gorilla/mux"
	"github.com/redis/go-redis/v9"

	"secondline/casestore"
	"secondline/internal/hours"
	"secondline/internal/private"
	"secondline/internal/redistest"
	"secondline/internal/twilio"
	"secondline/internal/twiliosim"
	"secondline/internal/wording"
	"secondline/ivr"
)

const (
	benchURL   = "http://line.example"
	benchToken = "00000000000000000000000000000000"
)

// intakeTurns are the requests of a whole intake after the first: the step that
// waits, and what the caller did.
var intakeTurns = []struct{ at, did string }{
	{"main.choose", "1"}, {"intake.for_whom", "1"}, {"intake.adult", "1"}, {"intake.massachusetts", "2"}, {"intake.hospital", "2"},
	{"intake.privacy", "1"}, {"intake.birth_date", "03041960"}, {"intake.birth_date", "1"}, {"intake.this_number", "1"}, {"intake.calls", "1"},
	{"intake.texts", "1"}, {"intake.messages", "1"}, {"intake.zip", "10001"}, {"intake.good_time", "1"},
	{"intake.name", "record"}, {"intake.treated_at", "record"}, {"intake.question", "record"}, {"intake.review", "3"},
}

// firstDraft is the turn from which on the unfinished request is written too.
const firstDraft = 8

type openCalendar struct{ *hours.Calendar }

func (openCalendar) State(time.Time) string { return "open" }

// realLine is the program's own handler.
func realLine(b *testing.B, store *casestore.Store) http.Handler {
	calendar, err := hours.NewCalendar(hours.CalendarConfig{Zone: "America/New_York", Days: map[string][2]string{"monday": {"09:00", "21:00"}}})
	if err != nil {
		b.Fatal(err)
	}
	words, err := wording.Load()
	if err != nil {
		b.Fatal(err)
	}
	server, err := ivr.New(ivr.Parts{Config: ivr.Config{
		PublicURL: benchURL, Lines: []ivr.Line{{Name: "tollfree", Number: "+18009419309"}}, InPerson: "+18774423324",
		Organisation: "Care Team Services", Hours: calendar.Spec(), Zone: calendar.Zone(), Voice: "Polly.Joanna-Neural", Language: "en-US",
		SpanishVoice: "Polly.Lupe-Neural", RingSeconds: 20, FirstCall: 12 * time.Hour, CallBack: 4 * time.Hour,
		Home: func(string) bool { return true }, Callable: func(string) bool { return true }, ZoneOf: func(string) *time.Location { return nil },
		Zips: ivr.ZipRules{State: hours.StateOfZip, Zones: hours.ZonesOfZip, Offset: hours.OffsetFromLocal, OffsetName: hours.OffsetName},
	}, Calendar: openCalendar{calendar}, Words: words, Store: store, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	return behindTwilio(b, server.Routes)
}

// behindTwilio mounts routes behind the check of the signature.
func behindTwilio(b *testing.B, routes func(*mux.Router)) http.Handler {
	verifier, err := twilio.NewVerifier(twilio.VerifierConfig{PublicURL: benchURL, Tokens: []string{benchToken}})
	if err != nil {
		b.Fatal(err)
	}
	router := mux.NewRouter()
	hooks := router.NewRoute().Subrouter()
	hooks.Use(verifier.Middleware(nil))
	routes(hooks)
	return router
}

// floorScript writes what a turn writes, and decides nothing.
var floorScript = redis.NewScript(`
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'd', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
if #ARGV > 3 then
  redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
  redis.call('PEXPIRE', KEYS[2], ARGV[6])
end
return 1
`)

// sizes are what a turn of the real line reads, writes and answers on average.
type sizes struct{ conversation, draft, twiml int }

// floorLine is the least that any handler of this design does: the same router
// and check, two round trips of the same sizes, constant TwiML.
func floorLine(b *testing.B, rdb redis.UniversalClient, s sizes) http.Handler {
	conversation, draft := strings.Repeat("c", s.conversation), strings.Repeat("d", s.draft)
	answer := []byte(strings.Repeat("t", s.twiml))
	turn := func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		version, _ := strconv.Atoi(r.URL.Query().Get("v"))
		call := "floor:call:" + twilio.FormOf(r).Get("CallSid")
		if err := rdb.HMGet(ctx, call, "v", "d").Err(); err != nil {
			b.Error(err)
		}
		args := []any{strconv.Itoa(version + 1), conversation, "86400000"}
		if version >= firstDraft {
			args = append(args, "cabcdefghijklmnop", draft, "604800000")
		}
		if err := floorScript.Run(ctx, rdb, []string{call, call + ":drafts"}, args...).Err(); err != nil {
			b.Error(err)
		}
		w.Header().Set("Content-Type", twilio.ContentType)
		_, _ = w.Write(answer)
	}
	return behindTwilio(b, func(r *mux.Router) {
		r.HandleFunc("/voice/incoming", turn).Methods(http.MethodPost)
		r.HandleFunc("/voice/answer", turn).Methods(http.MethodPost)
	})
}

// caller is one connection that plays whole intakes.
type benchCaller struct {
	conn net.Conn
	in   *bufio.Reader
	from string
	n    int
	id   int
}

// turn sends a signed request and gives the answer's body.
func (c *benchCaller) turn(path, did string) (string, error) {
	sid := fmt.Sprintf("CA%016x%016x", c.id, c.n)
	form := url.Values{"CallSid": {sid}, "AccountSid": {"AC" + benchToken}, "From": {c.from}, "To": {"+18009419309"}, "CallStatus": {"in-progress"},
		"Direction": {"inbound"}, "ApiVersion": {"2010-04-01"}, "Caller": {c.from}, "Called": {"+18009419309"}, "FromState": {"MA"}, "FromZip": {""}, "FromCountry": {"US"}}
	switch did {
	case "":
	case "record":
		form["RecordingSid"], form["RecordingDuration"], form["Digits"] = []string{"RE" + benchToken}, []string{"4"}, []string{"#"}
	default:
		form["Digits"] = []string{did}
	}
	body := form.Encode()
	if _, err := fmt.Fprintf(c.conn, "POST %s HTTP/1.1\r\nHost: line.example\r\nContent-Type: application/x-www-form-urlencoded\r\nX-Twilio-Signature: %s\r\nContent-Length: %d\r\n\r\n%s",
		path, twiliosim.Sign(benchToken, benchURL+path, form), len(body), body); err != nil {
		return "", err
	}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", answer.StatusCode)
	}
	return string(b), err
}

// call plays an intake and gives the last answer and the mean size of all.
func (c *benchCaller) call(stop func() bool) (last string, turns, bytes int, err error) {
	c.n++
	c.from = fmt.Sprintf("+1617%07d", (c.id*9973+c.n)%10_000_000)
	last, err = c.turn("/voice/incoming", "")
	turns, bytes = 1, len(last)
	for v, t := range intakeTurns {
		if err != nil || stop() {
			return last, turns, bytes, err
		}
		last, err = c.turn("/voice/answer?at="+t.at+"&v="+strconv.Itoa(v+1), t.did)
		turns++
		bytes += len(last)
	}
	return last, turns, bytes, err
}

// load plays calls over n connections for a time and gives the turns a second
// and the processor time a turn, of line and load together.
func load(b *testing.B, address string, connections int, span time.Duration, round int) (perSecond, cpu float64) {
	deadline := time.Now().Add(span)
	stop := func() bool { return time.Now().After(deadline) }
	counts := make([]int, connections)
	var wg sync.WaitGroup
	started, used := time.Now(), processorTime()
	for i := range connections {
		wg.Go(func() {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			c := &benchCaller{conn: conn, in: bufio.NewReader(conn), id: round*1000 + i}
			for !stop() {
				_, turns, _, err := c.call(stop)
				if err != nil {
					b.Error(err)
					return
				}
				counts[i] += turns
			}
		})
	}
	wg.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	spent := time.Since(started).Seconds()
	return float64(total) / spent, (processorTime() - used).Seconds() * 1e6 / float64(total)
}

func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func listen(b *testing.B, h http.Handler) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: h}
	go func() { _ = server.Serve(l) }()
	b.Cleanup(func() { server.Close() })
	return l.Addr().String()
}

// measure plays one real call and gives its mean sizes.
func measure(b *testing.B, address string, rdb redis.UniversalClient, ring *casestore.KeyRing) sizes {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	c := &benchCaller{conn: conn, in: bufio.NewReader(conn), id: 999_999}
	last, turns, bytes, err := c.call(func() bool { return false })
	if err != nil || !strings.Contains(last, "Your request number is") {
		b.Fatalf("the call does not come to its end: %v\n%s", err, last)
	}
	s := sizes{twiml: bytes / turns}
	// The same call again, up to the zip code: about the mean of what is kept.
	n := 0
	if _, _, _, err := c.call(func() bool { n++; return n > 13 }); err != nil {
		b.Fatal(err)
	}
	id := ring.Person(private.Of(c.from))
	keys, err := rdb.Keys(context.Background(), "*"+fmt.Sprintf("CA%016x%016x", c.id, c.n)).Result()
	if err != nil || len(keys) != 1 {
		b.Fatalf("%d keys of a call, %v", len(keys), err)
	}
	s.conversation = int(rdb.HStrLen(context.Background(), keys[0], "d").Val())
	drafts := rdb.HGetAll(context.Background(), "sl:{"+id.Partition().String()+"}:drafts:"+string(id)).Val()
	for _, d := range drafts {
		s.draft = len(d)
	}
	if s.conversation == 0 || s.draft == 0 {
		b.Fatalf("sizes %+v", s)
	}
	return s
}

// BenchmarkVoiceTurn prints the turns a second of the real line and of its floor,
// measured in alternation in one run.
func BenchmarkVoiceTurn(b *testing.B) {
	span, rounds := 1500*time.Millisecond, 5
	if testing.Short() {
		span, rounds = 300*time.Millisecond, 3
	}
	server := redistest.Start(b, "--appendfsync", "everysec")
	rdb, err := casestore.Connect(server.URL())
	if err != nil {
		b.Fatal(err)
	}
	defer rdb.Close()
	ring, err := casestore.NewKeyRing(make([]byte, 32), casestore.Key{ID: "2027a", Secret: make([]byte, 32)})
	if err != nil {
		b.Fatal(err)
	}
	store := casestore.New(casestore.Options{Redis: rdb, Ring: ring})
	ctx, cancel := context.WithCancel(context.Background())
	var workers sync.WaitGroup
	workers.Go(func() { store.KeepNumbers(ctx) })
	defer func() { cancel(); workers.Wait() }()
	real := listen(b, realLine(b, store))
	s := measure(b, real, rdb, ring)
	floor := listen(b, floorLine(b, rdb, s))

	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Printf("\nVoice turn against its floor: same router and signature check, two round trips of %d and %d bytes, %d bytes of constant TwiML.\n", s.conversation, s.draft, s.twiml)
	fmt.Printf("%s, %d processors, %s, append-only file everysec, unix socket; medians of %d rounds of %v, in alternation; processor time is of line and load together.\n", runtime.Version(), runtime.NumCPU(), redisVersion(rdb), rounds, span)
	fmt.Fprintln(table, "connections\tfloor turns/s\treal turns/s\tratio\tfloor µs/turn\treal µs/turn\t")
	for _, n := range []int{1, 16, 64} {
		var rates, costs [2][]float64
		for round := range rounds {
			for i, address := range []string{floor, real} {
				rate, cost := load(b, address, n, span, n*100+round*2+i)
				rates[i], costs[i] = append(rates[i], rate), append(costs[i], cost)
			}
		}
		ratio := median(rates[1]) / median(rates[0])
		fmt.Fprintf(table, "%d\t%.0f\t%.0f\t%.2f\t%.0f\t%.0f\t\n", n, median(rates[0]), median(rates[1]), ratio, median(costs[0]), median(costs[1]))
		b.ReportMetric(ratio, fmt.Sprintf("ratio-%d", n))
	}
	table.Flush()
	for b.Loop() { // everything above is the measurement
	}
}

func redisVersion(rdb redis.UniversalClient) string {
	for _, line := range strings.Split(rdb.Info(context.Background(), "server").Val(), "\r\n") {
		if v, ok := strings.CutPrefix(line, "redis_version:"); ok {
			return "Redis " + v
		}
	}
	return "Redis"
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}
