package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Entry is one access.
type Entry struct {
	// N counts the lines of a file from 1.
	N  int       `json:"n"`
	At time.Time `json:"at"`
	// Who is the person, as the roster or the issuer names them in an ID, or "caller",
	// "sender", "case_system", "line", or the user of the machine; Role what they did
	// it as.
	Who  string `json:"who"`
	Role string `json:"role"`
	// What was done: "board.read", "task.take".
	What string `json:"what"`
	// Case is the opaque name of the request, Thing that of a task, a call, a text or
	// a recording; either may be empty.
	Case  string `json:"case,omitempty"`
	Thing string `json:"thing,omitempty"`
	// Outcome is "asked" before something is changed, then "done", "stale",
	// "refused" or "failed"; for what is only read, "shown"; for what the line does,
	// what came of it.
	Outcome string `json:"outcome"`
	// Trace is the same in all entries of one request, or of one call.
	Trace string `json:"trace,omitempty"`
	// Prev is the Hash of the line before, Hash that of this line without it.
	Prev string `json:"prev"`
	Hash string `json:"hash"`
}

// first is what the first line has for a line before.
const first = "0000000000000000000000000000000000000000000000000000000000000000"

// line gives an entry as it is written, with its hash, without the line feed.
func (e Entry) line() ([]byte, Entry, error) {
	e.Hash = ""
	plain, err := json.Marshal(e)
	if err != nil {
		return nil, e, fmt.Errorf("audit: %w", err)
	}
	sum := sha256.Sum256(plain)
	e.Hash = hex.EncodeToString(sum[:])
	line, err := json.Marshal(e)
	return line, e, err
}

// read reads a line, which must be letter for letter what line gives.
func read(text []byte) (Entry, error) {
	var e Entry
	if err := json.Unmarshal(text, &e); err != nil {
		return e, fmt.Errorf("it is no entry: %w", err)
	}
	again, _, err := e.line()
	if err != nil || !bytes.Equal(again, text) {
		return e, fmt.Errorf("it was altered")
	}
	return e, nil
}
