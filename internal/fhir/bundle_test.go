package fhir

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	model "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"secondline/casestore"
	"secondline/internal/private"
)

func completed(t *testing.T) *casestore.Case {
	t.Helper()
	number, err := casestore.ParseRequestNumber("12345674")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2027, 3, 2, 15, 0, 0, 0, time.UTC)
	told := map[string]string{"for_whom": "other", "birth_date": "1960-03-04", "zip": "10001", "state": "NY", "email": "ana@example.org", "phone": "+12125550142",
		"name": "RE0123456789abcdef0123456789abcdef", "question": "Is there another way?", "good_time": "morning"}
	answers := map[string]private.Text{}
	for name, value := range told {
		answers[name] = private.Of(value)
	}
	return &casestore.Case{ID: "cexample", Stage: casestore.StageRequested, Number: number, Line: "tollfree", Language: "es", Opened: at, Updated: at, CallBy: at.Add(24 * time.Hour),
		Caller: private.Of("+16175550123"), Answers: answers, Coordinator: "co1",
		Consents: []casestore.Consent{{Kind: "calls", Given: "person_only", Prompt: "D7-call", Version: "v1", At: at}, {Kind: "texts", Given: "yes", Prompt: "D7-text", Version: "v1", At: at}}}
}

// An independent model of FHIR R4 reads every resource, strictly: no field that it does
// not know, no code that is none.
func TestBundleIsFHIR(t *testing.T) {
	raw, err := Bundle(completed(t), Programme{"Care Team Services", "https://line.example"})
	if err != nil {
		t.Fatal(err)
	}
	strictly := func(raw []byte, into any) {
		t.Helper()
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		if err := d.Decode(into); err != nil {
			t.Errorf("%T: %v\n%s", into, err, raw)
		}
	}
	bundle, err := model.UnmarshalBundle(raw)
	if err != nil {
		t.Fatal(err)
	}
	if bundle.Type != model.BundleTypeTransaction {
		t.Errorf("the bundle is a %v", bundle.Type)
	}
	urls, refs, count := map[string]bool{}, []string{}, map[string]int{}
	for _, e := range bundle.Entry {
		var kind struct{ ResourceType string }
		if err := json.Unmarshal(e.Resource, &kind); err != nil {
			t.Fatal(err)
		}
		count[kind.ResourceType]++
		urls[*e.FullUrl] = true
		if e.Request.Method != model.HTTPVerbPOST || e.Request.Url != kind.ResourceType || !strings.Contains(*e.Request.IfNoneExist, "identifier=https://line.example/fhir/") {
			t.Errorf("%s is asked for by %+v", kind.ResourceType, e.Request)
		}
		// The model has no field for the kind itself.
		resource := bytes.Replace(e.Resource, []byte(`"resourceType":"`+kind.ResourceType+`",`), nil, 1)
		resource = bytes.Replace(resource, []byte(`,"resourceType":"`+kind.ResourceType+`"`), nil, 1)
		switch kind.ResourceType {
		case "Patient":
			strictly(resource, &model.Patient{})
		case "RelatedPerson":
			strictly(resource, &model.RelatedPerson{})
		case "Consent":
			strictly(resource, &model.Consent{})
		case "ServiceRequest":
			strictly(resource, &model.ServiceRequest{})
		case "DocumentReference":
			strictly(resource, &model.DocumentReference{})
		case "QuestionnaireResponse":
			strictly(resource, &model.QuestionnaireResponse{})
		case "CommunicationRequest":
			strictly(resource, &model.CommunicationRequest{})
		case "Task":
			strictly(resource, &model.Task{})
		default:
			t.Errorf("a %s", kind.ResourceType)
		}
		for _, part := range strings.Split(string(e.Resource), `"reference":"`)[1:] {
			refs = append(refs, part[:strings.IndexByte(part, '"')])
		}
	}
	for _, ref := range refs {
		if !urls[ref] {
			t.Errorf("%s refers to nothing in the bundle", ref)
		}
	}
	want := map[string]int{"Patient": 1, "RelatedPerson": 1, "Consent": 2, "ServiceRequest": 1, "DocumentReference": 1, "QuestionnaireResponse": 1, "CommunicationRequest": 1, "Task": 1}
	for kind, n := range want {
		if count[kind] != n {
			t.Errorf("%d %s, want %d", count[kind], kind, n)
		}
	}
	for _, told := range []string{"1960-03-04", "10001", "ana@example.org", "+12125550142", "Is there another way?", "RE0123456789abcdef0123456789abcdef", `"deny"`} {
		if !strings.Contains(string(raw), told) {
			t.Errorf("%q is not handed over", told)
		}
	}
	again, err := Bundle(completed(t), Programme{"Care Team Services", "https://line.example"})
	if err != nil || !bytes.Equal(raw, again) {
		t.Error("the same case gives another bundle")
	}
}

func TestNothingToHandOver(t *testing.T) {
	if _, err := Bundle(&casestore.Case{ID: "c1"}, Programme{}); !errors.Is(err, ErrNotComplete) {
		t.Error(err)
	}
}
