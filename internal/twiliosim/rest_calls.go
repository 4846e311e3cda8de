package twiliosim

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// createCallParams are the parameters of Create Call.
var createCallParams = map[string]param{
	"To": matching(21211, endpointPattern), "From": matching(21212, endpointPattern),
	"Url": urlParam(21205), "Twiml": {}, "ApplicationSid": {code: 21218, ok: func(string) bool { return false }},
	"Method": verbParam(), "FallbackUrl": urlParam(21205), "FallbackMethod": verbParam(),
	"StatusCallback": urlParam(21205), "StatusCallbackMethod": verbParam(),
	"StatusCallbackEvent": many(among(errParameter, "initiated", "ringing", "answered", "completed")),
	"SendDigits":          matching(21206, sendDigitsPattern), "Timeout": within(1, 600, 21208),
	"Record": boolParam(), "RecordingChannels": among(errParameter, "mono", "dual"),
	"RecordingStatusCallback": urlParam(21205), "RecordingStatusCallbackMethod": verbParam(),
	"RecordingStatusCallbackEvent": many(among(errParameter, "in-progress", "completed", "absent")),
	"RecordingTrack":               among(errParameter, "inbound", "outbound", "both"),
	"Trim":                         among(errParameter, "trim-silence", "do-not-trim"),
	"SipAuthUsername":              {}, "SipAuthPassword": {}, "Byoc": {}, "CallToken": {},
	"CallerId": matching(21212, callerIDPattern), "CallReason": upTo(50, errParameter),
	"MachineDetection":                   among(errParameter, "Enable", "DetectMessageEnd"),
	"MachineDetectionTimeout":            within(3, 59, errParameter),
	"MachineDetectionSpeechThreshold":    within(1000, 6000, errParameter),
	"MachineDetectionSpeechEndThreshold": within(500, 5000, errParameter),
	"MachineDetectionSilenceTimeout":     within(2000, 10000, errParameter),
	"AsyncAmd":                           boolParam(), "AsyncAmdStatusCallback": urlParam(21205),
	"AsyncAmdStatusCallbackMethod": verbParam(), "TimeLimit": within(1, 86400, errParameter),
	"ClientNotificationUrl": urlParam(21205),
}

// createCall queues a call; Run or Step dials it.
func (s *Sim) createCall(w http.ResponseWriter, r *http.Request) *restError {
	f, bad := readForm(r, createCallParams)
	if bad == nil {
		bad = s.checkCall(f)
	}
	if bad != nil {
		return bad
	}
	c := s.newCall(callSpec{from: f.Get("From"), to: f.Get("To"), direction: "outbound-api", status: StatusQueued})
	c.fallback = f.Get("FallbackUrl")
	c.callback = callbackSpec{f.Get("StatusCallback"), methodOr(f.Get("StatusCallbackMethod")), f["StatusCallbackEvent"]}
	timeout, err := strconv.Atoi(f.Get("Timeout"))
	if err != nil {
		timeout = 60
	}
	c.outgoing = &outgoing{
		url: f.Get("Url"), method: f.Get("Method"), twiml: f.Get("Twiml"),
		timeout: time.Duration(timeout) * time.Second, asyncAMD: f.Get("AsyncAmd") == "true",
		asyncCallback: callbackSpec{url: f.Get("AsyncAmdStatusCallback"), method: methodOr(f.Get("AsyncAmdStatusCallbackMethod"))},
	}
	if f.Get("SendDigits") == "" {
		c.outgoing.machineDetection = f.Get("MachineDetection")
	}
	writeJSON(w, http.StatusCreated, c.json())
	s.jobs.add(&job{due: s.cfg.Now(), run: c.dialOut})
	return nil
}

// checkCall judges what the parameters mean together.
func (s *Sim) checkCall(f url.Values) *restError {
	bad := func(code int, message string) *restError { return fault(http.StatusBadRequest, code, message) }
	s.mu.Lock()
	_, ours := s.numbers[f.Get("From")]
	s.mu.Unlock()
	switch {
	case f.Get("To") == "":
		return bad(21201, "No 'To' number is specified")
	case f.Get("From") == "":
		return bad(21213, "'From' phone number is required")
	case !ours:
		return bad(21210, "The source phone number is not verified for this account")
	case f.Get("Url") == "" && f.Get("Twiml") == "":
		return bad(21205, "Url parameter is required")
	case f.Get("Url") == "" && len([]rune(f.Get("Twiml"))) > 4000:
		return bad(32018, "Twiml is longer than 4000 characters")
	}
	return nil
}

var listCallParams = map[string]param{
	"To": {}, "From": {}, "ParentCallSid": matching(errParameter, callSIDPattern), "Status": {},
	"StartTime": timeParam(), "StartTime<": timeParam(), "StartTime>": timeParam(),
	"EndTime": timeParam(), "EndTime<": timeParam(), "EndTime>": timeParam(),
	"PageSize": within(1, 1000, errParameter), "Page": within(0, 1<<30, errParameter), "PageToken": {},
}

