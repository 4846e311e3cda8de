package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twilio"
	"secondline/internal/twiliosim"
)

// outage is a Redis that is gone from the n-th thing on that is asked of it.
type outage struct {
	asked  atomic.Int64
	from   int64 // 0 while it is not to begin
	silent bool  // the first that is struck is carried out, and not answered
	struck atomic.Bool
	begin  func()
}

type outageConn struct {
	net.Conn
	*outage
}

func (c outageConn) Write(b []byte) (int, error) {
	from := atomic.LoadInt64(&c.from)
	if from == 0 || c.struck.Load() || c.asked.Add(1) != from {
		return c.Conn.Write(b)
	}
	c.struck.Store(true)
	if c.silent {
		n, err := c.Conn.Write(b)
		// The answer is read by nobody; what comes after finds Redis gone.
		one := make([]byte, 1)
		_, _ = c.Conn.Read(one)
		c.begin()
		_ = c.Conn.Close()
		return n, err
	}
	c.begin()
	return c.Conn.Write(b)
}

// allowTexts gives a number's consent to texts.
func (w *world) allowTexts(t *testing.T, number string) {
	t.Helper()
	id := w.line.store.Ring().Person(private.Of(number))
	if err := w.line.store.ChangeContact(t.Context(), id, casestore.ContactChange{Permissions: map[casestore.Channel]casestore.Permission{casestore.ByText: {Given: true, At: w.clock.Now()}}}); err != nil {
		t.Fatal(err)
	}
}

// afternoon is a decent hour in all of the United States.
const afternoon = "2027-03-02T15:00:00-05:00"

