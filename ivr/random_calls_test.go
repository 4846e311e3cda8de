package ivr

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"secondline/casestore"
	"secondline/internal/flow"
	"secondline/internal/hours"
	"secondline/internal/twilio"
	"secondline/internal/twimlcheck"
	"secondline/internal/wording"
)

// memory is a store without Redis, for what only looks at conversations.
type memory struct {
	ring   *casestore.KeyRing
	calls  map[string]*casestore.Conversation
	drafts map[casestore.PersonID]map[casestore.CaseID]*casestore.Case
}

func newMemory(t testing.TB) *memory {
	t.Helper()
	ring, err := casestore.NewKeyRing(make([]byte, 32), casestore.Key{ID: "a", Secret: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	return &memory{ring: ring, calls: map[string]*casestore.Conversation{}, drafts: map[casestore.PersonID]map[casestore.CaseID]*casestore.Case{}}
}

func (m *memory) Conversation(_ context.Context, _ casestore.Partition, call string) (*casestore.Conversation, error) {
	if c := m.calls[call]; c != nil {
		return c, nil
	}
	return nil, casestore.ErrNotFound
}

func (m *memory) ConversationAndDrafts(_ context.Context, id casestore.PersonID, call string) (*casestore.Conversation, []*casestore.Case, error) {
	var drafts []*casestore.Case
	for _, d := range m.drafts[id] {
		drafts = append(drafts, d)
	}
	return m.calls[call], drafts, nil
}

func (m *memory) Commit(_ context.Context, id casestore.PersonID, c *casestore.Conversation, change casestore.Change) error {
	c.Version++
	m.calls[c.Call] = c
	if m.drafts[id] == nil {
		m.drafts[id] = map[casestore.CaseID]*casestore.Case{}
	}
	for _, d := range change.Drafts {
		copied := *d
		copied.Answers = maps.Clone(d.Answers)
		m.drafts[id][d.ID] = &copied
	}
	for _, old := range change.DropDrafts {
		delete(m.drafts[id], old)
	}
	if change.Finished != nil {
		delete(m.drafts[id], change.Finished.ID)
	}
	return nil
}

func (m *memory) TakeNumber(context.Context) (casestore.RequestNumber, error) {
	return casestore.NewRequestNumber(), nil
}
func (m *memory) SaveRecording(context.Context, casestore.Partition, casestore.Recording) error {
	return nil
}
func (m *memory) Ring() *casestore.KeyRing { return m.ring }
func (m *memory) Keep() time.Duration      { return 7 * 24 * time.Hour }

// lineCalendar is the calendar as the program wires it.
type lineCalendar struct{ *hours.Calendar }

func (c lineCalendar) State(t time.Time) string {
	s, _ := c.Calendar.State(t)
	return string(s)
}

func testServer(t testing.TB, store Store, now func() time.Time) *Server {
	t.Helper()
	calendar, err := hours.NewCalendar(hours.CalendarConfig{Zone: "America/New_York", Holidays: []string{"thanksgiving"},
		Days: map[string][2]string{"monday": {"09:00", "21:00"}, "tuesday": {"09:00", "21:00"}, "wednesday": {"09:00", "21:00"}, "thursday": {"09:00", "21:00"}, "friday": {"09:00", "21:00"}}})
	if err != nil {
		t.Fatal(err)
	}
	words, err := wording.Load()
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Parts{
		Config: Config{
			PublicURL: "https://line.example", Lines: []Line{{"tollfree", "+18009419309"}, {"international", "+17754402559"}},
			InPerson: "+18774423324", Organisation: "Care Team Services", Hours: calendar.Spec(), Zone: calendar.Zone(),
			Voice: "Polly.Joanna-Neural", Language: "en-US", SpanishVoice: "Polly.Lupe-Neural", RingSeconds: 20, Record: true,
			Coordinators: []Coordinator{{Name: "Sam", Number: "+16175550199"}}, FirstCall: 12 * time.Hour, CallBack: 4 * time.Hour,
			Home: func(n string) bool { return strings.HasPrefix(n, "+1") }, Callable: func(n string) bool { return !strings.HasPrefix(n, "+86") },
			ZoneOf: func(string) *time.Location { return nil },
			Zips:   ZipRules{State: hours.StateOfZip, Zones: hours.ZonesOfZip, Offset: hours.OffsetFromLocal, OffsetName: hours.OffsetName},
		},
		Calendar: lineCalendar{calendar}, Words: words, Store: store, Now: now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// caller rings at random and does whatever comes to mind.
type randomCaller struct {
	t       *testing.T
	s       *Server
	router  *mux.Router
	store   *memory
	random  *rand.Rand
	docs    *twimlcheck.Collection
	now     *time.Time
	history []string
}

var callers = []string{"+16175550123", "+12125550142", "anonymous", "+442079460958", "+266696687", "+8613912345678", ""}

// likely are answers that lead somewhere; anything else is typed too.
var likely = []string{"1", "1", "1", "2", "2", "3", "4", "5", "7", "03041960", "03042015", "13321960", "1960", "03", "04", "10001", "02139", "83501", "99999",
	"6175550177", "442079460958", "1430", "2561", "#", "*", "0", "8", "9", "00", "12345674"}

// call plays one call and says why it was no good, if it was.
func (r *randomCaller) call(n int) error {
	r.history = r.history[:0]
	start := time.Date(2027, 11, 22, 0, 0, 0, 0, time.UTC)
	*r.now = start.Add(time.Duration(r.random.IntN(7*24*60)) * time.Minute)
	form := url.Values{"CallSid": {fmt.Sprintf("CA%032x", n)}, "AccountSid": {"AC" + strings.Repeat("0", 32)},
		"From": {callers[r.random.IntN(len(callers))]}, "To": {[]string{"+18009419309", "+17754402559", "+19995550100"}[r.random.IntN(3)]}}
	target := pathIncoming
	for step := 0; step < 120; step++ {
		doc, err := r.post(target, form)
		if err != nil {
			return err
		}
		c := r.store.calls[form.Get("CallSid")]
		switch {
		case c.Turn.End != flow.Open:
			delete(r.store.calls, c.Call)
			return nil
		case c.Turn.Await.Kind == flow.AwaitNothing:
			return fmt.Errorf("a dead end at %s: nothing is awaited", c.State.At)
		case len(c.Turn.Say) == 0 && !strings.Contains(doc, "<Redirect"):
			return fmt.Errorf("a dead line at %s: nothing is said", c.State.At)
		}
		if r.random.IntN(40) == 0 {
			break // hangs up
		}
		form = r.answer(form, c)
		target = pathAnswer + "?at=" + c.State.At + "&v=" + strconv.Itoa(c.Version)
	}
	delete(r.store.calls, form.Get("CallSid"))
	return nil
}

// answer makes up what the caller does.
func (r *randomCaller) answer(last url.Values, c *casestore.Conversation) url.Values {
	form := url.Values{"CallSid": last["CallSid"], "AccountSid": last["AccountSid"], "From": last["From"], "To": last["To"]}
	did := ""
	switch {
	case c.Turn.Await.Kind == flow.AwaitConnect:
		did = []string{"completed", "busy", "no-answer", "failed", "canceled", "strange"}[r.random.IntN(6)]
		form.Set("DialCallStatus", did)
	case c.Turn.Await.Kind == flow.AwaitRecording && r.random.IntN(4) > 0:
		form.Set("RecordingSid", "RE"+strings.Repeat("a", 32))
		form.Set("RecordingDuration", strconv.Itoa(r.random.IntN(3)))
		did = []string{"#", "#", "#", "0", "*", "8", "9", "hangup", ""}[r.random.IntN(9)]
		form.Set("Digits", did)
	case r.random.IntN(12) == 0:
		did = "_"
	case r.random.IntN(12) == 0:
		for range 1 + r.random.IntN(9) {
			did += string("0123456789*#"[r.random.IntN(12)])
		}
		form.Set("Digits", did)
	default:
		did = likely[r.random.IntN(len(likely))]
		form.Set("Digits", did)
	}
	r.history = append(r.history, c.State.At+"="+did)
	return form
}

func (r *randomCaller) post(target string, form url.Values) (string, error) {
	req := twilio.WithForm(httptest.NewRequest(http.MethodPost, target, nil), form)
	w := httptest.NewRecorder()
	r.router.ServeHTTP(w, req)
	doc := w.Body.String()
	if w.Code != http.StatusOK {
		return doc, fmt.Errorf("%s is answered with status %d", target, w.Code)
	}
	if !strings.HasPrefix(doc, "<?xml") || strings.Contains(doc, "not working on our side") {
		return doc, fmt.Errorf("%s is answered with a fault", target)
	}
	r.docs.Add(doc)
	return doc, nil
}

// Callers who press anything at all, at any hour, from anywhere, never meet a
// dead end, a panic, or an answer that Twilio refuses. SECONDLINE_CALLS sets how
// many calls are played.
func TestRandomCalls(t *testing.T) {
	calls := 8_000
	if n, err := strconv.Atoi(os.Getenv("SECONDLINE_CALLS")); err == nil {
		calls = n
	}
	const workers = 2
	docs := &twimlcheck.Collection{}
	var wg sync.WaitGroup
	var turns [workers]int
	for w := range workers {
		wg.Go(func() {
			store, now := newMemory(t), time.Time{}
			s := testServer(t, store, func() time.Time { return now })
			router := mux.NewRouter()
			s.Routes(router)
			r := &randomCaller{t: t, s: s, router: router, store: store, random: rand.New(rand.NewPCG(uint64(w), 2027)), docs: docs, now: &now}
			for n := range calls / workers {
				if err := r.call(n); err != nil {
					t.Errorf("worker %d, call %d: %v\n%s", w, n, err, strings.Join(r.history, " "))
					return
				}
				turns[w] += len(r.history) + 1
				if n%1000 == 0 {
					clear(store.drafts)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d calls, %d turns", calls, turns[0]+turns[1])
	docs.Check(t, "--voice")
}
