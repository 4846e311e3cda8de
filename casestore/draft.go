package casestore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// DueDraft is what the schedule calls an unfinished request whose time runs out; its ID
// is draftDue's.
const DueDraft EffectKind = "draft"

// draftDue names a draft in the schedule of its partition.
func draftDue(id PersonID, c CaseID) Due {
	return Due{DueDraft, string(id) + "." + string(c), id.Partition()}
}

// Draft is an unfinished request to keep. Last is when it was kept before; zero for the
// first time.
type Draft struct {
	*Case
	Last time.Time
}

// draftRound is how often the time of a draft that is gone on with is counted anew: not
// with every answer, but once in each hour by the clock. abandon looks at when it was
// really kept last.
const draftRound = time.Hour

// addDraft keeps an unfinished request for as long as such ones are kept.
func (s *Store) addDraft(ops *operations, id PersonID, c Draft) {
	ops.did(Deed{What: "case.draft", Case: c.ID, Outcome: "kept"})
	ops.add("HSET", draftsKey(id), string(c.ID), s.sealDraft(c.Case))
	add := ops.add
	if !c.Last.IsZero() && c.Last.Truncate(draftRound).Equal(c.Updated.Truncate(draftRound)) {
		add = ops.addIfNew // it may have been dropped in another call
	}
	due := draftDue(id, c.ID)
	add("PEXPIRE", draftsKey(id), (s.keep + draftRound).Milliseconds())
	add("ZADD", due.key(), strconv.FormatInt(s.now().Add(s.keep).UnixMilli(), 10), due.ID)
}

// dropDraft deletes it: it is finished, or nobody may know of it.
func (s *Store) dropDraft(ops *operations, id PersonID, c CaseID) {
	ops.add("HDEL", draftsKey(id), string(c))
	ops.add("ZREM", draftDue(id, c).key(), draftDue(id, c).ID)
}

const (
	draftBatch = 100
	draftLease = time.Minute
)

// AbandonDrafts deletes the unfinished requests whose time is up, and has the case system
// told of each, once (rules.md 4, intake.abandoned). Every replica may do it at once.
func (s *Store) AbandonDrafts(ctx context.Context) error {
	for {
		due, more, err := s.ClaimDue(ctx, DueDraft, draftBatch, draftLease)
		for _, d := range due {
			err = errors.Join(err, s.abandon(ctx, d))
		}
		if err != nil || !more {
			return err
		}
	}
}

func (s *Store) abandon(ctx context.Context, d Due) error {
	person, c, ok := strings.Cut(d.ID, ".")
	if !ok || !isHash(person) {
		return s.Finish(ctx, d)
	}
	id := PersonID(person)
	sealed, err := s.rdb.HGet(ctx, draftsKey(id), c).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return fmt.Errorf("casestore: read a draft: %w", err)
	}
	if drafts := s.openDrafts(map[string]string{c: sealed}); sealed != "" && len(drafts) == 1 {
		if until := drafts[0].Updated.Add(s.keep); until.After(s.now()) {
			// It was gone on with meanwhile. XX: what was finished stays finished.
			if err := s.rdb.ZAddXX(ctx, d.key(), redis.Z{Score: float64(until.UnixMilli()), Member: d.ID}).Err(); err != nil {
				return fmt.Errorf("casestore: keep a draft: %w", err)
			}
			return nil
		}
	}
	ops := operations{keys: []string{draftsKey(id), d.key()}, args: []any{c, d.ID, sealed}}
	s.dropDraft(&ops, id, CaseID(c))
	ops.addNews(d.Partition, News{ID: "abandoned." + c, Type: IntakeAbandoned, Case: CaseID(c), At: s.now()})
	done, err := abandonScript.Run(ctx, s.rdb, ops.keys, ops.args...).Int()
	if err == nil && done == 0 {
		return nil // whoever was faster has said what comes next
	}
	s.recordAll(ctx, []Deed{{What: "case.draft", Case: CaseID(c), Outcome: "abandoned"}}, err)
	if err != nil {
		return fmt.Errorf("casestore: abandon a draft: %w", err)
	}
	return nil
}

// abandonScript carries operations out, unless a caller has gone on with the draft, or
// finished it, since it was read.
//
//	KEYS[1]  the drafts of the person
//	KEYS[2]  the schedule of drafts
//	KEYS[3…] whatever the operations name
//	ARGV[1]  the draft, ARGV[2] its name in the schedule, ARGV[3] its value as it was
//	         read; "" for one that was gone
//	ARGV[4…] operations: command, number of its key in KEYS, count n, n arguments
//
// It returns 1 when done, 0 when it was not as it was read.
var abandonScript = redis.NewScript(abandonSource)

const abandonSource = `
local call, KEYS, ARGV = redis.call, KEYS, ARGV
if (call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[3] then return 0 end
if not call('ZSCORE', KEYS[2], ARGV[2]) then return 0 end
local i = 4
` + operationsSource
