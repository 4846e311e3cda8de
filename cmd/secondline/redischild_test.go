package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// redisDir is short: a socket's path has 103 bytes.
func redisDir(t *testing.T) string {
	t.Helper()
	if _, err := findRedisServer(exec.LookPath); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "line")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = redisShutdown(context.Background(), filepath.Join(dir, "redis.sock"))
		_ = os.RemoveAll(dir)
	})
	return dir
}

// lockedBuffer is a log that a test may read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func mustStart(t *testing.T, dir string) (*redisChild, *lockedBuffer) {
	t.Helper()
	log := &lockedBuffer{}
	r, err := startRedis(testContext(t), dir, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return r, log
}

func mustStop(t *testing.T, r *redisChild) {
	t.Helper()
	if err := r.Stop(testContext(t)); err != nil {
		t.Fatal(err)
	}
}

// redisDo sends an inline command to the socket of a directory and gives the
// answer, a bulk string's text included.
func redisDo(dir, command string) (string, error) {
	conn, err := net.Dial("unix", filepath.Join(dir, "redis.sock"))
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, command+"\r\n"); err != nil {
		return "", err
	}
	lines := bufio.NewReader(conn)
	answer, err := lines.ReadString('\n')
	if strings.HasPrefix(answer, "$") && answer != "$-1\r\n" {
		answer, err = lines.ReadString('\n')
	}
	return strings.TrimSpace(answer), err
}

func wantRedis(t *testing.T, dir, command, want string) {
	t.Helper()
	if got, err := redisDo(dir, command); err != nil || got != want {
		t.Errorf("%s: %q, %v; want %q", command, got, err, want)
	}
}

func TestRedisKeepsWhatItWasTold(t *testing.T) {
	dir := filepath.Join(redisDir(t), "data")
	r, _ := mustStart(t, dir)
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory: %v, %v", info.Mode(), err)
	}
	if want := "unix://" + filepath.Join(dir, "redis.sock"); r.URL() != want {
		t.Errorf("URL %s, want %s", r.URL(), want)
	}
	wantRedis(t, dir, "SET opinion delivered", "+OK")
	mustStop(t, r)
	select {
	case <-r.Done():
	case <-testContext(t).Done():
		t.Error("Done is not closed after Stop")
	}
	if _, err := redisDo(dir, "PING"); err == nil {
		t.Error("still answers after Stop")
	}

	r, _ = mustStart(t, dir)
	wantRedis(t, dir, "GET opinion", "delivered")
	mustStop(t, r)
}

func TestRedisRunsAsPromised(t *testing.T) {
	dir := redisDir(t)
	r, _ := mustStart(t, dir)
	defer mustStop(t, r)
	for setting, want := range map[string]string{
		"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", "port": "0", "save": "", "unixsocketperm": "700",
	} {
		answer, err := redisConfig(dir, setting)
		if err != nil || answer != want {
			t.Errorf("%s is %q, %v; want %q", setting, answer, err, want)
		}
	}
}

// redisConfig gives the second element of CONFIG GET's answer.
func redisConfig(dir, setting string) (string, error) {
	conn, err := net.Dial("unix", filepath.Join(dir, "redis.sock"))
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprintf(conn, "CONFIG GET %s\r\n", setting); err != nil {
		return "", err
	}
	lines := bufio.NewScanner(conn)
	for range 5 {
		if !lines.Scan() {
			return "", io.ErrUnexpectedEOF
		}
	}
	return lines.Text(), nil
}

// TestRedisParent is no test of its own: other tests run it in a process that
// they kill.
func TestRedisParent(t *testing.T) {
	dir := os.Getenv("SECONDLINE_TEST_REDIS_PARENT")
	if dir == "" {
		return
	}
	if _, err := startRedis(testContext(t), dir, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if answer, err := redisDo(dir, "SET promise 24h"); err != nil || answer != "+OK" {
		t.Fatal(answer, err)
	}
	fmt.Println("stored")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// killedParent runs a secondline that stores something in dir, and kills it
// with nothing said.
func killedParent(t *testing.T, dir string, whileAlive func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestRedisParent$")
	cmd.Env = append(os.Environ(), "SECONDLINE_TEST_REDIS_PARENT="+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "stored\n" {
		t.Fatalf("the process to be killed says %q, %v", line, err)
	}
	whileAlive()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
}

func TestAfterKillTheNextStartUsesTheSameRedis(t *testing.T) {
	dir := redisDir(t)
	killedParent(t, dir, func() {
		_, err := startRedis(testContext(t), dir, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), "another secondline") {
			t.Errorf("two on one directory: %v", err)
		}
	})
	r, log := mustStart(t, dir)
	if !strings.Contains(log.String(), "earlier secondline left running") {
		t.Errorf("does not say that it attached: %s", log)
	}
	wantRedis(t, dir, "GET promise", "24h")
	mustStop(t, r)

	r, _ = mustStart(t, dir)
	wantRedis(t, dir, "GET promise", "24h")
	mustStop(t, r)
}

func TestAfterBothAreKilledNothingIsLost(t *testing.T) {
	dir := redisDir(t)
	r, log := mustStart(t, dir)
	wantRedis(t, dir, "SET promise 24h", "+OK")
	kill(t, dir)
	<-r.Done()
	if !strings.Contains(log.String(), "redis-server ended") {
		t.Errorf("the end is not logged: %s", log)
	}
	if err := r.Stop(testContext(t)); err != nil {
		t.Errorf("stopping what is gone: %v", err)
	}
	r, _ = mustStart(t, dir)
	wantRedis(t, dir, "GET promise", "24h")
	mustStop(t, r)
}

// kill ends the redis-server of a directory, and only that, with nothing said.
func kill(t *testing.T, dir string) {
	t.Helper()
	conn, err := net.Dial("unix", filepath.Join(dir, "redis.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "INFO server\r\n"); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		var pid int
		if n, _ := fmt.Sscanf(lines.Text(), "process_id:%d", &pid); n == 1 && pid > 1 {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("redis does not say its process number")
}

func TestStartGivesUpInTime(t *testing.T) {
	dir := redisDir(t)
	lock, err := tryLock(filepath.Join(dir, "redis.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = startRedis(ctx, dir, slog.New(slog.DiscardHandler))
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("a redis that lives and is silent: %v", err)
	}
}

func TestStartTellsWhereToLook(t *testing.T) {
	dir := redisDir(t)
	if err := os.WriteFile(filepath.Join(dir, "appendonlydir"), []byte("in the way"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := startRedis(testContext(t), dir, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "redis.log") {
		t.Fatalf("a redis that cannot start: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "appendonlydir")); err != nil {
		t.Fatal(err)
	}
	r, _ := mustStart(t, dir)
	mustStop(t, r)
}

func TestALongDirectoryIsRefusedWithTheReason(t *testing.T) {
	_, err := startRedis(testContext(t), filepath.Join(t.TempDir(), strings.Repeat("x", 90)), slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "use a shorter directory") {
		t.Error(err)
	}
}

func TestWithoutRedisThePackageIsNamed(t *testing.T) {
	_, err := findRedisServer(func(string) (string, error) { return "", exec.ErrNotFound })
	for _, want := range []string{"Debian", "macOS", "Fedora", "REDIS_URL"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("does not name %s: %v", want, err)
		}
	}
	path, err := findRedisServer(func(name string) (string, error) {
		if name == "valkey-server" {
			return "/usr/bin/valkey-server", nil
		}
		return "", exec.ErrNotFound
	})
	if err != nil || path != "/usr/bin/valkey-server" {
		t.Errorf("valkey: %s, %v", path, err)
	}
}
