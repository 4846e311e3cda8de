// Package redistest starts real redis-server processes for tests.
package redistest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Server is a running redis-server.
type Server struct {
	// Socket is the path of its unix socket, Dir where it keeps its data.
	Socket, Dir string
	// Port is its TCP port on 127.0.0.1; 0 where it has none.
	Port int
	// conf is a configuration file; empty for none.
	conf string
	cmd  *exec.Cmd
	// ended is closed once the process is gone.
	ended chan struct{}
}

// URL is the server's address.
func (s *Server) URL() string { return "unix://" + s.Socket }

// Start starts a server that keeps everything (append-only file, fsync at every
// write) on a unix socket, and stops it when the test ends. A machine without
// redis-server fails the test: make deps installs it.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	return StartIn(t, shortDir(t), args...)
}

// StartIn starts a server on the data of dir.
func StartIn(t testing.TB, dir string, args ...string) *Server {
	t.Helper()
	s := &Server{Dir: dir, Socket: filepath.Join(dir, "r.sock")}
	s.launch(t, func() []string {
		return append([]string{"--port", "0", "--appendonly", "yes", "--appendfsync", "always"}, args...)
	})
	return s
}

// StartCluster starts three primaries of a cluster, without replicas, and gives
// them once they have agreed.
func StartCluster(t testing.TB) []*Server {
	t.Helper()
	servers := make([]*Server, 3)
	for i := range servers {
		dir := shortDir(t)
		servers[i] = &Server{Dir: dir, Socket: filepath.Join(dir, "r.sock")}
		servers[i].launch(t, func() []string {
			servers[i].Port = freePort(t)
			return []string{"--port", fmt.Sprint(servers[i].Port), "--bind", "127.0.0.1", "--cluster-enabled", "yes",
				"--cluster-config-file", filepath.Join(dir, "nodes.conf"), "--cluster-port", fmt.Sprint(freePort(t)), "--save", ""}
		})
	}
	for i, s := range servers {
		from, to := i*16384/3, (i+1)*16384/3-1
		s.Do(t, "CLUSTER", "ADDSLOTSRANGE", fmt.Sprint(from), fmt.Sprint(to))
		s.Do(t, "CLUSTER", "SET-CONFIG-EPOCH", fmt.Sprint(i+1))
	}
	for _, s := range servers[1:] {
		s.Do(t, "CLUSTER", "MEET", "127.0.0.1", fmt.Sprint(servers[0].Port), servers[0].busPort(t))
	}
	for _, s := range servers {
		eventually(t, "the cluster agrees", func() bool {
			info := s.Do(t, "CLUSTER", "INFO")
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3")
		})
	}
	return servers
}

func (s *Server) busPort(t testing.TB) string {
	t.Helper()
	_, after, _ := strings.Cut(s.Do(t, "CLUSTER", "NODES"), "@")
	port, _, _ := strings.Cut(after, " ")
	port, _, _ = strings.Cut(port, ",")
	return port
}

// launch starts the server. A port that was free is taken at times before the
// server binds it: then the server ends at once, and others are tried.
func (s *Server) launch(t testing.TB, args func() []string) {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatalf("redis-server is not installed; make deps installs it (Debian: redis-server)")
	}
	t.Cleanup(func() { s.Kill() })
	for range 5 {
		given := append([]string{"--dir", s.Dir, "--unixsocket", s.Socket, "--daemonize", "no"}, args()...)
		if s.conf != "" {
			given = append([]string{s.conf}, given...)
		}
		s.cmd = exec.Command(path, given...)
		if err := s.cmd.Start(); err != nil {
			t.Fatalf("redis-server does not start: %v", err)
		}
		s.ended = make(chan struct{})
		go func(cmd *exec.Cmd, ended chan struct{}) { _ = cmd.Wait(); close(ended) }(s.cmd, s.ended)
		answers := false
		eventually(t, "redis-server answers, or ends", func() bool {
			got := s.do("PING")
			answers = got == "+PONG" || strings.HasPrefix(got, "-NOAUTH")
			return answers || s.over()
		})
		if answers {
			return
		}
	}
	t.Fatal("redis-server ended five times as soon as it was started")
}

func (s *Server) over() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// Kill ends the server as kill -9 does, and waits until it is gone.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	<-s.ended
}

// Process is the server's process, for signals.
func (s *Server) Process() *os.Process { return s.cmd.Process }

// Do sends a command and gives the first line of the answer, or the whole of a
// bulk string.
func (s *Server) Do(t testing.TB, args ...string) string {
	t.Helper()
	answer := s.do(args...)
	if strings.HasPrefix(answer, "-") {
		t.Fatalf("redis-server: %s: %s", strings.Join(args, " "), answer)
	}
	return answer
}

func (s *Server) do(args ...string) string {
	conn, err := net.Dial("unix", s.Socket)
	if err != nil {
		return "-" + err.Error()
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	fmt.Fprintf(conn, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(conn, "$%d\r\n%s\r\n", len(arg), arg)
	}
	r := bufio.NewReader(conn)
	line, err := r.ReadString('\n')
	if err != nil {
		return "-" + err.Error()
	}
	line = strings.TrimSpace(line)
	var n int
	if _, err := fmt.Sscanf(line, "$%d", &n); err != nil || n < 0 {
		return line
	}
	body := make([]byte, 0, n)
	for len(body) < n {
		b, err := r.ReadByte()
		if err != nil {
			return "-" + err.Error()
		}
		body = append(body, b)
	}
	return string(body)
}

// shortDir is a temporary folder whose path fits a unix socket's 104 bytes.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "redis")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// eventually waits for another process, which gives no signal to wait on.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("within 20 s it did not come to this: %s", what)
		}
		<-tick.C
	}
}
