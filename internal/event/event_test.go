package event

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	webhook "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"secondline/casestore"
	"secondline/internal/private"
)

func TestSignatureAgreesWithAnIndependentOne(t *testing.T) {
	ours, err := ParseSecret(private.Of(testSecret))
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := webhook.NewWebhook(testSecret)
	if err != nil {
		t.Fatal(err)
	}
	now, body := time.Now(), []byte(`{"a":"é"}`)
	h := http.Header{}
	h.Set(HeaderID, "msg_2")
	h.Set(HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
	h.Set(HeaderSignature, ours.Sign("msg_2", now, body))
	if err := theirs.Verify(body, h); err != nil {
		t.Errorf("they do not believe what we sign: %v", err)
	}
	sum, err := theirs.Sign("msg_2", now, body)
	if err != nil {
		t.Fatal(err)
	}
	h.Set(HeaderSignature, "v1,AAAA v2,xyz "+sum)
	other, _ := ParseSecret(private.Of("whsec_" + strings.Repeat("A", 44)))
	if err := Verify([]Secret{other, ours}, h, body, now); err != nil {
		t.Errorf("we do not believe what they sign: %v", err)
	}
	for name, tt := range map[string]struct {
		change func(http.Header)
		body   string
		at     time.Time
		want   error
	}{
		"another body":       {func(http.Header) {}, `{"a":"e"}`, now, ErrForged},
		"another id":         {func(h http.Header) { h.Set(HeaderID, "msg_3") }, string(body), now, ErrForged},
		"another time":       {func(h http.Header) { h.Set(HeaderTimestamp, strconv.FormatInt(now.Unix()+1, 10)) }, string(body), now, ErrForged},
		"no signature":       {func(h http.Header) { h.Del(HeaderSignature) }, string(body), now, ErrUnsigned},
		"no id":              {func(h http.Header) { h.Del(HeaderID) }, string(body), now, ErrUnsigned},
		"a time in words":    {func(h http.Header) { h.Set(HeaderTimestamp, "now") }, string(body), now, ErrUnsigned},
		"six minutes later":  {func(http.Header) {}, string(body), now.Add(6 * time.Minute), ErrOld},
		"six minutes before": {func(http.Header) {}, string(body), now.Add(-6 * time.Minute), ErrOld},
	} {
		changed := h.Clone()
		tt.change(changed)
		if err := Verify([]Secret{ours}, changed, []byte(tt.body), tt.at); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	for _, bad := range []string{"", "whsec_", "whsec_AAAA", "AAAA", "whsec_" + strings.Repeat("A", 200)} {
		if _, err := ParseSecret(private.Of(bad)); err == nil {
			t.Errorf("%q is taken for a secret", bad)
		}
	}
}

// The SDK of the CloudEvents project posts in each of its modes.
func TestAnIndependentClientPosts(t *testing.T) {
	b := newBench(t)
	protocol, err := cloudevents.NewHTTP(cloudevents.WithTarget(b.url), cloudevents.WithRoundTripper(signed{testSecret}))
	if err != nil {
		t.Fatal(err)
	}
	client, err := cloudevents.NewClient(protocol)
	if err != nil {
		t.Fatal(err)
	}
	send := func(ctx context.Context, id, kind string, data map[string]any) {
		t.Helper()
		e := cloudevents.NewEvent()
		e.SetID(id)
		e.SetSource("https://records.example/é")
		e.SetType(kind)
		e.SetSubject("request 7/2")
		e.SetTime(b.now().Add(time.Duration(len(id)) * time.Second))
		if err := e.SetData("application/json", data); err != nil {
			t.Fatal(err)
		}
		if result := client.Send(ctx, e); !cloudevents.IsACK(result) {
			t.Errorf("%s: %v", kind, result)
		}
	}
	binary, structured := cloudevents.WithEncodingBinary(t.Context()), cloudevents.WithEncodingStructured(t.Context())
	send(structured, "1", CaseCreated, map[string]any{"phone": "+12125550142", "zip": "10001", "language": "es", "birth_date": "1960-03-04"})
	send(binary, "22", RecordsRequested, map[string]any{"waiting": 3})
	send(binary, "333", CoordinatorAssigned, map[string]any{"coordinator": "co1"})
	send(structured, "4444", OpinionDelivered, nil)
	c := b.find("request 7/2")
	if c.Stage != casestore.StageDelivered || c.Coordinator != "co1" || c.Waiting != 3 || c.Language != "es" || c.Phone().Reveal() != "+12125550142" || c.Answers.Get("zip") != "10001" {
		t.Errorf("the case is %+v", c)
	}
	p, err := b.store.Promise(t.Context(), c.Partition, c.ID)
	if err != nil || p.State != casestore.PromiseOpen || !p.Delivered.Equal(c.DeliveredAt) {
		t.Errorf("the promise is %+v, %v", p, err)
	}
}

// What is wrong is said in a word for machines, and kept.
func TestWhatIsRefused(t *testing.T) {
	b := newBench(t)
	ok := `{"specversion":"1.0","id":"1","source":"s","type":"case.created","subject":"x","time":"2027-03-02T10:00:00Z","data":{"phone":"+12125550142"}}`
	with := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(ok) }
	kept := 0
	for _, tt := range []struct{ kind, body, reason string }{
		{TypeEvent, `{`, "json"},
		{TypeEvent, `[]`, "json"},
		{"text/plain", ok, "content_type"},
		{"application/json", ok, "content_type"},
		{TypeBatch, `[]`, "batch_size"},
		{TypeBatch, ok, "json"},
		{TypeEvent, with(`"specversion":"1.0",`, ``), "missing_specversion"},
		{TypeEvent, with(`"1.0"`, `"0.3"`), "specversion"},
		{TypeEvent, with(`"id":"1"`, `"id":""`), "missing_id"},
		{TypeEvent, with(`"source":"s"`, `"source":""`), "missing_source"},
		{TypeEvent, with(`"type":"case.created"`, `"type":""`), "missing_type"},
		{TypeEvent, with(`2027-03-02T10:00:00Z`, `yesterday`), "time"},
		{TypeEvent, with(`"time":"2027-03-02T10:00:00Z",`, ``), "missing_time"},
		{TypeEvent, with(`"subject":"x",`, ``), "missing_subject"},
		{TypeEvent, with(`case.created`, `case.exploded`), "unknown_type"},
		{TypeEvent, with(`+12125550142`, `212 555 0142`), "data_phone"},
		{TypeEvent, with(`{"phone":"+12125550142"}`, `{}`), "data_missing"},
		{TypeEvent, with(`{"phone":"+12125550142"}`, `{"phone":7}`), "data"},
		{TypeEvent, with(`{"phone":"+12125550142"}`, `{"phone":"+12125550142","zip":"abc"}`), "data_zip"},
		{TypeEvent, with(`{"phone":"+12125550142"}`, `{"phone":"+12125550142","birth_date":"3/4/1960"}`), "data_birth_date"},
		{TypeEvent, with(`{"phone":"+12125550142"}`, `{"phone":"+12125550142","coordinator":"nobody"}`), "unknown_coordinator"},
		{TypeEvent, with(`"data":{"phone":"+12125550142"}`, `"data_base64":"e30="`), "data"},
		{TypeEvent, with(`"id":"1"`, `"id":"`+strings.Repeat("1", 300)+`"`), "attribute_too_long"},
	} {
		status, answer := b.post(tt.kind, tt.body)
		if status != http.StatusUnprocessableEntity || !strings.Contains(answer, `"reason":"`+tt.reason+`"`) {
			t.Errorf("%.80s: %d %s, want %s", tt.body, status, answer, tt.reason)
		}
		kept++
	}
	if status, _ := b.post(TypeEvent, `{"data":"`+strings.Repeat("x", 70<<10)+`"}`); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a body that is too large: %d", status)
	}
	refused, err := b.store.RefusedEvents(t.Context(), 100)
	if err != nil || len(refused) != kept {
		t.Errorf("%d are kept of %d, %v", len(refused), kept, err)
	}
	// A batch with one that is wrong takes the others.
	good := with(`"id":"1"`, `"id":"2"`)
	status, answer := b.post(TypeBatch, "["+good+","+with(`case.created`, `x`)+","+good+"]")
	if status != http.StatusOK || strings.Count(answer, `"accepted"`) != 1 || strings.Count(answer, `"repeated"`) != 1 || strings.Count(answer, `"refused"`) != 1 {
		t.Errorf("a batch: %d %s", status, answer)
	}
	// Nobody has signed it: nothing is kept.
	resp, err := http.Post(b.url, TypeEvent, strings.NewReader(ok))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if again, err := b.store.RefusedEvents(t.Context(), 100); resp.StatusCode != http.StatusUnauthorized || err != nil || len(again) != kept+1 {
		t.Errorf("unsigned: %d, %d are kept", resp.StatusCode, len(again))
	}
}

