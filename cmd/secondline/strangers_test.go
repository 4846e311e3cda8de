package main

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"secondline/internal/twiliosim"
)

// Clients that send a byte and then nothing more keep nobody from the line, and are
// let go of.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	w := testWorld(t, tuesday)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := hardened(w.line.handler, slog.New(slog.DiscardHandler))
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() { server.Close(); serving.Wait() })

	var slow []net.Conn
	for i, begun := range []string{"", "P", "POST /voice/incoming HTTP/1.1\r\nHost: line.example\r\n", "POST /voice/incoming HTTP/1.1\r\nHost: line.example\r\nContent-Length: 60000\r\n\r\nCallSid="} {
		for range 75 {
			conn, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatalf("client %d: %v", i, err)
			}
			t.Cleanup(func() { conn.Close() })
			if _, err := io.WriteString(conn, begun); err != nil {
				t.Fatal(err)
			}
			slow = append(slow, conn)
		}
	}
	p := &callPlayer{world: w, from: patient, to: tollFree}
	if err := p.ring(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := p.now.Traffic()[0]
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+listener.Addr().String()+"/voice/incoming", strings.NewReader(first.Form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = strings.TrimPrefix(worldURL, "https://")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	r.Header.Set("X-Twilio-Signature", twiliosim.Sign(worldToken, worldURL+"/voice/incoming", first.Form))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(body), "Thank you for calling") {
		t.Errorf("beside %d slow clients a call is answered with %d, %v", len(slow), answer.StatusCode, err)
	}
	// The server's limits are 5 seconds for headers and 10 for all of a request.
	deadline := time.Now().Add(25 * time.Second)
	for i, conn := range slow {
		_ = conn.SetReadDeadline(deadline)
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("slow client %d is still held", i)
		}
	}
}

// What is larger than any webhook of Twilio's is refused before it is read whole.
func TestOversizedBodies(t *testing.T) {
	w := testWorld(t, tuesday)
	for _, path := range []string{"/voice/incoming", "/voice/answer", "/voice/status", "/sms/incoming", "/sms/status"} {
		endless := &counted{}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, worldURL+path, endless)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Twilio-Signature", strings.Repeat("A", 27)+"=")
		answer, err := twiliosim.HandlerTransport(w.line.handler).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusRequestEntityTooLarge || endless.n > 1<<20 {
			t.Errorf("%s: an endless body is answered with %d after %d bytes", path, answer.StatusCode, endless.n)
		}
	}
}

// counted is a body without an end.
type counted struct{ n int }

func (c *counted) Read(b []byte) (int, error) {
	c.n += len(b)
	for i := range b {
		b[i] = 'a'
	}
	return len(b), nil
}
