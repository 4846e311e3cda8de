package main

import (
	"fmt"
	"strings"
	"time"
)

// token is one thing that a caller does.
type token struct {
	keys, words string
	silence     bool
	text        bool // words are texted
	hangup      bool
	pass        time.Duration
}

// parseTokens reads what a caller does. Words stand in double or single quotes.
func parseTokens(text string) ([]token, error) {
	var out []token
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		if quote := rest[0]; quote == '"' || quote == '\'' {
			end := strings.IndexByte(rest[1:], quote)
			if end < 0 {
				return nil, fmt.Errorf("the words that begin %.12q have no closing quote", rest)
			}
			out = append(out, token{words: rest[1 : 1+end]})
			rest = rest[2+end:]
			continue
		}
		if after, ok := strings.CutPrefix(rest, "text:"); ok && after != "" && (after[0] == '"' || after[0] == '\'') {
			end := strings.IndexByte(after[1:], after[0])
			if end < 0 {
				return nil, fmt.Errorf("the text that begins %.12q has no closing quote", after)
			}
			out = append(out, token{text: true, words: after[1 : 1+end]})
			rest = after[2+end:]
			continue
		}
		word, after, _ := strings.Cut(rest, " ")
		rest = after
		t, err := parseToken(word)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func parseToken(word string) (token, error) {
	switch {
	case word == "_":
		return token{silence: true}, nil
	case word == "hangup":
		return token{hangup: true}, nil
	case strings.HasPrefix(word, "+"):
		span := word[1:]
		if days, ok := strings.CutSuffix(span, "d"); ok {
			span = days + "h"
			d, err := time.ParseDuration(span)
			if err == nil {
				return token{pass: 24 * d}, nil
			}
		}
		d, err := time.ParseDuration(span)
		if err != nil || d <= 0 {
			return token{}, fmt.Errorf("%q is no span of time; an example: +2h", word)
		}
		return token{pass: d}, nil
	case strings.Trim(word, "0123456789*#") == "":
		return token{keys: word}, nil
	}
	return token{}, fmt.Errorf("%q is nothing a caller can do: keys, _ , \"words\", hangup, +1h", word)
}
