package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/audit"
	"secondline/internal/private"
)

// matrix is who may use what, written down a second time: a change of the table must
// be meant. C coordinator, S supervisor, O operator, A auditor.
var matrix = map[string]string{
	"GET /":                                  "CS A",
	"GET /live/board":                        "CS A",
	"GET /tasks":                             "CS A",
	"GET /live/tasks":                        "CS A",
	"GET /calls":                             "CSOA",
	"GET /live/calls":                        "CSOA",
	"GET /team":                              "CSOA",
	"GET /optouts":                           " SOA",
	"GET /health":                            "CSOA",
	"GET /given-up":                          " SOA",
	"POST /given-up/{kind}/{item}":           "  O ",
	"POST /search":                           "CS A",
	"GET /case/{case}":                       "CS A",
	"GET /live/case/{case}":                  "CS A",
	"GET /case/{case}/plan.svg":              "CS A",
	"GET /case/{case}/recording/{recording}": "CS  ",
	"GET /task/{task}":                       "CS A",
	"GET /task/{task}/recording":             "CS  ",
	"POST /case/{case}/reschedule":           "CS  ",
	"POST /case/{case}/stage":                "CS  ",
	"POST /case/{case}/note":                 "CS  ",
	"POST /case/{case}/authority":            "CS  ",
	"POST /case/{case}/number":               "CS  ",
	"POST /case/{case}/stop":                 "CS  ",
	"POST /task/{task}/take":                 "CS  ",
	"POST /task/{task}/reassign":             "CS  ",
	"POST /task/{task}/done":                 "CS  ",
	"POST /team/{member}/duty":               "CS  ",
}

// Every role at every route, and nobody at every route: let in or refused as the
// table says, and on record either way.
func TestEveryRoleAtEveryRoute(t *testing.T) {
	w := newWorld(t)
	c := w.patient(1, 2*time.Hour)
	task := &casestore.Task{ID: casestore.NewTaskID(), Kind: casestore.TaskCallBack, Due: t0.Add(time.Hour), Opened: t0, Case: c.ID, Phone: c.Phone()}
	must(t, w.store.OpenTask(t.Context(), c.Partition, task))
	fill := strings.NewReplacer("{$}", "", "{case}", caseRef(c), "{task}", ref(c.Partition, task.ID), "{recording}", c.Answers.Get("name"), "{member}", "co1", "{kind}", "refused", "{item}", "5-1")
	routes := routes()
	if len(routes) != len(matrix) {
		t.Errorf("%d routes, %d in the matrix", len(routes), len(matrix))
	}
	for _, r := range routes {
		want, ok := matrix[r.method+" "+strings.TrimSuffix(r.path, "{$}")]
		if !ok {
			t.Errorf("%s %s is not in the matrix", r.method, r.path)
			continue
		}
		path := fill.Replace(r.path)
		for i, role := range allRoles {
			before := w.record.Head().N
			status, body, _ := w.visitor(as("co1", role)).do(r.method, path, nil)
			let := status != http.StatusForbidden
			if may := want[i] != ' '; let != may {
				t.Errorf("%s at %s %s: status %d, may: %v", role, r.method, r.path, status, may)
			}
			if status == http.StatusInternalServerError {
				t.Errorf("%s at %s %s fails:\n%s", role, r.method, r.path, body)
			}
			got := w.recorded(1)
			if w.record.Head().N == before || !strings.HasPrefix(got, "co1 "+r.what+" ") || strings.HasSuffix(got, " refused") == let && status != http.StatusBadRequest {
				t.Errorf("%s at %s %s: status %d, on record: %s", role, r.method, r.path, status, got)
			}
			if !let && strings.Contains(body, c.Phone().Reveal()) {
				t.Errorf("%s at %s %s is refused and told", role, r.method, r.path)
			}
		}
		status, _, header := w.visitor().do(r.method, path, nil)
		switch {
		case status == http.StatusUnauthorized:
		case status == http.StatusSeeOther && header.Get("Location") == "/signin":
		default:
			t.Errorf("nobody at %s %s: status %d", r.method, r.path, status)
		}
	}
	if head, err := audit.VerifyFile(w.path, audit.Head{}); err != nil || head != w.record.Head() {
		t.Errorf("the record: %v, %v", head, err)
	}
}

