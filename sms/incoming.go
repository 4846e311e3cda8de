package sms

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twilio"
)

const (
	// perHour and perDay are how many messages of one number are answered, and put
	// before a person, in an hour and in a day. Opting out always is heard, and of
	// emergencies perHour in an hour are besides.
	perHour = 20
	perDay  = 60
	// autoEvery is how often something that was not understood gets an automatic
	// answer (call-script.md 6.9).
	autoEvery = time.Hour
	// answerWithin is how long a question of ours waits for its answer.
	answerWithin = 24 * time.Hour
)

// incoming answers a message. Where what it asks for cannot be kept, Twilio is
// told so, and asks again or elsewhere: an opt-out must never be lost.
func (s *Server) incoming(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), turnLimit)
	defer cancel()
	form, err := twilio.DecodeMessage(twilio.FormOf(r))
	if err != nil {
		s.Log.Warn("a message cannot be read", "err", err)
		s.nothing(w)
		return
	}
	number, ok := twilio.CallerNumber(form.From.Reveal())
	if !ok || s.Config.Destination(number).Never == RefusedOurs {
		// A short code, a name, or a line of ours: nobody to answer, and two machines
		// must not talk to each other.
		s.Metrics.received.WithLabelValues("no_person").Inc()
		s.nothing(w)
		return
	}
	if err := s.receive(ctx, form, private.Of(number)); err != nil {
		s.Log.Error("a message is not kept", "message", form.MessageSID, "err", err)
		http.Error(w, "try again", http.StatusServiceUnavailable)
		return
	}
	s.nothing(w)
}

// message is one that came in, and what becomes of it.
type message struct {
	s      *Server
	form   twilio.MessageForm
	number private.Text
	id     casestore.PersonID
	now    time.Time
	means  Meaning
	// pumped: the numbers about this one have written more than is read.
	pumped bool

	t       *casestore.Thread
	known   casestore.Known
	contact casestore.Contact
	change  casestore.ThreadChange
	// ctx is the request's, for what is looked up while the message is decided on.
	ctx context.Context
	// lapsed says that an intake was left alone for too long, closed that its request
	// was finished, or stopped, in a call; elsewhere that this happened just now.
	lapsed, closed, elsewhere bool
	// resumed is the unfinished request that a date of birth opened, request the
	// number of the one that is made.
	resumed *casestore.Case
	request casestore.RequestNumber
	// after is what is done once everything is kept.
	after []func(context.Context) error
}

// receive understands a message and keeps everything that follows from it in one
// step.
func (s *Server) receive(ctx context.Context, form twilio.MessageForm, number private.Text) error {
	m := &message{s: s, form: form, number: number, id: s.person(number), now: s.Now(), ctx: ctx}
	var err error
	if m.pumped, err = s.pumped(ctx, m); err != nil {
		return err
	}
	err = m.receive()
	if errors.Is(err, casestore.ErrFinished) {
		m.elsewhere = true
		err = m.receive()
	}
	for _, f := range m.after {
		if err == nil {
			err = f(ctx)
		}
	}
	return err
}

// receive decides on a message with what is known at that moment.
func (m *message) receive() error {
	_, err := m.s.Store.MoveThread(m.ctx, m.id, func(t *casestore.Thread, known casestore.Known) (casestore.ThreadChange, bool, error) {
		m.t, m.known, m.contact, m.change, m.after = t, known, known.Contact, casestore.ThreadChange{}, nil
		m.lapsed, m.closed, m.resumed = false, false, nil
		if t.HasSeen(m.form.MessageSID) {
			m.s.Metrics.received.WithLabelValues("repeat").Inc()
			return casestore.ThreadChange{}, false, nil
		}
		t.See(m.form.MessageSID)
		if m.contact.Language != "" {
			t.Language = m.s.language(m.contact.Language)
		}
		if err := m.decide(); err != nil {
			return casestore.ThreadChange{}, false, err
		}
		return m.change, true, nil
	})
	return err
}

// decide follows the order of call-script.md 6.9.
func (m *message) decide() error {
	m.understand()
	m.byTwilio()
	m.s.Metrics.received.WithLabelValues(string(m.means.Kind)).Inc()
	m.change.Deeds = append(m.change.Deeds, casestore.Deed{What: "text.in", Case: m.t.Case, Thing: m.form.MessageSID, Outcome: string(m.means.Kind)})
	if m.means.OptsOut() {
		if err := m.optOut(); err != nil {
			return err
		}
	}
	if m.means.Has(Emergency) {
		m.emergency()
		return nil
	}
	if m.means.OptsOut() {
		return nil
	}
	if m.flooded() || m.pumped {
		return nil
	}
	return m.answer()
}

// byTwilio takes Twilio's own word for what it has understood and answered.
func (m *message) byTwilio() {
	switch m.form.OptOut {
	case twilio.OptOutStop:
		m.means = Meaning{Kind: OptOut, Also: m.means.Also}
	case twilio.OptOutStart:
		m.means = Meaning{Kind: Start}
	case twilio.OptOutHelp:
		m.means = Meaning{Kind: Help}
	}
}

