package casestore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// EffectRecording fetches a recording from Twilio, keeps it, and deletes it
// there. Its data is the RecordingSid. It may be done any number of times.
const EffectRecording EffectKind = "recording"

// recordingsKey: sorted set RecordingSid by the time it was noted (Unix seconds).
// What may still lie at Twilio.
func recordingsKey(p Partition) string { return key(p, "recordings", "") }

// SaveRecording keeps what Twilio says of a recording. A status never goes
// back: "in-progress" after "completed" changes nothing.
func (s *Store) SaveRecording(ctx context.Context, p Partition, r Recording) error {
	err := recordingScript.Run(ctx, s.rdb, []string{recordingKey(p, r.SID), recordingsKey(p), outboxKey(p)},
		r.Status, r.Seconds, r.Call, recordingLives.Milliseconds(), s.now().Unix(), r.SID, string(EffectRecording)).Err()
	if err != nil {
		return fmt.Errorf("casestore: recording %s: %w", r.SID, err)
	}
	s.Record(ctx, Deed{What: "recording", Thing: r.SID, Outcome: r.Status})
	return nil
}

// recordingScript keeps a recording's status, which never goes back, and has a
// complete one fetched.
//
//	KEYS[1] the recording, KEYS[2] those to be fetched, KEYS[3] outbox
//	ARGV: status, seconds, call, lifetime in ms, now in s, SID, kind of the effect
var recordingScript = redis.NewScript(recordingSource)

const recordingSource = `
local rank = { ['in-progress'] = 1, ['completed'] = 2, ['absent'] = 2, ['failed'] = 2, ['kept'] = 3, ['lost'] = 3 }
local old = redis.call('HGET', KEYS[1], 'status')
if old and (rank[old] or 0) >= (rank[ARGV[1]] or 0) then return 0 end
redis.call('HSET', KEYS[1], 'status', ARGV[1], 'seconds', ARGV[2], 'call', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
if ARGV[1] == 'completed' then
  redis.call('ZADD', KEYS[2], 'NX', ARGV[5], ARGV[6])
  redis.call('XADD', KEYS[3], '*', 'kind', ARGV[7], 'data', ARGV[6])
end
return 1
`

// Recording reads what is known of a recording. It fails with ErrNotFound.
func (s *Store) Recording(ctx context.Context, p Partition, sid string) (Recording, error) {
	m, err := s.rdb.HGetAll(ctx, recordingKey(p, sid)).Result()
	if err != nil {
		return Recording{}, fmt.Errorf("casestore: recording %s: %w", sid, err)
	}
	if len(m) == 0 {
		return Recording{}, fmt.Errorf("casestore: recording %s: %w", sid, ErrNotFound)
	}
	seconds, _ := strconv.Atoi(m["seconds"])
	return Recording{SID: sid, Call: m["call"], Status: m["status"], Seconds: seconds}, nil
}

// NotedRecording is a recording that may still lie at Twilio.
type NotedRecording struct {
	SID       string
	Partition Partition
	// Noted is when we first heard of it.
	Noted time.Time
}

// NotedRecordings lists, in all partitions, the recordings that were noted before
// a time and are not settled.
func (s *Store) NotedRecordings(ctx context.Context, before time.Time) ([]NotedRecording, error) {
	var sets [Partitions]*redis.ZSliceCmd
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for p := range Partition(Partitions) {
			sets[p] = pipe.ZRangeByScoreWithScores(ctx, recordingsKey(p), &redis.ZRangeBy{Min: "-inf", Max: strconv.FormatInt(before.Unix(), 10)})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("casestore: recordings: %w", err)
	}
	var out []NotedRecording
	for p := range Partition(Partitions) {
		for _, z := range sets[p].Val() {
			sid, _ := z.Member.(string)
			out = append(out, NotedRecording{SID: sid, Partition: p, Noted: time.Unix(int64(z.Score), 0).UTC()})
		}
	}
	return out, nil
}

// RecordingNoted says when a recording was noted; zero for one that is settled.
func (s *Store) RecordingNoted(ctx context.Context, p Partition, sid string) (time.Time, error) {
	score, err := s.rdb.ZScore(ctx, recordingsKey(p), sid).Result()
	if errors.Is(err, redis.Nil) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("casestore: recording %s: %w", sid, err)
	}
	return time.Unix(int64(score), 0).UTC(), nil
}

// SettleRecording notes that nothing of a recording is left at Twilio, and whether
// it is "kept" or "lost".
func (s *Store) SettleRecording(ctx context.Context, p Partition, sid, status string) error {
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.HSet(ctx, recordingKey(p, sid), "status", status)
		pipe.PExpire(ctx, recordingKey(p, sid), recordingLives)
		pipe.ZRem(ctx, recordingsKey(p), sid)
		return nil
	})
	if err != nil {
		return fmt.Errorf("casestore: settle recording %s: %w", sid, err)
	}
	return nil
}