// Redis goes at any moment between a message and its answer: the webhook says
// so, and Twilio comes again; nothing is sent while nobody can say whether it may
// be; when Redis is back, the message is answered, once, and what was waiting is
// sent, once.
//
// SECONDLINE_OUTAGES=1 tries every moment; 4 is every fourth.
func TestRedisGoneOnATextsWay(t *testing.T) {
	t.Parallel()
	const most = 200
	stride := int64(4)
	if n, err := strconv.ParseInt(os.Getenv("SECONDLINE_OUTAGES"), 10, 64); err == nil && n > 0 {
		stride = n
	}
	moments, refused := 0, 0
	for _, silent := range []bool{false, true} {
		for n := int64(1); ; n += stride {
			if n >= most {
				t.Fatal("the outage never came too late")
			}
			o := &outage{silent: silent}
			w := testWorldWith(t, afternoon, slog.New(slog.DiscardHandler), hooks{redis: func(c net.Conn) net.Conn { return outageConn{c, o} }})
			o.begin = func() { w.redis.SetError("ERR gone") }
			w.allowTexts(t, patient)
			if err := w.line.texts.Resume(t.Context(), private.Of(patient), "en", "CA1"); err != nil {
				t.Fatal(err)
			}
			atomic.StoreInt64(&o.from, n)
			got, _ := w.sim.Text(t.Context(), patient, tollFree, "HELP")
			if err := w.settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !o.struck.Load() {
				break
			}
			moments++
			if got.Status != http.StatusOK && got.Status != http.StatusServiceUnavailable {
				t.Errorf("outage at %d: the webhook answers %d", n, got.Status)
			}
			left := len(w.sim.Texts())
			w.clock.Pass(time.Minute)
			if err := w.settle(t.Context()); err != nil || len(w.sim.Texts()) != left {
				t.Errorf("outage at %d: %d texts left while Redis was gone, %v", n, len(w.sim.Texts())-left, err)
			}
			w.redis.SetError("")
			if got.Status == http.StatusServiceUnavailable {
				refused++
			}
			for range 2 { // as Twilio may, even where it had its answer
				if status, _ := w.send(t, got.URL, got.Form); status != http.StatusOK {
					t.Errorf("outage at %d: Redis is back, and the webhook answers %d", n, status)
				}
			}
			for range 20 {
				w.clock.Pass(30 * time.Second)
				if err := w.settle(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if prompts := w.promptsTo(t, patient); !slices.Equal(prompts, []string{"S-help delivered", "S-resume delivered"}) || len(w.sim.TextsTo(patient)) != 2 {
				t.Errorf("outage at %d (silent %v): %v, and %d messages left", n, silent, prompts, len(w.sim.TextsTo(patient)))
			}
			w.stop()
		}
	}
	t.Logf("Redis went at %d moments, for %d of which the webhook answered an error; each time two texts were owed, and two left", moments, refused)
}

// promptsTo gives what was decided to text to a number and what became of it.
func (w *world) promptsTo(t *testing.T, number string) []string {
	t.Helper()
	texts, err := w.line.store.Texts(t.Context(), w.line.store.Ring().Person(private.Of(number)), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, text := range texts {
		out = append(out, strings.TrimSpace(text.Prompt+" "+string(text.State)+" "+text.Reason))
	}
	slices.Sort(out)
	return out
}

// replica is another copy of the program on the world's Redis.
func (w *world) replica(t *testing.T) *line {
	t.Helper()
	settings, err := LoadSettings(noEnvironment, func(string) ([]byte, error) { return nil, nil })
	if err != nil {
		t.Fatal(err)
	}
	settings.Deploy.PublicURL, settings.Deploy.AccountSID, settings.Deploy.AuthToken = worldURL, worldAccount, private.Of(worldToken)
	store := casestore.New(casestore.Options{Redis: casestore.ConnectBy(w.redis.Dial), Ring: w.line.store.Ring(), Now: w.clock.Now, Log: w.log})
	journal, err := casestore.OpenJournal(filepath.Join(t.TempDir(), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := twilio.NewClient(twilio.ClientConfig{AccountSID: worldAccount, AuthToken: worldToken, HTTP: twiliosim.HandlerTransport(w.sim)})
	if err != nil {
		t.Fatal(err)
	}
	vault, err := openVault(w.clock.Now, settings, t.TempDir(), store)
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLine(parts{settings: settings, store: store, client: client, vault: vault, journal: journal, now: w.clock.Now, wait: w.clock.Wait, log: w.log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close(); journal.Close() })
	return l
}

// Two messages of one person at the same instant, each at a replica of its own
// and each delivered to the other as well: they are put in order, both are
// answered, each once, and what one of them stops is stopped.
func TestTwoTextsAtOnceOnTwoReplicas(t *testing.T) {
	w := testWorld(t, afternoon)
	other := w.replica(t)
	doors := []http.RoundTripper{twiliosim.HandlerTransport(w.line.handler), twiliosim.HandlerTransport(other.handler)}
	pairs := []struct {
		one, two string
		want     []string
	}{
		{"HELP", "LATER", []string{"S-help delivered", "S-later delivered"}},
		{"CALL", "HELP", []string{"S-call-ok delivered", "S-help delivered"}},
		{"hello", "my scan is clear", []string{"S-nopii delivered|S-unknown delivered"}}, // one automatic answer an hour
		{"HELP", "HELP", []string{"S-help delivered", "S-help delivered"}},
		{"please stop texting me", "HELP", nil}, // whichever is first: stopped
	}
	const rounds = 12
	for round := range rounds {
		for i, pair := range pairs {
			number := fmt.Sprintf("+1617555%02d%02d", 40+i, round)
			var wg sync.WaitGroup
			for door, words := range []string{pair.one, pair.two} {
				form := w.textForm(number, words, round*100+i*10+door)
				for _, d := range []http.RoundTripper{doors[door], doors[1-door]} {
					wg.Go(func() {
						if status := deliverText(t, d, form); status != http.StatusOK {
							t.Errorf("%q is answered with %d", words, status)
						}
					})
				}
			}
			wg.Wait()
			// Both replicas send what is owed, at the same time.
			for _, l := range []*line{w.line, other} {
				wg.Go(func() {
					if _, err := l.store.Drain(t.Context(), fmt.Sprintf("%p", l), l.effects()); err != nil {
						t.Error(err)
					}
					l.texts.Tick(t.Context())
				})
			}
			wg.Wait()
			if err := w.settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := w.promptsTo(t, number)
			id := w.line.store.Ring().Person(private.Of(number))
			thread, err := w.line.store.Thread(t.Context(), id)
			if err != nil || len(thread.Seen) != 2 || thread.Seen[0] == thread.Seen[1] {
				t.Errorf("%q and %q: seen %d, %v", pair.one, pair.two, len(thread.Seen), err)
			}
			if pair.want == nil {
				contact, err := w.line.store.Contact(t.Context(), id)
				if err != nil || contact.May(casestore.ByText, true) != casestore.ReasonOptedOut || !slices.Contains(got, "S-stop delivered") {
					t.Errorf("%q and %q: %v, %v", pair.one, pair.two, got, err)
				}
				continue
			}
			fits := slices.EqualFunc(got, pair.want, func(g, w string) bool { return slices.Contains(strings.Split(w, "|"), g) })
			if left := len(w.sim.TextsTo(number)); !fits || left != len(pair.want) {
				t.Errorf("%q and %q at once: %v, and %d messages left; want %v", pair.one, pair.two, got, left, pair.want)
			}
		}
	}
	t.Logf("%d pairs at the same instant, each message at both replicas: every one answered once", rounds*len(pairs))
}

// textForm is what Twilio posts of a message.
func (w *world) textForm(from, words string, n int) url.Values {
	sid := fmt.Sprintf("SM%032x", n+1)
	return url.Values{"MessageSid": {sid}, "SmsSid": {sid}, "AccountSid": {worldAccount}, "From": {from}, "To": {tollFree}, "Body": {words}, "NumMedia": {"0"}, "SmsStatus": {"received"}}
}

// deliverText signs a message and delivers it.
func deliverText(t *testing.T, to http.RoundTripper, form url.Values) int {
	t.Helper()
	const address = worldURL + "/sms/incoming"
	body := form.Encode()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", twiliosim.Sign(worldToken, address, form))
	resp, err := to.RoundTrip(r)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}
