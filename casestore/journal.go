package casestore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// JournalEntry is an opt-out, or its end, as it is kept outside of Redis. It holds
// a keyed hash and no number.
type JournalEntry struct {
	At     time.Time `json:"at"`
	Person PersonID  `json:"person"`
	// What is "stop" or "start", How the way it came, Ref the SID it came by; or "shred",
	// with the place of the request that was deleted, as Place gives it.
	What string `json:"what"`
	How  string `json:"how"`
	Ref  string `json:"ref"`
}

// Shredded is What of a request that was deleted on purpose.
const Shredded = "shred"

// ShredRefused is What of one that was to be deleted and was left: something had come
// to be owed meanwhile.
const ShredRefused = "shred_refused"

// Place names where a request lies.
func (c *Case) Place() string { return c.Partition.String() + ":" + string(c.ID) }

// At reads a request by its Place. It fails with ErrNotFound.
func (s *Store) At(ctx context.Context, place string) (*Case, error) {
	part, id, _ := strings.Cut(place, ":")
	p, err := ParsePartition(part)
	if err != nil {
		return nil, err
	}
	return s.Case(ctx, p, CaseID(id))
}

// Journal is a file of opt-outs, one line each, that outlives a Redis which loses
// acknowledged writes (rules.md 3.4). It only grows: a line is some 150 bytes.
type Journal struct {
	mu   sync.Mutex
	path string
	file *os.File
}

// OpenJournal opens the file, or makes it. Its directory must exist. A last line
// that a crash cut off is ended, and passed over when it is read.
func OpenJournal(path string) (*Journal, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("casestore: journal: %w", err)
	}
	j := &Journal{path: path, file: file}
	if err := j.mend(); err != nil {
		file.Close()
		return nil, fmt.Errorf("casestore: journal: %w", err)
	}
	return j, nil
}

func (j *Journal) mend() error {
	info, err := j.file.Stat()
	if err != nil || info.Size() == 0 {
		return errors.Join(err, syncDir(filepath.Dir(j.path)))
	}
	last := make([]byte, 1)
	if _, err := j.file.ReadAt(last, info.Size()-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err = j.file.Write([]byte{'\n'})
	return errors.Join(err, j.file.Sync())
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// Append keeps an entry. When it returns nil the entry is on disk.
func (j *Journal) Append(e JournalEntry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("casestore: journal: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("casestore: journal: %w", err)
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("casestore: journal: %w", err)
	}
	return nil
}

// Close closes the file.
func (j *Journal) Close() error { return j.file.Close() }

// Entries reads what was kept since a time, in the order in which it was written.
// A line that cannot be read is passed over, and counted.
func (j *Journal) Entries(since time.Time) (entries []JournalEntry, unreadable int, err error) {
	text, err := os.ReadFile(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("casestore: journal: %w", err)
	}
	for line := range bytes.Lines(text) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var e JournalEntry
		if err := json.Unmarshal(line, &e); err != nil || !isHash(string(e.Person)) {
			unreadable++
			continue
		}
		if !e.At.Before(since) {
			entries = append(entries, e)
		}
	}
	return entries, unreadable, nil
}

// reapplyScript writes a time unless a later one is there.
//
//	KEYS[1] a hash; ARGV: field of the time, ms, further fields and values
var reapplyScript = redis.NewScript(reapplySource)

const reapplySource = `
local old = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
if old >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV))
return 1
`

// Reapply writes again what a Redis may have lost, and says how much was missing.
// What is newer there stays.
func (s *Store) Reapply(ctx context.Context, entries []JournalEntry) (int, error) {
	missing := 0
	for _, e := range entries {
		if e.What == Shredded || e.What == ShredRefused {
			continue
		}
		at := strconv.FormatInt(e.At.UnixMilli(), 10)
		keys, args := []string{optOutKey(e.Person)}, []any{"at", at, "how", e.How, "call", e.Ref}
		if e.What == "start" {
			keys, args = []string{contactKey(e.Person)}, []any{"back", at}
		}
		cmd, err := s.run(ctx, reapplyScript, onPrimary, keys, args...)
		if err != nil {
			return missing, fmt.Errorf("casestore: reapply the journal: %w", err)
		}
		n, err := cmd.Int()
		if err != nil {
			return missing, fmt.Errorf("casestore: reapply the journal: %w", err)
		}
		if missing += n; n > 0 {
			s.Record(ctx, Deed{What: "optout", Outcome: "reapplied_" + e.What})
		}
	}
	return missing, nil
}

// OpenTask opens a task by itself.
func (s *Store) OpenTask(ctx context.Context, p Partition, task *Task) error {
	ops := operations{}
	s.addTask(&ops, p, task)
	return s.runPlain(ctx, ops)
}