func TestWhatHasMoreRolesMayMore(t *testing.T) {
	w := newWorld(t)
	both := w.visitor(as("co1", Operator, Coordinator))
	for _, path := range []string{"/", "/optouts", "/health"} {
		if status, _ := both.get(path); status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
	}
	if got := w.recorded(1); got != "co1 health.read shown" {
		t.Errorf("on record: %s", got)
	}
}

func TestASealedNoteIsForItsAuthorAndSupervisors(t *testing.T) {
	w := newWorld(t)
	c := w.patient(1, 2*time.Hour)
	path := "/case/" + caseRef(c)
	author := w.visitor(as("co1", Coordinator))
	author.post(path+"/note", "text", "worried about her son", "sealed", "1")
	author.post(path+"/note", "text", "prefers mornings")
	for _, tt := range []struct {
		who   person
		reads bool
	}{
		{as("co1", Coordinator), true}, {as("co2", Coordinator), false}, {as("co3", Supervisor), true}, {as("u1", Auditor), false},
	} {
		_, body := w.visitor(tt.who).get(path)
		if got := strings.Contains(body, "worried about her son"); got != tt.reads {
			t.Errorf("%v reads it: %v", tt.who.Roles, got)
		}
		if !strings.Contains(body, "A sealed note by Alex Rivera") || !strings.Contains(body, "prefers mornings") {
			t.Errorf("%v does not see the notes", tt.who.Roles)
		}
	}
}

func TestWhatIsNotRecordedIsNotShown(t *testing.T) {
	w := newWorld(t)
	c := w.patient(1, 2*time.Hour)
	v := w.visitor(as("co1", Coordinator))
	must(t, w.record.Close())
	status, body := v.get("/case/" + caseRef(c))
	if status != http.StatusServiceUnavailable || strings.Contains(body, "1960") {
		t.Errorf("status %d: %s", status, body)
	}
	if status, _ := v.post("/case/"+caseRef(c)+"/note", "text", "x"); status != http.StatusServiceUnavailable {
		t.Errorf("status %d", status)
	}
	f, err := w.store.File(t.Context(), c.Partition, c.ID)
	if err != nil || len(f.Entries) != 0 {
		t.Errorf("done all the same: %d, %v", len(f.Entries), err)
	}
}

// What is personal stands in no address and in no line of the record.
func TestTheRecordHoldsNothingPersonal(t *testing.T) {
	w := newWorld(t)
	c := w.patient(1, 2*time.Hour)
	v := w.visitor(as("co1", Coordinator))
	_, _, header := v.do(http.MethodPost, "/search", url.Values{"number": {c.Number.Reveal()}})
	if to := header.Get("Location"); to != "/case/"+caseRef(c) {
		t.Fatalf("sent to %q", to)
	}
	v.get("/case/" + caseRef(c))
	v.post("/case/"+caseRef(c)+"/authority", "version", "1", "name", "Rosa Ruiz", "checked", "1")
	v.get("/case/" + url.PathEscape("0a."+c.Phone().Reveal()+" Rosa"))
	text := w.recorded(1000)
	raw := contents(t, w.path)
	for _, secret := range []string{c.Number.Reveal(), c.Phone().Reveal()[1:], "Rosa", "Ruiz", "1960"} {
		if strings.Contains(raw, secret) {
			t.Errorf("the record holds %q:\n%s", secret, raw)
		}
	}
	if !strings.Contains(text, "co1 case.search shown") || !strings.Contains(text, "co1 case.authority asked; co1 case.authority done") || !strings.Contains(raw, string(c.ID)) {
		t.Errorf("on record: %s", text)
	}
}

func TestCrossSiteFormsAreRefused(t *testing.T) {
	w := newWorld(t)
	c := w.patient(1, 2*time.Hour)
	v := w.visitor(as("co1", Coordinator))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/case/"+caseRef(c)+"/stop", strings.NewReader("sure=1"))
	must(t, err)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := v.client.Do(r)
	must(t, err)
	answer.Body.Close()
	contact, err := w.store.ContactOf(t.Context(), c.Phone())
	if answer.StatusCode != http.StatusForbidden || err != nil || !contact.OptedOut.At.IsZero() {
		t.Errorf("status %d, opted out %v, %v", answer.StatusCode, contact.OptedOut.At, err)
	}
}

