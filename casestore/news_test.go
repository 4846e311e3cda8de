package casestore

import (
	"context"
	"strings"
	"testing"

	"secondline/internal/private"
	"secondline/internal/redistest"
)

// What was agreed to in a call, and what else the turn has to tell, goes to the case
// system, without anything personal.
func TestConsentsAreTold(t *testing.T) {
	s := testStore(t, redistest.Start(t).URL())
	id := s.ring.Person(private.Of("+12125550142"))
	c := &Conversation{Call: "CA1", Case: &Case{ID: "cnew"}}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Drain(t.Context(), "one", nil) // which makes the groups
	must(err)
	must(s.Commit(t.Context(), id, c, Change{
		Contact: ContactChange{Permissions: map[Channel]Permission{ByText: {Given: true, At: t0, How: "call", Ref: "CA1"}}},
		News:    []News{{ID: "locked.CA1.1", Type: VerificationLocked, At: t0, Facts: map[string]string{"channel": "voice"}}},
	}))
	told := map[string]News{}
	_, err = s.Drain(t.Context(), "one", map[EffectKind]Handler{EffectEvent: func(_ context.Context, _ Partition, e Effect) error {
		n, err := ParseNews(e.Data)
		told[n.Type] = n
		if strings.Contains(e.Data, "2125550142") {
			t.Errorf("it tells the number: %s", e.Data)
		}
		return err
	}})
	must(err)
	if n := told[ConsentRecorded]; n.Case != "cnew" || n.Facts["given"] != "true" || n.Facts["channel"] != "texts" {
		t.Errorf("told: %+v", told)
	}
	if n := told[VerificationLocked]; n.ID != "locked.CA1.1" {
		t.Errorf("told: %+v", told)
	}
}
