package ivr

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"secondline/casestore"
	"secondline/internal/flow"
	"secondline/internal/private"
	"secondline/internal/twilio"
)

// The addresses of the voice webhooks.
const (
	pathIncoming  = "/voice/incoming"
	pathAnswer    = "/voice/answer"
	pathStatus    = "/voice/status"
	pathRecording = "/voice/recording"
	pathFallback  = "/voice/fallback"
	pathAfter     = "/voice/after-fault"
	pathPlayback  = "/voice/playback"
	pathMusic     = "/voice/music"

	// What a caller who waits for the team hears, and what they press.
	pathWait    = "/voice/wait"
	pathWaiting = "/voice/waiting"
	pathJoined  = "/voice/joined"
	// What a coordinator who is rung hears, presses, and what becomes of it.
	pathWhisper = "/voice/whisper"
	pathAccept  = "/voice/accept"
	pathParted  = "/voice/parted"
	pathLeg     = "/voice/leg"

	// A call to a patient that a coordinator begins: the patient's telephone, and the
	// coordinator's after it.
	pathPatient       = "/voice/patient"
	pathApart         = "/voice/apart"
	pathPatientStatus = "/voice/patient-status"
	pathAfterTalk     = "/voice/after-talk"
	pathStar          = "/voice/star"
	pathHow           = "/voice/how"
	pathWhen          = "/voice/when"
	pathAsk           = "/voice/ask"

	// A call to a patient that a voice begins, and what machine detection makes of who
	// has picked up.
	pathReach   = "/voice/reach"
	pathMachine = "/voice/machine"

	// The same without Redis.
	pathFaultWhisper = "/voice/fault-whisper"
	pathFaultAccept  = "/voice/fault-accept"
)

// The parameters of our own addresses. None is personal: a step's name, a
// version, a partition, and what was pressed only when it is sealed.
const (
	paramAt        = "at"
	paramVersion   = "v"
	paramPartition = "p"
	paramNothing   = "none"
	paramHeld      = "k"
	paramHolds     = "n"
	paramTransfer  = "t"
	paramLeg       = "l"
	paramStars     = "s"
)

// turnLimit is how long a turn may take. Twilio gives up after 15 s (twilio.md
// 1.1): what cannot be done by then is tried again while the caller hears "one
// moment", at most maxHolds times.
const (
	turnLimit = 5 * time.Second
	maxHolds  = 2
)

// Routes adds the voice webhooks. Whoever mounts them lets only genuine
// requests of Twilio through.
func (s *Server) Routes(r *mux.Router) {
	r.HandleFunc(pathIncoming, s.speak(s.incoming)).Methods(http.MethodPost)
	r.HandleFunc(pathReach, s.speak(s.reach)).Methods(http.MethodPost)
	r.HandleFunc(pathMachine, s.machine).Methods(http.MethodPost)
	r.HandleFunc(pathAnswer, s.speak(s.answer)).Methods(http.MethodPost)
	r.HandleFunc(pathFallback, s.fallback).Methods(http.MethodPost)
	r.HandleFunc(pathAfter, s.afterFault).Methods(http.MethodPost)
	r.HandleFunc(pathStatus, s.status).Methods(http.MethodPost)
	r.HandleFunc(pathRecording, s.recording).Methods(http.MethodPost)
	r.HandleFunc(pathPlayback, s.playback).Methods(http.MethodGet)
	r.HandleFunc(pathMusic, s.music).Methods(http.MethodGet)
	r.HandleFunc(pathFaultWhisper, s.faultWhisper).Methods(http.MethodPost)
	r.HandleFunc(pathFaultAccept, s.faultAccept).Methods(http.MethodPost)
	s.transferRoutes(r)
}

// request is a TwiML request as it was understood.
type request struct {
	who   caller
	query url.Values
	form  url.Values
	held  flow.Input
	hold  bool
	holds int
	// outcome is what became of a wait in a queue.
	outcome flow.Outcome
	// urgent says that words were heard which may mean an emergency.
	urgent bool
}

// speak turns a step of a conversation into an answer that a caller hears,
// whatever happens.
func (s *Server) speak(step func(context.Context, request) (*casestore.Conversation, string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		started := s.now()
		ctx, cancel := context.WithTimeout(r.Context(), turnLimit)
		defer cancel()
		req, err := s.understand(r)
		var doc []byte
		var answer string
		if err == nil {
			doc, answer, err = s.take(ctx, req, step)
		}
		if judgesStatus[req.query.Get(paramAt)] && err == nil {
			// Right, wrong, unknown, locked: all take the same time.
			s.wait(ctx, s.cfg.StatusDelay-s.now().Sub(started))
		}
		if err != nil {
			doc, answer = s.troubled(ctx, req, err)
		}
		s.write(w, doc)
		s.metrics.turns.WithLabelValues(answer).Inc()
		s.metrics.seconds.Observe(s.now().Sub(started).Seconds())
	}
}

