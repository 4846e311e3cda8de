package recordings

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	sid   = "RE0123456789abcdef0123456789abcdef"
	other = "RE01ffffffffffffffffffffffffffffff"
	wav   = "audio/x-wav"
)

var start = time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)

// clock is a time that tests move.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

// keys is a sealer of named keys: the first seals, all open.
type keys []string

var errNoKey = errors.New("no key opens it")

func (k keys) aead(name string) cipher.AEAD {
	block, err := aes.NewCipher([]byte((name + strings.Repeat("-", 32))[:32]))
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func (k keys) Seal(row, field string, plain []byte) []byte {
	return k.aead(k[0]).Seal(nil, nil, plain, []byte(row+"\x00"+field))
}

func (k keys) Open(row, field string, sealed []byte) ([]byte, error) {
	for _, name := range k {
		if plain, err := k.aead(name).Open(nil, nil, sealed, []byte(row+"\x00"+field)); err == nil {
			return plain, nil
		}
	}
	return nil, errNoKey
}

func openDir(t testing.TB, path string, sealer Sealer, c *clock) *Dir {
	t.Helper()
	d, err := OpenDir(path, sealer, c.now)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// newDir gives an empty vault in a temporary directory.
func newDir(t testing.TB) (*Dir, *clock) {
	t.Helper()
	c := &clock{start}
	return openDir(t, filepath.Join(t.TempDir(), "vault"), keys{"march"}, c), c
}

func sound(t testing.TB, audio string) Recording {
	t.Helper()
	r, err := New(wav, []byte(audio))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func put(t testing.TB, v Vault, id, audio string) {
	t.Helper()
	if err := v.Put(context.Background(), id, sound(t, audio)); err != nil {
		t.Fatal(err)
	}
}

func wantAudio(t testing.TB, v Vault, id, audio string) {
	t.Helper()
	r, err := v.Get(context.Background(), id)
	if err != nil || string(r.Audio()) != audio || r.ContentType() != wav {
		t.Errorf("the vault gives %d bytes of %q, %v; want %d bytes of %q", len(r.Audio()), r.ContentType(), err, len(audio), wav)
	}
}

func wantGet(t testing.TB, v Vault, id string, want error) {
	t.Helper()
	if r, err := v.Get(context.Background(), id); !errors.Is(err, want) || r.Audio() != nil {
		t.Errorf("get: %d bytes, error %v; want %v", len(r.Audio()), err, want)
	}
}

// wantFiles checks how many files there are below the vault's directory.
func wantFiles(t testing.TB, d *Dir, want int) {
	t.Helper()
	var names []string
	err := filepath.WalkDir(d.path, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, strings.TrimPrefix(path, d.path))
		}
		return err
	})
	if err != nil || len(names) != want {
		t.Errorf("the directory holds %q, %v; want %d files", names, err, want)
	}
}

// damage changes the file of a recording.
func damage(t testing.TB, d *Dir, id string, change func([]byte) []byte) {
	t.Helper()
	_, name := d.place(id)
	content, err := os.ReadFile(name)
	if err == nil {
		err = os.WriteFile(name, change(content), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func cutOff(content []byte) []byte { return content[:len(content)/2] }

var (
	errNoSuch = errors.New("404")
	errBroken = errors.New("it broke")
)

// fakeTwilio holds recordings. Its hooks replace an answer when they give an
// error, or a body.
type fakeTwilio struct {
	mu          sync.Mutex
	audio       map[string]string
	contentType string
	fetches     int

	onFetch, onDelete func() error
	body              func(audio string) io.ReadCloser
}

func newTwilio(recordings ...string) *fakeTwilio {
	f := &fakeTwilio{audio: map[string]string{}, contentType: wav}
	for i := 0; i < len(recordings); i += 2 {
		f.audio[recordings[i]] = recordings[i+1]
	}
	return f
}

func (f *fakeTwilio) FetchRecording(_ context.Context, sid string) (io.ReadCloser, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fetches++
	if f.onFetch != nil {
		if err := f.onFetch(); err != nil {
			return nil, "", err
		}
	}
	audio, ok := f.audio[sid]
	if !ok {
		return nil, "", errNoSuch
	}
	if f.body != nil {
		return f.body(audio), f.contentType, nil
	}
	return io.NopCloser(bytes.NewReader([]byte(audio))), f.contentType, nil
}

func (f *fakeTwilio) DeleteRecording(_ context.Context, sid string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.onDelete != nil {
		if err := f.onDelete(); err != nil {
			return err
		}
	}
	if _, ok := f.audio[sid]; !ok {
		return errNoSuch
	}
	delete(f.audio, sid)
	return nil
}

func (f *fakeTwilio) has(sid string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, ok := f.audio[sid]
	return ok
}

func isNoSuch(err error) bool { return errors.Is(err, errNoSuch) }
