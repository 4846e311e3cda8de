package recordings

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestARecordingIsGivenBackAfterARestart(t *testing.T) {
	d, c := newDir(t)
	put(t, d, sid, "hello")
	put(t, d, other, "the one in the same folder")
	again := openDir(t, d.path, keys{"march"}, c)
	wantAudio(t, again, sid, "hello")
	wantAudio(t, again, other, "the one in the same folder")
	wantFiles(t, d, 2)
}

func TestFilesAreSealedAndForTheirOwnerOnly(t *testing.T) {
	d, _ := newDir(t)
	put(t, d, sid, "my name is Jane")
	folder, name := d.place(sid)
	for path, mode := range map[string]os.FileMode{d.path: 0o700, folder: 0o700, name: 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s has mode %v, %v; want %v", filepath.Base(path), info.Mode().Perm(), err, mode)
		}
	}
	content, err := os.ReadFile(name)
	if err != nil || bytes.Contains(content, []byte("Jane")) || bytes.Contains(content, []byte(wav)) {
		t.Errorf("the file tells what is in it, %v", err)
	}
}

func TestPuttingTwiceIsTheSameAsOnce(t *testing.T) {
	d, c := newDir(t)
	put(t, d, sid, "hello")
	c.t = start.Add(time.Hour)
	put(t, d, sid, "hello")
	wantFiles(t, d, 1)
	if n, err := d.Sweep(context.Background(), start.Add(time.Minute)); n != 1 || err != nil {
		t.Errorf("swept %d, %v: the second Put made the recording younger", n, err)
	}
}

func TestDeleteCanBeRepeated(t *testing.T) {
	d, _ := newDir(t)
	put(t, d, sid, "hello")
	put(t, d, other, "stays")
	for range 2 {
		if err := d.Delete(context.Background(), sid); err != nil {
			t.Error(err)
		}
		wantGet(t, d, sid, ErrNotFound)
	}
	wantAudio(t, d, other, "stays")
}

func TestADamagedFileIsToldAndCanBeReplaced(t *testing.T) {
	flip := func(at int) func([]byte) []byte {
		return func(b []byte) []byte { b[(at+len(b))%len(b)] ^= 1; return b }
	}
	tests := map[string]func([]byte) []byte{
		"cut off in the middle":     cutOff,
		"cut off by one byte":       func(b []byte) []byte { return b[:len(b)-1] },
		"cut off in the header":     func(b []byte) []byte { return b[:5] },
		"nothing but the header":    func(b []byte) []byte { return b[:headerSize] },
		"empty":                     func([]byte) []byte { return nil },
		"another format":            flip(0),
		"another time":              flip(headerSize - 1),
		"a bit in the seal":         flip(headerSize + 20),
		"a bit at the end":          flip(-1),
		"a byte added":              func(b []byte) []byte { return append(b, 0) },
		"zeroes":                    func(b []byte) []byte { return make([]byte, len(b)) },
		"larger than any recording": func(b []byte) []byte { return append(b, make([]byte, maxSealed)...) },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			d, _ := newDir(t)
			put(t, d, sid, "hello")
			damage(t, d, sid, change)
			wantGet(t, d, sid, ErrDamaged)
			put(t, d, sid, "hello")
			wantAudio(t, d, sid, "hello")
			damage(t, d, sid, change)
			if err := d.Delete(context.Background(), sid); err != nil {
				t.Error(err)
			}
			wantFiles(t, d, 0)
		})
	}
}

func TestAFileDoesNotOpenUnderAnotherName(t *testing.T) {
	d, _ := newDir(t)
	put(t, d, sid, "hello")
	_, from := d.place(sid)
	_, to := d.place(other)
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
	wantGet(t, d, other, ErrDamaged)
}

func TestKeysCanBeChanged(t *testing.T) {
	old, c := newDir(t)
	put(t, old, sid, "sealed in March")

	both := openDir(t, old.path, keys{"april", "march"}, c)
	wantAudio(t, both, sid, "sealed in March")
	put(t, both, other, "sealed in April")
	wantAudio(t, both, other, "sealed in April")
	wantGet(t, old, other, ErrDamaged)

	alone := openDir(t, old.path, keys{"april"}, c)
	wantAudio(t, alone, other, "sealed in April")
	wantGet(t, alone, sid, ErrDamaged)
	if _, err := alone.Get(context.Background(), sid); !errors.Is(err, errNoKey) {
		t.Errorf("the error %v does not say that a key is missing", err)
	}
}

func TestWhatIsNoSIDNeverReachesTheDisk(t *testing.T) {
	d, _ := newDir(t)
	ctx := context.Background()
	for _, id := range []string{"", "RE", "RE/../../../../../../../etc/passwd", "RE" + strings.Repeat("../", 10) + "xx", sid + suffix} {
		_, get := d.Get(ctx, id)
		for method, err := range map[string]error{"put": d.Put(ctx, id, sound(t, "x")), "get": get, "delete": d.Delete(ctx, id)} {
			if !errors.Is(err, ErrInvalidID) || strings.Contains(err.Error(), "/") {
				t.Errorf("%s %q: %v", method, id, err)
			}
		}
	}
	wantFiles(t, d, 0)
}

func TestNoRecordingIsNotStored(t *testing.T) {
	d, _ := newDir(t)
	if err := d.Put(context.Background(), sid, Recording{}); !errors.Is(err, ErrEmpty) {
		t.Errorf("put: %v", err)
	}
	wantFiles(t, d, 0)
}

func TestNothingIsDoneAfterACancel(t *testing.T) {
	d, _ := newDir(t)
	put(t, d, sid, "hello")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, get := d.Get(ctx, sid)
	n, sweep := d.Sweep(ctx, start.Add(time.Hour))
	for method, err := range map[string]error{"put": d.Put(ctx, other, sound(t, "x")), "get": get, "delete": d.Delete(ctx, sid), "sweep": sweep} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", method, err)
		}
	}
	if n != 0 {
		t.Errorf("swept %d", n)
	}
	wantFiles(t, d, 1)
}

func TestManyWritersOfTheSameRecordings(t *testing.T) {
	d, c := newDir(t)
	replica := openDir(t, d.path, keys{"march"}, c)
	r := sound(t, strings.Repeat("sound ", 10_000))
	var all sync.WaitGroup
	for i := range 24 {
		v, id := d, sid
		if i%2 == 0 {
			v = replica
		}
		if i%3 == 0 {
			id = other
		}
		all.Go(func() {
			if err := v.Put(context.Background(), id, r); err != nil {
				t.Error(err)
			}
			if got, err := v.Get(context.Background(), id); err != nil || !bytes.Equal(got.Audio(), r.Audio()) {
				t.Errorf("%d bytes, %v", len(got.Audio()), err)
			}
		})
	}
	all.Wait()
	wantFiles(t, d, 2)
}
