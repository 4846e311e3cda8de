package recordings

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Reseal seals anew every recording for which stale says so of its sealed value, with
// the time at which it was stored. It says how many it did, and how many are left because
// they cannot be opened. It may run beside everything else, and again.
func (d *Dir) Reseal(ctx context.Context, stale func(sealed []byte) bool) (done, left int, err error) {
	err = d.each(ctx, func(id, name string, content []byte) error {
		if !stale(content[headerSize:]) {
			return nil
		}
		stored, _ := storedAt(content)
		r, err := open(d.sealer, id, content)
		if err != nil {
			left++
			return nil
		}
		// One that was deleted meanwhile is not to come back.
		if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		done++
		return d.write(id, sealAs(d.sealer, id, stored.Unix(), r))
	})
	return done, left, err
}

// Count says of how many recordings a sealed value is such.
func (d *Dir) Count(ctx context.Context, such func(sealed []byte) bool) (n int, err error) {
	err = d.each(ctx, func(_, _ string, content []byte) error {
		if such(content[headerSize:]) {
			n++
		}
		return nil
	})
	return n, err
}

// each visits every recording's file.
func (d *Dir) each(ctx context.Context, visit func(id, name string, content []byte) error) error {
	files, err := filepath.Glob(filepath.Join(d.path, "??", "*"+suffix))
	if err != nil {
		return fmt.Errorf("recordings: %w", err)
	}
	for _, name := range files {
		id, ok := ours(filepath.Base(filepath.Dir(name)), filepath.Base(name))
		if !ok {
			continue
		}
		content, err := readFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && len(content) > headerSize {
			err = visit(id, name, content)
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return fmt.Errorf("recordings: %w", err)
		}
	}
	return nil
}