// understand reads the message. A question of ours comes first; what does not
// answer it answers the intake, if one is under way.
func (m *message) understand() {
	m.lapse()
	body, media := m.form.Body.Reveal(), len(m.form.Media)
	pending := m.pending()
	if pending == Nothing && m.asking() {
		pending = AskedFree
	}
	m.means = Understand(body, media, pending, m.t.Language)
	if m.asking() && (m.means.Kind == Other || m.means.Kind == Health || m.means.Detail == Unclear) {
		m.means = Understand(body, media, AskedFree, m.t.Language)
	}
}

// pending is the question that waits for an answer, if it still does.
func (m *message) pending() Pending {
	if m.now.After(m.t.PendingUntil) {
		m.t.Pending = ""
	}
	switch m.t.Pending {
	case casestore.AskedEmail:
		return AskedAddress
	case casestore.AskedEmailConfirm:
		return AskedConfirm
	case casestore.AskedWhen:
		return AskedWhen
	}
	return Nothing
}

// flooded counts messages; beyond a bound they are neither answered nor put
// before a person one by one.
func (m *message) flooded() bool {
	if m.now.Sub(m.t.Window) >= time.Hour {
		m.t.Window, m.t.InWindow, m.t.IntakeInWindow = m.now, 0, 0
	}
	if m.now.Sub(m.t.Day) >= aDay {
		m.t.Day, m.t.InDay, m.t.IntakeInDay = m.now, 0, 0
	}
	inHour, inDay, hour, day := &m.t.InWindow, &m.t.InDay, perHour, perDay
	if m.asking() {
		inHour, inDay, hour, day = &m.t.IntakeInWindow, &m.t.IntakeInDay, intakePerHour, intakePerDay
	}
	*inHour++
	if *inHour > hour {
		if *inHour == hour+1 && *inDay < day {
			m.toRead()
		}
		return true
	}
	if *inDay++; *inDay == day+1 {
		m.toRead()
	}
	return *inDay > day
}

// optOut stops texts and automated calls, in this very webhook: on disk first,
// then in Redis with everything else.
func (m *message) optOut() error {
	if m.stoppedBefore() {
		if m.means.Has(Call) && !m.flooded() && !m.pumped {
			m.task(casestore.TaskCallBack, m.s.Config.CallBack)
		}
		return nil
	}
	if err := m.s.Journal.Append(casestore.JournalEntry{At: m.now, Person: m.id, What: "stop", How: "text", Ref: m.form.MessageSID}); err != nil {
		return fmt.Errorf("sms: journal: %w", err)
	}
	m.t.Pending = ""
	m.takeBack()
	if m.means.Has(Call) {
		m.task(casestore.TaskCallBack, m.s.Config.CallBack)
	}
	m.change.Contact.OptOut = &casestore.OptOut{At: m.now, How: "text", Call: m.form.MessageSID}
	m.s.Metrics.optOuts.Inc()
	switch {
	case m.means.Has(WrongNumber):
		m.change.Contact.Wrong = m.now
		m.reply("S-notpatient")
		m.task(casestore.TaskWrongNumber, m.s.Config.CallBack)
	case m.form.OptOut == "" && !(m.s.Config.TollFree && isNetworkStop(m.form.Body.Reveal())):
		// On a toll-free number the network has answered STOP itself.
		m.reply("S-stop")
	}
	return nil
}

// stoppedBefore says that the message stops nothing that is not stopped: it is
// confirmed once, and written down once, however often it is said.
func (m *message) stoppedBefore() bool {
	return m.contact.May(casestore.ByText, true) == casestore.ReasonOptedOut && m.contact.May(casestore.ByAutomatedCall, true) == casestore.ReasonOptedOut &&
		(!m.means.Has(WrongNumber) || !m.contact.Wrong.IsZero())
}

// emergency answers at any hour, and alerts a person. Who wants no texts gets
// none; the alert stays.
func (m *message) emergency() {
	if m.now.Sub(m.t.Alarms) >= time.Hour {
		m.t.Alarms, m.t.InAlarms = m.now, 0
	}
	if m.t.InAlarms++; m.t.InAlarms > perHour {
		return // as many alerts of this hour stand before a person
	}
	m.task(casestore.TaskEmergency, 0)
	if m.change.Contact.OptOut == nil && m.contact.May(casestore.ByText, true) == casestore.OK {
		id := "S-emerg"
		if !m.s.Config.Home(m.number.Reveal()) {
			id = "S-emerg-intl"
		}
		m.reply(id)
	}
}

