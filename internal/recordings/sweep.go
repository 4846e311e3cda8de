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

// Sweep implements Vault. It also removes what a writer that died left behind,
// and touches nothing that Dir did not write. A file whose beginning does not say
// when it was stored, or says a time to come, counts from when it was last written.
func (d *Dir) Sweep(ctx context.Context, before time.Time) (int, error) {
	s := sweep{before: before, now: d.now()}
	folders, err := os.ReadDir(d.path)
	if err != nil {
		return 0, fmt.Errorf("recordings: sweep: %w", err)
	}
	s.temps(d.path, folders)
	for _, folder := range folders {
		if !folder.IsDir() || len(folder.Name()) != 2 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return s.deleted, fmt.Errorf("recordings: sweep: %w", err)
		}
		s.folder(filepath.Join(d.path, folder.Name()))
	}
	if s.failed > 0 {
		return s.deleted, fmt.Errorf("recordings: sweep: %d failed, the first: %w", s.failed, s.first)
	}
	return s.deleted, nil
}

// sweep is one run of Sweep.
type sweep struct {
	before, now     time.Time
	deleted, failed int
	first           error
}

func (s *sweep) fail(err error) {
	if s.failed++; s.first == nil {
		s.first = err
	}
}

// folder sweeps one folder.
func (s *sweep) folder(path string) {
	files, err := os.ReadDir(path)
	if err != nil {
		s.fail(err)
		return
	}
	deleted := s.deleted
	for _, file := range files {
		if _, ok := ours(filepath.Base(path), file.Name()); ok {
			s.file(filepath.Join(path, file.Name()))
		}
	}
	s.temps(path, files)
	if s.deleted > deleted {
		if err := syncFolder(path); err != nil {
			s.fail(err)
		}
	}
}

// file deletes a recording's file if its time has come.
func (s *sweep) file(name string) {
	stored, err := s.stored(name)
	if err == nil {
		if !stored.Before(s.before) {
			return
		}
		err = os.Remove(name)
	}
	switch {
	case err == nil:
		s.deleted++
	case !errors.Is(err, fs.ErrNotExist): // another replica was first
		s.fail(err)
	}
}

// temps removes the old temporary files of a folder.
func (s *sweep) temps(path string, files []fs.DirEntry) {
	for _, file := range files {
		if !strings.HasPrefix(file.Name(), tempPrefix) {
			continue
		}
		info, err := file.Info()
		if err == nil && info.ModTime().Before(s.now.Add(-tempLife)) {
			err = os.Remove(filepath.Join(path, file.Name()))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.fail(err)
		}
	}
}

// clockError is how far the clocks of replicas may differ.
const clockError = 24 * time.Hour

// stored says when the recording of a file was stored.
func (s *sweep) stored(name string) (time.Time, error) {
	f, err := os.Open(name)
	if err != nil {
		return time.Time{}, err
	}
	defer func() { _ = f.Close() }()
	var header [headerSize]byte
	if _, err := io.ReadFull(f, header[:]); err == nil {
		if stored, ok := storedAt(header[:]); ok && stored.Before(s.now.Add(clockError)) {
			return stored, nil
		}
	}
	info, err := f.Stat()
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}
