package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"secondline/casestore"
)

// childMark is set in the environment of a test binary that is to be secondline.
const childMark = "SECONDLINE_TEST_CHILD"

// clockMark names the file that says by how much the clock of a child is ahead of
// the machine's.
const clockMark = "SECONDLINE_TEST_CLOCK"

// TestSecondlineAsAChild is no test of its own: it is main in a process of its
// own, so that other tests can kill it. It has the race detector when they do.
func TestSecondlineAsAChild(t *testing.T) {
	if os.Getenv(childMark) == "" {
		return
	}
	for i, arg := range os.Args {
		if arg == "--" {
			os.Args = append([]string{"secondline"}, os.Args[i+1:]...)
			break
		}
	}
	if file := os.Getenv(clockMark); file != "" && len(os.Args) > 1 && os.Args[1] == "serve" {
		ahead := func() time.Time {
			text, err := os.ReadFile(file)
			if err != nil {
				panic(err)
			}
			d, err := time.ParseDuration(string(text))
			if err != nil {
				panic(err)
			}
			return time.Now().Add(d)
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		os.Exit(runServeBy(ctx, ahead, os.Args[2:], os.LookupEnv, os.Stdout, os.Stderr))
	}
	main()
}

// child is the command that runs secondline with nothing but the given
// environment.
func child(t *testing.T, environment []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, append([]string{"-test.run=^TestSecondlineAsAChild$", "--"}, args...)...)
	cmd.Env = append([]string{childMark + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, environment...)
	return cmd
}

// service is "secondline serve" as a process, on one data directory and one
// port for as long as the test lasts, however often it is killed.
type service struct {
	t    *testing.T
	data string
	url  string // public address, which is also where it listens
	keys string
	// more is what its environment has besides.
	more []string

	cmd   *exec.Cmd
	admin string
	links chan string   // to the console, as they are printed
	ended chan struct{} // closed when the process has
	err   error         // of the process, once ended
	log   *lockedBuffer
}

// newService starts one and waits until it is ready.
func newService(t *testing.T) *service {
	t.Helper()
	return newServiceWith(t)
}

// newServiceWith has it find more in its environment.
func newServiceWith(t *testing.T, more ...string) *service {
	t.Helper()
	keys, err := newPHIKeys(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, data: redisDir(t), url: "http://" + freeAddress(t), keys: keys, more: more, log: &lockedBuffer{}, links: make(chan string, 100)}
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("the log of serve:\n%s", s.log)
		}
	})
	s.start()
	return s
}

// freeAddress gives a port that nobody has, below those that the system hands
// out by itself: it must still be free after a kill.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		port := 20000 + (os.Getpid()+int(portsTried.Add(1)))%12000
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		if l, err := net.Listen("tcp", address); err == nil {
			_ = l.Close()
			return address
		}
	}
	t.Fatal("no free port")
	return ""
}

// portsTried keeps tests that run at once from taking the same port.
var portsTried atomic.Int32

func (s *service) environment() []string {
	// A service that is killed over and over again has the same caller call as often.
	config := filepath.Join(s.data, "caps.toml")
	if err := os.WriteFile(config, []byte("[caps]\ncalls_per_caller_in_10_minutes = 100\ncalls_per_caller_at_once = 20\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return append([]string{
		"LINE_CONFIG=" + config,
		"LISTEN=" + strings.TrimPrefix(s.url, "http://"), "ADMIN_LISTEN=127.0.0.1:0", "PUBLIC_URL=" + s.url,
		"TWILIO_ACCOUNT_SID=" + worldAccount, "TWILIO_AUTH_TOKEN=" + worldToken, "PHI_KEYS=" + s.keys, "DRAIN_DELAY=0s",
	}, s.more...)
}

// start starts the process and returns when /readyz says so.
func (s *service) start() {
	s.t.Helper()
	s.cmd = child(s.t, s.environment(), "serve", "-data", s.data)
	s.cmd.Stderr = s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	said, ended := make(chan string, 1), make(chan struct{})
	s.ended = ended
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if _, address, ok := strings.Cut(lines.Text(), "metrics and health: "); ok {
				said <- address
			}
			if _, link, ok := strings.Cut(lines.Text(), "within 15 minutes: "); ok {
				s.links <- link
			}
		}
		s.err = s.cmd.Wait()
		close(ended)
	}()
	select {
	case s.admin = <-said:
	case <-ended:
		s.t.Fatalf("serve ended before it was ready: %v", s.err)
	case <-testContext(s.t).Done():
		s.t.Fatal("serve does not say where it listens")
	}
	eventually(s.t, "serve is ready", func() bool { status, _ := get(s.t, s.admin+"/readyz"); return status == http.StatusOK })
}

// kill is kill -9, and returns when the process is gone.
func (s *service) kill() {
	if s.cmd == nil || s.cmd.Process == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	<-s.ended
}

// waitForEnd returns when the process has ended by itself.
func (s *service) waitForEnd() {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-testContext(s.t).Done():
		s.t.Fatal("serve does not end")
	}
}

// killRedis is kill -9 of its redis-server, and returns when that is gone.
func (s *service) killRedis() {
	s.t.Helper()
	kill(s.t, s.data)
	eventually(s.t, "redis-server is gone", func() bool { return !s.redisLives() })
}

// redisLives asks the lock that the process of redis-server holds.
func (s *service) redisLives() bool {
	lock, err := tryLock(filepath.Join(s.data, "redis.lock"))
	if err == nil {
		_ = lock.Close()
	}
	return errors.Is(err, errLocked)
}

// store reads what the line has kept, as another replica would.
func (s *service) store() *casestore.Store {
	s.t.Helper()
	ring, err := parsePHIKeys(s.keys)
	if err != nil {
		s.t.Fatal(err)
	}
	keys, err := newRing(ring)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.storeAt("unix://"+filepath.Join(s.data, "redis.sock"), keys, time.Now)
}

// storeAt opens what is kept at an address, by a clock.
func (s *service) storeAt(address string, keys *casestore.KeyRing, now func() time.Time) *casestore.Store {
	s.t.Helper()
	redis, err := casestore.Connect(address)
	if err != nil {
		s.t.Fatal(err)
	}
	store := casestore.New(casestore.Options{Redis: redis, Ring: keys, Now: now})
	s.t.Cleanup(func() { _ = store.Close() })
	return store
}

// eventually asks again until it is so, for 20 seconds at most.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("not so after 20 seconds: %s", what)
		}
	}
}

// get gives the status 0 where nobody answers.
func get(t *testing.T, address string) (status int, body string) {
	t.Helper()
	return ask(t, http.MethodGet, address, nil)
}

func ask(t *testing.T, method, address string, body io.Reader) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(testContext(t), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := oneShot.RoundTrip(req)
	if err != nil {
		return 0, fmt.Sprint(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	return res.StatusCode, string(text)
}

// oneShot keeps no connections: one to a process that was killed is no use.
var oneShot = &http.Transport{DisableKeepAlives: true}
