package event

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/mux"
	webhook "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/redistest"
)

var testSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))

// bench is an inbox on a Redis of its own, behind HTTP.
type bench struct {
	t     *testing.T
	store *casestore.Store
	inbox *Inbox
	url   string
	mu    sync.Mutex
	at    time.Time
}

func newStore(t *testing.T, now func() time.Time, args ...string) (*casestore.Store, *redistest.Server) {
	t.Helper()
	redis := redistest.Start(t, append([]string{"--appendonly", "yes", "--appendfsync", "always"}, args...)...)
	rdb, err := casestore.Connect(redis.URL())
	if err != nil {
		t.Fatal(err)
	}
	ring, err := casestore.NewKeyRing(bytes.Repeat([]byte("i"), 32), casestore.Key{ID: "k1", Secret: bytes.Repeat([]byte("s"), 32)})
	if err != nil {
		t.Fatal(err)
	}
	store := casestore.New(casestore.Options{Redis: rdb, Ring: ring, Now: now})
	t.Cleanup(func() { store.Close() })
	return store, redis
}

func newBench(t *testing.T, args ...string) *bench {
	t.Helper()
	b := &bench{t: t, at: time.Now()}
	b.store, _ = newStore(t, b.now, args...)
	secret, err := ParseSecret(private.Of(testSecret))
	if err != nil {
		t.Fatal(err)
	}
	b.inbox = &Inbox{Secrets: []Secret{secret}, Store: b.store, Now: b.now, Log: slog.New(slog.DiscardHandler), Metrics: NewMetrics(),
		Coordinator: func(name string) (string, bool) { return name, strings.HasPrefix(name, "co") }}
	router := mux.NewRouter()
	b.inbox.Routes(router)
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	b.url = server.URL + Path
	return b
}

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at
}

// signed posts a body as the independent library signs it.
type signed struct{ secret string }

func (s signed) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	w, err := webhook.NewWebhook(s.secret)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	sum, err := w.Sign("msg_1", now, body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Set(HeaderID, "msg_1")
	r.Header.Set(HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
	r.Header.Set(HeaderSignature, sum)
	return http.DefaultTransport.RoundTrip(r)
}

func (b *bench) post(kind, body string) (int, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	resp, err := (&http.Client{Transport: signed{testSecret}}).Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

func (b *bench) find(name string) *casestore.Case {
	b.t.Helper()
	c, err := b.store.FindCase(context.Background(), name)
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}
