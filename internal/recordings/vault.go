package recordings

import (
	"context"
	"errors"
	"time"
)

// ErrNotFound: the vault has no such recording.
var ErrNotFound = errors.New("recordings: no such recording")

// ErrDamaged: the vault has the recording but cannot open it: it was altered or
// cut off, or its key is gone. The original, if it still exists, can be Put again.
var ErrDamaged = errors.New("recordings: the stored recording cannot be opened")

// Vault stores recordings by their RecordingSid. It is safe for use by many
// goroutines and, if all see the same storage, by many replicas. Every method
// fails with ErrInvalidID for an id that CheckID refuses.
//
// It does not promise to erase the medium: backups and snapshots of it are made
// unreadable by destroying the key they were sealed with.
type Vault interface {
	// Put stores r wholly or not at all. When it returns nil, r outlives a crash
	// of the machine. An id that is stored and can be opened is left as it is, with
	// the time it was first stored; a damaged one is replaced.
	Put(ctx context.Context, id string, r Recording) error
	// Get gives a recording. It fails with ErrNotFound or ErrDamaged.
	Get(ctx context.Context, id string) (Recording, error)
	// Delete removes a recording, damaged or not. One that is not there is no error.
	Delete(ctx context.Context, id string) error
	// Sweep deletes every recording that was stored before the given time, damaged
	// or not, and says how many it deleted. What cannot be deleted does not keep
	// the rest from being deleted; it makes an error at the end.
	Sweep(ctx context.Context, before time.Time) (int, error)
}

// Sealer encrypts and authenticates. Row and field are bound to the value: what
// Seal closed for one row and field does not open for another. Open opens what
// any key still in use has sealed. It is safe for use by many goroutines.
type Sealer interface {
	Seal(row, field string, plain []byte) []byte
	Open(row, field string, sealed []byte) ([]byte, error)
}
