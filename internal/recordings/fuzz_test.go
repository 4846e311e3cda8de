package recordings

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

var sidShape = regexp.MustCompile(`\ARE[0-9a-fA-F]{32}\z`)

func FuzzID(f *testing.F) {
	for _, id := range []string{sid, "", "RE", "../" + sid, "RE/../../../../../../../etc/passwd", sid + "\x00", sid[:33] + "/"} {
		f.Add(id)
	}
	d, _ := newDir(f)
	f.Fuzz(func(t *testing.T, id string) {
		err := CheckID(id)
		if (err == nil) != sidShape.MatchString(id) {
			t.Fatalf("%q: %v", id, err)
		}
		if err != nil {
			return
		}
		folder, name := d.place(id)
		if filepath.Dir(folder) != d.path || filepath.Dir(name) != folder {
			t.Fatalf("%q is outside of the vault", id)
		}
	})
}

// FuzzDamagedFile damages a good file: it cuts it off, flips bits and adds bytes.
// The damage is what is drawn and not the file, which every process seals anew.
func FuzzDamagedFile(f *testing.F) {
	d, _ := newDir(f)
	put(f, d, sid, "hello")
	_, name := d.place(sid)
	good, err := os.ReadFile(name)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint(len(good)), uint(0), byte(1), []byte{})
	f.Add(uint(len(good)), uint(headerSize), byte(0x80), []byte{})
	f.Add(uint(len(good)), uint(0), byte(0), []byte{0})
	f.Add(uint(headerSize), uint(0), byte(0), []byte("sealed by nobody"))
	f.Add(uint(0), uint(0), byte(0), []byte(magic))
	f.Fuzz(func(t *testing.T, keep, at uint, flip byte, added []byte) {
		content := bytes.Clone(good[:min(keep, uint(len(good)))])
		if at < uint(len(content)) {
			content[at] ^= flip
		}
		content = append(content, added...)
		if bytes.Equal(content, good) {
			return
		}
		if r, err := open(d.sealer, sid, content); !errors.Is(err, ErrDamaged) || r.Audio() != nil {
			t.Fatalf("opened %d bytes, %v", len(r.Audio()), err)
		}
	})
}

// FuzzInsideTheSeal opens what a sealer lets pass: an older version of ours may
// have written it.
func FuzzInsideTheSeal(f *testing.F) {
	for _, plain := range []string{"", "\x00", "\x09audio/wav", "\x09audio/wavX", "\xff", "\x09text/htmlX"} {
		f.Add([]byte(plain))
	}
	f.Fuzz(func(t *testing.T, plain []byte) {
		stored := seal(keys{"march"}, sid, start, Recording{})[:headerSize]
		content := append(stored, keys{"march"}.Seal(sid, field(start.Unix()), plain)...)
		r, err := open(keys{"march"}, sid, content)
		if err != nil && !errors.Is(err, ErrDamaged) || err == nil && len(r.Audio()) == 0 {
			t.Fatalf("%d bytes, %v", len(r.Audio()), err)
		}
	})
}

func TestWhateverIsPutIsGivenBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "recordings")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		d, err := OpenDir(dir, keys{"march"}, (&clock{start}).now)
		if err != nil {
			t.Fatal(err)
		}
		id := rapid.StringMatching(`RE[0-9a-fA-F]{32}`).Draw(t, "id")
		audio := rapid.SliceOfN(rapid.Byte(), 1, 500).Draw(t, "audio")
		r, err := New(rapid.SampledFrom([]string{wav, "audio/mpeg", "audio/l16; rate=8000"}).Draw(t, "type"), audio)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Put(context.Background(), id, r); err != nil {
			t.Fatal(err)
		}
		got, err := d.Get(context.Background(), id)
		if err != nil || !bytes.Equal(got.Audio(), audio) || got.ContentType() != r.ContentType() {
			t.Fatalf("%d bytes of %q, %v", len(got.Audio()), got.ContentType(), err)
		}
	})
}
