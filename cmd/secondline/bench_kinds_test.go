//go:build unix

package main

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"regexp"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/event"
	"secondline/internal/loadgen"
	"secondline/internal/private"
)

// kindSpec is a kind of request.
type kindSpec struct {
	name string
	// person writes the requests of the n-th, untimed so many of them to prepare the
	// rest; see benchLoad.
	person  func(to []byte, n int) ([]byte, []int)
	untimed int
	// units are how many people a measurement has, by benchConnections.
	units [3]int
	// durable says that the answer waits for the disk.
	durable bool
	// answers are what each person is answered, as far as it must say.
	answers string
	// handler is the listener that is asked, and prepared.
	handler func(b *testing.B, l *line) http.Handler
	// door is the floor's: router, signature, and the name to keep a request under.
	door func(b *testing.B, do func(http.ResponseWriter, *http.Request, string)) http.Handler
}

func publicListener(_ *testing.B, l *line) http.Handler { return l.handler }

// voiceKind is a whole intake.
func voiceKind(b *testing.B) kindSpec {
	intake, numbers := recordIntake(b), loadgen.HomeNumbers(isDomestic)
	return kindSpec{name: "voice turn", units: [3]int{64, 320, 448}, answers: "request number", handler: publicListener, door: twilioDoor,
		person: func(to []byte, n int) ([]byte, []int) {
			start, ends := len(to), make([]int, 0, len(intake))
			for turn, hook := range intake {
				to = benchTarget.AppendRequest(to, hook.target, loadgen.Token(n, turn), hook.asCall(loadgen.SID("CA", n), numbers.Of(n), n))
				ends = append(ends, len(to)-start)
			}
			return to, ends
		}}
}

// textKind is a whole intake by text.
func textKind() kindSpec {
	numbers := loadgen.HomeNumbers(isDomestic)
	return kindSpec{name: "text", units: [3]int{16, 64, 96}, handler: publicListener, door: twilioDoor,
		person: func(to []byte, n int) ([]byte, []int) {
			start, ends := len(to), make([]int, 0, len(loadTexts))
			for turn, text := range loadTexts {
				sid := loadgen.SID("SM", n*len(loadTexts)+turn)
				to = benchTarget.AppendRequest(to, "/sms/incoming", loadgen.Token(n, turn), url.Values{"MessageSid": {sid}, "SmsSid": {sid}, "AccountSid": {worldAccount},
					"From": {numbers.Of(n)}, "To": {tollFree}, "Body": {text}, "NumMedia": {"0"}, "NumSegments": {"1"}, "ApiVersion": {"2010-04-01"}})
				ends = append(ends, len(to)-start)
			}
			return to, ends
		}}
}

// statusKind is the end of a call that has begun.
func statusKind(b *testing.B) kindSpec {
	first, numbers := recordIntake(b)[0], loadgen.HomeNumbers(isDomestic)
	return kindSpec{name: "status callback", units: [3]int{600, 2400, 3200}, untimed: 1, handler: publicListener, door: twilioDoor,
		person: func(to []byte, n int) ([]byte, []int) {
			start, sid, number := len(to), loadgen.SID("CA", n), numbers.Of(n)
			to = benchTarget.AppendRequest(to, first.target, loadgen.Token(n, 0), first.asCall(sid, number, n))
			ends := []int{len(to) - start}
			to = benchTarget.AppendRequest(to, "/voice/status", loadgen.Token(n, 1), url.Values{"CallSid": {sid}, "AccountSid": {worldAccount}, "From": {number},
				"To": {tollFree}, "CallStatus": {"completed"}, "CallDuration": {"300"}, "Direction": {"inbound"}, "ApiVersion": {"2010-04-01"}})
			return to, append(ends, len(to)-start)
		}}
}

