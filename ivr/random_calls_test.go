package ivr

import (
	"fmt"
	"log/slog"
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
	"secondline/internal/intake"
	"secondline/internal/private"
	"secondline/internal/twilio"
	"secondline/internal/twimlcheck"
	"secondline/internal/wording"
)

// lineCalendar is the calendar as the program wires it.
type lineCalendar struct{ *hours.Calendar }

func (c lineCalendar) Notice(t time.Time, _ string) string {
	if _, special := c.SpecialDay(t); special {
		return "We are closed today because of the storm."
	}
	return ""
}

func (c lineCalendar) State(t time.Time) string {
	s, _ := c.Calendar.State(t)
	return string(s)
}

func testServer(t testing.TB, store Store, now func() time.Time) *Server {
	t.Helper()
	calendar, err := hours.NewCalendar(hours.CalendarConfig{Zone: "America/New_York", Holidays: []string{"thanksgiving"}, Special: map[string][2]string{"2027-11-24": {}, "2027-11-26": {"09:00", "12:00"}},
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
			Voices: map[string]Voice{"en": {"Polly.Joanna-Neural", "en-US"}, "es": {"Polly.Lupe-Neural", "es-US"}}, Record: true,
			Ring: 20 * time.Second, Total: 75 * time.Second, Longest: 10 * time.Minute,
			Coordinators: []Coordinator{{ID: "co1", Name: "Sam", Number: "+16175550199", PIN: private.Of("2468")}, {ID: "co2", Name: "Luz", Number: "+16175550198", Languages: []string{"en", "es"}}}, FirstCall: 12 * time.Hour, CallBack: 4 * time.Hour,
			Home: func(n string) bool { return strings.HasPrefix(n, "+1") }, Callable: func(n string) bool { return !strings.HasPrefix(n, "+86") },
			ZoneOf: func(string) *time.Location { return nil }, ZonesOf: func(string) []*time.Location { return nil }, LoadZone: time.LoadLocation,
			Zips: intake.ZipRules{State: hours.StateOfZip, Zones: hours.ZonesOfZip, Offset: hours.OffsetFromLocal, OffsetName: hours.OffsetName},
		},
		Calendar: lineCalendar{calendar}, Words: words, Store: store, Journal: nowhere{}, Now: now, Log: slog.New(slog.DiscardHandler),
		Slots: func(now time.Time, _ []*time.Location) []Slot {
			return []Slot{{Kind: "today", At: now.Add(2 * time.Hour)}, {Kind: "morning", At: now.Add(20 * time.Hour), Tomorrow: true}, {Kind: "evening", At: now.Add(70 * time.Hour)}}
		},
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
	waits   *twimlcheck.Collection
	whisper *twimlcheck.Collection
	now     *time.Time
	history []string
}

var callers = []string{"+16175550123", "+16175550199", "+12125550142", "anonymous", "+442079460958", "+266696687", "+8613912345678", ""}

// likely are answers that lead somewhere; anything else is typed too.
var likely = []string{"1", "1", "1", "2", "2", "3", "4", "5", "7", "03041960", "03042015", "13321960", "1960", "03", "04", "10001", "02139", "83501", "99999",
	"6175550177", "442079460958", "1430", "2561", "#", "*", "0", "8", "9", "00", "12345674", "12345674", "2468#", "3"}

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
		case len(c.Turn.Say) == 0 && !strings.Contains(doc, "<Redirect") && !strings.Contains(doc, "<Record"):
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
	case c.Turn.Await.Kind == flow.AwaitConnect && c.Turn.Await.To == "team":
		did = r.inQueue(c)
		form.Set("QueueResult", did)
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

// inQueue waits, presses something, or is connected; it gives Twilio's QueueResult.
func (r *randomCaller) inQueue(c *casestore.Conversation) string {
	p := r.s.person(c.Caller, c.Call).Partition()
	form := url.Values{"CallSid": {c.Call}, "AccountSid": {"AC" + strings.Repeat("0", 32)}, "Digits": {[]string{"1", "2", "5", "*"}[r.random.IntN(4)]}}
	ask := func(docs *twimlcheck.Collection, path string) string {
		req := twilio.WithForm(httptest.NewRequest(http.MethodPost, path, nil), form)
		w := httptest.NewRecorder()
		r.router.ServeHTTP(w, req)
		docs.Add(w.Body.String())
		return w.Body.String()
	}
	t := r.store.transfers[c.Transfer]
	t.Legs = append(t.Legs, casestore.Leg{Coordinator: "co1", Call: "CA" + strings.Repeat("b", 32), State: casestore.LegRinging, Round: 1})
	ask(r.waits, r.s.transferURL(pathWait, p, c.Transfer))
	*r.now = r.now.Add(time.Duration(r.random.IntN(400)) * time.Second)
	if strings.Contains(ask(r.waits, r.s.transferURL(pathWait, p, c.Transfer)), "<Leave") {
		return "leave"
	}
	ask(r.whisper, r.s.legURL(pathWhisper, p, c.Transfer, 0))
	switch r.random.IntN(5) {
	case 0:
		if strings.Contains(ask(r.waits, r.s.transferURL(pathWaiting, p, c.Transfer)), "<Leave") {
			ask(r.whisper, r.s.legURL(pathAccept, p, c.Transfer, 0))
			return "leave"
		}
	case 1:
		return []string{"error", "queue-full", "system-error", "redirected"}[r.random.IntN(4)]
	}
	form.Set("Digits", "1")
	ask(r.whisper, r.s.legURL(pathAccept, p, c.Transfer, 0))
	ask(r.whisper, r.s.legURL(pathParted, p, c.Transfer, 0))
	return "bridged"
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
	calls := 2_500
	if n, err := strconv.Atoi(os.Getenv("SECONDLINE_CALLS")); err == nil {
		calls = n
	}
	const workers = 2
	docs, waits, whispers := &twimlcheck.Collection{}, &twimlcheck.Collection{}, &twimlcheck.Collection{}
	var wg sync.WaitGroup
	var turns [workers]int
	for w := range workers {
		wg.Go(func() {
			store, now := newMemory(t), time.Time{}
			s := testServer(t, store, func() time.Time { return now })
			router := mux.NewRouter()
			s.Routes(router)
			r := &randomCaller{t: t, s: s, router: router, store: store, random: rand.New(rand.NewPCG(uint64(w), 2027)), docs: docs, waits: waits, whisper: whispers, now: &now}
			for n := range calls / workers {
				if err := r.call(n); err != nil {
					t.Errorf("worker %d, call %d: %v\n%s", w, n, err, strings.Join(r.history, " "))
					return
				}
				turns[w] += len(r.history) + 1
				if n%1000 == 0 {
					clear(store.drafts)
					clear(store.transfers)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d calls, %d turns", calls, turns[0]+turns[1])
	docs.Check(t, "--voice")
	waits.Check(t, "--wait")
	whispers.Check(t, "--voice")
}

// The whisper of the fault path is played on a dialled leg, where few verbs are
// allowed.
func TestFaultWhisperIsOne(t *testing.T) {
	s := testServer(t, newMemory(t), time.Now)
	router := mux.NewRouter()
	s.Routes(router)
	docs := &twimlcheck.Collection{}
	for _, target := range []string{pathFaultWhisper, pathFaultAccept} {
		for _, keys := range []string{"1", "2", ""} {
			w := httptest.NewRecorder()
			router.ServeHTTP(w, twilio.WithForm(httptest.NewRequest(http.MethodPost, target, nil), url.Values{"Digits": {keys}}))
			docs.Add(w.Body.String())
		}
	}
	docs.Check(t, "--whisper")
}
