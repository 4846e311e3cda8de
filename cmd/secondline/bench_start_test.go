//go:build unix

package main

import (
	"bufio"
	"crypto/rand"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"secondline/internal/loadgen"
)

// startUp is what the program weighs and how fast it is there.
type startUp struct {
	Binary, Stripped int64 // bytes
	Ready            time.Duration
	Idle, Loaded     float64 // MB resident
	Rate             float64 // webhooks a second while loaded
}

// benchStart builds the program, and starts it several times beside a redis-server that
// runs: from exec to a good answer of /readyz.
func benchStart(b *testing.B, report *benchReport) {
	b.Helper()
	dir := b.TempDir()
	size := func(name string, flags ...string) (string, int64) {
		out := filepath.Join(dir, name)
		if text, err := exec.Command("go", append(append([]string{"build", "-o", out}, flags...), ".")...).CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, text)
		}
		info, err := os.Stat(out)
		if err != nil {
			b.Fatal(err)
		}
		return out, info.Size()
	}
	s := &startUp{Rate: 200}
	_, s.Binary = size("whole")
	program, stripped := size("stripped", "-ldflags=-s -w")
	s.Stripped = stripped
	r := benchSetUps[0].start(b)
	keys, err := newPHIKeys(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	var took []time.Duration
	for i := range benchRounds() + 1 {
		p := startProgram(b, program, dir, r.url, keys)
		if i > 0 { // the first one warms the cache
			took = append(took, p.ready)
		}
		if i == benchRounds() {
			s.Idle = p.resident(b)
			p.load(b, s.Rate)
			s.Loaded = p.resident(b)
		}
		p.end()
	}
	slices.Sort(took)
	s.Ready = took[len(took)/2]
	report.start = s
}

type program struct {
	cmd    *exec.Cmd
	public string
	ready  time.Duration
}

func startProgram(b *testing.B, path, dir, redis, keys string) *program {
	b.Helper()
	caps := filepath.Join(dir, "caps.toml")
	if err := os.WriteFile(caps, []byte("[caps]\ncalls_at_once = 100000\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	p := &program{cmd: exec.Command(path, "serve", "-data", dir), public: "127.0.0.1:" + strconv.Itoa(unusedPort(b))}
	admin := "127.0.0.1:" + strconv.Itoa(unusedPort(b))
	p.cmd.Env = []string{"LISTEN=" + p.public, "ADMIN_LISTEN=" + admin, "PUBLIC_URL=" + worldURL, "TWILIO_ACCOUNT_SID=" + worldAccount, "TWILIO_AUTH_TOKEN=" + worldToken,
		"TWILIO_API_URL=http://127.0.0.1:1", "PHI_KEYS=" + keys, "REDIS_URL=" + redis, "DRAIN_DELAY=0s", "LINE_CONFIG=" + caps, "HOME=" + dir, "PATH=" + os.Getenv("PATH")}
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(p.end)
	for {
		if res, err := oneShot.RoundTrip(mustRequest(b, "http://"+admin+"/readyz")); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				break
			}
		}
		if time.Since(began) > 20*time.Second {
			b.Fatal("serve is not ready after 20 seconds")
		}
		<-time.After(time.Millisecond)
	}
	p.ready = time.Since(began)
	return p
}

func mustRequest(b *testing.B, address string) *http.Request {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func (p *program) end() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Signal(syscall.SIGKILL)
		_ = p.cmd.Wait()
	}
}

// resident is the memory that the program has, in MB.
func (p *program) resident(b *testing.B) float64 {
	b.Helper()
	f, err := os.Open("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/status")
	if err != nil {
		return 0 // a system that does not say
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if kb, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			n, err := strconv.ParseFloat(strings.Fields(kb)[0], 64)
			if err != nil {
				b.Fatal(err)
			}
			return n / 1024
		}
	}
	b.Fatal("the system does not say what the program has")
	return 0
}

// load plays calls and texts against it for some seconds.
func (p *program) load(b *testing.B, rate float64) {
	b.Helper()
	settings, err := LoadSettings(noEnvironment, os.ReadFile)
	if err != nil {
		b.Fatal(err)
	}
	call, err := recordCall(b.Context(), settings, time.Now(), loadCall)
	if err != nil {
		b.Fatal(err)
	}
	l := &loadTest{line: benchTarget, pool: newLoadPool(p.public, false, ""), call: call, numbers: loadgen.HomeNumbers(isDomestic), account: worldAccount, to: tollFree,
		pace: 20 * time.Millisecond, rate: rate, texters: 4, first: int(time.Now().UnixMilli() << 8), tally: &loadTally{}}
	defer l.pool.close()
	l.run(b.Context(), time.Now(), 5*time.Second)
	if n := l.tally.failures(); n > 0 {
		b.Fatalf("%d webhooks failed: %v", n, l.tally.failed)
	}
}
