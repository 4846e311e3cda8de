package recordings

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// DefaultGiveUp is how long after it was noted a recording must be out of Twilio
//
const DefaultGiveUp = 24 * time.Hour

// ErrLost: the recording is not at Twilio and, GiveUp after it was noted, will
// not come. What the caller said is gone; a person must be told. With ErrDamaged
// beside it, the vault has a copy that does not open: a key that was taken away
// too early would open it.
var ErrLost = errors.New("recordings: lost")

// ErrOverdue: GiveUp after it was noted, the recording may still be at Twilio,
// stored here or not. Trying goes on, but a person must be told.
var ErrOverdue = errors.New("recordings: overdue at Twilio")

// Source is where recordings are made: Twilio.
type Source interface {
	// FetchRecording gives the audio and its content type. Reading fails, and does
	// not just end, if less comes than was announced. The caller closes it.
	FetchRecording(ctx context.Context, sid string) (io.ReadCloser, string, error)
	// DeleteRecording deletes the original for good.
	DeleteRecording(ctx context.Context, sid string) error
}

// Outcome is what became of a recording.
type Outcome string

// The outcomes. Stored, AlreadyStored, Lost and Refused are final; every other
// one comes with an error, and Keep is to be called again later.
const (
	// Stored: fetched now, stored, and no longer at Twilio.
	Stored Outcome = "stored"
	// AlreadyStored: stored before, by an earlier try or another replica, and no
	// longer at Twilio.
	AlreadyStored Outcome = "already_stored"
	// NotDeleted: stored, and still at Twilio.
	NotDeleted Outcome = "not_deleted"
	// NotReady: Twilio does not have it, which is usual in the first seconds after
	// a call. It becomes Lost after GiveUp.
	NotReady Outcome = "not_ready"
	// Failed: it could not be fetched or stored. Twilio still has it.
	Failed Outcome = "failed"
	// Lost: not stored and not at Twilio. It comes with ErrLost.
	Lost Outcome = "lost"
	// Refused: no try can store it, because it is larger than MaxAudio
	// (ErrTooLarge) or its id is none (ErrInvalidID). A large one is still at
	// Twilio; a person must look.
	Refused Outcome = "refused"
)

// Final says that there is nothing left to try.
func (o Outcome) Final() bool {
	return o == Stored || o == AlreadyStored || o == Lost || o == Refused
}

// Keeper takes recordings from Twilio to the vault. It keeps no state of its own
// and can be used by many goroutines and replicas, even for one recording.
type Keeper struct {
	Source Source
	Vault  Vault
	// Missing says of an error of Source's that Twilio has no such recording (404).
	Missing func(error) bool
	// Now tells the time.
	Now func() time.Time
	// GiveUp is how long after it was noted a missing recording is awaited; 0
	// means DefaultGiveUp.
	GiveUp time.Duration
}

// Keep stores the recording id and deletes it at Twilio, once a copy of ours has
// been opened. noted is when we first heard of it. It can be repeated at any time
// until the outcome is final, and the vault's copy is to be deleted only after
// that: a repeat cannot tell a deleted recording from a lost one. The error is nil
// for Stored and AlreadyStored and for no other outcome.
func (k *Keeper) Keep(ctx context.Context, id string, noted time.Time) (Outcome, error) {
	outcome, err := k.keep(ctx, id)
	switch late := k.Now().Sub(noted) >= k.giveUp(); {
	case err == nil:
		return outcome, nil
	case late && outcome == NotReady:
		return Lost, fmt.Errorf("recordings: keep: %w: %w", ErrLost, err)
	case late && !outcome.Final():
		return outcome, fmt.Errorf("recordings: keep: %w: %w", ErrOverdue, err)
	}
	return outcome, fmt.Errorf("recordings: keep: %w", err)
}

func (k *Keeper) giveUp() time.Duration {
	if k.GiveUp == 0 {
		return DefaultGiveUp
	}
	return k.GiveUp
}

// keep is Keep without the clock.
func (k *Keeper) keep(ctx context.Context, id string) (Outcome, error) {
	if err := CheckID(id); err != nil {
		return Refused, err
	}
	done, held := AlreadyStored, k.confirm(ctx, id)
	if absent(held) {
		outcome, err := k.fetch(ctx, id)
		// Another replica may have stored it meanwhile, and deleted it under our
		// hands.
		switch held = k.confirm(ctx, id); {
		case errors.Is(held, ErrNotFound) && err != nil:
			return outcome, err
		case absent(held) && err != nil:
			return outcome, fmt.Errorf("%w, and %w", err, held)
		case held == nil && err == nil:
			done = Stored
		}
	}
	if held != nil {
		return Failed, held
	}
	if err := k.Source.DeleteRecording(ctx, id); err != nil && !k.Missing(err) {
		return NotDeleted, err
	}
	return done, nil
}

// absent says that an error of the vault's leaves Twilio's copy as the only good one.
func absent(err error) bool { return errors.Is(err, ErrNotFound) || errors.Is(err, ErrDamaged) }

// confirm gives no error if the vault has the recording, can open it, and will
// have it after a crash.
func (k *Keeper) confirm(ctx context.Context, id string) error {
	r, err := k.Vault.Get(ctx, id)
	if err != nil {
		return err
	}
	// Only Put promises that it is durable: who put it may not have returned yet.
	return k.Vault.Put(ctx, id, r)
}

// fetch stores Twilio's copy. Without an error the outcome is Failed as well,
// until the copy is confirmed.
func (k *Keeper) fetch(ctx context.Context, id string) (Outcome, error) {
	body, contentType, err := k.Source.FetchRecording(ctx, id)
	if err != nil {
		if k.Missing(err) {
			return NotReady, err
		}
		return Failed, err
	}
	defer func() { _ = body.Close() }()
	audio, err := io.ReadAll(io.LimitReader(body, MaxAudio+1))
	if err != nil {
		return Failed, fmt.Errorf("read: %w", err)
	}
	r, err := New(contentType, audio)
	if errors.Is(err, ErrTooLarge) {
		return Refused, err
	}
	if err != nil {
		return Failed, err
	}
	return Failed, k.Vault.Put(ctx, id, r)
}