// eventKind makes a case.
func eventKind(b *testing.B) kindSpec {
	secret, err := event.ParseSecret(private.Of(secretOfEvents))
	if err != nil {
		b.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, tuesday)
	if err != nil {
		b.Fatal(err)
	}
	numbers := loadgen.HomeNumbers(isDomestic)
	return kindSpec{name: "event in", durable: true, units: [3]int{100, 400, 800}, handler: publicListener,
		answers: `"accepted"`, door: func(_ *testing.B, do func(http.ResponseWriter, *http.Request, string)) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err == nil {
					err = event.Verify([]event.Secret{secret}, r.Header, body, at)
				}
				if err != nil {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				do(w, r, r.Header.Get(event.HeaderID))
			})
		},
		person: func(to []byte, n int) ([]byte, []int) {
			start := len(to)
			body := fmt.Appendf(nil, `{"specversion":"1.0","id":"e%09d","source":"https://records.example.org","type":%q,"subject":"case-%09d","time":%q,"data":{"phone":%q,"birth_date":"1960-03-04","zip":"10001","language":"en","consents":{"texts":true,"voicemail":true},"name":"Ana Ruiz"}}`,
				n, event.CaseCreated, n, at.UTC().Format(time.RFC3339), numbers.Of(n))
			id := fmt.Sprintf("msg%09d", n)
			to = fmt.Appendf(to, "POST %s HTTP/1.1\r\nHost: line.example\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s: %s\r\n%s: %d\r\n%s: %s\r\n\r\n%s",
				event.Path, event.TypeEvent, len(body), event.HeaderID, id, event.HeaderTimestamp, at.Unix(), event.HeaderSignature, secret.Sign(id, at, body), body)
			return to, []int{len(to) - start}
		}}
}

// boardPromises is how many open promises the board shows.
const boardPromises = 1000

// boardKind opens the board as one who is signed in.
func boardKind() kindSpec {
	cookie := ""
	// The first page reads everything that is open; those after it, which are measured,
	// what has changed.
	return kindSpec{name: "console board", untimed: 1, units: [3]int{20, 60, 100}, answers: "/case/",
		handler: func(b *testing.B, l *line) http.Handler {
			for i := range boardPromises {
				at := l.now().Add(-time.Duration(i%1200+1) * time.Minute)
				c := loadedCase(i, at)
				if err := l.store.AddCase(b.Context(), c); err != nil {
					b.Fatal(err)
				}
			}
			handler := l.adminHandler()
			form := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/signin/link", bytes.NewBufferString(url.Values{"token": {path.Base(l.console.Link())}}.Encode()))
			form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, form)
			cookie = regexp.MustCompile(`^[^;]*`).FindString(answer.Header().Get("Set-Cookie"))
			if cookie == "" {
				b.Fatalf("nobody is signed in: %d", answer.Code)
			}
			return handler
		},
		door: func(_ *testing.B, do func(http.ResponseWriter, *http.Request, string)) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { do(w, r, "board0") })
		},
		person: func(to []byte, _ int) ([]byte, []int) {
			start, ends := len(to), []int{}
			for range 2 {
				to = fmt.Appendf(to, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: %-60s\r\n\r\n", cookie)
				ends = append(ends, len(to)-start)
			}
			return to, ends
		}}
}

// loadedCase is a case whose opinion was delivered, with everything that an intake asks.
func loadedCase(i int, delivered time.Time) *casestore.Case {
	// Twilio's names are random; those of Twilio's that count up would pack too well.
	sid := func(kind, what string) string { return fmt.Sprintf("%s%x", kind, md5.Sum(fmt.Append(nil, what, i))) }
	answers := map[string]private.Text{}
	for name, value := range map[string]string{"for_whom": "self", "adult": "yes", "birth_date": "1960-03-04", "zip": "10001", "can_talk": "yes", "phone": fmt.Sprintf("+1212%07d", i),
		"consent_calls": "yes", "consent_texts": "yes", "consent_voicemail": "yes", "good_time": "morning", "name": sid("RE", "name"), "email": fmt.Sprintf("somebody.%d@example.org", i),
		"treated_at": sid("RE", "treated_at"), "question": sid("RE", "question")} {
		answers[name] = private.Of(value)
	}
	c := &casestore.Case{ID: casestore.NewCaseID(), Stage: casestore.StageDelivered, Number: casestore.NewRequestNumber(), Line: "tollfree", Language: "en",
		Opened: delivered.AddDate(0, 0, -20), Updated: delivered, Caller: private.Of(fmt.Sprintf("+1212%07d", i)), Answers: answers, CallBy: delivered.AddDate(0, 0, -19), DeliveredAt: delivered}
	for _, kind := range []string{"calls", "texts", "voicemail", "processing"} {
		c.SetConsent(casestore.Consent{Kind: kind, Given: "yes", Prompt: "consent." + kind, Version: "1a2b3c4d", Key: "1", Call: sid("CA", "call"), Line: "tollfree", At: c.Opened})
	}
	return c
}

