package casestore

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"secondline/internal/private"
	"secondline/internal/redistest"
)

// To forget a request and to seal anew touch one slot a step: both run on a cluster that
// refuses keys which were not declared.
func TestForgetAndResealOnACluster(t *testing.T) {
	var hosts []string
	for _, server := range redistest.StartCluster(t) {
		hosts = append(hosts, fmt.Sprintf("127.0.0.1:%d", server.Port))
	}
	s := testStore(t, "redis+cluster://"+strings.Join(hosts, ","))
	for script, source := range map[**redis.Script]string{&commitScript: commitSource, &plainScript: plainSource, &resealScript: resealSource} {
		plain := *script
		*script = strict(source)
		t.Cleanup(func() { *script = plain })
	}
	ctx, now := t.Context(), t0
	s.now = func() time.Time { return now }
	stays, goes := closedCase(t, s, "+16175550101", StageInReview), closedCase(t, s, "+16175550102", StageClosed)
	for _, err := range []error{
		s.AddEntry(ctx, stays.Partition, stays.ID, CaseEntry{At: now, What: EntryNote, Text: private.Of("x")}),
		s.RefuseEvent(ctx, RefusedEvent{At: now, Reason: "json", Body: []byte("x")}),
		s.OpenTask(ctx, stays.Partition, &Task{ID: "t1", Kind: TaskMessage, Due: now, Case: stays.ID}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.AwaitCase(ctx, "not yet", "e1", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	now = now.Add(31 * day)
	if held, err := s.Forget(ctx, goes, Shredded, func([]string) error { return nil }); held != "" || err != nil {
		t.Fatal(held, err)
	}
	ring, err := NewKeyRing(bytes.Repeat([]byte{1}, 32), Key{ID: "fresh", Secret: []byte(strings.Repeat("f", 32))})
	if err != nil {
		t.Fatal(err)
	}
	ring.open[s.ring.current] = s.ring.open[s.ring.current]
	s.ring = ring
	done, failed, err := s.Reseal(ctx, func(int, int) {})
	if err != nil || failed != 0 || done < 6 {
		t.Fatalf("%d sealed anew, %d failed, %v", done, failed, err)
	}
	by, err := s.SealedBy(ctx)
	if err != nil || by["fresh"] < 6 {
		t.Errorf("%v, %v", by, err)
	}
	if waiting, err := s.SettleEvents(ctx, EventsDone{Cases: []string{"not yet"}}); err != nil || len(waiting) != 1 {
		t.Errorf("an event that waits: %v", err)
	}
	if refused, err := s.RefusedEvents(ctx, 10); err != nil || len(refused) != 1 {
		t.Errorf("a refused event: %v", err)
	}
}
