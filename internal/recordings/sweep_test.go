package recordings

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func wantSwept(t *testing.T, d *Dir, before time.Time, want int) {
	t.Helper()
	if n, err := d.Sweep(context.Background(), before); n != want || err != nil {
		t.Errorf("swept %d, %v; want %d", n, err, want)
	}
}

func TestSweepDeletesWhatIsOldEnough(t *testing.T) {
	d, c := newDir(t)
	put(t, d, sid, "old")
	c.t = start.Add(24 * time.Hour)
	put(t, d, other, "young")
	wantSwept(t, d, start, 0)
	wantSwept(t, d, start.Add(time.Second), 1)
	wantGet(t, d, sid, ErrNotFound)
	wantAudio(t, d, other, "young")
	wantSwept(t, d, start.Add(time.Second), 0)
}

func TestARestoredBackupIsNoYounger(t *testing.T) {
	d, c := newDir(t)
	put(t, d, sid, "old")
	c.t = start.Add(30 * 24 * time.Hour)
	_, name := d.place(sid)
	if err := os.Chtimes(name, c.t, c.t); err != nil {
		t.Fatal(err)
	}
	wantSwept(t, d, start.Add(time.Second), 1)
}

func TestADamagedFileDoesNotStayForEver(t *testing.T) {
	tests := map[string]func([]byte) []byte{
		"damaged behind the header": cutOff,
		"without a header":          func([]byte) []byte { return []byte("?") },
		"from the year 292277026": func(b []byte) []byte {
			b[len(magic)] ^= 0x40
			return b
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			d, _ := newDir(t)
			put(t, d, sid, "old")
			damage(t, d, sid, change)
			_, name := d.place(sid)
			if err := os.Chtimes(name, start, start); err != nil {
				t.Fatal(err)
			}
			wantSwept(t, d, start.Add(-time.Hour), 0)
			wantSwept(t, d, start.Add(time.Hour), 1)
			wantFiles(t, d, 0)
		})
	}
}

func TestSweepRemovesWhatADeadWriterLeft(t *testing.T) {
	d, c := newDir(t)
	put(t, d, sid, "hello")
	folder, _ := d.place(sid)
	for _, in := range []string{d.path, folder} {
		for name, written := range map[string]time.Time{"dead": start, "alive": start.Add(time.Hour)} {
			path := filepath.Join(in, tempPrefix+name)
			if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, written, written); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.t = start.Add(tempLife + time.Minute)
	wantSwept(t, d, start, 0)
	wantFiles(t, d, 3)
	wantAudio(t, d, sid, "hello")
}

func TestSweepTouchesNothingElse(t *testing.T) {
	d, c := newDir(t)
	put(t, d, sid, "hello")
	folder, name := d.place(sid)
	for _, path := range []string{
		filepath.Join(d.path, "README"),
		filepath.Join(d.path, filepath.Base(name)),                 // not in its folder
		filepath.Join(folder, "REff"+sid[4:]+suffix),               // in another's folder
		filepath.Join(folder, sid), filepath.Join(folder, "notes"), // no name of ours
		filepath.Join(d.path, "lost+found", filepath.Base(name)),
	} {
		_ = os.Mkdir(filepath.Dir(path), 0o700)
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, start, start); err != nil {
			t.Fatal(err)
		}
	}
	c.t = start.Add(48 * time.Hour)
	wantSwept(t, d, c.t, 1)
	wantFiles(t, d, 6)
}

func TestWhatCannotBeSweptDoesNotStopTheRest(t *testing.T) {
	d, _ := newDir(t)
	const stuck = "RE00ffffffffffffffffffffffffffffff"
	put(t, d, sid, "hello")
	_, name := d.place(stuck)
	// A directory that is not empty cannot be removed, even by root.
	if err := os.MkdirAll(filepath.Join(name, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(name, start, start); err != nil {
		t.Fatal(err)
	}
	n, err := d.Sweep(context.Background(), start.Add(time.Hour))
	if n != 1 || err == nil {
		t.Errorf("swept %d, %v; want 1 and an error", n, err)
	}
	wantGet(t, d, sid, ErrNotFound)
}

func TestTwoSweepsAtOnceCountOnce(t *testing.T) {
	d, c := newDir(t)
	put(t, d, sid, "old")
	replica := openDir(t, d.path, keys{"march"}, c)
	done := make(chan int)
	for _, v := range []*Dir{d, replica} {
		go func() {
			n, err := v.Sweep(context.Background(), start.Add(time.Second))
			if err != nil {
				t.Error(err)
			}
			done <- n
		}()
	}
	if n := <-done + <-done; n != 1 {
		t.Errorf("two sweeps counted %d; want 1", n)
	}
	wantFiles(t, d, 0)
}