// answer is everything that is neither an opt-out nor an emergency.
func (m *message) answer() error {
	if m.means.Has(Ambiguous) {
		// It may mean stop: nothing is sent until a person has read it.
		m.change.Contact.Suspended = m.now
	}
	switch m.means.Kind {
	case Start:
		return m.start()
	case Help:
		if m.form.OptOut == "" {
			m.reply("S-help")
		}
	case Answer:
		if m.means.Detail == Free {
			return m.answerIntake()
		}
		return m.answered()
	case Later:
		m.t.Pending, m.t.PendingUntil = casestore.AskedWhen, m.now.Add(answerWithin)
		m.reply("S-later")
	case Call:
		task := m.task(casestore.TaskCallBack, m.s.Config.CallBack)
		m.replyAbout("S-call-ok", task.Due)
	case Begin:
		return m.begin()
	case Empty:
		// An emoji answers no question of an intake: it is asked again.
		if body := m.form.Body.Reveal(); m.asking() && !isReaction(body) && strings.TrimSpace(body) != "" {
			return m.answerIntake()
		}
	case Media:
		m.toRead()
		m.replyAutomatic("S-media")
	case Health, Other:
		m.toRead()
		switch {
		case m.lapsed:
			m.reply("S-expired")
		case m.closed:
			m.reply("S-gone")
		case m.means.Kind == Health:
			m.replyAutomatic("S-nopii")
		default:
			m.replyAutomatic("S-unknown")
		}
	case Ambiguous:
		m.toRead()
		m.replyAutomatic("S-unknown")
	}
	return nil
}

// start restores texts; automated calls need a new consent.
func (m *message) start() error {
	if err := m.s.Journal.Append(casestore.JournalEntry{At: m.now, Person: m.id, What: "start", How: "text", Ref: m.form.MessageSID}); err != nil {
		return fmt.Errorf("sms: journal: %w", err)
	}
	m.change.Contact.TextsBack = m.now
	m.change.Contact.Permissions = map[casestore.Channel]casestore.Permission{
		casestore.ByText: {Given: true, At: m.now, How: "text", Ref: m.form.MessageSID, Key: "START"},
	}
	if m.form.OptOut == "" {
		m.reply("S-start")
	}
	return nil
}

// task puts the message before a person.
func (m *message) task(kind casestore.TaskKind, within time.Duration) *casestore.Task {
	zones := m.s.Config.Zones("", "", m.number.Reveal())
	due := m.now
	if within > 0 {
		due = m.s.due(m.now, within, zones)
	}
	task := &casestore.Task{
		ID: casestore.NewTaskID(), Kind: kind, Due: due, Phone: m.number, Case: m.t.Case, Call: m.form.MessageSID, Opened: m.now,
		Note: m.form.Body,
	}
	if m.t.Language != "en" {
		task.Language = m.t.Language
	}
	task.Ring = m.s.RingAt(task)
	m.change.Tasks = append(m.change.Tasks, task)
	m.s.Metrics.tasks.WithLabelValues(string(kind)).Inc()
	return task
}

// toRead puts the message before a person; several within the hour are one task.
func (m *message) toRead() {
	if m.t.ToRead == "" || m.now.Sub(m.t.ReadAt) >= autoEvery {
		m.t.ToRead, m.t.ReadAt = m.task(casestore.TaskRead, m.s.Config.CallBack).ID, m.now
		return
	}
	id, p, body := m.t.ToRead, m.id.Partition(), m.form.Body
	m.after = append(m.after, func(ctx context.Context) error {
		task, err := m.s.Store.MoveTask(ctx, p, id, func(t *casestore.Task) bool {
			t.Note = private.Of(t.Note.Reveal() + "\n" + body.Reveal())
			return t.Outcome == ""
		})
		if err != nil || task.Outcome == "" {
			return err
		}
		// A person has read the others already: this one is new.
		fresh := m.task(casestore.TaskRead, m.s.Config.CallBack)
		return m.s.Store.OpenTask(ctx, p, fresh)
	})
}

// due is so much open time later, rounded up to the half hour, with a decent hour
// before it.
func (s *Server) due(now time.Time, open time.Duration, zones []*time.Location) time.Time {
	due := s.Calendar.AddOpen(now, open)
	if up := due.Truncate(30 * time.Minute); !up.Equal(due) {
		due = up.Add(30 * time.Minute)
	}
	return s.Calendar.DueBy(now, due, zones)
}

func (m *message) reply(prompt string) { m.replyWith(prompt, nil) }

func (m *message) replyAbout(prompt string, at time.Time) {
	m.replyWith(prompt, map[string]private.Text{"WHEN": private.Of(m.s.spoken(at))})
}

func (m *message) replyWith(prompt string, vars map[string]private.Text) {
	m.change.Texts = append(m.change.Texts, &casestore.Text{
		ID: casestore.NewTextID(), Kind: casestore.TextReply, To: m.number, From: m.s.Config.From, Prompt: prompt, Vars: vars,
		Language: m.t.Language, Created: m.now, Expires: m.now.Add(2 * time.Hour),
	})
}

// replyAutomatic answers what was not understood, once an hour at most.
func (m *message) replyAutomatic(prompt string) {
	if m.now.Sub(m.t.LastAuto) < autoEvery {
		return
	}
	m.t.LastAuto = m.now
	m.reply(prompt)
}

// spoken gives a time as the wording takes it.
func (s *Server) spoken(at time.Time) string {
	return at.In(s.Config.Zone).Format(time.RFC3339) + " " + s.Config.Zone.String()
}
