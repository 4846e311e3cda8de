package loadgen

import (
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestQuantilesAreWithinTwoPercent(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var l, other Latencies
	var all []time.Duration
	for i := range 20_000 {
		d := time.Duration(random.ExpFloat64()*float64(30*time.Millisecond)) + time.Duration(random.IntN(200))*time.Microsecond
		all = append(all, d)
		if i%2 == 0 {
			l.Add(d)
		} else {
			other.Add(d)
		}
	}
	l.Merge(&other)
	slices.Sort(all)
	for _, q := range []float64{0.001, 0.5, 0.9, 0.99, 0.999, 1} {
		want := all[int(q*float64(len(all)-1))]
		if got := l.Quantile(q); got < want-2*time.Microsecond || float64(got-want) > 0.02*float64(want)+2000 {
			t.Errorf("%v of all: %s, want %s", q, got, want)
		}
	}
	if l.Count() != len(all) || l.Max() != all[len(all)-1] {
		t.Errorf("%d, longest %s", l.Count(), l.Max())
	}
	var none Latencies
	none.Add(1 << 62)
	if got := none.Quantile(0.5); got <= 0 {
		t.Errorf("the longest span there is: %s", got)
	}
}

func TestNumbersAreFictional(t *testing.T) {
	n := HomeNumbers(func(e164 string) bool { return strings.HasPrefix(e164, "+121") })
	seen := map[string]bool{}
	for i := range n.Len() {
		got := n.Of(i)
		if len(got) != 12 || got[5:10] != "55501" || seen[got] {
			t.Fatalf("number %d: %s", i, got)
		}
		seen[got] = true
	}
	if n.Of(0) != n.Of(n.Len()) || n.Of(0)[:5] == n.Of(1)[:5] {
		t.Errorf("%s, %s, and again %s", n.Of(0), n.Of(1), n.Of(n.Len()))
	}
}

func TestRequestsAndAnswers(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		got = append(got, r.Host+" "+r.URL.String()+" "+r.PostForm.Encode()+" "+r.Header.Get("X-Twilio-Signature")+" "+r.Header.Get("I-Twilio-Idempotency-Token"))
		switch r.URL.Path {
		case "/chunks":
			_, _ = io.WriteString(w, strings.Repeat("x", 5000))
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, "end")
		case "/none":
			w.WriteHeader(http.StatusNoContent)
		case "/bad":
			http.Error(w, "no", http.StatusServiceUnavailable)
		default:
			_, _ = io.WriteString(w, "yes")
		}
	}))
	t.Cleanup(server.Close)
	line := Line{Origin: "https://line.example", Sign: func(address string, fields url.Values) string { return "signed:" + address + fields.Encode() }}
	conns, err := Dial(server.Listener.Addr().String(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer conns[0].Close()
	for _, path := range []string{"/chunks", "/none", "/yes?a=b", "/bad"} {
		got = nil
		request := line.AppendRequest(nil, path, Token(1, 2), url.Values{"From": {"+12125550100"}})
		if err := conns[0].Turn(request); (err != nil) != (path == "/bad") {
			t.Fatalf("%s: %v", path, err)
		}
		want := "line.example " + path + " From=%2B12125550100 signed:https://line.example" + path + "From=%2B12125550100 00000001-0002-4000-8000-000000000001"
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s: asked %q", path, got)
		}
	}
	if conns, err = Dial(server.Listener.Addr().String(), 1); err != nil {
		t.Fatal(err)
	}
	defer conns[0].Close()
	if status, body, more, err := conns[0].Answer(line.AppendRequest(nil, "/yes", "", nil)); status != 200 || string(body) != "yes" || !more || err != nil {
		t.Errorf("%d %q %v %v", status, body, more, err)
	}
}
