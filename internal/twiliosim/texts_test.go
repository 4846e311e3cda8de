package twiliosim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// text sends a text over REST and returns its SID.
func (b *bench) text(form url.Values) string {
	b.t.Helper()
	status, body := b.rest(http.MethodPost, "Messages.json", form)
	var m struct{ SID, Status string }
	if err := json.Unmarshal([]byte(body), &m); err != nil || status != http.StatusCreated {
		b.t.Fatalf("create message: HTTP %d %s", status, body)
	}
	return m.SID
}

func outText(more ...string) url.Values {
	f := url.Values{"To": {caller}, "From": {line}, "Body": {"We have your request."}, "StatusCallback": {appURL + "/receipt"}}
	for i := 0; i < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return f
}

func (b *bench) receipts() (statuses []string) {
	for _, f := range b.got("/receipt") {
		statuses = append(statuses, strings.TrimSpace(f.Get("MessageStatus")+" "+f.Get("ErrorCode")))
	}
	return statuses
}

func TestTextStatuses(t *testing.T) {
	service := "MG00112233445566778899aabbccddeeff"
	for _, tc := range []struct {
		name     string
		delivery Delivery
		service  bool
		want     []string
	}{
		{"delivered", Delivery{Status: "delivered"}, false, []string{"sent", "delivered"}},
		{"through a service", Delivery{Status: "delivered"}, true, []string{"queued", "sent", "delivered"}},
		{"landline", Delivery{Status: "undelivered", ErrorCode: 30006}, false, []string{"sent", "undelivered 30006"}},
		{"failed", Delivery{Status: "failed", ErrorCode: 30001}, false, []string{"failed 30001"}},
		{"no receipt ever", Delivery{Status: "sent"}, false, []string{"sent"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t, func(c *Config) { c.Carrier = func(Text) Delivery { return tc.delivery } })
			b.raw("/receipt", http.StatusNoContent, "", "")
			form := outText()
			if tc.service {
				form.Set("MessagingServiceSid", service)
			}
			b.text(form)
			must(t, b.Run(ctx()))
			wantList(t, b.receipts(), tc.want...)
			if tc.service {
				wantField(t, b.got("/receipt")[0], "MessagingServiceSid", service)
			}
		})
	}
}

func TestDeliveryTakesItsTime(t *testing.T) {
	b := newBench(t, func(c *Config) {
		c.Carrier = func(Text) Delivery { return Delivery{Status: "delivered", After: time.Minute} }
	})
	b.raw("/receipt", http.StatusNoContent, "", "")
	b.text(outText())
	must(t, b.Run(ctx()))
	wantList(t, b.receipts(), "sent")
	if at, ok := b.Next(); !ok || !at.Equal(b.clock.now().Add(time.Minute)) {
		t.Errorf("next work at %v, %v", at, ok)
	}
	b.clock.move(time.Minute)
	must(t, b.Run(ctx()))
	wantList(t, b.receipts(), "sent", "delivered")
}

func TestCreateTextRefusals(t *testing.T) {
	for _, tc := range []struct {
		name  string
		more  []string
		unset string
		code  int
	}{
		{"no To", nil, "To", 21604},
		{"bad To", []string{"To", "911"}, "", 21211},
		{"no From", nil, "From", 21603},
		{"From not ours", []string{"From", helper}, "", 21606},
		{"no Body", nil, "Body", 21602},
		{"too long", []string{"Body", strings.Repeat("x", 1601)}, "", 21617},
		{"to itself", []string{"To", line}, "", 21266},
		{"bad callback", []string{"StatusCallback", "x"}, "", 21609},
		{"bad media", []string{"MediaUrl", "x"}, "", 21620},
		{"validity", []string{"ValidityPeriod", "36001"}, "", 20001},
		{"schedule without service", []string{"ScheduleType", "fixed", "SendAt", "2026-03-04T16:00:00Z"}, "", 35118},
		{"unknown", []string{"Colour", "red"}, "", 20001},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t)
			form := outText(tc.more...)
			form.Del(tc.unset)
			status, body := b.rest(http.MethodPost, "Messages.json", form)
			wantREST(t, status, body, http.StatusBadRequest, tc.code)
		})
	}
}

func TestScheduledTextIsCancelled(t *testing.T) {
	b := newBench(t)
	b.raw("/receipt", http.StatusNoContent, "", "")
	sid := b.text(outText("MessagingServiceSid", "MG00112233445566778899aabbccddeeff", "ScheduleType", "fixed", "SendAt", "2026-03-04T16:00:00Z"))
	must(t, b.Run(ctx()))
	if b.Texts()[0].Status != "scheduled" {
		t.Fatalf("status = %s", b.Texts()[0].Status)
	}
	if status, _ := b.rest(http.MethodPost, "Messages/"+sid+".json", url.Values{"Status": {"canceled"}}); status != http.StatusOK {
		t.Fatalf("cancel: HTTP %d", status)
	}
	b.clock.move(2 * time.Hour)
	must(t, b.Run(ctx()))
	wantList(t, b.receipts(), "canceled")
}

