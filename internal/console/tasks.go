package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
)

// tasksShown is how many tasks the list has: those that are due first.
const tasksShown = 200

// holdsTask is how long a task stays with who takes it.
const holdsTask = 30 * time.Minute

// taskView is a task as it is shown. Phone and Note are on its own page only.
type taskView struct {
	Ref, Kind   string
	Version     int
	Due, Opened time.Time
	Late        bool
	Owner       string
	Mine        bool
	Held        time.Time // until when the owner is at it; zero for not
	Case        string    // the reference of its case; empty for none
	Short       string
	Tries       string
	Language    string
	Outcome     string
	Closed      time.Time
	Phone, Note private.Text
	Recording   bool
}

var taskKinds = map[casestore.TaskKind]string{
	casestore.TaskCallBack: "Call back", casestore.TaskMessage: "Answer a message", casestore.TaskMissed: "Call who reached nobody",
	casestore.TaskAbandoned: "Call who hung up waiting", casestore.TaskRead: "Read a text", casestore.TaskEmergency: "A text may be a call for help",
	casestore.TaskWrongNumber: "Wrong number", casestore.TaskNoText: "Call instead of texting", casestore.TaskPromise: "Keep the promise of a call",
	casestore.TaskHowItWent: "Say how a call went", casestore.TaskLetter: "Decide on a letter", casestore.TaskFirstCall: "First call of a request",
}

// outcomes is what can become of a task, in the order in which it is offered.
var outcomes = []option{
	{"spoke", "I spoke with them"}, {"tried", "I tried and reached nobody (it stays on the list)"}, {"done", "It is done"},
	{"not_needed", "It is not needed any more"}, {"wrong_number", "It is a wrong number"}, {"opted_out", "They want no more calls or texts"},
}

type option struct{ Value, Name string }

func nameOf(options []option, value string) string {
	for _, o := range options {
		if o.Value == value {
			return o.Name
		}
	}
	return ""
}

func (s *Server) taskView(t *casestore.Task, who person) taskView {
	now := s.Now()
	v := taskView{Ref: ref(t.Partition, t.ID), Kind: taskKinds[t.Kind], Version: t.Version, Due: t.Due, Opened: t.Opened, Late: t.Due.Before(now),
		Owner: s.name(t.Owner), Mine: t.Owner != "" && t.Owner == who.Who, Language: t.Language, Closed: t.Closed, Recording: t.Recording != ""}
	if v.Kind == "" {
		v.Kind = plain(string(t.Kind))
	}
	if t.HeldUntil.After(now) {
		v.Held = t.HeldUntil
	}
	if t.Case != "" {
		v.Case, v.Short = ref(t.Partition, string(t.Case)), short(t.Case)
	}
	if t.Tries > 0 {
		v.Tries = fmt.Sprintf("tried %d times", t.Tries)
	}
	if v.Outcome = nameOf(outcomes, t.Outcome); v.Outcome == "" {
		v.Outcome = plain(t.Outcome)
	}
	return v
}

type tasksView struct {
	Tasks     []taskView
	All, Late int
	Hidden    int
	Says      string
	MayChange bool
}

func (s *Server) tasksView(ctx context.Context, who person) (tasksView, error) {
	tasks, err := s.Store.TasksDue(ctx, tasksShown)
	if err != nil {
		return tasksView{}, err
	}
	view := tasksView{MayChange: who.is(keepers...)}
	if view.All, view.Late, err = s.Store.Owed(ctx); err != nil {
		return view, err
	}
	endings, err := s.Store.EndingsOf(ctx, tasks)
	if err != nil {
		return view, err
	}
	for _, t := range tasks {
		one := s.taskView(t, who)
		one.Short = shown(endings[t.Case], t.Case)
		view.Tasks = append(view.Tasks, one)
	}
	view.Hidden = max(0, view.All-len(view.Tasks))
	view.Says = fmt.Sprintf("%d tasks are open, %d are overdue.", view.All, view.Late)
	return view, nil
}

func (s *Server) tasksPage(v *visit) (reply, error) {
	view, err := s.tasksView(v.Context(), v.person)
	return reply{page: "tasks", title: "Tasks", data: view}, err
}

func (s *Server) tasksLive(v *visit) (reply, error) {
	return s.follow(v, "tasks", func() (any, error) { return s.tasksView(v.Context(), v.person) }), nil
}

// taskData is the page of one task.
type taskData struct {
	Task      taskView
	Alert     *alert
	Outcomes  []option
	Roster    []option
	MayChange bool
	MayHear   bool
}

func (s *Server) readTask(ctx context.Context, text string) (*casestore.Task, error) {
	p, id, err := parseRef(text)
	if err != nil {
		return nil, err
	}
	return s.Store.Task(ctx, p, id)
}

