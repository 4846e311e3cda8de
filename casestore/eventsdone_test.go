package casestore

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"secondline/internal/redistest"
)

// A failover may lose what an event changed and keep a mark that was written after it.
// Nothing is marked, and what waited waits on, until all is proved: the event comes
// again, and is done again.
func TestNothingIsMarkedBeforeItIsProved(t *testing.T) {
	one, cluster := redistest.Start(t), redistest.StartCluster(t)
	var hosts []string
	for _, server := range cluster {
		hosts = append(hosts, fmt.Sprintf("127.0.0.1:%d", server.Port))
	}
	for _, server := range append(cluster, one) {
		for name, value := range map[string]string{"appendonly": "yes", "appendfsync": "always"} {
			server.Do(t, "CONFIG", "SET", name, value)
		}
	}
	for kind, url := range map[string]string{"one server": one.URL(), "cluster": "redis+cluster://" + strings.Join(hosts, ",")} {
		now := time.Now()
		t.Run(kind, func(t *testing.T) { markedOnceProved(t, storeBy(t, url, &now)) })
	}
}

func markedOnceProved(t *testing.T, s *Store) {
	ctx := t.Context()
	if _, err := s.AwaitCase(ctx, "x", "later", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	waiting, err := s.SettleEvents(ctx, EventsDone{Cases: []string{"x"}})
	if err != nil || len(waiting) != 1 {
		t.Fatal(waiting, err)
	}
	since, err := s.Lineage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	done := EventsDone{Since: "another", Events: []string{"e1"}, Came: waiting, Cases: []string{"x"}}
	if _, err := s.SettleEvents(ctx, done); !errors.Is(err, ErrFailedOver) {
		t.Fatal(err)
	}
	if at, err := s.Standing(ctx, "e1", "x"); err != nil || at.Seen {
		t.Errorf("it is marked: %+v, %v", at, err)
	}
	if waiting, err := s.SettleEvents(ctx, EventsDone{Cases: []string{"x"}}); err != nil || len(waiting) != 1 {
		t.Errorf("%d wait, %v", len(waiting), err)
	}
	done.Since = since
	if waiting, err := s.SettleEvents(ctx, done); err != nil || len(waiting) > 0 {
		t.Errorf("%d wait, %v", len(waiting), err)
	}
	if at, err := s.Standing(ctx, "e1", "x"); err != nil || !at.Seen {
		t.Errorf("it is not marked: %+v, %v", at, err)
	}
}
