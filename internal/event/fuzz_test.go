package event

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/gorilla/mux"

	"secondline/casestore"
	"secondline/internal/private"
)

// Nothing is believed that was not signed with the secret, lately.
func FuzzVerify(f *testing.F) {
	secret, err := ParseSecret(private.Of(testSecret))
	if err != nil {
		f.Fatal(err)
	}
	now := time.Unix(1_800_000_000, 0)
	f.Add("msg_1", "1800000000", "v1,AAAA", []byte("{}"))
	f.Add("msg.1", "-9223372036854775808", "v1a,x v1,", []byte{})
	f.Add("", "1800000301", "v1,=", []byte{0})
	f.Fuzz(func(t *testing.T, id, at, signature string, body []byte) {
		h := http.Header{}
		h.Set(HeaderID, id)
		h.Set(HeaderTimestamp, at)
		h.Set(HeaderSignature, signature)
		if Verify([]Secret{secret}, h, body, now) == nil {
			t.Error("believed by chance")
		}
		h.Set(HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
		h.Set(HeaderSignature, signature+" "+secret.Sign(id, now, body))
		if err := Verify([]Secret{secret}, h, body, now); id != "" && len(signature) < 100 && err != nil {
			t.Errorf("not believed: %v", err)
		}
	})
}

// Whatever the case system posts, rightly signed: it is answered in a way that a
// machine understands, and never as a fault of ours.
func FuzzInbox(f *testing.F) {
	redis := miniredis.RunT(f)
	rdb, err := casestore.Connect("redis://" + redis.Addr())
	if err != nil {
		f.Fatal(err)
	}
	ring, err := casestore.NewKeyRing(bytes.Repeat([]byte("i"), 32), casestore.Key{ID: "k1", Secret: bytes.Repeat([]byte("s"), 32)})
	if err != nil {
		f.Fatal(err)
	}
	now := time.Unix(1_800_000_000, 0)
	store := casestore.New(casestore.Options{Redis: rdb, Ring: ring, Now: func() time.Time { return now }})
	f.Cleanup(func() { store.Close() })
	secret, err := ParseSecret(private.Of(testSecret))
	if err != nil {
		f.Fatal(err)
	}
	inbox := &Inbox{Secrets: []Secret{secret}, Store: store, Unproved: true, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
		Metrics: NewMetrics(), Coordinator: func(name string) (string, bool) { return name, name == "co1" }}
	router := mux.NewRouter()
	inbox.Routes(router)
	for _, kind := range []string{"case.created", "case.opinion_delivered", "contact.updated", "coordinator.availability", "case.on_hold", "case.closed", "case.coordinator_assigned", "nothing"} {
		f.Add(TypeEvent, []byte(`{"specversion":"1.0","id":"1","source":"/s","type":"`+kind+`","time":"2027-01-15T08:00:00Z","data":{"case":"a","phone":"+16175550123","birth_date":"1960-03-04","delivered_at":"2027-01-15T08:00:00Z","coordinator":"co1","available":true}}`))
	}
	f.Add(TypeBatch, []byte(`[{},{"specversion":"1.0"}]`))
	f.Add("application/json; charset=utf-8", []byte(`"x"`))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, Path, bytes.NewReader(body))
		r.Header.Set("Content-Type", kind)
		r.Header.Set("ce-specversion", "1.0")
		r.Header.Set("ce-id", "1")
		r.Header.Set("ce-source", "/s")
		r.Header.Set("ce-type", "case.created")
		r.Header.Set(HeaderID, "m")
		r.Header.Set(HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
		r.Header.Set(HeaderSignature, secret.Sign("m", now, body))
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		switch w.Code {
		case http.StatusOK, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		default:
			t.Errorf("answered with %d: %s", w.Code, w.Body)
		}
		var answer struct{ Events []Result }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || len(answer.Events) == 0 {
			t.Errorf("the answer is not for machines: %q, %v", w.Body, err)
		}
		for _, one := range answer.Events {
			if one.Status == "refused" && one.Reason == "" {
				t.Error("refused without a reason")
			}
		}
	})
}
