package phone

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
)

// shown is v as the page gets it: TwiML indented, and no list missing, so that
// the script finds arrays everywhere.
func shown(v View) View {
	v.Captions, v.Case, v.Texts = full(v.Captions), full(v.Case), full(v.Texts)
	v.Promise.Log = full(v.Promise.Log)
	v.Lines, v.Callers, v.Changes = full(v.Lines), full(v.Callers), full(v.Changes)
	v.Coordinators = full(slices.Clone(v.Coordinators))
	for i := range v.Coordinators {
		v.Coordinators[i].Captions = full(v.Coordinators[i].Captions)
	}
	v.Traffic = full(slices.Clone(v.Traffic))
	for i := range v.Traffic {
		v.Traffic[i].TwiML = indented(v.Traffic[i].TwiML)
		v.Traffic[i].Fields = full(v.Traffic[i].Fields)
	}
	return v
}

func full[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// indented puts each TwiML verb and noun on a line of its own, two spaces a
// level; an element with words in it stays on one line, as the words would
// change otherwise. What is not well-formed XML comes back as it is.
func indented(twiml string) string {
	root, err := parse(twiml)
	if err != nil || !slices.ContainsFunc(root.inside, (*node).element) {
		return twiml
	}
	var b strings.Builder
	for _, n := range root.inside {
		n.write(&b, 0)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// node is an element, or words or a declaration where open is empty.
type node struct {
	open, close string // tags as they are written
	words       string
	inside      []*node
}

// parse keeps the source's own spelling of every tag and word.
func parse(twiml string) (*node, error) {
	d := xml.NewDecoder(strings.NewReader(twiml))
	stack := []*node{{}}
	for {
		from := d.InputOffset()
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return stack[0], nil
		}
		if err != nil {
			return nil, err
		}
		raw := twiml[from:d.InputOffset()]
		top := stack[len(stack)-1]
		switch t.(type) {
		case xml.StartElement:
			n := &node{open: raw}
			top.inside = append(top.inside, n)
			stack = append(stack, n)
		case xml.EndElement:
			top.close = raw // empty for <Hangup/>
			stack = stack[:len(stack)-1]
		default:
			top.inside = append(top.inside, &node{words: raw})
		}
	}
}

func (n *node) element() bool { return n.open != "" }

func (n *node) blank() bool { return n.open == "" && strings.TrimSpace(n.words) == "" }

// mixed says whether n holds words of its own, or nothing at all.
func (n *node) mixed() bool {
	words := func(c *node) bool { return !c.element() && !c.blank() }
	return slices.ContainsFunc(n.inside, words) || !slices.ContainsFunc(n.inside, (*node).element)
}

func (n *node) write(b *strings.Builder, level int) {
	if n.blank() {
		return
	}
	b.WriteString(strings.Repeat("  ", level))
	switch {
	case !n.element():
		b.WriteString(strings.TrimSpace(n.words))
	case n.mixed():
		n.flat(b)
	default:
		b.WriteString(n.open + "\n")
		for _, c := range n.inside {
			c.write(b, level+1)
		}
		b.WriteString(strings.Repeat("  ", level) + n.close)
	}
	b.WriteByte('\n')
}

func (n *node) flat(b *strings.Builder) {
	b.WriteString(n.open + n.words)
	for _, c := range n.inside {
		c.flat(b)
	}
	b.WriteString(n.close)
}
