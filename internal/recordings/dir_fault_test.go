package recordings

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// faultyFile is a temporary file on a disk that fails.
type faultyFile struct {
	tempFile
	writes             int // bytes that still fit; -1: all
	syncErr, closedErr error
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if f.writes < 0 {
		return f.tempFile.Write(p)
	}
	n, _ := f.tempFile.Write(p[:min(len(p), f.writes)])
	return n, syscall.ENOSPC
}

func (f *faultyFile) Sync() error  { return errors.Join(f.tempFile.Sync(), f.syncErr) }
func (f *faultyFile) Close() error { return errors.Join(f.tempFile.Close(), f.closedErr) }

func TestAFailingDiskLeavesNoHalfFile(t *testing.T) {
	tests := map[string]struct {
		file faultyFile
		want error
	}{
		"full at once":                  {faultyFile{writes: 0}, syscall.ENOSPC},
		"full in the middle":            {faultyFile{writes: 20}, syscall.ENOSPC},
		"full when it is to be durable": {faultyFile{writes: -1, syncErr: syscall.EIO}, syscall.EIO},
		"full when it is closed":        {faultyFile{writes: -1, closedErr: syscall.EDQUOT}, syscall.EDQUOT},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, _ := newDir(t)
			d.create = func(folder string) (tempFile, error) {
				f, err := createTemp(folder)
				faulty := tt.file
				faulty.tempFile = f
				return &faulty, err
			}
			if err := d.Put(context.Background(), sid, sound(t, "hello")); !errors.Is(err, tt.want) {
				t.Errorf("put: %v; want %v", err, tt.want)
			}
			wantFiles(t, d, 0)
			wantGet(t, d, sid, ErrNotFound)
			d.create = createTemp
			put(t, d, sid, "hello")
			wantAudio(t, d, sid, "hello")
		})
	}
}

func TestAFailingDiskKeepsWhatIsThere(t *testing.T) {
	d, _ := newDir(t)
	put(t, d, sid, "hello")
	d.create = func(string) (tempFile, error) { return nil, syscall.EROFS }
	put(t, d, sid, "hello")
	if err := d.Put(context.Background(), other, sound(t, "x")); !errors.Is(err, syscall.EROFS) {
		t.Errorf("put: %v", err)
	}
	wantAudio(t, d, sid, "hello")
	wantFiles(t, d, 1)
}

func TestTheFolderCannotBeMade(t *testing.T) {
	d, _ := newDir(t)
	folder, _ := d.place(sid)
	if err := os.WriteFile(folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Put(context.Background(), sid, sound(t, "x")); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("put: %v", err)
	}
	if _, err := d.Get(context.Background(), sid); err == nil || errors.Is(err, ErrNotFound) {
		t.Errorf("get: %v: a vault that is broken does not know what it has", err)
	}
}

func TestTheVaultWasRemovedUnderUs(t *testing.T) {
	d, _ := newDir(t)
	if err := os.Remove(d.path); err != nil {
		t.Fatal(err)
	}
	if err := d.Put(context.Background(), sid, sound(t, "x")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("put: %v", err)
	}
	if _, err := d.Sweep(context.Background(), start); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("sweep: %v", err)
	}
}

func TestAVaultThatCannotBeWrittenDoesNotOpen(t *testing.T) {
	c := &clock{start}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"its parent is missing": filepath.Join(t.TempDir(), "no", "vault"),
		"it is a file":          file,
		"its parent is a file":  filepath.Join(file, "vault"),
	} {
		if _, err := OpenDir(path, keys{"march"}, c.now); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

func TestAReadOnlyDirectory(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("nothing is read-only to root")
	}
	d, c := newDir(t)
	put(t, d, sid, "hello")
	folder, _ := d.place(sid)
	for _, path := range []string{folder, d.path} {
		if err := os.Chmod(path, 0o500); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(path, 0o700) })
	}
	wantAudio(t, d, sid, "hello")
	if err := d.Put(context.Background(), other, sound(t, "x")); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("put: %v", err)
	}
	if n, err := d.Sweep(context.Background(), start.Add(1)); n != 0 || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("swept %d, %v", n, err)
	}
	if _, err := OpenDir(d.path, keys{"march"}, c.now); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("open: %v", err)
	}
}
