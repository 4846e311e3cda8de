package console

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/audit"
	"secondline/internal/browsertest"
	"secondline/internal/flow"
	"secondline/internal/hours"
	"secondline/internal/private"
	"secondline/internal/recordings"
	"secondline/internal/redistest"
	"secondline/ivr"
)

func TestMain(m *testing.M) {
	code := m.Run()
	browsertest.Stop()
	os.Exit(code)
}

// A Tuesday, 14:00 in New York.
var t0 = time.Date(2026, 7, 14, 18, 0, 0, 0, time.UTC)

// world is a console over a real Redis, with a clock of the test's.
type world struct {
	t      testing.TB
	store  *casestore.Store
	server *Server
	url    string
	path   string // of the audit record
	record *audit.Log
	line   *fakeLine
	redis  *redistest.Server
	mu     sync.Mutex
	now    time.Time
	told   []string
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func newWorld(t testing.TB, change ...func(*Parts)) *world {
	t.Helper()
	w := &world{t: t, now: t0, path: filepath.Join(t.TempDir(), "audit.log")}
	key := make([]byte, 32)
	ring, err := casestore.NewKeyRing(key, casestore.Key{ID: "k", Secret: key})
	must(t, err)
	w.redis = redistest.Start(t, "--appendfsync", "no", "--save", "")
	rdb, err := casestore.Connect(w.redis.URL())
	must(t, err)
	w.store = casestore.New(casestore.Options{Redis: rdb, Ring: ring, Now: w.clock})
	t.Cleanup(func() { w.store.Close() })
	w.record, err = audit.Open(w.path, w.clock)
	must(t, err)
	t.Cleanup(func() { w.record.Close() })
	vault, err := recordings.OpenDir(t.TempDir(), ring, w.clock)
	must(t, err)
	journal, err := casestore.OpenJournal(filepath.Join(t.TempDir(), "optouts.journal"))
	must(t, err)
	t.Cleanup(func() { journal.Close() })
	calendar, err := hours.NewCalendar(hours.CalendarConfig{Zone: "America/New_York", Days: week})
	must(t, err)
	w.line = &fakeLine{store: w.store, legal: legalOf(calendar), journal: journal, now: w.clock}
	p := Parts{
		Store: w.store, Line: w.line, Legal: w.line.legal, Vault: vault, OptOuts: journal, Record: w.record, Calendar: calendar, Zones: zonesOf,
		Roster: roster, Phone: func(text string) (string, bool) { return text, strings.HasPrefix(text, "+") && len(text) > 8 },
		Words: func(_, prompt string, _ map[string]private.Text) string {
			return map[string]string{"S-pre": "We plan to call you at 1:20 p.m. from this number. Reply LATER for another time."}[prompt]
		},
		Tell: func(line string) { w.told = append(w.told, line) }, Every: 20 * time.Millisecond, Version: "test", Now: w.clock, Log: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&p)
	}
	w.server = New(p)
	server := httptest.NewServer(w.server.Handler())
	t.Cleanup(server.Close)
	t.Cleanup(w.server.Stop)
	w.url = server.URL
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var week = map[string][2]string{"monday": {"09:00", "21:00"}, "tuesday": {"09:00", "21:00"}, "wednesday": {"09:00", "21:00"}, "thursday": {"09:00", "21:00"}, "friday": {"09:00", "21:00"}}

var roster = []Member{
	{Coordinator: ivr.Coordinator{ID: "co1", Name: "Alex Rivera", Languages: []string{"en", "es"}}, Hours: "09:00-17:00", Account: "alex@example.org"},
	{Coordinator: ivr.Coordinator{ID: "co2", Name: "Sam Okafor", Languages: []string{"en"}}},
	{Coordinator: ivr.Coordinator{ID: "co3", Name: "Mina Chen", Languages: []string{"en"}, Supervisor: true}},
}

func zonesOf(zip, _, _ string) hours.ZoneSet {
	set, _ := hours.NewZoneSet(hours.FromZip, hours.ZonesOfZip(zip)...)
	return set
}

func legalOf(calendar *hours.Calendar) ivr.Legal {
	var known sync.Map
	return func(zip, offset, e164 string) (*hours.Legal, bool) {
		if l, ok := known.Load(zip); ok {
			return l.(*hours.Legal), true
		}
		l := hours.NewLegal(calendar, zonesOf(zip, offset, e164), hours.DefaultWindow, hours.ClosingMargin)
		known.Store(zip, l)
		return l, true
	}
}

// fakeLine does what the console asks of the telephone, without one.
type fakeLine struct {
	store   *casestore.Store
	legal   ivr.Legal
	journal *casestore.Journal
	now     func() time.Time
}

func (l *fakeLine) Owed(ctx context.Context, p casestore.Partition, id casestore.CaseID) (ivr.Owed, error) {
	c, err := l.store.Case(ctx, p, id)
	if err != nil {
		return ivr.Owed{}, err
	}
	legal, known := l.legal(c.Answers.Get("zip"), "", "")
	return ivr.Owed{Case: c, Legal: legal, ZoneKnown: known, Callable: true, LineOpen: true}, nil
}

func (l *fakeLine) Reschedule(ctx context.Context, p casestore.Partition, id casestore.CaseID, seen int, at time.Time) (bool, error) {
	stale, open := false, false
	_, err := l.store.MovePromise(ctx, p, id, func(pr *casestore.Promise) (casestore.PromiseChange, bool) {
		stale, open = pr.Version != seen, pr.State == casestore.PromiseOpen
		if stale || !open {
			return casestore.PromiseChange{}, false
		}
		pr.Chosen, pr.ChosenHow = at, "coordinator"
		pr.Note(casestore.Decision{At: l.now(), What: "chosen", Why: "coordinator", About: at})
		return casestore.PromiseChange{}, true
	})
	if stale {
		err = casestore.ErrConflict
	}
	return open, err
}

func (l *fakeLine) Settle(ctx context.Context, p casestore.Partition, id string, seen int, _, outcome, _ string) error {
	stale := false
	_, err := l.store.MoveTask(ctx, p, id, func(t *casestore.Task) bool {
		if stale = t.Version != seen; stale || t.Outcome != "" {
			return false
		}
		if outcome == "tried" {
			t.Tries++
		} else {
			t.Outcome = outcome
		}
		return true
	})
	if err == nil && stale {
		err = casestore.ErrConflict
	}
	return err
}

func (l *fakeLine) StopContact(ctx context.Context, number private.Text, ref string) error {
	e := casestore.JournalEntry{At: l.now(), Person: l.store.Ring().Person(number), What: "stop", How: "coordinator", Ref: ref}
	if err := l.journal.Append(e); err != nil {
		return err
	}
	return l.store.OptOutNumber(ctx, number, casestore.OptOut{At: l.now(), How: "coordinator", Call: ref})
}

// patient keeps a request, with its opinion delivered some time ago where ago is not
// zero.
func (w *world) patient(n int, ago time.Duration) *casestore.Case {
	w.t.Helper()
	c := &casestore.Case{ID: casestore.NewCaseID(), Stage: casestore.StageInReview, Number: casestore.NewRequestNumber(), Line: "tollfree", Language: "en", Opened: t0.AddDate(0, 0, -20),
		Caller: private.Of(fmt.Sprintf("+1212555%04d", n)), Coordinator: roster[n%3].ID,
		Answers:  flow.Answers{"birth_date": private.Of("1960-03-04"), "zip": private.Of("10001"), "good_time": private.Of("morning"), "name": private.Of("RE" + strings.Repeat("a", 32))},
		Consents: []casestore.Consent{{Kind: "calls", Given: "yes", At: t0.AddDate(0, 0, -20)}, {Kind: "texts", Given: "yes", At: t0.AddDate(0, 0, -20)}}}
	if ago > 0 {
		c.Stage, c.DeliveredAt = casestore.StageDelivered, t0.Add(-ago)
	}
	must(w.t, w.store.AddCase(w.t.Context(), c))
	c.Version = 1
	return c
}

func caseRef(c *casestore.Case) string { return ref(c.Partition, string(c.ID)) }

// visitor is a browser without a page.
type visitor struct {
	w      *world
	client *http.Client
}

// visitor signs somebody in; no person, nobody.
func (w *world) visitor(p ...person) *visitor {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	must(w.t, err)
	for _, who := range p {
		at, err := url.Parse(w.url)
		must(w.t, err)
		jar.SetCookies(at, []*http.Cookie{{Name: w.server.cookieName(), Value: w.server.sessions.begin(who)}})
	}
	return &visitor{w, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func as(who string, roles ...Role) person {
	return person{Who: who, Name: who, Member: who, Roles: roles}
}

func (v *visitor) do(method, path string, form url.Values) (int, string, http.Header) {
	v.w.t.Helper()
	ctx, cancel := context.WithCancel(v.w.t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, v.w.url+path, strings.NewReader(form.Encode()))
	must(v.w.t, err)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	answer, err := v.client.Do(r)
	must(v.w.t, err)
	defer answer.Body.Close()
	if strings.HasPrefix(answer.Header.Get("Content-Type"), "text/event-stream") {
		return answer.StatusCode, "", answer.Header
	}
	body, err := io.ReadAll(answer.Body)
	must(v.w.t, err)
	return answer.StatusCode, string(body), answer.Header
}

func (v *visitor) get(path string) (int, string) {
	status, body, _ := v.do(http.MethodGet, path, nil)
	return status, body
}

func (v *visitor) post(path string, fields ...string) (int, string) {
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	status, body, _ := v.do(http.MethodPost, path, form)
	return status, body
}

// recorded gives the last entries of the audit record: what and outcome.
func (w *world) recorded(n int) string {
	w.t.Helper()
	text, err := os.ReadFile(w.path)
	must(w.t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	var out []string
	for _, line := range lines[max(0, len(lines)-n):] {
		out = append(out, fmt.Sprintf("%s %s %s", field(line, "who"), field(line, "what"), field(line, "outcome")))
	}
	return strings.Join(out, "; ")
}

func field(line, name string) string {
	_, after, _ := strings.Cut(line, `"`+name+`":"`)
	value, _, _ := strings.Cut(after, `"`)
	return value
}

func contents(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	return string(text)
}