// listCalls answers with the newest call first. A call that has not been
// dialled yet is filtered by the time of its creation.
func (s *Sim) listCalls(w http.ResponseWriter, r *http.Request) *restError {
	q := r.URL.Query()
	if bad := checkParams(q, listCallParams); bad != nil {
		return bad
	}
	started, ended := timeFilter(q, "StartTime"), timeFilter(q, "EndTime")
	endAsked := q.Has("EndTime") || q.Has("EndTime<") || q.Has("EndTime>")
	var found []map[string]any
	for _, c := range slices.Backward(s.Calls()) {
		parent := ""
		if c.parent != nil {
			parent = c.parent.sid
		}
		c.mu.Lock()
		end := c.ended
		c.mu.Unlock()
		if wants(q, "To", c.to) && wants(q, "From", c.caller()) && wants(q, "Status", string(c.Status())) &&
			wants(q, "ParentCallSid", parent) && started(c.created) && (!endAsked || !end.IsZero() && ended(end)) {
			found = append(found, c.json())
		}
	}
	page, body := pageOf(q, found, r.URL.Path)
	body["calls"] = append([]map[string]any{}, page...)
	writeJSON(w, http.StatusOK, body)
	return nil
}

func wants(q url.Values, name, have string) bool { return !q.Has(name) || q.Get(name) == have }

func (s *Sim) oneCall(w http.ResponseWriter, r *http.Request, sid string) *restError {
	c, ok := s.Call(sid)
	if !ok {
		return errNotFound
	}
	switch r.Method {
	case http.MethodGet:
	case http.MethodPost:
		if bad := s.updateCall(r, c); bad != nil {
			return bad
		}
	default:
		return errMethod
	}
	writeJSON(w, http.StatusOK, c.json())
	return nil
}

var updateCallParams = map[string]param{
	"Url": urlParam(21205), "Method": verbParam(), "Twiml": {}, "Status": among(errParameter, "canceled", "completed"),
	"FallbackUrl": urlParam(21205), "FallbackMethod": verbParam(), "StatusCallback": urlParam(21205),
	"StatusCallbackMethod": verbParam(), "TimeLimit": within(1, 86400, errParameter),
}

// updateCall ends or redirects a live call. What the application will hear of
// it waits for Run or Step; a call that nobody has taken is cancelled at once.
func (s *Sim) updateCall(r *http.Request, c *Call) *restError {
	f, bad := readForm(r, updateCallParams)
	if bad != nil {
		return bad
	}
	wrongState := fault(http.StatusBadRequest, 21220, "Call is not in the expected state")
	status := c.Status()
	move := f.Get("Url") != "" || f.Get("Twiml") != ""
	switch want := f.Get("Status"); {
	case status.Over():
		return wrongState
	case want == "canceled" && status == StatusInProgress:
		return wrongState
	case want != "":
		s.endOverREST(c, status, want)
	case f.Get("Url") != "" && f.Get("Twiml") != "":
		return fault(http.StatusBadRequest, errParameter, "Url and Twiml exclude each other")
	case len([]rune(f.Get("Twiml"))) > 4000:
		return fault(http.StatusBadRequest, 32018, "Twiml is longer than 4000 characters")
	case move && status != StatusInProgress:
		return wrongState
	case move:
		d := document{f.Get("Url"), methodOr(f.Get("Method"))}
		twiml := f.Get("Twiml")
		s.jobs.add(&job{due: s.cfg.Now(), run: func(ctx context.Context) { c.redirect(ctx, d, twiml) }})
	}
	return nil
}

// endOverREST ends a call. One in progress ends in a turn of its own, because
// Dial and Record actions are told then.
func (s *Sim) endOverREST(c *Call, status Status, want string) {
	final := StatusCompleted
	if want == "canceled" || status != StatusInProgress {
		final = StatusCanceled
	}
	end := func(ctx context.Context) {
		_ = c.drive(ctx, func(ctx context.Context) error {
			c.finish(ctx, EndREST, final)
			return nil
		})
	}
	if status == StatusInProgress || !c.line.TryLock() {
		s.jobs.add(&job{due: s.cfg.Now(), run: end})
		return
	}
	if c.parent == nil {
		c.finish(context.Background(), EndREST, final)
		c.line.Unlock()
		return
	}
	c.line.Unlock()
	s.jobs.add(&job{due: s.cfg.Now(), run: end})
}

// json is the Call resource.
func (c *Call) json() map[string]any {
	c.mu.Lock()
	defer c.mu.Unlock()
	var parent, duration, answeredBy any
	if c.parent != nil {
		parent = c.parent.sid
	}
	if c.status.Over() && !c.started.IsZero() {
		duration = seconds(c.ended.Sub(c.started))
	}
	if c.answeredBy != "" {
		answeredBy = c.answeredBy
	}
	var start any
	if c.status != StatusQueued {
		start = stamp(c.created)
	}
	account := c.sim.cfg.AccountSID
	return map[string]any{
		"sid": c.sid, "account_sid": account, "parent_call_sid": parent, "status": c.status,
		"to": c.to, "to_formatted": c.to, "from": c.caller(), "from_formatted": c.caller(), "direction": c.direction,
		"date_created": stamp(c.created), "date_updated": stamp(c.sim.cfg.Now()), "start_time": start,
		"end_time": stamp(c.ended), "duration": duration, "answered_by": answeredBy, "price": nil, "price_unit": "USD",
		"api_version": "2010-04-01", "phone_number_sid": nil, "forwarded_from": nil, "group_sid": nil,
		"caller_name": nil, "queue_time": "0", "trunk_sid": nil,
		"uri":              "/2010-04-01/Accounts/" + account + "/Calls/" + c.sid + ".json",
		"subresource_uris": map[string]string{},
	}
}
