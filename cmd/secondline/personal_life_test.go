package main

import (
	"fmt"
	"net/url"
	"time"

	"secondline/casestore"
	"secondline/internal/twiliosim"
)

// Whole lives of requests: by telephone and by text, at night, with mistakes.
func (s *searched) live() {
	p := s.people
	intake := fmt.Sprintf(`1 1 1 2 2 1 %s 1 1 1 1 1 %s 1 "%s %s" text:"it is %s" text:"OK" "%s" "%s" 3`, p[0].keys(), p[0].zip, p[0].first, p[0].last, p[0].email, p[0].clinic, p[0].ask)
	s.sim.SetFaults(twiliosim.Faults{ExtraFields: url.Values{"CallerName": {p[0].first + " " + p[0].last}, "FromZip": {p[0].zip}}})
	s.calls(p[0].phone, "answers", intake, p[0])
	s.sim.SetFaults(twiliosim.Faults{})

	// Half an intake, which somebody else with the same telephone tries to take up.
	s.calls(p[1].phone, "answers", fmt.Sprintf(`1 1 1 2 2 1 %s 1 1 1 1 1 %s hangup`, p[1].keys(), p[1].zip), p[1])
	s.calls(p[1].phone, "answers", `1 01021931 01021932 hangup`)
	s.calls(p[1].phone, "answers", fmt.Sprintf(`1 %s 1 "%s %s" # "%s" "%s" 3`, p[1].keys(), p[1].first, p[1].last, p[1].clinic, p[1].ask), p[1])

	// A minor, and somebody of Massachusetts: nothing of them goes anywhere.
	s.calls(p[2].phone, "answers", fmt.Sprintf(`1 1 1 2 2 1 %s 1 1 1 1 1 02139 _ _`, p[2].keys()), p[2])

	// By text, in people's own words.
	s.texts(p[3], then([]string{"BEGIN", "1", "1", "yes", "no", "2", "1"}, p[3].born.Format("January 2 2006"), "1", "my number is "+p[3].asTyped()+" yes",
		"1", "yes please, I am "+p[3].first, "1", "1", "1", "near "+p[3].clinic, p[3].zip, "1", p[3].first+" "+p[3].last, "it is "+p[3].email, "1", p[3].clinic, p[3].ask, "thank you")...)
	s.learn()
	for _, i := range []int{0, 1, 3} {
		if p[i].request == "" {
			s.t.Fatalf("patient %d has made no request", i)
		}
	}
	s.texts(p[3], "I have chest pain, "+p[3].first, "this is "+p[3].first+" born "+p[3].born.Format("1/2/2006")+", write to "+p[3].email, "LATER", "2", "CALL", "wrong number? I am not "+p[3].last)

	// Somebody else asks how it stands, with a wrong date; the patient with the right one.
	s.calls("+12125550142", "answers", fmt.Sprintf(`2 %s 01021931 %s 01021932 0 _`, p[0].request, p[0].request))
	s.calls(p[0].phone, "answers", fmt.Sprintf(`2 %s %s _`, p[0].request, p[0].keys()), p[0])
	s.calls(p[1].phone, "no-answer", `0 _ _ _ _ 1 3 2 2 3 1`)
	s.calls(p[1].phone, "busy", fmt.Sprintf(`0 _ 2 "This is %s %s, call %s"`, p[1].first, p[1].last, p[1].asTyped()))
	s.calls(p[4].phone, "no-answer", `3 2 _ _ _ _ 1 1`)
	s.calls(p[4].phone, "answers", `"emergency" hangup`)
	s.calls("", "answers", fmt.Sprintf(`1 1 1 2 2 1 %s 1 %s 1 1 2 1 %s 1 "%s" # # _`, p[5].keys(), p[5].phone[2:], p[5].zip, p[5].first), p[5])
	s.calls(p[5].phone, "answers", `9 1`)
	s.calls(worldPerson, "answers", worldPIN+`# 2 _ _ _`)
}

// outreach delivers opinions and keeps the promises.
func (s *searched) outreach() {
	ctx := s.t.Context()
	s.sim.SetCallee(func(to string) twiliosim.CalleeBehaviour {
		switch to {
		case s.people[1].phone:
			return twiliosim.Machine()
		case s.people[0].phone, s.people[3].phone:
			return twiliosim.Answers("1")
		}
		return twiliosim.Answers("1", "1")
	})
	for _, i := range []int{0, 1, 3} {
		c := s.caseOf(s.people[i])
		for _, stage := range []casestore.Stage{casestore.StageCollectingRecords, casestore.StageRecordsComplete, casestore.StageInReview, casestore.StageDelivered} {
			_, _, err := s.line.store.Advance(ctx, c.Partition, c.ID, stage, nil)
			s.must(err)
			s.must(s.settle(ctx))
		}
	}
	s.pass(90*time.Minute, 15*time.Second)
}
