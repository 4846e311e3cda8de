package ivr

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
)

// memory is a store without Redis, for what only looks at conversations.
type memory struct {
	Store  // what no test asks for is nil, and would be noticed
	ring   *casestore.KeyRing
	calls  map[string]*casestore.Conversation
	drafts map[casestore.PersonID]map[casestore.CaseID]*casestore.Case

	transfers map[string]*casestore.Transfer
	tasks     []*casestore.Task
	known     map[string]*casestore.Case
	duty      map[string]casestore.CoordinatorState
}

func newMemory(t testing.TB) *memory {
	t.Helper()
	ring, err := casestore.NewKeyRing(make([]byte, 32), casestore.Key{ID: "a", Secret: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{ring: ring, calls: map[string]*casestore.Conversation{}, drafts: map[casestore.PersonID]map[casestore.CaseID]*casestore.Case{},
		transfers: map[string]*casestore.Transfer{}, known: map[string]*casestore.Case{}, duty: map[string]casestore.CoordinatorState{}}
	number, err := casestore.ParseRequestNumber("12345674")
	if err != nil {
		t.Fatal(err)
	}
	m.known["12345674"] = &casestore.Case{ID: "c1", Number: number, Stage: casestore.StageInReview, Coordinator: "co2",
		Answers: map[string]private.Text{"birth_date": private.Of("1960-03-04")}}
	due := time.Date(2027, 11, 23, 17, 0, 0, 0, time.UTC)
	m.tasks = []*casestore.Task{
		{ID: "t1", Kind: casestore.TaskCallBack, Due: due, Phone: private.Of("+16175550123")},
		{ID: "t2", Kind: casestore.TaskMessage, Due: due, Recording: "RE" + strings.Repeat("c", 32)},
		{ID: "t3", Kind: casestore.TaskMessage, Due: due.Add(100 * time.Hour), Recording: "RE" + strings.Repeat("c", 32), Phone: private.Of("+442079460958"), Language: "es"},
	}
	return m
}

func (m *memory) Conversation(_ context.Context, _ casestore.Partition, call string) (*casestore.Conversation, error) {
	if c := m.calls[call]; c != nil {
		return c, nil
	}
	return nil, casestore.ErrNotFound
}

func (m *memory) Incoming(ctx context.Context, id casestore.PersonID, call string) (*casestore.Conversation, casestore.Greeting, error) {
	return m.ConversationAndDrafts(ctx, id, call)
}

func (m *memory) OwedCall(context.Context, casestore.PersonID) (bool, error) { return false, nil }

func (m *memory) CallOver(context.Context, casestore.PersonID, string) error { return nil }

func (m *memory) Promise(context.Context, casestore.Partition, casestore.CaseID) (*casestore.Promise, error) {
	return nil, casestore.ErrNotFound
}

func (m *memory) ConversationAndDrafts(_ context.Context, id casestore.PersonID, call string) (*casestore.Conversation, casestore.Greeting, error) {
	var drafts []*casestore.Case
	for _, d := range m.drafts[id] {
		drafts = append(drafts, d)
	}
	return m.calls[call], casestore.Greeting{Drafts: drafts}, nil
}

func (m *memory) Commit(_ context.Context, id casestore.PersonID, c *casestore.Conversation, change casestore.Change) error {
	c.Version++
	m.calls[c.Call] = c
	if m.drafts[id] == nil {
		m.drafts[id] = map[casestore.CaseID]*casestore.Case{}
	}
	for _, d := range change.Drafts {
		copied := *d.Case
		copied.Answers = maps.Clone(d.Answers)
		m.drafts[id][d.ID] = &copied
	}
	for _, old := range change.DropDrafts {
		delete(m.drafts[id], old)
	}
	if change.Transfer != nil {
		m.transfers[change.Transfer.ID] = change.Transfer
	}
	if change.Finished != nil {
		delete(m.drafts[id], change.Finished.ID)
	}
	return nil
}

func (m *memory) TakeNumber(context.Context) (casestore.RequestNumber, error) {
	return casestore.NewRequestNumber(), nil
}
func (m *memory) SaveRecording(context.Context, casestore.Partition, casestore.Recording) error {
	return nil
}
func (m *memory) Ring() *casestore.KeyRing { return m.ring }
func (m *memory) Keep() time.Duration      { return 7 * 24 * time.Hour }

func (m *memory) Lookup(_ context.Context, digits string) (*casestore.Case, error) {
	if c := m.known[digits]; c != nil {
		// Another stage every time, so that each is heard.
		stages := []casestore.Stage{"requested", "collecting_records", "records_complete", "in_review", "delivered", "followed_up", "closed", "on_hold"}
		for i, stage := range stages {
			if stage == c.Stage {
				c.Stage = stages[(i+1)%len(stages)]
				break
			}
		}
		return c, nil
	}
	return nil, nil
}

func (m *memory) Try(context.Context, ...casestore.Subject) (bool, error)              { return true, nil }
func (m *memory) Clear(context.Context, casestore.Subject, ...casestore.Subject) error { return nil }
func (m *memory) NumberSubject(string) casestore.Subject                               { return casestore.Subject{} }
func (m *memory) CallerSubject(casestore.PersonID) casestore.Subject                   { return casestore.Subject{} }
func (m *memory) PINSubject(string) casestore.Subject                                  { return casestore.Subject{} }
func (m *memory) EverySubject() casestore.Subject                                      { return casestore.Subject{} }

func (m *memory) Transfer(_ context.Context, _ casestore.Partition, id string) (*casestore.Transfer, error) {
	if t := m.transfers[id]; t != nil {
		return t, nil
	}
	return nil, casestore.ErrNotFound
}

func (m *memory) MoveTransfer(ctx context.Context, p casestore.Partition, id string, move func(*casestore.Transfer) ([]*casestore.Task, bool)) (*casestore.Transfer, error) {
	t, err := m.Transfer(ctx, p, id)
	if err == nil {
		copied := *t
		copied.Legs = append([]casestore.Leg(nil), t.Legs...)
		if _, changed := move(&copied); changed {
			*t = copied
		}
	}
	return t, err
}

func (m *memory) Wake(context.Context, casestore.Partition, casestore.Effect) error { return nil }
func (m *memory) Team(context.Context) (map[string]casestore.CoordinatorState, error) {
	return maps.Clone(m.duty), nil
}

func (m *memory) SetDuty(_ context.Context, coordinator, duty string, until time.Time) error {
	m.duty[coordinator] = casestore.CoordinatorState{Duty: duty, DutyUntil: until}
	return nil
}

func (m *memory) ClaimCoordinators(context.Context, string, time.Duration, int, []string) ([]string, error) {
	return nil, nil
}
func (m *memory) HoldCoordinator(context.Context, string, string, string) error  { return nil }
func (m *memory) ReleaseCoordinator(context.Context, string, string, bool) error { return nil }

func (m *memory) TasksDue(context.Context, int) ([]*casestore.Task, error) {
	return slices.Clone(m.tasks), nil
}
func (m *memory) Owed(context.Context) (all, late int, err error) { return len(m.tasks), 0, nil }
func (m *memory) MoveTask(_ context.Context, _ casestore.Partition, id string, move func(*casestore.Task) bool) (*casestore.Task, error) {
	for _, task := range m.tasks {
		if task.ID == id {
			copied := *task
			move(&copied)
			return &copied, nil
		}
	}
	return nil, casestore.ErrNotFound
}

func (m *memory) OptOutNumber(context.Context, private.Text, casestore.OptOut) error { return nil }

// nowhere is a journal that keeps nothing.
type nowhere struct{}

func (nowhere) Append(casestore.JournalEntry) error { return nil }
