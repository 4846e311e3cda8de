package twiliosim

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

var createTextParams = map[string]param{
	"To": matching(21211, textToPattern), "From": {}, "MessagingServiceSid": matching(21701, servicePattern),
	"Body": {code: 21617, ok: func(v string) bool { return len([]rune(v)) <= 1600 }}, "MediaUrl": many(urlParam(21620)),
	"ContentSid": matching(errParameter, contentPattern), "ContentVariables": {}, "FallbackFrom": {},
	"StatusCallback": urlParam(21609), "ApplicationSid": {}, "MaxPrice": {}, "ProvideFeedback": boolParam(),
	"Attempt": within(1, 1<<30, errParameter), "ValidityPeriod": within(1, 36000, errParameter),
	"ForceDelivery": boolParam(), "ContentRetention": among(errParameter, "retain", "discard"),
	"AddressRetention": among(errParameter, "retain", "obfuscate"), "SmartEncoded": boolParam(),
	"PersistentAction": many(param{}), "TrafficType": among(errParameter, "free"), "ShortenUrls": boolParam(),
	"ScheduleType": among(errParameter, "fixed"), "SendAt": {}, "SendAsMms": boolParam(),
	"RiskCheck": among(errParameter, "enable", "disable"),
}

// createText queues a text; Run or Step sends it.
func (s *Sim) createText(w http.ResponseWriter, r *http.Request) *restError {
	f, bad := readForm(r, createTextParams)
	if bad == nil {
		bad = s.checkText(f)
	}
	var sendAt time.Time
	if bad == nil {
		sendAt, bad = s.schedule(f)
	}
	if bad != nil {
		return bad
	}
	t := &textRecord{from: f.Get("From"), to: f.Get("To"), body: f.Get("Body"), service: f.Get("MessagingServiceSid"),
		callback: f.Get("StatusCallback"), media: f["MediaUrl"], status: "queued", direction: "outbound-api"}
	if t.service != "" {
		t.status = "accepted"
		if t.from == "" {
			t.from = s.anyNumber()
		}
	}
	if !sendAt.IsZero() {
		t.status, t.due = "scheduled", sendAt
	}
	s.keepText(t)
	writeJSON(w, http.StatusCreated, s.textJSON(t))
	s.queueText(t)
	return nil
}

func (s *Sim) checkText(f url.Values) *restError {
	bad := func(code int, message string) *restError { return fault(http.StatusBadRequest, code, message) }
	service := f.Get("MessagingServiceSid")
	s.mu.Lock()
	_, ours := s.numbers[f.Get("From")]
	stopped := s.optedOut[[2]string{f.Get("From"), f.Get("To")}]
	if service != "" {
		for n := range s.numbers {
			stopped = stopped || s.optedOut[[2]string{n, f.Get("To")}]
		}
	}
	s.mu.Unlock()
	switch {
	case f.Get("To") == "":
		return bad(21604, "A 'To' phone number is required")
	case f.Get("From") == "" && service == "":
		return bad(21603, "A 'From' phone number is required")
	case f.Get("From") != "" && !ours:
		return bad(21606, "The 'From' phone number is not a message-capable number of this account")
	case f.Get("Body") == "" && !f.Has("MediaUrl") && !f.Has("ContentSid"):
		return bad(21602, "A message body is required")
	case len(f["MediaUrl"]) > 10:
		return bad(21623, "More than 10 media")
	case f.Get("From") == f.Get("To"):
		return bad(21266, "'To' and 'From' cannot be the same number")
	case stopped:
		return bad(21610, "Attempt to send to unsubscribed recipient")
	}
	return nil
}

// schedule returns when a text is to be sent, zero for now.
func (s *Sim) schedule(f url.Values) (time.Time, *restError) {
	bad := func(code int, message string) (time.Time, *restError) {
		return time.Time{}, fault(http.StatusBadRequest, code, message)
	}
	if !f.Has("ScheduleType") && !f.Has("SendAt") {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, f.Get("SendAt"))
	ahead := at.Sub(s.cfg.Now())
	switch {
	case !f.Has("SendAt"):
		return bad(35111, "SendAt is required")
	case !f.Has("ScheduleType"):
		return bad(35111, "ScheduleType is required")
	case f.Get("MessagingServiceSid") == "":
		return bad(35118, "MessagingServiceSid is required")
	case err != nil:
		return bad(35114, "SendAt is not a time")
	case ahead <= 300*time.Second || ahead > 35*24*time.Hour:
		return bad(35115, "SendAt is out of range")
	}
	return at, nil
}

