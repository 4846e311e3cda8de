package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/audit"
	"secondline/internal/twiliosim"
)

// The link that serve prints signs one person in at the admin listener; what they
// look at is on record, and the record goes on after a kill.
func TestTheConsoleOfServe(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for range 2 {
		link := <-s.links
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		browser := &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}
		ask := func(r *http.Response, err error) int {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			r.Body.Close()
			return r.StatusCode
		}
		if status := ask(browser.PostForm(s.admin+"/signin/link", url.Values{"token": {path.Base(link)}})); status != http.StatusOK {
			t.Errorf("signing in: %d", status)
		}
		for _, page := range []string{"/", "/tasks", "/calls", "/team", "/optouts", "/health"} {
			if status := ask(browser.Get(s.admin + page)); status != http.StatusOK {
				t.Errorf("%s: %d", page, status)
			}
		}
		if status, _ := get(t, s.url+"/health"); status != http.StatusNotFound {
			t.Errorf("the public listener has a console: %d", status)
		}
		if strings.Contains(s.log.String(), path.Base(link)) {
			t.Error("the log holds the link")
		}
		s.kill()
		s.start()
	}
	s.kill()
	if _, err := audit.VerifyFile(filepath.Join(s.data, "audit.log"), audit.Head{}); err != nil {
		t.Error(err)
	}
	lines := slices.DeleteFunc(entriesOf(t, filepath.Join(s.data, "audit.log")), func(e audit.Entry) bool { return e.Who == "line" })
	if len(lines) != 2*8 {
		t.Errorf("the record has %d lines of the console", len(lines))
	}
}

// A record that was tampered with shuts the console, not the line.
func TestARecordThatWasCutShutsTheConsoleOnly(t *testing.T) {
	t.Parallel()
	s := newService(t)
	browser := &http.Client{}
	answer, err := browser.PostForm(s.admin+"/signin/link", url.Values{"token": {path.Base(<-s.links)}})
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	s.kill()
	if err := os.WriteFile(filepath.Join(s.data, "audit.log"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.start()
	if status, _ := get(t, s.admin+"/signin"); status != http.StatusNotFound {
		t.Errorf("the console: %d", status)
	}
	if status, _ := get(t, s.admin+"/readyz"); status != http.StatusOK || !strings.Contains(s.log.String(), "the console stays shut") {
		t.Errorf("the line: %d", status)
	}
}

func TestNumbersAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]string{"+44 20 7946 0958": "+442079460958", "(617) 555-0123": "+16175550123", "six": "", "12": ""} {
		if got, ok := numberOf(text); got != want || ok != (want != "") {
			t.Errorf("%q is %q, %v", text, got, ok)
		}
	}
}

// watched gives a browser that is signed in at the console of a world.
func (d *promised) watched() (post func(path string, fields ...string) int, get func(path string) string) {
	d.t.Helper()
	settings, err := LoadSettings(noEnvironment, os.ReadFile)
	d.must(err)
	settings.Programme.Coordinators = d.team
	record, err := audit.Open(filepath.Join(d.t.TempDir(), "audit.log"), d.clock.Now)
	d.must(err)
	d.t.Cleanup(func() { record.Close() })
	c := newConsole(d.line, settings, nil, record, io.Discard)
	server := httptest.NewServer(c.Handler())
	d.t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	d.must(err)
	browser := &http.Client{Jar: jar}
	send := func(r *http.Response, err error) (int, string) {
		d.t.Helper()
		d.must(err)
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		d.must(err)
		return r.StatusCode, string(body)
	}
	post = func(path string, fields ...string) int {
		form := url.Values{}
		for i := 0; i < len(fields); i += 2 {
			form.Set(fields[i], fields[i+1])
		}
		status, _ := send(browser.PostForm(server.URL+path, form))
		return status
	}
	get = func(path string) string { _, body := send(browser.Get(server.URL + path)); return body }
	post("/signin/link", "token", path.Base(c.Link()), "member", coordinatorID(d.team[0].Number))
	return post, get
}

// What is done at the console is what the line does: the call is made at the time
// that was chosen there, and not at all once contact was stopped.
func TestTheLineDoesWhatTheConsoleSays(t *testing.T) {
	t.Parallel()
	d := deliver(t, tuesday, "rings", hooks{}, twiliosim.Answers())
	post, get := d.watched()
	at := "/case/" + d.c.Partition.String() + "." + string(d.c.ID)
	seen := strconv.Itoa(d.promise().Version)
	if status := post(at+"/reschedule", "version", seen, "at", "2027-03-02T15:00"); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	if status := post(at+"/reschedule", "version", seen, "at", "2027-03-02T17:00"); status != http.StatusConflict {
		t.Errorf("whoever comes second: status %d", status)
	}
	d.must(d.settle(t.Context()))
	if page := get(at); !strings.Contains(page, "A person calls on Tuesday, March 2, 3:00 p.m. EST, which the patient chose.") {
		t.Error("the page does not say so")
	}
	if d.until(4*time.Hour + 40*time.Minute) {
		t.Errorf("coordinators are rung at %v", d.clock.Now().In(d.zone))
	}
	if status := post(at+"/stop", "sure", "1"); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	d.wantJournalled("coordinator")
	if d.until(24 * time.Hour) {
		t.Errorf("coordinators are rung at %v, after contact was stopped", d.clock.Now().In(d.zone))
	}
	tasks, err := d.line.store.Tasks(t.Context())
	d.must(err)
	if len(tasks) == 0 || tasks[0].Kind != casestore.TaskPromise {
		t.Fatalf("owed: %s", d.owes())
	}
	post, _ = d.watched() // the session was over
	if status := post("/task/"+tasks[0].Partition.String()+"."+tasks[0].ID+"/done", "version", strconv.Itoa(tasks[0].Version+1), "outcome", "spoke"); status != http.StatusConflict || d.promise().State != casestore.PromiseOpen {
		t.Errorf("by another version than there is: status %d, %s", status, d.sum())
	}
	if status := post("/task/"+tasks[0].Partition.String()+"."+tasks[0].ID+"/done", "version", strconv.Itoa(tasks[0].Version), "outcome", "spoke"); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	if got := d.sum(); !strings.Contains(got, "kept reached") {
		t.Errorf("the promise: %s\n%s", got, d.log())
	}
}
