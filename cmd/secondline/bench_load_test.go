//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"secondline/internal/twiliosim"
)

// webhook is one request of an intake as the stand-in for Twilio sent it.
type webhook struct {
	target string // path and query
	fields url.Values
}

// recordIntake plays a whole intake and gives the requests it was made of. Steps
// and versions in the addresses are the same in every intake.
func recordIntake(b testing.TB) []webhook {
	b.Helper()
	w := testWorld(b, tuesday)
	tokens, err := parseTokens(wholeIntake)
	if err != nil {
		b.Fatal(err)
	}
	p := &callPlayer{world: w, from: patient, to: tollFree}
	if err := p.play(b.Context(), tokens); err != nil {
		b.Fatal(err)
	}
	var out []webhook
	for _, x := range p.calls[0].Traffic() {
		if !x.Callback {
			out = append(out, webhook{strings.TrimPrefix(x.URL, worldURL), x.Form})
		}
	}
	return out
}

// benchLoad plays one recorded intake as many calls, each with a CallSid and a number
// of its own. The requests are written beforehand, so that sending them costs
// little while the time runs, and lie outside of Go's heap, which would collect
// its garbage less often with them in it.
type benchLoad struct {
	intake []webhook
	// ends holds where each request ends within a call.
	ends  []int
	slab  []byte
	calls int // ever written
	areas []int
}

// newBenchLoad makes room for so many calls at a time.
func newBenchLoad(b *testing.B, intake []webhook, calls int) *benchLoad {
	b.Helper()
	l := &benchLoad{intake: intake, areas: homeAreas()}
	sample := l.appendCall(nil, 0)
	slab, err := syscall.Mmap(-1, 0, calls*len(sample), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		b.Fatalf("room for the requests: %v", err)
	}
	b.Cleanup(func() { _ = syscall.Munmap(slab) })
	l.slab = slab[:0]
	return l
}

// write writes the requests of new calls in place of the last ones.
func (l *benchLoad) write(calls int) {
	l.slab = l.slab[:0]
	for range calls {
		l.slab = l.appendCall(l.slab, l.calls)
		l.calls++
	}
}

// request gives a request of one of the calls written.
func (l *benchLoad) request(call, turn int) []byte {
	from := call * l.ends[len(l.ends)-1]
	start := from
	if turn > 0 {
		start += l.ends[turn-1]
	}
	return l.slab[start : from+l.ends[turn]]
}

// appendCall writes the requests of the n-th call. All calls have one length.
func (l *benchLoad) appendCall(to []byte, n int) []byte {
	start := len(to)
	l.ends = l.ends[:0]
	fields := url.Values{}
	for turn, hook := range l.intake {
		clear(fields)
		for name, values := range hook.fields {
			fields[name] = values
		}
		fields.Set("CallSid", callSID(n))
		fields.Set("From", l.number(n))
		fields.Set("Caller", l.number(n))
		to = appendRequest(to, hook.target, fmt.Sprintf("%08x-%04x-4000-8000-%012x", n, turn, n), fields)
		l.ends = append(l.ends, len(to)-start)
	}
	return to
}

func callSID(n int) string { return fmt.Sprintf("CA%032x", n) }

// homeAreas lists the area codes whose people are asked what the recorded caller
// was: elsewhere in the North American plan a date is asked in another way.
func homeAreas() []int {
	var out []int
	for area := 201; area < 1000; area++ {
		if isDomestic(fmt.Sprintf("+1%d5550100", area)) {
			out = append(out, area)
		}
	}
	return out
}

// number gives the n-th of the numbers set aside for fiction (555-0100 to
// 555-0199 of an area code); they come round when all have called.
func (l *benchLoad) number(n int) string {
	return fmt.Sprintf("+1%d55501%02d", l.areas[n/100%len(l.areas)], n%100)
}

// appendRequest writes a webhook with the headers that Twilio sends.
func appendRequest(to []byte, target, token string, fields url.Values) []byte {
	body := fields.Encode()
	return fmt.Appendf(to, "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: TwilioProxy/1.1\r\nContent-Length: %d\r\nAccept: */*\r\n"+
		"Accept-Encoding: gzip\r\nContent-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"+
		"I-Twilio-Idempotency-Token: %s\r\nX-Home-Region: us1\r\nX-Twilio-Signature: %s\r\n\r\n%s",
		target, strings.TrimPrefix(worldURL, "https://"), len(body), token, twiliosim.Sign(worldToken, worldURL+target, fields), body)
}

// benchCaller is one keep-alive connection.
type benchCaller struct {
	conn net.Conn
	in   *bufio.Reader
}

func dialCallers(address string, n int) ([]*benchCaller, error) {
	callers := make([]*benchCaller, n)
	for i := range callers {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return nil, fmt.Errorf("dial: %w", err)
		}
		callers[i] = &benchCaller{conn, bufio.NewReader(conn)}
	}
	return callers, nil
}

// play plays the calls written, shared out evenly, one turn after the other on
// each connection.
func (l *benchLoad) play(callers []*benchCaller, calls int) error {
	errs := make([]error, len(callers))
	var all sync.WaitGroup
	for i, c := range callers {
		all.Go(func() {
			for call := i; call < calls && errs[i] == nil; call += len(callers) {
				for turn := 0; turn < len(l.intake) && errs[i] == nil; turn++ {
					errs[i] = c.turn(l.request(call, turn))
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// turn sends a request and reads its answer to the end. It fails on any status
// but 200.
func (c *benchCaller) turn(request []byte) error {
	if _, err := c.conn.Write(request); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	status, err := c.in.ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200 ")) {
		return fmt.Errorf("answer: %s", bytes.TrimSpace(status))
	}
	length := 0
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("headers: %w", err)
		}
		if len(line) <= 2 {
			return c.skipBody(length)
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length, _ = strconv.Atoi(string(bytes.TrimSpace(value)))
		} else if bytes.HasPrefix(line, []byte("Transfer-Encoding: chunked")) {
			length = chunked
		}
	}
}

// chunked stands for a body that comes in chunks (RFC 9112, 7.1).
const chunked = -1

func (c *benchCaller) skipBody(length int) error {
	if length != chunked {
		_, err := c.in.Discard(length)
		return err
	}
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("chunk: %w", err)
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return fmt.Errorf("chunk: %w", err)
		}
		if _, err := c.in.Discard(int(size) + len("\r\n")); err != nil || size == 0 {
			return err
		}
	}
}

// answer sends a request and gives the body of its answer.
func (c *benchCaller) answer(request []byte) ([]byte, error) {
	if _, err := c.conn.Write(request); err != nil {
		return nil, fmt.Errorf("send: %w", err)
	}
	res, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("answer: %s", res.Status)
	}
	return body, err
}
