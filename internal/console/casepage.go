package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"secondline/casestore"
	"secondline/internal/explain"
	"secondline/internal/hours"
	"secondline/internal/planview"
	"secondline/internal/private"
	"secondline/internal/recordings"
)

// alert tells of a change that was not made, because somebody else was first.
type alert struct{ Wanted, Now string }

// fact is one thing that is known of a case.
type fact struct {
	Name  string
	Value private.Text
}

type caseData struct {
	Ref, Short string
	Alert      *alert
	// Version and Promised are those of the case and of its promise.
	Version, Promised   int
	Ending, Phone       private.Text
	Language, Authority string
	Coordinator         string
	Facts               []fact
	Recordings          []option
	Contact             []string
	Stages              []option
	MayChange           bool
	Open                bool
	Chosen              string // for the form
	Zone                string
	Plan                []planview.Step
	Live                caseLive
}

// caseLive is what is kept up to date on the page of a case.
type caseLive struct {
	Stage, State, StateName string
	By, Next                string
	Left                    string
	Tasks                   []taskView
	Lines                   []timelineLine
	Says                    string
	MayChange               bool
}

var stageNames = []option{
	{string(casestore.StageStarted), "Started"}, {string(casestore.StageRequested), "Requested"}, {string(casestore.StageCollectingRecords), "Collecting records"},
	{string(casestore.StageRecordsComplete), "Records complete"}, {string(casestore.StageInReview), "In review"}, {string(casestore.StageDelivered), "Opinion delivered"},
	{string(casestore.StageFollowedUp), "Followed up"}, {string(casestore.StageClosed), "Closed"}, {string(casestore.StageOnHold), "On hold"},
	{string(casestore.StageWithdrawn), "Withdrawn"}, {string(casestore.StageIneligible), "Not eligible"},
}

var stateNames = map[casestore.PromiseState]string{casestore.PromiseOpen: "Promise is open", casestore.PromiseKept: "Promise is kept", casestore.PromiseOver: "Promise has ended"}

// told is what the intake asks, in its order; recordings are played instead.
var told = []option{
	{"for_whom", "The patient is"}, {"birth_date", "Date of birth"}, {"email", "E-mail"}, {"zip", "Zip code"}, {"state", "State"}, {"zone", "Time zone"},
	{"local_time", "Local time"}, {"utc_offset", "Offset from UTC"}, {"good_time", "A good time to call"}, {"consent_calls", "Automated calls"},
	{"consent_texts", "Texts"}, {"consent_voicemail", "A message on voicemail"}, {"processing", "Processing in the United States"},
}

var toldWords = map[string]string{"self": "the caller", "other": "someone else", "person_only": "only a person", "any_time": "any time", "agree": "agreed"}

var recorded = []option{{"name", "Name"}, {"treated_at", "Places of treatment"}, {"question", "Question for the specialist"}}

func (s *Server) readFile(ctx context.Context, text string) (*casestore.File, error) {
	p, id, err := parseRef(text)
	if err != nil {
		return nil, err
	}
	return s.Store.File(ctx, p, casestore.CaseID(id))
}

func (s *Server) casePage(v *visit) (reply, error) { return s.showCase(v, nil) }

// showCase shows a case, with a word about what was just tried.
func (s *Server) showCase(v *visit, a *alert) (reply, error) {
	f, err := s.readFile(v.Context(), v.PathValue("case"))
	if err != nil {
		return reply{}, err
	}
	data := s.caseData(f, v)
	data.Alert = a
	rep := reply{page: "case", title: "Request " + data.Short, data: data}
	if a != nil {
		rep.status, rep.outcome = http.StatusConflict, "stale"
	}
	return rep, nil
}

func (s *Server) caseLive(v *visit) (reply, error) {
	if _, err := s.readFile(v.Context(), v.PathValue("case")); err != nil {
		return reply{}, err
	}
	return s.follow(v, "case", func() (any, error) {
		f, err := s.readFile(v.Context(), v.PathValue("case"))
		if err != nil {
			return nil, err
		}
		return s.liveOf(f, v.person), nil
	}), nil
}

