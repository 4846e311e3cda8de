package main

import (
	"fmt"
	"slices"
	"strings"
)

// Fault is one setting that is wrong: which, what is wrong with it, and how a
// right value looks. It never holds a secret.
type Fault struct {
	Name    string `json:"name"` // LISTEN, or opening.zone
	Problem string `json:"problem"`
	Example string `json:"example,omitempty"`
}

// String gives the fault as one line.
func (f Fault) String() string {
	if f.Example == "" {
		return f.Name + " " + f.Problem
	}
	return fmt.Sprintf("%s %s; for example: %s", f.Name, f.Problem, f.Example)
}

// Faults are all settings that are wrong.
type Faults []Fault

// Error gives a line for each fault.
func (fs Faults) Error() string {
	lines := make([]string, 0, len(fs)+1)
	switch len(fs) {
	case 1:
		lines = append(lines, "a setting is wrong:")
	default:
		lines = append(lines, fmt.Sprintf("%d settings are wrong:", len(fs)))
	}
	for _, f := range fs {
		lines = append(lines, "  "+f.String())
	}
	return strings.Join(lines, "\n")
}

// err gives nil for no faults, so that an empty Faults is not an error.
func (fs Faults) err() error {
	if len(fs) == 0 {
		return nil
	}
	return fs
}

// with adds the faults of more for names that have none yet: a value that could
// not be read is not called missing as well.
func (fs Faults) with(more Faults) Faults {
	out := slices.Clone(fs)
	for _, f := range more {
		if !slices.ContainsFunc(fs, func(have Fault) bool { return have.Name == f.Name }) {
			out = append(out, f)
		}
	}
	return out
}

// nearest gives the word of known that differs least from word, or "" when none
// is near enough to be what was meant.
func nearest(word string, known []string) string {
	best, least := "", 1+len(word)/3
	for _, k := range known {
		d := min(distance(word, k), 1+distance(lastPart(word), lastPart(k)))
		if d <= least && (best == "" || d < least) {
			best, least = k, d
		}
	}
	return best
}

func lastPart(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

// distance is the Levenshtein distance in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
