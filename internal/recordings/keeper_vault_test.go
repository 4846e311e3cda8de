package recordings

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// faultyVault is a vault whose hooks run first; where they give an error, that is
// the answer.
type faultyVault struct {
	Vault
	onGet, onPut func() error
}

func (v *faultyVault) Get(ctx context.Context, id string) (Recording, error) {
	if v.onGet != nil {
		if err := v.onGet(); err != nil {
			return Recording{}, err
		}
	}
	return v.Vault.Get(ctx, id)
}

func (v *faultyVault) Put(ctx context.Context, id string, r Recording) error {
	if v.onPut != nil {
		if err := v.onPut(); err != nil {
			return err
		}
	}
	return v.Vault.Put(ctx, id, r)
}

func always(err error) func() error { return func() error { return err } }

func TestWhatCannotBeStoredStaysAtTwilio(t *testing.T) {
	noDisk := func(string) (tempFile, error) { return nil, syscall.ENOSPC }
	tests := map[string]struct {
		fault   func(*faultyVault, *Dir)
		want    error
		fetches int
	}{
		"the vault is full":                      {func(v *faultyVault, _ *Dir) { v.onPut = always(syscall.ENOSPC) }, syscall.ENOSPC, 1},
		"the disk is full":                       {func(_ *faultyVault, d *Dir) { d.create = noDisk }, syscall.ENOSPC, 1},
		"the vault does not answer":              {func(v *faultyVault, _ *Dir) { v.onGet = always(errBroken) }, errBroken, 0},
		"the vault forgets":                      {func(v *faultyVault, _ *Dir) { v.onGet = always(ErrNotFound) }, ErrNotFound, 1},
		"the vault stores what cannot be opened": {func(v *faultyVault, _ *Dir) { v.onGet = always(ErrDamaged) }, ErrDamaged, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			twilio := newTwilio(sid, "hello")
			k, d, _ := newKeeper(t, twilio)
			v := &faultyVault{Vault: d}
			k.Vault = v
			tt.fault(v, d)
			wantKept(t, k, Failed, tt.want)
			wantAtTwilio(t, twilio, true)
			if twilio.fetches != tt.fetches {
				t.Errorf("fetched %d times; want %d", twilio.fetches, tt.fetches)
			}
			d.create, v.onGet, v.onPut = createTemp, nil, nil
			if outcome, err := k.Keep(context.Background(), sid, start); !outcome.Final() || err != nil {
				t.Errorf("afterwards: %s, %v", outcome, err)
			}
			wantAudio(t, d, sid, "hello")
			wantAtTwilio(t, twilio, false)
		})
	}
}

func TestAVaultThatFallsSilentDoesNotMakeARecordingLost(t *testing.T) {
	k, d, c := newKeeper(t, newTwilio())
	looks := 0
	k.Vault = &faultyVault{Vault: d, onGet: func() error {
		if looks++; looks > 1 {
			return errBroken
		}
		return nil
	}}
	c.t = start.Add(DefaultGiveUp)
	wantKept(t, k, Failed, errBroken, ErrOverdue)
}

func TestACopyThatMayNotSurviveACrashIsNotEnough(t *testing.T) {
	twilio := newTwilio(sid, "hello")
	k, d, _ := newKeeper(t, twilio)
	put(t, d, sid, "hello")
	k.Vault = &faultyVault{Vault: d, onPut: func() error { return syscall.EIO }}
	wantKept(t, k, Failed, syscall.EIO)
	wantAtTwilio(t, twilio, true)
}

func TestAnotherReplicaIsFaster(t *testing.T) {
	const said = "hello"
	// Before this replica's fetch is answered, the other stores and deletes.
	overtake := func(f *fakeTwilio, d *Dir) {
		put(t, d, sid, said)
		delete(f.audio, sid)
	}
	tests := map[string]func(*fakeTwilio, *Dir){
		"before the fetch": func(f *fakeTwilio, d *Dir) {
			f.onFetch = func() error { overtake(f, d); return nil }
		},
		"in the middle of the fetch": func(f *fakeTwilio, d *Dir) {
			f.body = func(string) io.ReadCloser {
				overtake(f, d)
				return io.NopCloser(&brokenReader{})
			}
		},
	}
	for name, race := range tests {
		t.Run(name, func(t *testing.T) {
			twilio := newTwilio(sid, said)
			k, d, c := newKeeper(t, twilio)
			race(twilio, d)
			c.t = start.Add(DefaultGiveUp + time.Hour)
			wantKept(t, k, AlreadyStored)
			wantAudio(t, d, sid, said)
		})
	}
}

type brokenReader struct{}

func (*brokenReader) Read([]byte) (int, error) { return 0, errBroken }

func TestManyReplicasKeepTheSameRecordings(t *testing.T) {
	audio := strings.Repeat("sound ", 10_000)
	twilio := newTwilio(sid, audio, other, audio)
	k, d, c := newKeeper(t, twilio)
	replica := *k
	replica.Vault = openDir(t, d.path, keys{"march"}, c)
	var all sync.WaitGroup
	for i := range 24 {
		keeper, id := k, sid
		if i%2 == 0 {
			keeper = &replica
		}
		if i%3 == 0 {
			id = other
		}
		all.Go(func() {
			if outcome, err := keeper.Keep(context.Background(), id, start); err != nil || outcome != Stored && outcome != AlreadyStored {
				t.Errorf("%s, %v", outcome, err)
			}
		})
	}
	all.Wait()
	wantAudio(t, d, sid, audio)
	wantAudio(t, d, other, audio)
	wantFiles(t, d, 2)
	if twilio.has(sid) || twilio.has(other) {
		t.Error("still at Twilio")
	}
}

func TestACancelledKeepDeletesNothing(t *testing.T) {
	twilio := newTwilio(sid, "hello")
	k, d, _ := newKeeper(t, twilio)
	ctx, cancel := context.WithCancel(context.Background())
	twilio.onFetch = func() error { cancel(); return nil }
	if outcome, err := k.Keep(ctx, sid, start); outcome != Failed || !errors.Is(err, context.Canceled) {
		t.Errorf("%s, %v", outcome, err)
	}
	wantFiles(t, d, 0)
	wantAtTwilio(t, twilio, true)
}
