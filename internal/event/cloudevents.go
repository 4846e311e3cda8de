package event

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// The media types of CloudEvents 1.0 (HTTP protocol binding).
const (
	TypeEvent = "application/cloudevents+json"
	TypeBatch = "application/cloudevents-batch+json"
)

// Event is a CloudEvent whose data is JSON.
type Event struct {
	ID, Source, Type, Subject string
	Time                      time.Time
	Data                      json.RawMessage
}

// Name tells events apart: a source gives an ID once.
func (e Event) Name() string { return e.Source + " " + e.ID }

// Problem says why an event cannot be accepted: Reason for machines, Detail for
// people. Neither holds anything of the event's data.
type Problem struct{ Reason, Detail string }

// Error gives both.
func (p *Problem) Error() string { return p.Reason + ": " + p.Detail }

func problem(reason, format string, args ...any) *Problem {
	return &Problem{reason, fmt.Sprintf(format, args...)}
}

// wire is an event as JSON has it.
type wire struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject,omitempty"`
	Time            string          `json:"time,omitempty"`
	DataContentType string          `json:"datacontenttype,omitempty"`
	Data            json.RawMessage `json:"data,omitempty"`
	DataBase64      *string         `json:"data_base64,omitempty"`
}

// MostInBatch is how many events one request may carry.
const MostInBatch = 100

// One is an event of a request, or what is wrong with it.
type One struct {
	Event   Event
	Problem *Problem
	// Raw is the event as it came, in structured JSON; nil where it is none.
	Raw json.RawMessage
}

// Decode reads the events of a request: one in structured or binary mode, or a batch.
// The error, a *Problem, says that the request as a whole is not understood.
func Decode(h http.Header, body []byte) ([]One, error) {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	switch {
	case err != nil:
		return nil, problem("content_type", "the media type %.60q is not understood", h.Get("Content-Type"))
	case kind == TypeEvent:
		return []One{structured(body)}, nil
	case kind == TypeBatch:
		var list []json.RawMessage
		if err := json.Unmarshal(body, &list); err != nil {
			return nil, problem("json", "a batch is a JSON array")
		}
		if len(list) == 0 || len(list) > MostInBatch {
			return nil, problem("batch_size", "a batch holds 1 to %d events, this one %d", MostInBatch, len(list))
		}
		out := make([]One, len(list))
		for i, raw := range list {
			out[i] = structured(raw)
		}
		return out, nil
	case h.Get("ce-specversion") != "":
		return []One{binary(h, kind, body)}, nil
	}
	return nil, problem("content_type", "%s is neither %s nor %s, and there are no ce- headers", kind, TypeEvent, TypeBatch)
}

func structured(raw []byte) One {
	var w wire
	if err := json.Unmarshal(raw, &w); err != nil {
		return One{Problem: problem("json", "this is no JSON object of CloudEvents")}
	}
	return checked(w, raw)
}

func binary(h http.Header, kind string, body []byte) One {
	w := wire{SpecVersion: h.Get("ce-specversion"), ID: decoded(h.Get("ce-id")), Source: decoded(h.Get("ce-source")), Type: decoded(h.Get("ce-type")),
		Subject: decoded(h.Get("ce-subject")), Time: h.Get("ce-time"), DataContentType: kind}
	if len(body) > 0 {
		if !json.Valid(body) {
			return One{Problem: problem("json", "the data is no JSON")}
		}
		w.Data = body
	}
	raw, err := json.Marshal(w)
	if err != nil {
		return One{Problem: problem("json", "the data is no JSON")}
	}
	return checked(w, raw)
}

// decoded undoes the percent-encoding of a header (HTTP protocol binding 3.1.3.2).
func decoded(v string) string {
	if !strings.Contains(v, "%") {
		return v
	}
	var out strings.Builder
	for i := 0; i < len(v); i++ {
		var b byte
		if v[i] == '%' && i+2 < len(v) {
			if _, err := fmt.Sscanf(v[i+1:i+3], "%02x", &b); err == nil {
				out.WriteByte(b)
				i += 2
				continue
			}
		}
		out.WriteByte(v[i])
	}
	return out.String()
}

func checked(w wire, raw []byte) One {
	one := One{Event: Event{ID: w.ID, Source: w.Source, Type: w.Type, Subject: w.Subject, Data: w.Data}, Raw: raw}
	for _, need := range []struct{ name, value string }{{"specversion", w.SpecVersion}, {"id", w.ID}, {"source", w.Source}, {"type", w.Type}} {
		if need.value == "" {
			one.Problem = problem("missing_"+need.name, "the attribute %s is required", need.name)
			return one
		}
	}
	for _, bound := range []string{w.ID, w.Source, w.Type, w.Subject} {
		if len(bound) > 256 {
			one.Problem = problem("attribute_too_long", "an attribute is longer than 256 bytes")
			return one
		}
	}
	switch {
	case w.SpecVersion != "1.0":
		one.Problem = problem("specversion", "only version 1.0 is understood")
	case w.DataBase64 != nil:
		one.Problem = problem("data", "data_base64 is not understood: the data is JSON")
	case w.DataContentType != "" && !isJSON(w.DataContentType):
		one.Problem = problem("datacontenttype", "the data is JSON")
	case w.Time == "":
		one.Problem = problem("missing_time", "the attribute time is required: it puts events in order")
	default:
		at, err := time.Parse(time.RFC3339Nano, w.Time)
		if err != nil {
			one.Problem = problem("time", "the attribute time is no RFC 3339 time")
		}
		one.Event.Time = at.UTC().Truncate(time.Millisecond)
	}
	return one
}

func isJSON(kind string) bool {
	kind, _, err := mime.ParseMediaType(kind)
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

// Encode writes an event in structured mode.
func (e Event) Encode() ([]byte, error) {
	return json.Marshal(wire{SpecVersion: "1.0", ID: e.ID, Source: e.Source, Type: e.Type, Subject: e.Subject,
		Time: e.Time.UTC().Format(time.RFC3339Nano), DataContentType: "application/json", Data: e.Data})
}

// readAll reads a body of at most most bytes.
func readAll(r io.Reader, most int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(body)) > most {
		err = problem("too_large", "a request holds at most %d bytes", most)
	}
	return body, err
}
