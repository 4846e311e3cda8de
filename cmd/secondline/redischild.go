package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// redisChild is a Redis of our own: a redis-server process that keeps its data
// in one directory and answers on a socket there and nowhere else.
//
// It outlives us on purpose. If we are killed, Redis finishes what it was
// writing and goes on; the next start finds it and uses it. A process that died
// with us (Pdeathsig) would lose nothing either, as every write is on disk
// before it is answered, but it would make each crash of ours a restart of the
// database too, and macOS has no such signal.
type redisChild struct {
	files redisFiles
	log   *slog.Logger
	own   *os.File      // says that this secondline uses the directory
	done  chan struct{} // closed when a process of ours has ended; nil when attached
}

const (
	redisPoll = 20 * time.Millisecond
	// macOS keeps socket paths in 104 bytes with a zero at their end.
	longestSocketPath = 103
)

// redisFiles are the paths inside the directory.
type redisFiles struct{ dir string }

func (f redisFiles) socket() string   { return filepath.Join(f.dir, "redis.sock") }
func (f redisFiles) output() string   { return filepath.Join(f.dir, "redis.log") }
func (f redisFiles) useLock() string  { return filepath.Join(f.dir, "secondline.lock") }
func (f redisFiles) liveLock() string { return filepath.Join(f.dir, "redis.lock") }

// startRedis makes dir (mode 0700), starts a redis-server on it, and returns
// when that answers. A redis-server that an earlier secondline left running on
// dir is used as it is. ctx bounds the start, not the life of the process.
// Errors: no redis-server installed, dir used by another secondline, ctx over.
func startRedis(ctx context.Context, dir string, log *slog.Logger) (*redisChild, error) {
	files, err := prepareRedisDir(dir)
	if err != nil {
		return nil, fmt.Errorf("start redis: %w", err)
	}
	own, err := claimDir(files)
	if err != nil {
		return nil, fmt.Errorf("start redis: %w", err)
	}
	r := &redisChild{files: files, log: log, own: own}
	if err := r.startOrAttach(ctx); err != nil {
		_ = own.Close()
		return nil, fmt.Errorf("start redis: %w", err)
	}
	return r, nil
}

func prepareRedisDir(dir string) (redisFiles, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return redisFiles{}, err
	}
	files := redisFiles{abs}
	if n := len(files.socket()); n > longestSocketPath {
		return redisFiles{}, fmt.Errorf("the path %s is %d bytes; a socket's path has at most %d: use a shorter directory", files.socket(), n, longestSocketPath)
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return redisFiles{}, err
	}
	return files, os.Chmod(abs, 0o700)
}

// claimDir notes that this process uses the directory. The lock goes with the
// process, however it ends.
func claimDir(files redisFiles) (*os.File, error) {
	lock, err := tryLock(files.useLock())
	if errors.Is(err, errLocked) {
		pid, _ := os.ReadFile(files.useLock())
		return nil, fmt.Errorf("another secondline (process %s) uses %s", pid, files.dir)
	}
	if err != nil {
		return nil, err
	}
	if err := lock.Truncate(0); err != nil {
		_ = lock.Close()
		return nil, err
	}
	if _, err := fmt.Fprint(lock, os.Getpid()); err != nil {
		_ = lock.Close()
		return nil, err
	}
	return lock, nil
}

// startOrAttach starts a process unless one lives. The process holds the live
// lock itself, so the lock says whether it lives, whatever became of the socket
// and of process numbers; two on one directory would ruin the data. One that is
// about to end keeps the lock until it has: then we start the next.
func (r *redisChild) startOrAttach(ctx context.Context) error {
	tick := time.NewTicker(redisPoll)
	defer tick.Stop()
	for {
		lock, err := tryLock(r.files.liveLock())
		if err == nil {
			return r.start(ctx, lock)
		}
		if !errors.Is(err, errLocked) {
			return err
		}
		if err = redisPing(ctx, r.files.socket()); err == nil {
			r.log.Info("using the redis-server that an earlier secondline left running", "dir", r.files.dir)
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("a redis-server lives on %s and does not answer: %w", r.files.dir, errors.Join(ctx.Err(), err))
		case <-tick.C:
		}
	}
}

