package console

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"secondline/casestore"
)

// Whatever somebody else was first with: nothing is changed, both are shown, and it
// is on record.
func TestChangesThatComeSecond(t *testing.T) {
	w := newWorld(t)
	c := w.patient(1, 2*time.Hour)
	v := w.visitor(as("co1", Coordinator))
	task := func() string {
		t.Helper()
		task := &casestore.Task{ID: casestore.NewTaskID(), Kind: casestore.TaskCallBack, Due: t0.Add(time.Hour), Opened: t0, Case: c.ID, Phone: c.Phone()}
		must(t, w.store.OpenTask(t.Context(), c.Partition, task))
		_, err := w.store.MoveTask(t.Context(), c.Partition, task.ID, func(t *casestore.Task) bool { t.Owner = "co2"; return true })
		must(t, err)
		return "/task/" + ref(c.Partition, task.ID)
	}
	closed := task()
	_, err := w.store.MoveTask(t.Context(), c.Partition, strings.SplitN(closed, ".", 2)[1], func(t *casestore.Task) bool { t.Outcome = "spoke"; return true })
	must(t, err)
	at := "/case/" + caseRef(c)
	for _, tt := range []struct {
		name, path string
		fields     []string
		wanted, is string
	}{
		{"take", task() + "/take", []string{"version", "1"}, "You wanted to take it.", "It is with: Sam Okafor."},
		{"reassign", task() + "/reassign", []string{"version", "1", "to", "co3"}, "You wanted to give it to: Mina Chen.", "It is with: Sam Okafor."},
		{"done", task() + "/done", []string{"version", "1", "outcome", "spoke"}, "You wanted to say: I spoke with them.", "It is with: Sam Okafor."},
		{"take what is closed", closed + "/take", []string{"version", "3"}, "You wanted to take it.", "It is closed: I spoke with them."},
		{"finish what is closed", closed + "/done", []string{"version", "3", "outcome", "done"}, "You wanted to say: It is done.", "It is closed: I spoke with them."},
		{"reschedule", at + "/reschedule", []string{"version", "77", "at", "2026-07-15T10:00"}, "You wanted the call to be on Wednesday, July 15, 10:00 a.m. EDT.", "Now it is at the stage “Opinion delivered”."},
		{"stage", at + "/stage", []string{"version", "77", "stage", "closed", "why", "x"}, "You wanted the stage “Closed”.", "Now it is at the stage “Opinion delivered”."},
		{"authority", at + "/authority", []string{"version", "77", "name", "x", "checked", "1"}, "You wanted to record who may speak for the patient.", "Opinion delivered"},
		{"number", at + "/number", []string{"version", "77", "number", "+12125550666"}, "You wanted to correct the number.", "Opinion delivered"},
	} {
		before, err := w.store.File(t.Context(), c.Partition, c.ID)
		must(t, err)
		status, body := v.post(tt.path, tt.fields...)
		if status != http.StatusConflict || !strings.Contains(body, "Somebody changed this meanwhile") || !strings.Contains(body, tt.wanted) || !strings.Contains(body, tt.is) {
			t.Errorf("%s: status %d, %v, %v", tt.name, status, strings.Contains(body, tt.wanted), strings.Contains(body, tt.is))
		}
		if got := w.recorded(1); !strings.HasSuffix(got, " stale") {
			t.Errorf("%s: on record: %s", tt.name, got)
		}
		after, err := w.store.File(t.Context(), c.Partition, c.ID)
		must(t, err)
		if after.Case.Version != before.Case.Version || after.Promise.Version != before.Promise.Version || len(after.Entries) != len(before.Entries) {
			t.Errorf("%s: something was changed all the same", tt.name)
		}
		for i := range after.Tasks {
			if after.Tasks[i].Version != before.Tasks[i].Version {
				t.Errorf("%s: a task was changed all the same", tt.name)
			}
		}
	}
}

// What a form must have, it must have.
func TestFormsThatLackSomething(t *testing.T) {
	w := newWorld(t)
	c := w.patient(1, 2*time.Hour)
	v := w.visitor(as("co1", Coordinator))
	at := "/case/" + caseRef(c)
	for _, tt := range [][]string{
		{at + "/note", "text", "  "}, {at + "/reschedule", "at", "soon"}, {at + "/reschedule", "at", "2020-01-01T10:00"}, {at + "/reschedule", "at", "2062-07-15T10:00", "version", "1"}, {at + "/reschedule", "at", "2026-07-15T10:00"},
		{at + "/stage", "stage", "closed", "version", "1"}, {at + "/stage", "stage", "closed", "why", "x"},
		{at + "/stage", "stage", "started", "why", "x", "version", "1"}, {at + "/authority", "name", "x"}, {at + "/number", "number", "six"}, {at + "/stop"}, {"/team/co2/duty", "duty", "off"}, {"/team/co1/duty", "duty", "maybe"},
	} {
		if status, _ := v.post(tt[0], tt[1:]...); status != http.StatusBadRequest {
			t.Errorf("%q: status %d", tt, status)
		}
		if got := w.recorded(1); !strings.HasSuffix(got, " refused") {
			t.Errorf("%q: on record: %s", tt, got)
		}
	}
	for _, path := range []string{"/case/zz.c", "/case/00.cnone", "/task/00.tnone", "/case/00", at + "/recording/RE1"} {
		if status, _ := v.get(path); status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, status)
		}
	}
}

// A number that is corrected is the one that open tasks call, and nobody has agreed
// to anything for it.
func TestACorrectedNumber(t *testing.T) {
	w := newWorld(t)
	c := w.patient(1, 2*time.Hour)
	must(t, w.store.ChangeContact(t.Context(), w.store.Ring().Person(c.Phone()), casestore.ContactChange{Permissions: map[casestore.Channel]casestore.Permission{casestore.ByText: {Given: true, At: t0}}}))
	task := &casestore.Task{ID: casestore.NewTaskID(), Kind: casestore.TaskPromise, Due: t0, Opened: t0, Case: c.ID, Phone: c.Phone()}
	must(t, w.store.OpenTask(t.Context(), c.Partition, task))
	if status, _ := w.visitor(as("co1", Coordinator)).post("/case/"+caseRef(c)+"/number", "version", "1", "number", "+12125550666"); status != http.StatusSeeOther {
		t.Fatalf("status %d", status)
	}
	f, err := w.store.File(t.Context(), c.Partition, c.ID)
	must(t, err)
	if f.Case.Phone().Reveal() != "+12125550666" || f.Tasks[0].Phone.Reveal() != "+12125550666" || f.Contact.May(casestore.ByText, false) != casestore.ReasonNoConsent || !f.Promise.Next.Equal(t0) {
		t.Errorf("calls %s, the task %s, texts %q, looked at %v", f.Case.Phone().Reveal(), f.Tasks[0].Phone.Reveal(), f.Contact.May(casestore.ByText, false), f.Promise.Next)
	}
}