// take makes one step and its answer. A panic is an error like any other here:
// the caller must not notice more of it.
func (s *Server) take(ctx context.Context, req request, step func(context.Context, request) (*casestore.Conversation, string, error)) (doc []byte, answer string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("ivr: %w", private.Panic(p))
		}
	}()
	c, answer, err := step(ctx, req)
	if err == nil {
		doc, err = s.rendererFor(req).render(c).Encode(twilio.Voice)
	}
	return doc, answer, err
}

// rendererFor gives a server whose addresses are whole after a call was updated
// over REST: Twilio has nothing to resolve them by then (error 11100).
func (s *Server) rendererFor(req request) *Server {
	if req.query.Get(paramNothing) != "told" {
		return s
	}
	whole := *s
	whole.base = s.root
	return &whole
}

func (s *Server) write(w http.ResponseWriter, doc []byte) {
	w.Header().Set("Content-Type", twilio.ContentType)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(doc)
}

// understand reads who calls and what came with it.
func (s *Server) understand(r *http.Request) (request, error) {
	form := twilio.FormOf(r)
	voice, err := twilio.DecodeVoice(form)
	if err != nil {
		return request{}, fmt.Errorf("ivr: %s: %w", r.URL.Path, err)
	}
	from, to := outboundAs(voice)
	var number private.Text
	if e164, ok := twilio.CallerNumber(from.Reveal()); ok {
		number = private.Of(e164)
	}
	line, ok := s.lines[to.Reveal()]
	if !ok {
		// A number that was added at Twilio and not here is answered as the first.
		line = s.cfg.Lines[0]
		s.log.Warn("a call came in on a number that is not configured", "call", voice.CallSID)
	}
	req := request{query: r.URL.Query(), form: form, who: caller{
		call: voice.CallSID, number: number, id: s.person(number, voice.CallSID), line: line, token: twilio.IdempotencyToken(r), now: s.now(),
	}}
	req.holds, _ = strconv.Atoi(req.query.Get(paramHolds))
	if sealed := req.query.Get(paramHeld); sealed != "" {
		req.hold = true
		if req.held, err = s.unseal(voice.CallSID, sealed); err != nil {
			return req, err
		}
	}
	return req, nil
}

// incoming answers a call that comes in. The same call posted again hears the
// same again.
func (s *Server) incoming(ctx context.Context, req request) (*casestore.Conversation, string, error) {
	c, known, err := s.store.Incoming(ctx, req.who.id, req.who.call)
	if err != nil {
		return nil, "", err
	}
	if c != nil {
		return c, "repeat", nil
	}
	if c, err = s.begin(ctx, req.who, known); err == nil {
		return c, "next", nil
	}
	return s.again(ctx, req, err)
}

// answer takes a call one step on.
func (s *Server) answer(ctx context.Context, req request) (*casestore.Conversation, string, error) {
	c, drafts, err := s.read(ctx, req)
	if err != nil {
		return nil, "", err
	}
	if c == nil {
		// What was kept of the call is gone: it starts over rather than ending.
		s.log.Warn("a call is not known; it starts over", "call", req.who.call)
		return s.incoming(ctx, req)
	}
	if s.repeated(req, c) {
		return c, "repeat", nil
	}
	if req.form.Get("QueueResult") != "" {
		if req.outcome, err = s.unqueued(ctx, req, c); err != nil || req.outcome == "" {
			return c, "repeat", err
		}
	}
	req.urgent = s.urgent(req)
	next, err := s.move(ctx, req, c, drafts, s.input(req))
	if err == nil {
		return next, "next", nil
	}
	return s.again(ctx, req, err)
}

// read reads the conversation; with the unfinished requests only where the step
// looks at them.
func (s *Server) read(ctx context.Context, req request) (*casestore.Conversation, []*casestore.Case, error) {
	switch req.query.Get(paramAt) {
	case "intake.resume", "intake.resume_again":
		c, known, err := s.store.ConversationAndDrafts(ctx, req.who.id, req.who.call)
		return c, known.Drafts, err
	}
	c, err := s.store.Conversation(ctx, req.who.id.Partition(), req.who.call)
	if errors.Is(err, casestore.ErrNotFound) {
		return nil, nil, nil
	}
	return c, nil, err
}

// repeated says whether a request has been answered before: it names a step or
// a version that the call has left, or carries the token of the last delivery.
func (s *Server) repeated(req request, c *casestore.Conversation) bool {
	if req.query.Get(paramAt) != c.State.At || req.query.Get(paramVersion) != strconv.Itoa(c.Version) {
		return true
	}
	return req.who.token != "" && req.who.token == c.Token && !req.hold
}

// again reads what another replica made of the call in the meantime.
func (s *Server) again(ctx context.Context, req request, cause error) (*casestore.Conversation, string, error) {
	if !errors.Is(cause, casestore.ErrConflict) {
		return nil, "", cause
	}
	c, err := s.store.Conversation(ctx, req.who.id.Partition(), req.who.call)
	return c, "repeat", err
}