func (s *Server) taskPage(v *visit) (reply, error) { return s.showTask(v, nil) }

// showTask shows a task, with a word about what was just tried.
func (s *Server) showTask(v *visit, a *alert) (reply, error) {
	t, err := s.readTask(v.Context(), v.PathValue("task"))
	if err != nil {
		return reply{}, err
	}
	view := s.taskView(t, v.person)
	view.Phone, view.Note = t.Phone, t.Note
	if t.Case != "" {
		endings, err := s.Store.EndingsOf(v.Context(), []*casestore.Task{t})
		if err != nil {
			return reply{}, err
		}
		view.Short = shown(endings[t.Case], t.Case)
	}
	rep := reply{page: "task", title: view.Kind, about: t.Case, data: taskData{Task: view, Alert: a, Outcomes: outcomes, Roster: s.rosterOptions(), MayChange: v.is(keepers...) && t.Outcome == "", MayHear: v.is(keepers...)}}
	if a != nil {
		rep.status, rep.outcome = http.StatusConflict, "stale"
	}
	return rep, nil
}

func (s *Server) rosterOptions() []option {
	out := []option{{"", "Whoever is free"}}
	for _, m := range s.Roster {
		out = append(out, option{m.ID, m.Name})
	}
	return out
}

// moveTask changes a task that is as it was seen; otherwise the visitor is told.
func (s *Server) moveTask(v *visit, wanted string, move func(*casestore.Task)) (reply, error) {
	p, id, err := parseRef(v.PathValue("task"))
	if err != nil {
		return reply{}, err
	}
	seen, stale := number(v.PostFormValue("version")), false
	t, err := s.Store.MoveTask(v.Context(), p, id, func(t *casestore.Task) bool {
		if stale = t.Version != seen || t.Outcome != ""; !stale {
			move(t)
		}
		return !stale
	})
	if err != nil {
		return reply{}, err
	}
	if stale {
		return s.showTask(v, s.staleTask(wanted, t))
	}
	return reply{to: "/task/" + v.PathValue("task"), about: t.Case}, nil
}

// staleTask tells of both: what was wanted, and what it is now.
func (s *Server) staleTask(wanted string, t *casestore.Task) *alert {
	now := s.taskView(t, person{})
	is := "It is with: " + now.Owner + "."
	if now.Outcome != "" {
		is = "It is closed: " + now.Outcome + "."
	}
	return &alert{Wanted: wanted, Now: is}
}

func (s *Server) take(v *visit) (reply, error) {
	return s.moveTask(v, "You wanted to take it.", func(t *casestore.Task) { t.Owner, t.HeldUntil = v.Who, s.Now().Add(holdsTask) })
}

func (s *Server) reassign(v *visit) (reply, error) {
	to := v.PostFormValue("to")
	if _, ok := s.member(to); !ok && to != "" {
		return reply{}, errWrong
	}
	return s.moveTask(v, "You wanted to give it to: "+s.name(to)+".", func(t *casestore.Task) { t.Owner, t.HeldUntil = to, time.Time{} })
}

// done keeps what became of a task, and a note about it with its case.
func (s *Server) done(v *visit) (reply, error) {
	outcome, seen := v.PostFormValue("outcome"), number(v.PostFormValue("version"))
	if nameOf(outcomes, outcome) == "" || seen == 0 {
		return reply{}, errWrong
	}
	t, err := s.readTask(v.Context(), v.PathValue("task"))
	if err != nil {
		return reply{}, err
	}
	err = s.Line.Settle(v.Context(), t.Partition, t.ID, seen, v.Who, outcome, v.trace)
	if errors.Is(err, casestore.ErrConflict) || err == nil && t.Outcome != "" {
		if t, err = s.readTask(v.Context(), v.PathValue("task")); err != nil {
			return reply{}, err
		}
		return s.showTask(v, s.staleTask("You wanted to say: "+nameOf(outcomes, outcome)+".", t))
	}
	if err != nil {
		return reply{}, err
	}
	if t.Case != "" {
		err = s.Store.AddEntry(v.Context(), t.Partition, t.Case, casestore.CaseEntry{At: s.Now(), What: casestore.EntryTask, Who: v.Who, About: string(t.Kind) + " " + outcome, Text: written(v.PostFormValue("note"))})
	}
	if outcome == "tried" {
		return reply{to: "/task/" + v.PathValue("task"), about: t.Case}, err
	}
	return reply{to: "/tasks", about: t.Case}, err
}

func (s *Server) taskRecording(v *visit) (reply, error) {
	t, err := s.readTask(v.Context(), v.PathValue("task"))
	if err != nil {
		return reply{}, err
	}
	if t.Recording == "" {
		return reply{}, errNotFound
	}
	return s.play(v.Context(), t.Recording, t.Case)
}
