package recordings

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Names in the directory: ab/REab….sealed, and temporary files beside it.
const (
	suffix     = ".sealed"
	tempPrefix = ".writing-"
)

// tempLife is how long a temporary file is left alone: writing one takes seconds.
const tempLife = time.Hour

// Dir is a vault in a directory, for one machine or on a file system that all
// replicas share: a replica with a disk of its own would take a recording from
// Twilio where the others cannot find it. Files have mode 0600, directories 0700.
type Dir struct {
	path   string
	sealer Sealer
	now    func() time.Time
	create func(folder string) (tempFile, error)
}

var _ Vault = (*Dir)(nil)

// tempFile is what Dir does with an *os.File that it writes.
type tempFile interface {
	io.WriteCloser
	Sync() error
	Name() string
}

// OpenDir opens the vault at path, and makes the directory if only that is
// missing, not its parents. It fails if nothing can be written there.
func OpenDir(path string, sealer Sealer, now func() time.Time) (*Dir, error) {
	d := &Dir{path: filepath.Clean(path), sealer: sealer, now: now, create: createTemp}
	if err := d.prepare(); err != nil {
		return nil, fmt.Errorf("recordings: open the vault: %w", err)
	}
	return d, nil
}

func (d *Dir) prepare() error {
	switch err := os.Mkdir(d.path, 0o700); {
	case err == nil:
		if err := syncFolder(filepath.Dir(d.path)); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	probe, err := d.create(d.path)
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// createTemp makes a file of mode 0600 that no other writer has.
func createTemp(folder string) (tempFile, error) { return os.CreateTemp(folder, tempPrefix+"*") }

// place gives the folder and the file of a recording.
func (d *Dir) place(id string) (folder, file string) {
	folder = filepath.Join(d.path, id[2:4])
	return folder, filepath.Join(folder, id+suffix)
}

// Put implements Vault.
func (d *Dir) Put(ctx context.Context, id string, r Recording) error {
	if len(r.audio) == 0 {
		return fmt.Errorf("recordings: put: %w", ErrEmpty)
	}
	switch _, err := d.Get(ctx, id); {
	case err == nil:
		// Whoever wrote it may not have come to make it durable.
		if err := d.sync(id); err != nil {
			return fmt.Errorf("recordings: put: %w", err)
		}
		return nil
	case !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrDamaged):
		return fmt.Errorf("recordings: put: %w", err)
	}
	if err := d.write(id, seal(d.sealer, id, d.now(), r)); err != nil {
		return fmt.Errorf("recordings: put: %w", err)
	}
	return nil
}

// write makes the file of a recording appear whole.
func (d *Dir) write(id string, content []byte) (err error) {
	folder, name := d.place(id)
	if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	f, err := d.create(folder)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // Sweep gets what this leaves
		return err
	}
	return d.sync(id)
}

// sync makes durable that a recording's file is there, or is gone.
func (d *Dir) sync(id string) error {
	folder, _ := d.place(id)
	if err := syncFolder(folder); err != nil {
		return err
	}
	return syncFolder(d.path)
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Get implements Vault.
func (d *Dir) Get(ctx context.Context, id string) (Recording, error) {
	if err := errors.Join(CheckID(id), ctx.Err()); err != nil {
		return Recording{}, fmt.Errorf("recordings: get: %w", err)
	}
	_, name := d.place(id)
	content, err := readFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return Recording{}, ErrNotFound
	}
	if err != nil {
		return Recording{}, fmt.Errorf("recordings: get: %w", err)
	}
	r, err := open(d.sealer, id, content)
	if err != nil {
		return Recording{}, fmt.Errorf("recordings: get %s: %w", id, err)
	}
	return r, nil
}

// readFile reads a file; of one that is too large to be ours it reads so much
// that it does not open.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxSealed+1))
}

// Delete implements Vault.
func (d *Dir) Delete(ctx context.Context, id string) error {
	if err := errors.Join(CheckID(id), ctx.Err()); err != nil {
		return fmt.Errorf("recordings: delete: %w", err)
	}
	folder, name := d.place(id)
	err := os.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = syncFolder(folder)
	}
	if err != nil {
		return fmt.Errorf("recordings: delete: %w", err)
	}
	return nil
}

// ours says which recording a file of a folder holds, if any.
func ours(folder, file string) (id string, ok bool) {
	id, ok = strings.CutSuffix(file, suffix)
	return id, ok && CheckID(id) == nil && id[2:4] == folder
}