func TestInboundTextAndReply(t *testing.T) {
	b := newBench(t)
	b.twiml("/sms", `<Message statusCallback="/receipt">Thank you.</Message>`)
	b.raw("/receipt", http.StatusNoContent, "", "")
	if _, err := b.Text(ctx(), caller, line, "HELLO é", "https://api.twilio.com/x.jpg"); err != nil {
		t.Fatal(err)
	}
	f := b.one("/sms")
	wantField(t, f, "From", caller, "To", line, "Body", "HELLO é", "SmsStatus", "received", "NumMedia", "1",
		"MediaUrl0", "https://api.twilio.com/x.jpg", "NumSegments", "1", "MessageSid", f.Get("SmsMessageSid"))
	must(t, b.Run(ctx()))
	if got := b.TextsTo(caller); len(got) != 1 || got[0].Body != "Thank you." || got[0].Status != "delivered" {
		t.Errorf("replies = %+v", got)
	}
	wantList(t, b.receipts(), "sent", "delivered")
}

func TestRefusedReplyToAText(t *testing.T) {
	b := newBench(t)
	b.twiml("/sms", `<Say>Hello.</Say>`)
	if _, err := b.Text(ctx(), caller, line, "x"); err == nil || !contains(err.Error(), "11200") {
		t.Errorf("voice TwiML in answer to a text: %v", err)
	}
	b.twiml("/sms-fallback", `<Message>Sorry.</Message>`)
	if _, err := b.Text(ctx(), caller, line, "x"); err != nil {
		t.Error(err)
	}
	wantField(t, b.got("/sms-fallback")[1], "ErrorCode", "12200", "ErrorUrl", appURL+"/sms")
	b.raw("/sms", http.StatusNoContent, "", "")
	if _, err := b.Text(ctx(), caller, line, "x"); err != nil {
		t.Errorf("204: %v", err)
	}
}

func TestOptOut(t *testing.T) {
	for _, tc := range []struct {
		word     string
		tollFree bool
		stopped  bool
		kind     string
	}{
		{"stop", false, true, "STOP"}, {"Cancel", false, true, "STOP"}, {"STOP PLEASE", false, false, ""},
		{"help", false, false, "HELP"}, {"STOP", true, true, "STOP"}, {"CANCEL", true, false, ""},
	} {
		b := newBench(t, func(c *Config) {
			c.Numbers = map[string]Number{line: {SMSURL: "/sms", TollFree: tc.tollFree, AdvancedOptOut: true}}
		})
		b.twiml("/sms", ``)
		_, err := b.Text(ctx(), caller, line, tc.word)
		must(t, err)
		wantField(t, b.one("/sms"), "OptOutType", tc.kind)
		status, body := b.rest(http.MethodPost, "Messages.json", outText())
		if (status == http.StatusBadRequest && contains(body, "21610")) != tc.stopped {
			t.Errorf("%q (toll-free %v): later text HTTP %d", tc.word, tc.tollFree, status)
		}
		_, err = b.Text(ctx(), caller, line, "unstop")
		must(t, err)
		if status, _ := b.rest(http.MethodPost, "Messages.json", outText()); status != http.StatusCreated {
			t.Errorf("after UNSTOP: HTTP %d", status)
		}
	}
}

func TestFindTexts(t *testing.T) {
	b := newBench(t)
	first := b.text(url.Values{"To": {caller}, "From": {line}, "Body": {"a"}})
	b.text(url.Values{"To": {helper}, "From": {line}, "Body": {"b"}})
	must(t, b.Run(ctx()))
	_, body := b.rest(http.MethodGet, "Messages.json?"+url.Values{"To": {caller}, "DateSent>": {"2026-03-04"}}.Encode(), nil)
	var list struct {
		Messages []struct{ SID, Status string }
	}
	must(t, json.Unmarshal([]byte(body), &list))
	if len(list.Messages) != 1 || list.Messages[0].SID != first || list.Messages[0].Status != "delivered" {
		t.Errorf("found %+v", list)
	}
}

func TestSegments(t *testing.T) {
	for body, want := range map[string]int{
		"": 1, strings.Repeat("a", 160): 1, strings.Repeat("a", 161): 2, strings.Repeat("a", 306): 2,
		strings.Repeat("a", 307): 3, strings.Repeat("€", 80): 1, strings.Repeat("€", 81): 2,
		strings.Repeat("á", 70): 1, strings.Repeat("á", 71): 2, strings.Repeat("é", 160): 1, strings.Repeat("😀", 36): 2,
	} {
		if got := Segments(body); got != want {
			t.Errorf("%d characters: %d segments, want %d", len([]rune(body)), got, want)
		}
	}
}
