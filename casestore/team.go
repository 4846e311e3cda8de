package casestore

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// CoordinatorState is what is known of one coordinator besides the roster.
type CoordinatorState struct {
	// Duty is "on" or "off" where the coordinator said so, until DutyUntil;
	// else "".
	Duty      string
	DutyUntil time.Time
	// Busy names what the coordinator's telephone is taken by, BusyCall its
	// CallSid where there is one, BusyUntil when the claim runs out by itself.
	// Busy is "" for one who can be rung.
	Busy, BusyCall string
	BusyUntil      time.Time
	// LastCall is when the last talk ended; zero for none yet.
	LastCall time.Time
}

// The team is small and is read as a whole: its keys lie in one partition.
const teamPartition = Partition(0)

// dutyKey: hash coordinator → "on|until ms". What coordinators said of their duty.
func dutyKey() string { return key(teamPartition, "duty", "") }

// busyKey: hash coordinator → "until ms|what|call". Telephones that are taken.
func busyKey() string { return key(teamPartition, "busy", "") }

// lastCallKey: hash coordinator → ms. When the last talk ended.
func lastCallKey() string { return key(teamPartition, "lastcall", "") }

// Team reads the state of every coordinator that has one, in one round trip.
func (s *Store) Team(ctx context.Context) (map[string]CoordinatorState, error) {
	var duty, busy, last *redis.MapStringStringCmd
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		duty, busy, last = pipe.HGetAll(ctx, dutyKey()), pipe.HGetAll(ctx, busyKey()), pipe.HGetAll(ctx, lastCallKey())
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("casestore: read the team: %w", err)
	}
	out := map[string]CoordinatorState{}
	now := s.now()
	for id, value := range duty.Val() {
		c := out[id]
		word, until, _ := strings.Cut(value, "|")
		if at := parseMilli(until); at.After(now) {
			c.Duty, c.DutyUntil = word, at
		}
		out[id] = c
	}
	for id, value := range busy.Val() {
		c := out[id]
		until, rest, _ := strings.Cut(value, "|")
		if at := parseMilli(until); at.After(now) {
			c.BusyUntil = at
			c.Busy, c.BusyCall, _ = strings.Cut(rest, "|")
		}
		out[id] = c
	}
	for id, value := range last.Val() {
		c := out[id]
		c.LastCall = parseMilli(value)
		out[id] = c
	}
	return out, nil
}

func parseMilli(s string) time.Time {
	ms, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return milli(ms)
}

// SetDuty keeps what a coordinator said: "on" or "off", until a time.
func (s *Store) SetDuty(ctx context.Context, coordinator, duty string, until time.Time) error {
	if err := s.rdb.HSet(ctx, dutyKey(), coordinator, duty+"|"+strconv.FormatInt(until.UnixMilli(), 10)).Err(); err != nil {
		return fmt.Errorf("casestore: duty: %w", err)
	}
	s.Record(ctx, Deed{What: "team.duty", Thing: coordinator, Outcome: duty})
	return nil
}

// claimScript takes the telephones of coordinators that nobody holds.
//
//	KEYS[1] busy; ARGV: now ms, until ms, what for, how many at most, coordinators in order
//
// It returns those that were taken.
var claimScript = redis.NewScript(claimSource)

const claimSource = `
local taken = {}
for i = 5, #ARGV do
  if #taken >= tonumber(ARGV[4]) then break end
  local held = redis.call('HGET', KEYS[1], ARGV[i])
  local until_ms = held and tonumber(string.match(held, '^%d+')) or 0
  if until_ms <= tonumber(ARGV[1]) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[2] .. '|' .. ARGV[3] .. '|')
    taken[#taken + 1] = ARGV[i]
  end
end
return taken
`

// ClaimCoordinators takes the telephones of up to most of the coordinators, in
// their order, for a span; those that are taken already are passed over. Two
// callers never get the same one.
func (s *Store) ClaimCoordinators(ctx context.Context, what string, span time.Duration, most int, coordinators []string) ([]string, error) {
	if most <= 0 || len(coordinators) == 0 {
		return nil, nil
	}
	now := s.now()
	args := []any{now.UnixMilli(), now.Add(span).UnixMilli(), what, most}
	for _, c := range coordinators {
		args = append(args, c)
	}
	got, err := claimScript.Run(ctx, s.rdb, []string{busyKey()}, args...).StringSlice()
	if err != nil {
		return nil, fmt.Errorf("casestore: claim coordinators: %w", err)
	}
	return got, nil
}

// HoldCoordinator keeps a telephone taken for a call, for as long as one lasts
// at most.
func (s *Store) HoldCoordinator(ctx context.Context, coordinator, what, call string) error {
	value := strconv.FormatInt(s.now().Add(4*time.Hour).UnixMilli(), 10) + "|" + what + "|" + call
	if err := s.rdb.HSet(ctx, busyKey(), coordinator, value).Err(); err != nil {
		return fmt.Errorf("casestore: hold coordinator: %w", err)
	}
	return nil
}

// releaseScript gives a telephone back if it is still taken for the same thing.
//
//	KEYS[1] busy, KEYS[2] lastcall; ARGV: coordinator, what for, now ms or "" when there was no talk
var releaseScript = redis.NewScript(releaseSource)

const releaseSource = `
local held = redis.call('HGET', KEYS[1], ARGV[1])
if not held or string.match(held, '^%d+|([^|]*)|') ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
if ARGV[3] ~= '' then redis.call('HSET', KEYS[2], ARGV[1], ARGV[3]) end
return 1
`

// ReleaseCoordinator gives a telephone back; talked says that a talk has ended
// just now. It does nothing when the telephone is taken for something else.
func (s *Store) ReleaseCoordinator(ctx context.Context, coordinator, what string, talked bool) error {
	at := ""
	if talked {
		at = strconv.FormatInt(s.now().UnixMilli(), 10)
	}
	if err := releaseScript.Run(ctx, s.rdb, []string{busyKey(), lastCallKey()}, coordinator, what, at).Err(); err != nil {
		return fmt.Errorf("casestore: release coordinator: %w", err)
	}
	return nil
}