var listTextParams = map[string]param{
	"To": {}, "From": {}, "DateSent": timeParam(), "DateSent<": timeParam(), "DateSent>": timeParam(),
	"PageSize": within(1, 1000, errParameter), "Page": within(0, 1<<30, errParameter), "PageToken": {},
}

// listTexts answers with the newest text first. One that is not sent yet is
// filtered by the time of its creation.
func (s *Sim) listTexts(w http.ResponseWriter, r *http.Request) *restError {
	q := r.URL.Query()
	if bad := checkParams(q, listTextParams); bad != nil {
		return bad
	}
	sent := timeFilter(q, "DateSent")
	s.mu.Lock()
	all := slices.Clone(s.textOrder)
	s.mu.Unlock()
	var found []map[string]any
	for _, t := range slices.Backward(all) {
		s.mu.Lock()
		at := t.sent
		s.mu.Unlock()
		if at.IsZero() {
			at = t.created
		}
		if wants(q, "To", t.to) && wants(q, "From", t.from) && sent(at) {
			found = append(found, s.textJSON(t))
		}
	}
	page, body := pageOf(q, found, r.URL.Path)
	body["messages"] = append([]map[string]any{}, page...)
	writeJSON(w, http.StatusOK, body)
	return nil
}

var updateTextParams = map[string]param{"Body": {ok: func(v string) bool { return v == "" }, code: errParameter},
	"Status": among(errParameter, "canceled")}

// oneText fetches, redacts (Body=), cancels a scheduled text, or deletes one.
func (s *Sim) oneText(w http.ResponseWriter, r *http.Request, sid string) *restError {
	s.mu.Lock()
	t, ok := s.texts[sid]
	s.mu.Unlock()
	if !ok {
		return errNotFound
	}
	switch r.Method {
	case http.MethodGet:
	case http.MethodPost:
		f, bad := readForm(r, updateTextParams)
		if bad == nil {
			bad = s.updateText(t, f)
		}
		if bad != nil {
			return bad
		}
	case http.MethodDelete:
		s.mu.Lock()
		delete(s.texts, sid)
		s.textOrder = slices.DeleteFunc(s.textOrder, func(o *textRecord) bool { return o == t })
		s.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
		return nil
	default:
		return errMethod
	}
	writeJSON(w, http.StatusOK, s.textJSON(t))
	return nil
}

func (s *Sim) updateText(t *textRecord, f url.Values) *restError {
	s.mu.Lock()
	cancel := f.Get("Status") == "canceled"
	possible := t.status == "scheduled"
	if f.Has("Body") {
		t.body = ""
	}
	s.mu.Unlock()
	if cancel && !possible {
		return fault(http.StatusBadRequest, 30409, "Message is not in a cancelable state")
	}
	if cancel {
		s.textStatus(t, "canceled", 0)
	}
	return nil
}

// textJSON is the Message resource.
func (s *Sim) textJSON(t *textRecord) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	var code, message, service, from any
	if t.errorCode != 0 {
		code, message = t.errorCode, "see the error's page"
	}
	segments := strconv.Itoa(Segments(t.body))
	if t.service != "" {
		service = t.service
		if t.status == "accepted" || t.status == "scheduled" {
			segments = "0"
		}
	}
	if t.from != "" {
		from = t.from
	}
	uri := "/2010-04-01/Accounts/" + s.cfg.AccountSID + "/Messages/" + t.sid
	return map[string]any{
		"sid": t.sid, "account_sid": s.cfg.AccountSID, "messaging_service_sid": service, "status": t.status,
		"to": t.to, "from": from, "body": t.body, "direction": t.direction, "num_segments": segments,
		"num_media": strconv.Itoa(len(t.media)), "error_code": code, "error_message": message,
		"date_created": stamp(t.created), "date_updated": stamp(t.updated), "date_sent": stamp(t.sent),
		"price": nil, "price_unit": "USD", "api_version": "2010-04-01", "uri": uri + ".json",
		"subresource_uris": map[string]string{"media": uri + "/Media.json"},
	}
}

// queueText plans the sending of a text.
func (s *Sim) queueText(t *textRecord) {
	due := s.cfg.Now()
	if !t.due.IsZero() {
		due = t.due
	}
	s.jobs.add(&job{due: due, run: func(context.Context) { s.sendText(t) }})
}