func (r *redisChild) start(ctx context.Context, lock *os.File) error {
	defer func() { _ = lock.Close() }()
	cmd, err := r.command(lock)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(r.files.output(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return err
	}
	r.done = make(chan struct{})
	go func() {
		err := cmd.Wait()
		r.log.Info("redis-server ended", "dir", r.files.dir, "status", fmt.Sprint(err))
		close(r.done)
	}()
	if err := r.waitForAnswer(ctx); err != nil {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		return err
	}
	return nil
}

// command is redis-server with everything it needs said: no configuration file
// of the machine has a say. Each write is on disk before it is answered, and a
// full memory refuses writes instead of forgetting cases (rules 3.3).
func (r *redisChild) command(lock *os.File) (*exec.Cmd, error) {
	server, err := findRedisServer(exec.LookPath)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(server,
		"--port", "0",
		"--unixsocket", r.files.socket(),
		"--unixsocketperm", "700",
		"--dir", r.files.dir,
		"--appendonly", "yes",
		"--appendfsync", "always",
		"--save", "",
		"--maxmemory-policy", "noeviction",
		// A case and a promise are hashes with one long field, and take a quarter more
		// as tables (docs/performance.md).
		"--hash-max-listpack-value", "2048",
		"--daemonize", "no",
	)
	cmd.ExtraFiles = []*os.File{lock}
	// Its own group: Ctrl-C in a terminal reaches a whole group, and Redis must
	// stay until the last turn is stored.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd, nil
}

// errNoRedisServer says that there is none and where to get one.
var errNoRedisServer = errors.New("redis-server is not installed: on Debian or Ubuntu install the package redis-server (apt-get install redis-server), " +
	"on macOS redis (brew install redis), on Fedora valkey (dnf install valkey), older ones redis; or set REDIS_URL to a Redis elsewhere")

func findRedisServer(look func(string) (string, error)) (string, error) {
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := look(name); err == nil {
			return path, nil
		}
	}
	return "", errNoRedisServer
}

func (r *redisChild) waitForAnswer(ctx context.Context) error {
	tick := time.NewTicker(redisPoll)
	defer tick.Stop()
	for {
		err := redisPing(ctx, r.files.socket())
		if err == nil {
			return nil
		}
		select {
		case <-r.done:
			return fmt.Errorf("redis-server ended before it answered; %s says why", r.files.output())
		case <-ctx.Done():
			return fmt.Errorf("redis-server does not answer: %w", errors.Join(ctx.Err(), err))
		case <-tick.C:
		}
	}
}

// URL gives the address for REDIS_URL.
func (r *redisChild) URL() string { return "unix://" + r.files.socket() }

// Done is closed when the redis-server that we started has ended, asked or not.
// It is nil when we use one that was running before.
func (r *redisChild) Done() <-chan struct{} { return r.done }

// Stop asks Redis to store everything and end, and returns when it has. When
// ctx is over first, Redis is left alive and the error says so: nothing is
// lost, and the next start uses it. Stop once.
func (r *redisChild) Stop(ctx context.Context) error {
	defer func() { _ = r.own.Close() }()
	if err := redisShutdown(ctx, r.files.socket()); err != nil {
		return fmt.Errorf("stop redis: %w", err)
	}
	tick := time.NewTicker(redisPoll)
	defer tick.Stop()
	for {
		lock, err := tryLock(r.files.liveLock())
		if err == nil {
			return lock.Close()
		}
		if !errors.Is(err, errLocked) {
			return fmt.Errorf("stop redis: %w", err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("stop redis: it is still ending: %w", ctx.Err())
		case <-tick.C:
		}
	}
}