func (s *Server) caseData(f *casestore.File, v *visit) caseData {
	c := f.Case
	d := caseData{
		Ref: ref(c.Partition, string(c.ID)), Short: shown(c.Number.Ending(), c.ID), Version: c.Version, Ending: c.Number.Ending(), Phone: c.Phone(), Language: languageName(c.Language),
		Coordinator: s.name(c.Coordinator), Contact: s.contactWords(f.Contact), MayChange: v.is(keepers...), Zone: s.Calendar.Zone().String(), Live: s.liveOf(f, v.person),
	}
	if !c.Authority.Name.Empty() {
		d.Authority = fmt.Sprintf("%s, established by %s on %s", c.Authority.Name.Reveal(), s.name(c.Authority.By), explain.InWords(c.Authority.At.In(s.Calendar.Zone()), "January 2"))
	}
	for _, t := range told {
		if value := c.Answers[t.Value]; !value.Empty() {
			if words := toldWords[value.Reveal()]; words != "" {
				value = private.Of(words)
			}
			d.Facts = append(d.Facts, fact{t.Name, value})
		}
	}
	for _, r := range recorded {
		if sid := c.Answers.Get(r.Value); v.is(keepers...) && recordings.CheckID(sid) == nil {
			d.Recordings = append(d.Recordings, option{sid, r.Name})
		}
	}
	for _, stage := range stageNames[1:] {
		if stage.Value != string(c.Stage) {
			d.Stages = append(d.Stages, stage)
		}
	}
	if f.Promise != nil {
		d.Promised, d.Open = f.Promise.Version, f.Promise.State == casestore.PromiseOpen
		if view, err := s.planOf(v.Context(), f); err == nil {
			d.Plan = view.Steps()
		}
	}
	return d
}

// liveOf gives what changes by itself.
func (s *Server) liveOf(f *casestore.File, who person) caseLive {
	zone := s.Calendar.Zone()
	l := caseLive{Stage: nameOf(stageNames, string(f.Case.Stage)), Lines: s.timeline(f, who), MayChange: who.is(keepers...)}
	for _, t := range f.Tasks {
		if t.Outcome == "" {
			l.Tasks = append(l.Tasks, s.taskView(t, who))
		}
	}
	if p := f.Promise; p != nil {
		l.State, l.StateName, l.Next = string(p.State), stateNames[p.State], explain.Next(p, zone)
		l.By = "Delivered " + explain.OnTime(p.Delivered, zone) + ". A person calls within 24 hours of that."
		if !p.Chosen.IsZero() {
			l.By = "A person calls " + explain.OnTime(p.Chosen, zone) + ", which the patient chose."
		}
		if row := s.measured(casestore.Open{Promise: p, Case: f.Case}, s.legalOf(f.Case), s.Now()); p.State == casestore.PromiseOpen {
			l.Left = s.described(&row, s.Now()).Left
		}
	}
	l.Says = l.Stage + ". " + l.StateName
	return l
}

func languageName(tag string) string {
	if name, ok := map[string]string{"en": "English", "es": "Spanish"}[tag]; ok {
		return name
	}
	return tag
}

// contactWords says how the number may be reached, a sentence each.
func (s *Server) contactWords(c casestore.Contact) []string {
	var out []string
	for _, by := range []struct {
		channel casestore.Channel
		name    string
	}{{casestore.ByText, "Texts"}, {casestore.ByAutomatedCall, "Automated calls"}} {
		why := map[casestore.Reason]string{
			casestore.OK: "may be sent or made.", casestore.ReasonOptedOut: "may not: they opted out.", casestore.ReasonNoConsent: "may not: nobody has agreed to them.",
			casestore.ReasonSuspended: "wait until a person has looked at a message that may mean stop.", casestore.ReasonNotTextable: "do not reach this number.", casestore.ReasonWrongNumber: "may not: it is a wrong number.",
		}[c.May(by.channel, false)]
		out = append(out, by.name+" "+why)
	}
	if !c.OptedOut.At.IsZero() {
		out = append(out, "Opted out "+explain.OnTime(c.OptedOut.At, s.Calendar.Zone())+".")
	}
	return out
}

