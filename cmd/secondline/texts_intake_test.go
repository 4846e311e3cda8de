package main

import (
	"strings"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twiliosim"
)

// Who cannot talk on the telephone is not called after delivery: a person owes
// something written.
func TestWhoCannotTalkIsWrittenTo(t *testing.T) {
	d := deliver(t, afternoon, "answers", hooks{}, twiliosim.CalleeBehaviour{})
	_, err := d.line.store.MoveCase(t.Context(), d.c.Partition, d.c.ID, func(c *casestore.Case) bool {
		c.Answers["can_talk"] = private.Of("write")
		return true
	})
	d.must(err)
	d.pass(26 * time.Hour)
	if calls := len(d.sim.CallsTo(deliveredTo)); calls != 0 || d.rings() != "" {
		t.Errorf("%d calls to the patient, coordinator rung: %q", calls, d.rings())
	}
	if owed := d.owes(); !strings.Contains(owed, string(casestore.TaskPromise)) {
		t.Errorf("a person owes %q", owed)
	}
	if log := d.log(); !strings.Contains(log, "cannot_talk") {
		t.Errorf("the promise says:\n%s", log)
	}
}
