package casestore

import (
	"fmt"
	"strconv"
	"time"
)

// Partitions is how many parts all data are divided into. All state of one
// person lies in one part, and one part in one hash slot of a Redis Cluster, so
// that every script touches one slot. It is fixed for as long as the data live.
const Partitions = 16

// Partition is one part.
type Partition uint8

// Partition gives the part that holds all state of a person.
func (p PersonID) Partition() Partition { return partitionOf(string(p)) }

func partitionOf(hash string) Partition {
	n, err := strconv.ParseUint(hash[:1], 16, 8)
	if err != nil {
		panic("casestore: not a hash")
	}
	return Partition(n % Partitions)
}

// String gives the two digits that stand in keys and URLs.
func (p Partition) String() string { return fmt.Sprintf("%02x", uint8(p)) }

// ParsePartition reads what String gives.
func ParsePartition(s string) (Partition, error) {
	n, err := strconv.ParseUint(s, 16, 8)
	if err != nil || len(s) != 2 || n >= Partitions {
		return 0, fmt.Errorf("casestore: %q is no partition", s)
	}
	return Partition(n), nil
}

// How long each kind of key lives. A key without a lifetime here lives until
// the case it belongs to is handed over and its time is up.
const (
	// A call, from its beginning: it lasts four hours at most, and its repeats come
	// within the day.
	callLives = 24 * time.Hour
	// A number set aside for a case that is about to be made.
	reservedLives = 24 * time.Hour
	// Wrong dates of birth, after the last one.
	guessesLive = 24 * time.Hour
	// What is known of a recording at Twilio.
	recordingLives = 30 * 24 * time.Hour
)

// The keys. None holds a phone number, a name, a date of birth or a request
// number: people and numbers stand in them as keyed hashes.

// key joins a partition's tag and a name. The braces make the hash tag.
func key(p Partition, kind, name string) string {
	const hex = "0123456789abcdef"
	b := make([]byte, 0, 9+len(kind)+len(name))
	b = append(b, "sl:{"...)
	b = append(b, hex[p>>4], hex[p&15])
	b = append(b, "}:"...)
	b = append(b, kind...)
	if name != "" {
		b = append(b, ':')
		b = append(b, name...)
	}
	return string(b)
}

// callKey: hash v, d. The conversation of one call; lives callLives.
func callKey(p Partition, call string) string { return key(p, "call", call) }

// draftsKey: hash case ID → sealed case. A number's unfinished requests; lives
// for as long as they are kept, and up to draftRound longer.
func draftsKey(id PersonID) string { return key(id.Partition(), "drafts", string(id)) }

// guessesKey: number. Dates of birth that opened none of a number's unfinished
// requests; lives guessesLive after the last.
func guessesKey(id PersonID) string { return key(id.Partition(), "guesses", string(id)) }

// caseKey: hash v, stage, d. A case whose intake is complete.
func caseKey(p Partition, id CaseID) string { return key(p, "case", string(id)) }

// taskKey: hash kind, due, d. One thing owed.
func taskKey(p Partition, id string) string { return key(p, "task", id) }

// caseTasksKey: set task ID. What is, and was, owed for one case.
func caseTasksKey(p Partition, id CaseID) string { return key(p, "casetasks", string(id)) }

// tasksKey: sorted set task ID by due time (Unix seconds). What is owed.
func tasksKey(p Partition) string { return key(p, "tasks", "") }

// outboxKey: stream. What is to be done.
func outboxKey(p Partition) string { return key(p, "outbox", "") }

// deadKey: stream. What could not be done and waits for an operator.
func deadKey(p Partition) string { return key(p, "dead", "") }

// optOutKey: hash at, how, call. A number that wants no machine.
func optOutKey(id PersonID) string { return key(id.Partition(), "optout", string(id)) }

// stopsKey: hash reason → count. People whom a stop rule turned away.
func stopsKey(p Partition) string { return key(p, "stops", "") }

// recordingKey: hash status, seconds, call. One recording; lives recordingLives.
func recordingKey(p Partition, sid string) string { return key(p, "recording", sid) }

// numberKey: string "partition:case", or "reserved". Request number → case.
func (r *KeyRing) numberKey(n RequestNumber) string {
	hash := r.hash("number", n.Reveal())
	return key(partitionOf(hash), "number", hash)
}