// Nothing is acknowledged that a Redis without a disk would forget.
func TestAcknowledgedIsDurable(t *testing.T) {
	b := newBench(t, "--appendonly", "no")
	status, answer := b.post(TypeEvent, `{"specversion":"1.0","id":"1","source":"s","type":"case.created","subject":"x","time":"2027-03-02T10:00:00Z","data":{"phone":"+12125550142"}}`)
	if status != http.StatusServiceUnavailable || !strings.Contains(answer, "not_durable") {
		t.Errorf("%d %s", status, answer)
	}
}

// Events out of order, doubled and delayed end in the same cases as in order.
//
// SECONDLINE_EVENTS=10000 says how many; 1,000 is usual.
func TestAnyOrder(t *testing.T) {
	const each = 25
	cases := 40
	if n, err := strconv.Atoi(os.Getenv("SECONDLINE_EVENTS")); err == nil {
		cases = n / each
	}
	kinds := []string{CoordinatorAssigned, RecordsRequested, ActionNeeded, RecordsReceived, SpecialistMatched, OpinionDelivered, CaseOnHold, CaseClosed, ContactUpdated}
	random := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	var all []One
	for c := range cases {
		name := fmt.Sprint("case-", c)
		add := func(n int, kind string, data map[string]any) {
			raw, err := json.Marshal(data)
			if err != nil {
				t.Fatal(err)
			}
			e := Event{ID: fmt.Sprint(c, ".", n), Source: "s", Type: kind, Subject: name, Time: start.Add(time.Duration(n/2*c) * time.Second), Data: raw}
			body, err := e.Encode()
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, structured(body))
		}
		add(0, CaseCreated, map[string]any{"phone": fmt.Sprintf("+1212555%04d", c), "zip": "10001", "consents": map[string]any{"voicemail": true}})
		for n := 1; n < each; n++ {
			data := map[string]any{}
			switch kind := kinds[random.IntN(len(kinds))]; kind {
			case CoordinatorAssigned:
				add(n, kind, map[string]any{"coordinator": fmt.Sprint("co", random.IntN(5))})
			case RecordsRequested:
				data["waiting"] = random.IntN(6)
				add(n, kind, data)
			case ContactUpdated:
				add(n, kind, map[string]any{"phone": fmt.Sprintf("+1312555%04d", random.IntN(9999)), "zip": fmt.Sprintf("%05d", random.IntN(99999)), "language": "es"})
			default:
				add(n, kind, data)
			}
		}
	}
	ends := func(events []One) map[string]*casestore.Case {
		b := newBench(t)
		for i, one := range events {
			if one.Problem != nil {
				t.Fatal(one.Problem)
			}
			done := casestore.EventsDone{}
			_, p, err := b.inbox.take(t.Context(), one, &done)
			if err = errors.Join(err, b.inbox.settle(t.Context(), done)); err != nil || p != nil {
				t.Fatalf("event %d: %v %v", i, p, err)
			}
		}
		out := map[string]*casestore.Case{}
		for c := range cases {
			name := fmt.Sprint("case-", c)
			got := b.find(name)
			if waiting, err := b.store.SettleEvents(t.Context(), casestore.EventsDone{Cases: []string{name}}); err != nil || len(waiting) > 0 {
				t.Errorf("%s: %d events still wait, %v", name, len(waiting), err)
			}
			got.Number, got.Updated, got.Version = casestore.RequestNumber{}, time.Time{}, 0
			out[name] = got
		}
		return out
	}
	inOrder := ends(all)
	mixed := slices.Concat(all, all[:len(all)/2])
	random.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	outOfOrder, other := ends(mixed), 0
	for name, want := range inOrder {
		if got := outOfOrder[name]; !reflect.DeepEqual(got, want) {
			other++
			t.Errorf("%s in order %+v\nand mixed %+v", name, want, got)
		}
	}
	t.Logf("%d events, and %d of them once more, in any order: %d of %d cases are other ones", len(all), len(mixed)-len(all), other, len(inOrder))
}
