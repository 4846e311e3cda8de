package twiliosim

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// textRecord is an outgoing text, guarded by Sim.mu.
type textRecord struct {
	sid, from, to, body, service string
	media                        []string
	callback, direction, status  string
	errorCode                    int
	created, updated, sent, due  time.Time
}

// TextState is an outgoing text as it stands.
type TextState struct {
	SID, From, To, Body string
	Status              string
	ErrorCode           int
	Segments            int
	At                  time.Time // when it was created
}

// Texts returns the outgoing texts, oldest first.
func (s *Sim) Texts() []TextState {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []TextState
	for _, t := range s.textOrder {
		out = append(out, TextState{SID: t.sid, From: t.from, To: t.to, Body: t.body, Status: t.status,
			ErrorCode: t.errorCode, Segments: Segments(t.body), At: t.created})
	}
	return out
}

// TextsTo returns the outgoing texts to a number, oldest first.
func (s *Sim) TextsTo(to string) []TextState {
	return slices.DeleteFunc(s.Texts(), func(t TextState) bool { return t.To != to })
}

func (s *Sim) keepText(t *textRecord) {
	prefix := "SM"
	if len(t.media) > 0 {
		prefix = "MM"
	}
	now := s.cfg.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	t.sid, t.created, t.updated = s.ids.sid(prefix), now, now
	s.texts[t.sid] = t
	s.textOrder = append(s.textOrder, t)
}

func (s *Sim) anyNumber() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	numbers := slices.Sorted(maps.Keys(s.numbers))
	if len(numbers) == 0 {
		return ""
	}
	return numbers[0]
}

// sendText hands a text to the carrier. Statuses: (accepted, scheduled →)
// queued → sent → delivered or undelivered; or failed without sent.
func (s *Sim) sendText(t *textRecord) {
	s.mu.Lock()
	status := t.status
	text := Text{SID: t.sid, From: t.from, To: t.to, Body: t.body, Segments: Segments(t.body)}
	carrier := s.cfg.Carrier
	s.mu.Unlock()
	if status == "canceled" {
		return
	}
	if status != "queued" {
		s.textStatus(t, "queued", 0)
	}
	d := carrier(text)
	if d.Status == "failed" {
		s.textStatus(t, "failed", d.ErrorCode)
		return
	}
	s.textStatus(t, "sent", 0)
	if d.Status == "sent" || d.Status == "" {
		return
	}
	s.jobs.add(&job{due: s.cfg.Now().Add(d.After), run: func(context.Context) { s.textStatus(t, d.Status, d.ErrorCode) }})
}

// textStatus moves a text on and queues its status callback.
func (s *Sim) textStatus(t *textRecord, status string, code int) {
	now := s.cfg.Now()
	s.mu.Lock()
	t.status, t.errorCode, t.updated = status, code, now
	if status == "sent" {
		t.sent = now
	}
	form := url.Values{
		"MessageSid": {t.sid}, "SmsSid": {t.sid}, "MessageStatus": {status}, "SmsStatus": {status},
		"AccountSid": {s.cfg.AccountSID}, "From": {t.from}, "To": {t.to}, "ApiVersion": {"2010-04-01"},
	}
	if t.service != "" {
		form.Set("MessagingServiceSid", t.service)
	}
	address := t.callback
	s.mu.Unlock()
	if code != 0 {
		form.Set("ErrorCode", strconv.Itoa(code))
	}
	if status == "delivered" || status == "undelivered" {
		form.Set("RawDlrDoneDate", now.UTC().Format("0601021504"))
	}
	if address != "" {
		s.postCallback(nil, callbackSpec{url: address, method: http.MethodPost}, form, false, s.logCallback)
	}
}

// Opt-out words of a long code (twilio.com/docs/messaging/tutorials/advanced-opt-out).
var (
	stopWords  = []string{"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"}
	startWords = []string{"START", "YES", "UNSTOP"}
	helpWords  = []string{"HELP", "INFO"}
)

// optOutType sorts a message that is one keyword and nothing else.
func optOutType(body string, tollFree bool) string {
	word := strings.ToUpper(strings.TrimSpace(body))
	switch {
	case tollFree && word == "STOP":
		return "STOP"
	case tollFree && (word == "START" || word == "UNSTOP"):
		return "START"
	case tollFree:
		return ""
	case slices.Contains(stopWords, word):
		return "STOP"
	case slices.Contains(startWords, word):
		return "START"
	case slices.Contains(helpWords, word):
		return "HELP"
	}
	return ""
}