// benchKind is a kind of request on one Redis, with what stands beside the line.
type benchKind struct {
	spec  kindSpec
	redis *benchRedis
	line  *line
	load  *benchLoad
	sides [4]benchSide
}

func newBenchKind(b *testing.B, r *benchRedis, spec kindSpec) *benchKind {
	b.Helper()
	k := &benchKind{spec: spec, redis: r, line: benchLine(b, r)}
	k.sides[sideLine] = benchSide{"line", spec.handler(b, k.line)}
	k.load = newBenchLoad(b, spec, benchSize(max(spec.units[0], spec.units[1], spec.units[2]))+1)
	of := k.tryOut(b)
	k.sides[sideBare] = benchSide{"bare", bare(of)}
	k.sides[sideFloor] = benchSide{"floor", floorOf(b, r, of, spec, false)}
	k.sides[sideMerged] = benchSide{"merged", floorOf(b, r, of, spec, true)}
	return k
}

// tryOut plays one person, looks at the answers and measures their sizes.
func (k *benchKind) tryOut(b *testing.B) sizes {
	b.Helper()
	address, stop := k.sides[sideLine].serve(b, "try")
	defer stop()
	conns, err := loadgen.Dial(address, 1)
	if err != nil {
		b.Fatal(err)
	}
	defer hangUp(conns)
	k.load.write(1)
	before, bytesOfAll, n := k.redis.use(b), 0, 0
	var last []byte
	for turn := range k.load.ends {
		if turn == k.load.untimed {
			before = k.redis.use(b)
		}
		status, body, _, err := conns[0].Answer(k.load.request(0, turn))
		if err != nil || status < 200 || status > 299 {
			b.Fatalf("%s, request %d: status %d, %v", k.spec.name, turn, status, err)
		}
		if turn >= k.load.untimed {
			last, bytesOfAll, n = body, bytesOfAll+len(body), n+1
		}
	}
	if !bytes.Contains(last, []byte(k.spec.answers)) {
		b.Fatalf("the last answer to a %s does not say %q: %d bytes", k.spec.name, k.spec.answers, len(last))
	}
	after := k.redis.use(b)
	return sizes{toRedis: int(after.in-before.in) / n, fromRedis: int(after.out-before.out) / n, answer: bytesOfAll / n}
}

// measure plays the same people on all sides, in turn.
func (k *benchKind) measure(b *testing.B, sides []benchSide, connections, people int) figure {
	b.Helper()
	all := make([][]measurement, len(sides))
	for round := range benchRounds() {
		k.load.write(people)
		inTurn(round, len(sides), func(i int) { all[i] = append(all[i], k.run(b, sides[i], connections, people)) })
	}
	f := figure{what: k.spec.name, redis: k.redis.name, connections: connections, rounds: benchRounds()}
	for i, s := range sides {
		f.names = append(f.names, s.name)
		f.medians = append(f.medians, medianOf(all[i]))
	}
	return f
}

func (k *benchKind) run(b *testing.B, s benchSide, connections, people int) measurement {
	b.Helper()
	address, stop := s.serve(b, fmt.Sprintf("%s-%d", s.name, connections))
	defer stop()
	conns, err := loadgen.Dial(address, connections)
	if err != nil {
		b.Fatal(err)
	}
	defer hangUp(conns)
	if k.load.untimed > 0 {
		if _, _, err := k.load.play(conns, people, 0, k.load.untimed); err != nil {
			b.Fatal(err)
		}
	}
	return timed(b, k.redis, func() (int, *loadgen.Latencies, error) {
		return k.load.play(conns, people, k.load.untimed, len(k.load.ends))
	})
}

func hangUp(conns []*loadgen.Conn) {
	for _, c := range conns {
		_ = c.Close()
	}
}