// planOf is the plan of the promise as it follows from all that has happened.
func (s *Server) planOf(ctx context.Context, f *casestore.File) (*planview.View, error) {
	if f.Promise == nil {
		return nil, errNotFound
	}
	o, err := s.Line.Owed(ctx, f.Case.Partition, f.Case.ID)
	if err != nil {
		return nil, err
	}
	c := f.Case
	zones := s.Zones(c.Answers.Get("zip"), c.Answers.Get("utc_offset"), c.Phone().Reveal())
	return planview.New(o.PlannedFrom(f.Promise), s.Calendar, zones, hours.DefaultWindow), nil
}

func (s *Server) planDrawn(v *visit) (reply, error) {
	f, err := s.readFile(v.Context(), v.PathValue("case"))
	if err != nil {
		return reply{}, err
	}
	view, err := s.planOf(v.Context(), f)
	if err != nil {
		return reply{}, err
	}
	// The drawing has its style in itself, and is shown as a picture.
	return reply{file: &file{kind: "image/svg+xml", body: []byte(view.SVG()), policy: "default-src 'none'; style-src 'unsafe-inline'"}}, nil
}

// caseRecording plays what was said in the case's own answers, and in its tasks.
func (s *Server) caseRecording(v *visit) (reply, error) {
	f, err := s.readFile(v.Context(), v.PathValue("case"))
	if err != nil {
		return reply{}, err
	}
	sid := v.PathValue("recording")
	its := slices.ContainsFunc(recorded, func(r option) bool { return f.Case.Answers.Get(r.Value) == sid })
	its = its || slices.ContainsFunc(f.Tasks, func(t *casestore.Task) bool { return t.Recording == sid })
	if sid == "" || !its {
		return reply{}, errNotFound
	}
	return s.play(v.Context(), sid, f.Case.ID)
}

func (s *Server) play(ctx context.Context, sid string, about casestore.CaseID) (reply, error) {
	r, err := s.Vault.Get(ctx, sid)
	if errors.Is(err, recordings.ErrNotFound) || errors.Is(err, recordings.ErrInvalidID) {
		return reply{}, errNotFound
	}
	if err != nil {
		return reply{}, err
	}
	return reply{file: &file{kind: r.ContentType(), body: r.Audio()}, about: about}, nil
}

// search finds a case by its request number, which stands in the body and in no
// address.
func (s *Server) search(v *visit) (reply, error) {
	n, err := casestore.ParseRequestNumber(v.PostFormValue("number"))
	if err != nil {
		return reply{status: http.StatusBadRequest, outcome: "not_found", page: "message", title: "Not a request number", data: "The number was not understood: " + err.Error() + "."}, nil
	}
	c, err := s.Store.Lookup(v.Context(), n.Reveal())
	if err != nil {
		return reply{}, err
	}
	if c == nil {
		return reply{status: http.StatusNotFound, outcome: "not_found", page: "message", title: "No request found", data: "There is no request of this number."}, nil
	}
	return reply{to: "/case/" + ref(c.Partition, string(c.ID)), about: c.ID}, nil
}

// number reads a number of a form; 0 for none.
func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// written keeps what a person wrote, cut off where it is too long to be read.
func written(text string) private.Text {
	text = strings.TrimSpace(text)
	if r := []rune(text); len(r) > 2000 {
		text = string(r[:2000])
	}
	return private.Of(text)
}

// plain makes words of a name.
func plain(name string) string { return strings.ReplaceAll(name, "_", " ") }

func (s *Server) localTime(text string) (time.Time, error) {
	t, err := time.ParseInLocation("2006-01-02T15:04", text, s.Calendar.Zone())
	if err != nil {
		return t, errWrong
	}
	return t, nil
}
