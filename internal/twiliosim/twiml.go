package twiliosim

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"
)

// element is a node of a TwiML document; text lies between the children as
// elements without a name.
type element struct {
	name     string
	attrs    []attr
	children []*element
	text     string // of a text node
}

type attr struct{ name, value string }

// get returns an attribute, false when it is absent.
func (e *element) get(name string) (string, bool) {
	for _, a := range e.attrs {
		if a.name == name {
			return a.value, true
		}
	}
	return "", false
}

// or returns an attribute, or what stands for an absent one.
func (e *element) or(name, absent string) string {
	if v, ok := e.get(name); ok {
		return v
	}
	return absent
}

// elements returns the children that are elements.
func (e *element) elements() []*element {
	var out []*element
	for _, c := range e.children {
		if c.name != "" {
			out = append(out, c)
		}
	}
	return out
}

// content is the text below the element, in order.
func (e *element) content() string {
	var b strings.Builder
	e.writeText(&b)
	return b.String()
}

func (e *element) writeText(b *strings.Builder) {
	b.WriteString(e.text)
	for _, c := range e.children {
		c.writeText(b)
	}
}

// refusal is why Twilio would not play a document.
type refusal struct {
	code int
	why  string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d: %s", r.code, r.why) }

func refuse(code int, format string, args ...any) *refusal {
	return &refusal{code: code, why: fmt.Sprintf(format, args...)}
}

// docKind says where a document is played; it limits the verbs.
type docKind int

const (
	voiceDoc     docKind = iota // a call
	whisperDoc                  // the called leg before it is bridged
	waitDoc                     // a caller in a queue
	joinDoc                     // a caller from a queue before the two are bridged
	roomDoc                     // a conference's waiting music
	messagingDoc                // the answer to a text
)

// parseTwiML reads and judges a document. inline documents (the Twiml
// parameter, or any after a call update) need absolute action addresses.
func parseTwiML(body []byte, kind docKind, inline bool) ([]*element, *refusal) {
	if len(body) > maxTwiML {
		return nil, refuse(11750, "TwiML is %d bytes, more than 64 kB", len(body))
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, refuse(11770, "empty answer")
	}
	root, err := parseXML(body)
	if err != nil {
		return nil, refuse(12100, "document parse failure: %v", err)
	}
	if root.name != "Response" {
		return nil, refuse(12102, "the root element is %q, not Response", root.name)
	}
	j := judge{kind: kind, inline: inline}
	if r := j.document(root); r != nil {
		return nil, r
	}
	return root.elements(), nil
}

// tree builds the elements of one document.
type tree struct {
	root  *element
	stack []*element
}

func parseXML(body []byte) (*element, error) {
	dec := xml.NewDecoder(bytes.NewReader(body))
	var t tree
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = t.add(tok)
		}
		if err != nil {
			return nil, err
		}
	}
	if t.root == nil {
		return nil, errors.New("no root element")
	}
	return t.root, nil
}

func (t *tree) add(tok xml.Token) error {
	switch x := tok.(type) {
	case xml.StartElement:
		e, err := open(x)
		if err != nil {
			return err
		}
		if err := t.hang(e); err != nil {
			return err
		}
		t.stack = append(t.stack, e)
	case xml.EndElement:
		t.stack = t.stack[:len(t.stack)-1]
	case xml.CharData:
		if len(t.stack) > 0 {
			return t.hang(&element{text: string(x)})
		}
		if len(bytes.TrimSpace(x)) > 0 {
			return errors.New("text outside the root element")
		}
	case xml.Directive:
		return errors.New("a document type declaration")
	}
	return nil
}

// hang puts a node below the open element, or makes it the root.
func (t *tree) hang(e *element) error {
	switch {
	case len(t.stack) > 0:
		top := t.stack[len(t.stack)-1]
		top.children = append(top.children, e)
	case t.root != nil:
		return errors.New("a second root element")
	default:
		t.root = e
	}
	return nil
}

func open(t xml.StartElement) (*element, error) {
	e := &element{name: t.Name.Local}
	if t.Name.Space != "" {
		e.name = t.Name.Space + ":" + t.Name.Local
	}
	for _, a := range t.Attr {
		name := a.Name.Local
		switch a.Name.Space {
		case "":
		case "xml", "http://www.w3.org/XML/1998/namespace":
			name = "xml:" + name
		default:
			name = a.Name.Space + ":" + name
		}
		if _, twice := e.get(name); twice {
			return nil, fmt.Errorf("attribute %s given twice", name)
		}
		e.attrs = append(e.attrs, attr{name, a.Value})
	}
	return e, nil
}

// answerKind is what Twilio makes of an answer by its Content-Type.
type answerKind int

const (
	answerTwiML answerKind = iota
	answerText             // read out loud
	answerAudio            // played
	answerUnknown
)

// kindOf sorts a Content-Type (twilio.com/docs/voice/twiml#mime-types).
func kindOf(contentType string) answerKind {
	m, _, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil:
		return answerUnknown
	case m == "text/xml", m == "application/xml", m == "text/html":
		return answerTwiML
	case m == "text/plain":
		return answerText
	case strings.HasPrefix(m, "audio/"):
		return answerAudio
	}
	return answerUnknown
}