func TestTheLinkWorksOnce(t *testing.T) {
	w := newWorld(t)
	link := w.server.Link()
	v := w.visitor()
	for range 2 { // looking does not use it up
		if status, body := v.get(link); status != http.StatusOK || !strings.Contains(body, "Mina Chen") {
			t.Fatalf("status %d: %s", status, body)
		}
	}
	token := strings.TrimPrefix(link, "/signin/link/")
	status, _, header := v.do(http.MethodPost, "/signin/link", url.Values{"token": {token}, "member": {"co3"}})
	cookie := header.Get("Set-Cookie")
	if status != http.StatusSeeOther || !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Strict") || !strings.Contains(cookie, "Max-Age=43200") {
		t.Errorf("status %d, cookie %q", status, cookie)
	}
	if status, body := v.get("/"); status != http.StatusOK || !strings.Contains(body, "Mina Chen") {
		t.Errorf("signed in: %d", status)
	}
	if status, _ := w.visitor().post("/signin/link", "token", token); status != http.StatusForbidden {
		t.Errorf("a second time: %d", status)
	}
	if got := w.recorded(4); !strings.Contains(got, "co3 sign_in done") || !strings.HasSuffix(got, "local sign_in refused") {
		t.Errorf("on record: %s", got)
	}
	late := w.server.Link()
	w.pass(linkLives)
	if status, _ := w.visitor().get(late); status != http.StatusForbidden {
		t.Errorf("after its time: %d", status)
	}
	if status, _ := w.visitor().get("/signin/link/guess"); status != http.StatusForbidden {
		t.Errorf("a guess: %d", status)
	}
}

func TestALinkIsPrintedWhenItIsAskedFor(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	for range 3 {
		v.post("/signin/print")
	}
	if len(w.told) != 1 || !strings.Contains(w.told[0], "/signin/link/") {
		t.Fatalf("printed: %q", w.told)
	}
	_, link, _ := strings.Cut(w.told[0], ": ")
	if status, _ := v.get(link); status != http.StatusOK {
		t.Errorf("it gives %d", status)
	}
}

func TestASessionEnds(t *testing.T) {
	w := newWorld(t)
	v := w.visitor(as("co1", Coordinator))
	w.pass(sessionLives - time.Minute)
	if status, _ := v.get("/"); status != http.StatusOK {
		t.Errorf("before its time: %d", status)
	}
	w.pass(time.Minute)
	if status, _ := v.get("/"); status != http.StatusSeeOther {
		t.Errorf("after it: %d", status)
	}
	v = w.visitor(as("co1", Coordinator))
	held := v.client.Jar
	v.post("/signout")
	again := &visitor{w, &http.Client{Jar: held, CheckRedirect: v.client.CheckRedirect}}
	if status, _ := again.get("/"); status != http.StatusSeeOther {
		t.Errorf("signed out: %d", status)
	}
}

func TestSessionsAreBounded(t *testing.T) {
	s := newSessions(func() time.Time { return t0 })
	for i := range mostSessions + 50 {
		s.begin(as(fmt.Sprint(i), Coordinator))
	}
	if len(s.all) != mostSessions {
		t.Errorf("%d sessions", len(s.all))
	}
}

func TestHeaders(t *testing.T) {
	w := newWorld(t)
	_, _, header := w.visitor(as("co1", Coordinator)).do(http.MethodGet, "/", nil)
	if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
	if header.Get("Cache-Control") != "no-store" || header.Get("X-Frame-Options") != "DENY" {
		t.Errorf("headers %v", header)
	}
}

func TestPrivateTextIsShownOnlyWhereItIsMeant(t *testing.T) {
	w := newWorld(t)
	c := w.patient(1, 2*time.Hour)
	task := &casestore.Task{ID: casestore.NewTaskID(), Kind: casestore.TaskRead, Due: t0, Opened: t0, Case: c.ID, Phone: c.Phone(), Note: private.Of("my private words")}
	must(t, w.store.OpenTask(t.Context(), c.Partition, task))
	v := w.visitor(as("co1", Coordinator, Operator, Supervisor))
	for _, path := range []string{"/", "/tasks", "/calls", "/team", "/optouts", "/given-up", "/health"} {
		_, body := v.get(path)
		for _, secret := range []string{c.Phone().Reveal()[1:], "private words", "1960", c.Number.Reveal()} {
			if strings.Contains(body, secret) {
				t.Errorf("%s shows %q", path, secret)
			}
		}
	}
	if _, body := v.get("/task/" + ref(c.Partition, task.ID)); !strings.Contains(body, "my private words") {
		t.Error("the task's own page does not show what was written")
	}
}
