package sms

import (
	"fmt"
	"slices"
	"strings"
)

// list is a table of phrases that anyone can read and correct: one phrase a
// line, in small letters, without accents, apostrophes and punctuation.
//
//	stop texting|calling me      either word
//	stop (all|all the) texts     what is in round brackets may be missing
//	[text|reply with] stop       one of what is in square brackets
//	how do i opt out .           the text must end there
//	# anything                   a remark
type list string

// label is what a phrase says about a text.
type label string

// phrases finds the phrases of several lists in a text.
type phrases struct{ root *node }

// node is where the phrases part that begin with the same words.
type node struct {
	next  map[string]*node
	label label    // of the phrase that ends here, or empty
	same  []string // see found
}

// found is one phrase that was met.
type found struct {
	label label
	words int      // how many words of the text it takes
	same  []string // what to read in its place
}

// compile panics when two lists claim one phrase: a mistake in a table, which
// every test and every start of the program would meet.
func compile(lists map[label]list) phrases {
	p := phrases{root: &node{}}
	var twice []string
	for label, l := range lists {
		for _, words := range l.phrases() {
			end := p.root.at(words)
			if end.label != "" && end.label != label {
				twice = append(twice, fmt.Sprintf("%q (%s, %s)", strings.Join(words, " "), end.label, label))
			}
			end.label = label
		}
	}
	if len(twice) > 0 {
		panic("sms: phrases in two lists: " + strings.Join(twice, ", "))
	}
	return p
}

// at is the node at the end of the words, made where it is missing.
func (n *node) at(words []string) *node {
	for _, word := range words {
		if n.next == nil {
			n.next = map[string]*node{}
		}
		if n.next[word] == nil {
			n.next[word] = &node{}
		}
		n = n.next[word]
	}
	return n
}

// longest is the longest phrase that begins the words; it has no label when
// none does. It looks at no more words than the longest phrase has.
func (p phrases) longest(words []string) found {
	var best found
	n := p.root
	for i, word := range words {
		if n = n.next[word]; n == nil {
			break
		}
		if n.label != "" {
			best = found{n.label, i + 1, n.same}
		}
	}
	return best
}

// ordinary is the label of phrases that explain their words away.
const ordinary label = "ordinary"

// scan tells which labels a text bears. Where phrases overlap, the one that
// begins first counts, and of those the longest: "do not stop texting" is not
// read as "stop texting". An ordinary phrase gives way to another that begins
// inside it and reaches beyond.
func (p phrases) scan(words []string) map[label]bool {
	labels := map[label]bool{}
	words = append(words[:len(words):len(words)], ".")
	for len(words) > 0 {
		f := p.longest(words)
		if f.label == ordinary {
			f.words = p.reach(words, f.words)
		}
		if f.label != "" {
			labels[f.label] = true
		}
		words = words[max(f.words, 1):]
	}
	return labels
}

// reach is how many of the n words of an ordinary phrase to step over: all, or
// those before another phrase that reaches beyond them.
func (p phrases) reach(words []string, n int) int {
	for i := 1; i < n; i++ {
		f := p.longest(words[i:])
		if f.label != "" && f.label != ordinary && i+f.words > n {
			return i
		}
	}
	return n
}

// filler is the label of words that change nothing.
const filler label = "filler"

// only is the one label that, besides fillers, the whole text consists of. It
// is empty when the text has a word of no list, two labels, or just fillers.
func (p phrases) only(words []string) label {
	labels := p.whole(words)
	if len(labels) != 1 {
		return ""
	}
	return labels[0]
}

// whole lists the labels that, besides fillers, the whole text consists of. It
// is empty when a word of the text is in no list.
func (p phrases) whole(words []string) []label {
	var labels []label
	for len(words) > 0 {
		f := p.longest(words)
		if f.label == "" {
			return nil
		}
		if f.label != filler && !slices.Contains(labels, f.label) {
			labels = append(labels, f.label)
		}
		words = words[f.words:]
	}
	return labels
}

// phrases lists every phrase the lines stand for. They go through sameWords as
// texts do, so that a table may say "do not" or "dont".
func (l list) phrases() [][]string {
	var all [][]string
	for line := range strings.Lines(string(l)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		for _, words := range expand(line) {
			all = append(all, sameWords(words))
		}
	}
	return all
}

// expand writes out the choices of a line.
func expand(line string) [][]string {
	written := [][]string{nil}
	for line != "" {
		group, rest := cutGroup(line)
		choices := strings.Split(strings.Trim(group, "()[]"), "|")
		if group[0] == '(' {
			choices = append(choices, "")
		}
		longer := make([][]string, 0, len(written)*len(choices))
		for _, so := range written {
			for _, choice := range choices {
				longer = append(longer, append(so[:len(so):len(so)], strings.Fields(choice)...))
			}
		}
		written, line = longer, strings.TrimSpace(rest)
	}
	return written
}

// cutGroup cuts the first word, or group in brackets, off a line. It panics at
// a bracket that is not closed.
func cutGroup(line string) (group, rest string) {
	end := " "
	switch line[0] {
	case '(':
		end = ")"
	case '[':
		end = "]"
	}
	group, rest, closed := strings.Cut(line, end)
	if end != " " && !closed || strings.ContainsAny(strings.TrimLeft(group, "(["), "()[]") {
		panic(fmt.Sprintf("sms: brackets do not match in the line %q", line))
	}
	return group, rest
}
