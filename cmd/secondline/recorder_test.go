package main

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/twimlcheck"
)

// leave plays a call that leaves a message, and gives the message's SID.
func (d *desk) leave() string {
	d.t.Helper()
	d.p.from = patient
	d.playTokens(d.t, d.p, `0 2 "Ana, six one seven"`)
	tasks, err := d.line.store.Tasks(d.t.Context())
	d.must(err)
	if len(tasks) != 1 || tasks[0].Recording == "" {
		d.t.Fatalf("%d tasks", len(tasks))
	}
	return tasks[0].Recording
}

func (d *desk) recording(sid string) string {
	d.t.Helper()
	r, err := d.line.store.Recording(d.t.Context(), d.line.store.Ring().Person(privateOf(patient)).Partition(), sid)
	d.must(err)
	return r.Status
}

// A message is taken from Twilio, deleted there, and can be heard from the vault.
func TestMessageIsKeptHereAndDeletedThere(t *testing.T) {
	d := newDesk(t, "busy", hooks{})
	sid := d.leave()
	if _, there := d.sim.Recording(sid); there {
		t.Error("the message is still at Twilio")
	}
	if got := d.recording(sid); got != "kept" {
		t.Errorf("its status is %q", got)
	}
	audio, kind, err := d.line.recorder.FetchRecording(t.Context(), sid)
	d.must(err)
	sound, err := io.ReadAll(audio)
	if err != nil || len(sound) == 0 || !strings.HasPrefix(kind, "audio/") {
		t.Errorf("%d bytes of %q, %v", len(sound), kind, err)
	}
	d.clock.Pass(31 * 24 * time.Hour)
	d.line.recorder.sweep(t.Context())
	if _, err := d.line.recorder.vault.Get(t.Context(), sid); err == nil {
		t.Error("the message is kept for longer than its time")
	}
}

// away answers for a recording that Twilio does not have yet.
func away(gone *bool) hooks {
	return hooks{rest: func(rt http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if *gone && strings.Contains(r.URL.Path, "/Recordings/") {
				return &http.Response{StatusCode: http.StatusNotFound, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
					Body: io.NopCloser(strings.NewReader(`{"code":20404,"status":404,"message":"not found","more_info":""}`))}, nil
			}
			return rt.RoundTrip(r)
		})
	}}
}

// A recording that comes late is kept when it comes; one that never comes is
// given up after a day, and said to be lost.
func TestRecordingThatIsLate(t *testing.T) {
	for _, tt := range []struct {
		name  string
		comes bool
		want  string
	}{{"late", true, "kept"}, {"never", false, "lost"}} {
		t.Run(tt.name, func(t *testing.T) {
			gone := true
			d := newDesk(t, "busy", away(&gone))
			sid := d.leave()
			if got := d.recording(sid); got != "completed" {
				t.Errorf("at first its status is %q", got)
			}
			gone = !tt.comes
			for range 25 {
				d.clock.Pass(time.Hour)
				d.line.recorder.again(t.Context())
			}
			if got := d.recording(sid); got != tt.want {
				t.Errorf("its status is %q, want %q", got, tt.want)
			}
			if left, err := d.line.store.NotedRecordings(t.Context(), d.clock.Now()); len(left) != 0 || err != nil {
				t.Errorf("%d are still tried, %v", len(left), err)
			}
		})
	}
}

// A recording is told of twice, and again when it has been settled: once is kept.
func TestRecordingToldTwice(t *testing.T) {
	d := newDesk(t, "busy", hooks{})
	sid := d.leave()
	p := d.line.store.Ring().Person(privateOf(patient)).Partition()
	for _, status := range []string{"completed", "in-progress"} {
		err := d.line.store.SaveRecording(t.Context(), p, casestore.Recording{SID: sid, Status: status})
		d.must(errors.Join(err, d.settle(t.Context())))
	}
	if got := d.recording(sid); got != "kept" {
		t.Errorf("its status is %q", got)
	}
}

// The fallback reaches a person with no part of ours running: no address of ours
// stands in it, and Twilio takes it.
func TestFallback(t *testing.T) {
	env := func(name string) (string, bool) { return "testdata/roster.toml", name == "LINE_CONFIG" }
	var out, errs strings.Builder
	if status := run(t.Context(), []string{"fallback"}, onlyLineConfig(env), &out, &errs); status != 0 {
		t.Fatalf("status %d: %s", status, errs.String())
	}
	for _, want := range []string{"+16175550199", "+16175550198", "Something is not working on our side"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it lacks %q:\n%s", want, out.String())
		}
	}
	for _, no := range []string{"action=", "url=", "/voice"} {
		if strings.Contains(out.String(), no) {
			t.Errorf("it needs us: %q in\n%s", no, out.String())
		}
	}
	docs := &twimlcheck.Collection{}
	docs.Add(out.String())
	docs.Check(t, "--voice")
	status, text, said := command(t, "fallback")
	if status != 0 || strings.Contains(text, "<Dial") || !strings.Contains(said, "roster is empty") {
		t.Errorf("with an empty roster: status %d, %s%s", status, text, said)
	}
}
