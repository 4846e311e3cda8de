package event

import (
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
)

// The types of events that come in (rules.md 4). Subject is the case: its ID as the
// line told it, or the case system's own name of a case that it has made.
const (
	CaseCreated          = "case.created"
	CoordinatorAssigned  = "case.coordinator_assigned"
	RecordsRequested     = "case.records_requested"
	ActionNeeded         = "case.action_needed"
	RecordsReceived      = "case.records_received" // all of them
	SpecialistMatched    = "case.specialist_matched"
	OpinionDelivered     = "case.opinion_delivered"
	CaseOnHold           = "case.on_hold"
	CaseClosed           = "case.closed"
	ContactUpdated       = "contact.updated"
	CoordinatorAvailable = "coordinator.availability"
)

// data is what any event in may carry; each type reads its own. Fields that are not
// known here are passed over.
type data struct {
	Phone       string     `json:"phone"`        // E.164
	Language    string     `json:"language"`     // BCP 47
	Zip         string     `json:"zip"`          // five digits, of the United States
	UTCOffset   string     `json:"utc_offset"`   // "UTC+05:30"
	BirthDate   string     `json:"birth_date"`   // 1960-03-04
	Coordinator string     `json:"coordinator"`  // roster ID, or the number in the roster
	Waiting     *int       `json:"waiting"`      // places whose records are awaited
	DeliveredAt *time.Time `json:"delivered_at"` // else the event's time
	Available   *bool      `json:"available"`
	Until       *time.Time `json:"until"`
	Consents    struct {
		Texts     *bool `json:"texts"`
		Calls     *bool `json:"calls"` // automated ones
		Voicemail *bool `json:"voicemail"`
	} `json:"consents"`
}

var (
	e164      = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	language  = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
	zip       = regexp.MustCompile(`^[0-9]{5}$`)
	utcOffset = regexp.MustCompile(`^UTC[+-][0-9]{2}:[0-9]{2}$`)
)

// read reads the data of an event, and checks what its type needs.
func read(e Event) (data, *Problem) {
	var d data
	if len(e.Data) > 0 {
		if err := json.Unmarshal(e.Data, &d); err != nil {
			return d, problem("data", "the data is no object with fields of the right kinds")
		}
	}
	for _, f := range []struct {
		name, value string
		as          *regexp.Regexp
	}{{"phone", d.Phone, e164}, {"language", d.Language, language}, {"zip", d.Zip, zip}, {"utc_offset", d.UTCOffset, utcOffset}} {
		if f.value != "" && !f.as.MatchString(f.value) {
			return d, problem("data_"+f.name, "the field %s is not of its form", f.name)
		}
	}
	if _, err := time.Parse(time.DateOnly, d.BirthDate); d.BirthDate != "" && err != nil {
		return d, problem("data_birth_date", "the field birth_date is a date such as 1960-03-04")
	}
	return d, needs(e, d)
}

// needs says what an event of this type lacks.
func needs(e Event, d data) *Problem {
	switch e.Type {
	case CoordinatorAvailable:
		if d.Coordinator == "" || d.Available == nil {
			return problem("data_missing", "coordinator and available are required")
		}
		return nil
	case CaseCreated:
		if d.Phone == "" {
			return problem("data_missing", "phone is required: it is whom we call")
		}
	case CoordinatorAssigned:
		if d.Coordinator == "" {
			return problem("data_missing", "coordinator is required")
		}
	case RecordsRequested, ActionNeeded, RecordsReceived, SpecialistMatched, OpinionDelivered, CaseOnHold, CaseClosed, ContactUpdated:
	default:
		return problem("unknown_type", "the type of the event is not known here")
	}
	if e.Subject == "" {
		return problem("missing_subject", "the attribute subject is required: it is the case")
	}
	return nil
}

// stages are those that an event brings a case to.
var stages = map[string]casestore.Stage{
	CaseCreated: casestore.StageRequested, RecordsRequested: casestore.StageCollectingRecords, RecordsReceived: casestore.StageRecordsComplete,
	SpecialistMatched: casestore.StageInReview, OpinionDelivered: casestore.StageDelivered, CaseOnHold: casestore.StageOnHold, CaseClosed: casestore.StageClosed,
}

// apply changes a case by an event. Everything that an event tells has a stamp of its
// own, so that events in any order, and more than once, end in the same case.
func apply(c *casestore.Case, e Event, d data, coordinator string) {
	news := casestore.Stamp{At: e.Time, ID: e.Name()}
	answer := func(name, value string) {
		if value == "" || !c.Newer(name, news) {
			return
		}
		answers := maps.Clone(c.Answers)
		if answers == nil {
			answers = map[string]private.Text{}
		}
		answers[name] = private.Of(value)
		c.Answers = answers
	}
	switch stage, ok := stages[e.Type]; {
	case e.Type == CaseCreated:
		// Whatever else is told came after it, whatever the clocks say.
		c.Stage = cmp.Or(c.Stage, stage)
	case ok && c.Newer("stage", news):
		c.Stage = stage
	}
	switch e.Type {
	case ActionNeeded, RecordsReceived:
		if c.Newer("action", news) {
			c.ActionNeeded = e.Type == ActionNeeded
		}
	}
	if e.Type == RecordsReceived && c.Newer("records", news) {
		c.RecordsAt = e.Time
	}
	if e.Type == OpinionDelivered && c.Newer("delivered", news) {
		c.DeliveredAt = e.Time
		if d.DeliveredAt != nil {
			c.DeliveredAt = d.DeliveredAt.UTC().Truncate(time.Millisecond)
		}
	}
	if d.Waiting != nil && *d.Waiting >= 0 && c.Newer("waiting", news) {
		c.Waiting = *d.Waiting
	}
	if coordinator != "" && c.Newer("coordinator", news) {
		c.Coordinator = coordinator
	}
	if d.Language != "" && c.Newer("language", news) {
		c.Language = d.Language
	}
	answer("phone", d.Phone)
	answer("zip", d.Zip)
	answer("utc_offset", d.UTCOffset)
	answer("birth_date", d.BirthDate)
	if v := d.Consents.Voicemail; v != nil && c.Newer("voicemail", news) {
		c.SetConsent(casestore.Consent{Kind: "voicemail", Given: yesNo(*v), Call: "event", At: e.Time})
	}
}

func yesNo(v bool) string {
	if v {
		return "yes"
	}
	return "no"
}
