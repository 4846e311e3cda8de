package event

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"secondline/casestore"
)

// counting counts what is written to Redis in one piece, but for how a connection
// begins.
type counting struct {
	net.Conn
	trips *atomic.Int64
}

func (c counting) Write(b []byte) (int, error) {
	if low := bytes.ToLower(b); !bytes.Contains(low, []byte("client")) && !bytes.Contains(low, []byte("hello")) {
		c.trips.Add(1)
	}
	return c.Conn.Write(b)
}

// An event asks Redis few times, from its signature to its acknowledgement: every one
// that writes waits for the disk.
func TestRoundTripsAnEvent(t *testing.T) {
	var trips atomic.Int64
	b := newBench(t)
	_, redis := newStore(t, b.now)
	rdb := casestore.ConnectBy(func() (net.Conn, error) {
		c, err := net.Dial("unix", strings.TrimPrefix(redis.URL(), "unix://"))
		return counting{c, &trips}, err
	})
	b.store = casestore.New(casestore.Options{Redis: rdb, Ring: b.store.Ring(), Now: b.now})
	t.Cleanup(func() { b.store.Close() })
	b.inbox.Store = b.store
	event := func(id, kind, subject, data string) string {
		return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"s","type":%q,"subject":%q,"time":"2027-03-02T10:00:00Z","data":%s}`, id, kind, subject, data)
	}
	made := `{"phone":"+12125550142","consents":{"texts":true,"calls":false}}`
	// The scripts are known to Redis after the first, and so is what it can do.
	if status, answer := b.post(TypeEvent, event("0", CaseCreated, "case 0", made)); status != http.StatusOK {
		t.Fatal(status, answer)
	}
	for _, tt := range []struct {
		what, kind, body, status string
		most                     int64
	}{
		// What is known; a request number, which is usually set aside; the name; the case;
		// the proof; and that it is done.
		{"a case", TypeEvent, event("1", CaseCreated, "case 1", made), "accepted", 6},
		{"the same once more", TypeEvent, event("1", CaseCreated, "case 1", made), "repeated", 3},
		{"a stage", TypeEvent, event("2", RecordsRequested, "case 1", `{"waiting":3}`), "accepted", 5},
		{"a coordinator off duty", TypeEvent, event("3", CoordinatorAvailable, "", `{"coordinator":"co1","available":false}`), "accepted", 4},
		{"one before its case", TypeEvent, event("4", OpinionDelivered, "case 2", `{}`), "waiting", 3},
		{"three in a batch", TypeBatch, "[" + event("5", ActionNeeded, "case 1", `{}`) + "," + event("6", RecordsReceived, "case 1", `{}`) + "," + event("7", SpecialistMatched, "case 1", `{}`) + "]", "accepted", 3*3 + 2},
	} {
		trips.Store(0)
		status, answer := b.post(tt.kind, tt.body)
		if n := trips.Load(); status != http.StatusOK || !strings.Contains(answer, tt.status) || n > tt.most {
			t.Errorf("%s: %d round trips, at most %d are needed: %d %s", tt.what, n, tt.most, status, answer)
		}
	}
	c, err := b.store.FindCase(t.Context(), "case 1")
	if err != nil || c.Stage != casestore.StageInReview || c.Waiting != 3 {
		t.Fatalf("%v, %v", c, err)
	}
	contact, err := b.store.ContactOf(t.Context(), c.Caller)
	if err != nil || !contact.Permissions[casestore.ByText].Given || contact.Permissions[casestore.ByAutomatedCall].At.IsZero() {
		t.Errorf("what was agreed to: %+v, %v", contact, err)
	}
}

// An event that made its case and was not acknowledged, since we died before what
// waited for the case was done, comes again: that is done then.
func TestWhatWaitedIsDoneTheSecondTime(t *testing.T) {
	b := newBench(t)
	delivered := `{"specversion":"1.0","id":"1","source":"s","type":"case.opinion_delivered","subject":"x","time":"2027-03-03T10:00:00Z"}`
	if status, answer := b.post(TypeEvent, delivered); status != http.StatusOK || !strings.Contains(answer, "waiting") {
		t.Fatal(status, answer)
	}
	created := `{"specversion":"1.0","id":"2","source":"s","type":"case.created","subject":"x","time":"2027-03-02T10:00:00Z","data":{"phone":"+12125550142"}}`
	one := structured([]byte(created))
	done := casestore.EventsDone{}
	if _, p, err := b.inbox.take(t.Context(), one, &done); p != nil || err != nil {
		t.Fatal(p, err)
	}
	// It is marked as done, and the answer that would tell what waits is lost.
	if _, err := b.store.SettleEvents(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	if status, answer := b.post(TypeEvent, created); status != http.StatusOK || !strings.Contains(answer, "repeated") {
		t.Fatal(status, answer)
	}
	if c := b.find("x"); c.Stage != casestore.StageDelivered {
		t.Errorf("the case is %s", c.Stage)
	}
	if waiting, err := b.store.SettleEvents(t.Context(), casestore.EventsDone{Cases: []string{"x"}}); err != nil || len(waiting) > 0 {
		t.Errorf("%d still wait, %v", len(waiting), err)
	}
}
