// Package fhir writes a completed intake as what hospitals' systems read: a FHIR R4
// transaction Bundle (hl7.org/fhir/R4, rules.md 4).
package fhir

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"secondline/casestore"
)

// Programme is who asks.
type Programme struct {
	// Organisation is the programme's name, URL the line's public address, which is
	// the namespace of its identifiers.
	Organisation, URL string
}

// ErrNotComplete says that an intake is not complete: there is nothing to hand over.
var ErrNotComplete = errors.New("fhir: the intake is not complete")

type object = map[string]any

// Bundle gives the hand-over of a case. The same case gives the same bundle, letter
// for letter, and each resource is created once however often it is posted: every
// entry has an identifier of ours and asks not to be made twice. It fails with
// ErrNotComplete.
func Bundle(c *casestore.Case, p Programme) ([]byte, error) {
	if c.Number.Reveal() == "" {
		return nil, ErrNotComplete
	}
	b := &builder{c: c, p: p}
	patient := b.add("Patient", "patient", b.patient())
	if c.Answers.Get("for_whom") == "other" {
		b.add("RelatedPerson", "caller", object{"patient": patient, "relationship": []object{text("The person who called")}, "telecom": phones(c.Caller.Reveal())})
	}
	for i, consent := range c.Consents {
		b.add("Consent", fmt.Sprintf("consent-%d-%s", i, consent.Kind), b.consent(consent, patient))
	}
	service := b.add("ServiceRequest", "request", object{"status": "active", "intent": "order", "code": text("Second opinion, online"), "subject": patient,
		"authoredOn": stamp(c.Opened), "requester": object{"display": p.Organisation}})
	answers, recordings := b.answers()
	for i, sid := range recordings {
		b.add("DocumentReference", fmt.Sprintf("recording-%d", i), object{"status": "current", "type": text("What was said on the telephone"), "subject": patient,
			"content": []object{{"attachment": object{"contentType": "audio/wav", "title": sid}}}})
	}
	b.add("QuestionnaireResponse", "answers", object{"status": "completed", "subject": patient, "authored": stamp(c.Opened), "item": answers})
	task := object{"status": "requested", "intent": "order", "focus": service, "for": patient, "authoredOn": stamp(c.Opened),
		"requester": object{"display": p.Organisation}, "businessStatus": text(strings.ReplaceAll(string(c.Stage), "_", " "))}
	if c.Coordinator != "" {
		task["owner"] = object{"display": c.Coordinator}
	}
	if !c.CallBy.IsZero() {
		task["restriction"] = object{"period": object{"end": stamp(c.CallBy)}}
		b.add("CommunicationRequest", "first-call", object{"status": "active", "subject": patient, "about": []object{service},
			"medium": []object{text("Telephone")}, "occurrencePeriod": object{"start": stamp(c.Opened), "end": stamp(c.CallBy)},
			"payload": []object{{"contentString": "A coordinator calls"}}})
	}
	b.add("Task", "task", task)
	return json.Marshal(object{"resourceType": "Bundle", "type": "transaction", "timestamp": stamp(c.Updated), "entry": b.entries})
}

type builder struct {
	c       *casestore.Case
	p       Programme
	entries []object
}

// add puts a resource in, and gives the reference to it.
func (b *builder) add(kind, name string, resource object) object {
	system, value := b.p.URL+"/fhir/"+strings.ToLower(kind), string(b.c.ID)+"."+name
	url := uuid(value)
	resource["resourceType"] = kind
	identifier := object{"system": system, "value": value}
	switch kind {
	case "QuestionnaireResponse":
		resource["identifier"] = identifier // the one kind of these that has one at most
	default:
		known, _ := resource["identifier"].([]object)
		resource["identifier"] = append(known, identifier)
	}
	b.entries = append(b.entries, object{"fullUrl": url, "resource": resource,
		"request": object{"method": "POST", "url": kind, "ifNoneExist": "identifier=" + system + "|" + value}})
	return object{"reference": url}
}

// uuid names a resource: the same for the same case and place (RFC 9562, version 8).
func uuid(name string) string {
	sum := sha256.Sum256([]byte("secondline " + name))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	h := hex.EncodeToString(sum[:16])
	return "urn:uuid:" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func text(words string) object { return object{"text": words} }

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func phones(numbers ...string) []object {
	var out []object
	for i, n := range slices.Compact(numbers) {
		if n != "" {
			out = append(out, object{"system": "phone", "value": n, "rank": i + 1})
		}
	}
	return out
}

func (b *builder) patient() object {
	c := b.c
	out := object{"active": true, "identifier": []object{{"system": b.p.URL + "/request-number", "value": c.Number.Reveal()}},
		"telecom": phones(c.Phone().Reveal(), c.Caller.Reveal())}
	if born := c.Answers.Get("birth_date"); born != "" {
		out["birthDate"] = born
	}
	if mail := c.Answers.Get("email"); mail != "" {
		telecom, _ := out["telecom"].([]object)
		out["telecom"] = append(telecom, object{"system": "email", "value": mail})
	}
	if c.Language != "" {
		out["communication"] = []object{{"language": object{"coding": []object{{"system": "urn:ietf:bcp:47", "code": c.Language}}}, "preferred": true}}
	}
	address := object{}
	for field, name := range map[string]string{"postalCode": "zip", "state": "state"} {
		if v := c.Answers.Get(name); v != "" {
			address[field] = v
		}
	}
	if len(address) > 0 {
		address["use"] = "home"
		out["address"] = []object{address}
	}
	return out
}

// categories of a consent (HL7 v3 ActCode, LOINC).
var consentAbout = map[string]string{
	"calls": "Calls by an automated voice", "texts": "Text messages", "voicemail": "Messages on a voicemail", "processing": "Processing of the data in the United States",
}

func (b *builder) consent(k casestore.Consent, patient object) object {
	kind := "permit"
	if k.Given == "no" || k.Given == "person_only" {
		kind = "deny"
	}
	return object{"status": "active", "patient": patient, "dateTime": stamp(k.At),
		"scope":      object{"coding": []object{{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}}},
		"category":   []object{{"coding": []object{{"system": "http://loinc.org", "code": "59284-0"}}, "text": consentAbout[k.Kind]}},
		"policyRule": text("Asked with the words " + k.Prompt + ", version " + k.Version + "; answered " + strings.ReplaceAll(k.Given, "_", " ")),
		"provision":  object{"type": kind}}
}

// answers gives what was answered, by the names of the questionnaire's steps, and the
// recordings among them.
func (b *builder) answers() (items []object, recordings []string) {
	for _, name := range slices.Sorted(keys(b.c)) {
		value := b.c.Answers.Get(name)
		if value == "" {
			continue
		}
		if len(value) == 34 && strings.HasPrefix(value, "RE") {
			recordings = append(recordings, value)
		}
		items = append(items, object{"linkId": name, "text": strings.ReplaceAll(name, "_", " "), "answer": []object{{"valueString": value}}})
	}
	return items, recordings
}

func keys(c *casestore.Case) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for name := range c.Answers {
			if !yield(name) {
				return
			}
		}
	}
}
