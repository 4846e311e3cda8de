package redistest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Topology is a Redis as it is run for real: one server, a primary with a replica and
// three Sentinels, or a cluster of three primaries with a replica each. Everybody
// reaches each server through a Proxy of its own.
type Topology struct {
	Kind  string // "single", "sentinel", "cluster"
	Nodes []*Node
	// Replicas is how many each primary has.
	Replicas  int
	sentinels []*Server
	t         testing.TB
}

// Node is one server, which can be killed and started again on its data.
type Node struct {
	*Server
	// Client is the network to it, Bus that of the cluster's own messages; nil where
	// there are none.
	Client, Bus *Proxy
	args        []string
}

const masterName = "line"

// common is what docs/operate/guide.md says, and timeouts that fit a test.
var common = []string{"--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction",
	"--repl-diskless-sync-delay", "0", "--repl-backlog-size", "16mb", "--repl-ping-replica-period", "1", "--repl-timeout", "5", "--enable-debug-command", "yes"}

// StartTopology starts one, and stops it when the test ends.
func StartTopology(t testing.TB, kind string) *Topology {
	t.Helper()
	o := &Topology{Kind: kind, t: t}
	switch kind {
	case "single":
		o.addNode(false)
	case "sentinel":
		o.Replicas = 1
		o.addNode(false)
		o.addNode(false)
		o.Nodes[1].restart(o.t, "--replicaof", "127.0.0.1 "+strconv.Itoa(o.Nodes[0].Client.Port))
		o.startSentinels()
	case "cluster":
		o.Replicas = 1
		for range 6 {
			o.addNode(true)
		}
		o.joinCluster()
	default:
		t.Fatalf("there is no topology %q", kind)
	}
	o.Settle()
	return o
}

// URL is the address for REDIS_URL.
func (o *Topology) URL() string {
	at := func(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }
	var all []string
	switch o.Kind {
	case "single":
		return "redis://" + at(o.Nodes[0].Client.Port)
	case "sentinel":
		for _, s := range o.sentinels {
			all = append(all, at(s.Port))
		}
		return "redis+sentinel://" + strings.Join(all, ",") + "/" + masterName
	}
	for _, n := range o.Nodes {
		all = append(all, at(n.Client.Port))
	}
	return "redis+cluster://" + strings.Join(all, ",")
}

func (o *Topology) addNode(clustered bool) {
	o.t.Helper()
	dir := shortDir(o.t)
	port := fixedPort(o.t)
	n := &Node{Server: &Server{Dir: dir, Socket: filepath.Join(dir, "r.sock"), Port: port}}
	n.Client = StartProxy(o.t, "127.0.0.1:"+strconv.Itoa(port))
	n.args = append([]string{"--port", strconv.Itoa(port)}, common...)
	if clustered {
		bus := fixedPort(o.t)
		n.Bus = StartProxy(o.t, "127.0.0.1:"+strconv.Itoa(bus))
		n.args = append(n.args, "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-port", strconv.Itoa(bus), "--cluster-node-timeout", "1000",
			"--cluster-require-full-coverage", "no", "--cluster-announce-ip", "127.0.0.1", "--cluster-announce-port", strconv.Itoa(n.Client.Port), "--cluster-announce-bus-port", strconv.Itoa(n.Bus.Port))
	} else {
		n.args = append(n.args, "--replica-announce-ip", "127.0.0.1", "--replica-announce-port", strconv.Itoa(n.Client.Port))
	}
	o.Nodes = append(o.Nodes, n)
	n.restart(o.t)
}

// restart starts the server, or starts it anew, on its data.
func (n *Node) restart(t testing.TB, more ...string) {
	t.Helper()
	if n.cmd != nil {
		n.Kill()
	}
	_ = os.Remove(n.Socket)
	n.launch(t, func() []string { return append(append([]string{}, n.args...), more...) })
}

func (o *Topology) startSentinels() {
	o.t.Helper()
	for range 3 {
		dir, port := shortDir(o.t), fixedPort(o.t)
		s := &Server{Dir: dir, Socket: filepath.Join(dir, "r.sock"), Port: port}
		file := filepath.Join(dir, "sentinel.conf")
		conf := fmt.Sprintf("sentinel monitor %s 127.0.0.1 %d 2\nsentinel down-after-milliseconds %s 700\nsentinel failover-timeout %s 2000\n", masterName, o.Nodes[0].Client.Port, masterName, masterName)
		if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
			o.t.Fatal(err)
		}
		s.conf = file
		s.launch(o.t, func() []string { return []string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--sentinel"} })
		o.sentinels = append(o.sentinels, s)
	}
	eventually(o.t, "the Sentinels know each other and the replica", func() bool {
		for _, s := range o.sentinels {
			if got := s.do("INFO", "sentinel"); !strings.Contains(got, "slaves=1,sentinels=3") {
				return false
			}
		}
		return true
	})
}

func (o *Topology) joinCluster() {
	o.t.Helper()
	for i, n := range o.Nodes[:3] {
		n.Do(o.t, "CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(i*16384/3), strconv.Itoa((i+1)*16384/3-1))
	}
	for i, n := range o.Nodes {
		n.Do(o.t, "CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
		if i > 0 {
			n.Do(o.t, "CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(o.Nodes[0].Client.Port), strconv.Itoa(o.Nodes[0].Bus.Port))
		}
	}
	for _, n := range o.Nodes {
		eventually(o.t, "all know all", func() bool { return strings.Contains(n.do("CLUSTER", "INFO"), "cluster_known_nodes:6") })
	}
	for i, n := range o.Nodes[3:] {
		id := o.Nodes[i].Do(o.t, "CLUSTER", "MYID")
		eventually(o.t, "a replica follows", func() bool { return n.do("CLUSTER", "REPLICATE", id) == "+OK" })
	}
}

// Primaries gives the nodes that take writes, as the majority sees it; Others the rest.
func (o *Topology) Primaries() (primaries, others []*Node) {
	now := map[int]bool{}
	switch o.Kind {
	case "single":
		now[o.Nodes[0].Client.Port] = true
	case "sentinel":
		now[o.sentinelsMaster()] = true
	default:
		now = o.clusterMasters()
	}
	for _, n := range o.Nodes {
		if now[n.Client.Port] {
			primaries = append(primaries, n)
		} else {
			others = append(others, n)
		}
	}
	return primaries, others
}

func (o *Topology) sentinelsMaster() int {
	votes, best := map[int]int{}, 0
	for _, s := range o.sentinels {
		_, after, ok := strings.Cut(s.do("INFO", "sentinel"), "address=127.0.0.1:")
		text, _, _ := strings.Cut(after, ",")
		if port, err := strconv.Atoi(text); ok && err == nil {
			if votes[port]++; votes[port] > votes[best] {
				best = port
			}
		}
	}
	return best
}

// clusterMasters asks a node that answers; masters that are marked as failed are none.
func (o *Topology) clusterMasters() map[int]bool {
	best := map[int]bool{}
	for _, n := range o.Nodes {
		found := map[int]bool{}
		for line := range strings.Lines(n.do("CLUSTER", "NODES")) {
			f := strings.Fields(line)
			if len(f) < 8 || !strings.Contains(f[2], "master") || strings.Contains(f[2], "fail") {
				continue
			}
			port, _, _ := strings.Cut(f[1][strings.LastIndex(f[1], ":")+1:], "@")
			if p, err := strconv.Atoi(port); err == nil {
				found[p] = true
			}
		}
		if len(found) > len(best) {
			best = found
		}
	}
	return best
}

// Failover has a replica take over in good order.
func (o *Topology) Failover(random int) {
	switch o.Kind {
	case "sentinel":
		o.sentinels[random%3].do("SENTINEL", "FAILOVER", masterName)
	case "cluster":
		if _, replicas := o.Primaries(); len(replicas) > 0 {
			replicas[random%len(replicas)].do("CLUSTER", "FAILOVER")
		}
	}
}

// Revive heals every network, lets every stopped server run, and starts what is dead as
// a replica of whoever is the primary now.
func (o *Topology) Revive() {
	o.t.Helper()
	for _, n := range o.Nodes {
		n.Client.Heal()
		if n.Bus != nil {
			n.Bus.Heal()
		}
		if !n.over() {
			_ = n.Process().Signal(syscall.SIGCONT)
		}
	}
	for _, n := range o.Nodes {
		if !n.over() {
			continue
		}
		var more []string
		if o.Kind == "sentinel" {
			// Until the Sentinels have chosen, it may be the primary itself.
			if port := o.sentinelsMaster(); port != 0 && port != n.Client.Port {
				more = []string{"--replicaof", "127.0.0.1 " + strconv.Itoa(port)}
			}
		}
		n.restart(o.t, more...)
	}
}

// Settle revives everything, and waits until each primary has its replicas.
func (o *Topology) Settle() {
	o.t.Helper()
	o.Revive()
	deadline := time.Now().Add(60 * time.Second)
	for tick := time.NewTicker(30 * time.Millisecond); !o.Whole(); {
		<-tick.C
		if time.Now().After(deadline) {
			tick.Stop()
			o.t.Fatalf("within a minute Redis is not whole again:\n%s", o.Describe())
		}
	}
}

// Whole says whether each primary has all its replicas, and all agree.
func (o *Topology) Whole() bool {
	primaries, others := o.Primaries()
	want := map[string]int{"single": 1, "sentinel": 1, "cluster": 3}[o.Kind]
	if len(primaries) != want {
		return false
	}
	for _, n := range primaries {
		info := n.do("INFO", "replication")
		if !strings.Contains(info, "role:master") || strings.Count(info, "state=online") != o.Replicas {
			return false
		}
		if o.Kind == "cluster" && !strings.Contains(n.do("CLUSTER", "INFO"), "cluster_state:ok") {
			return false
		}
	}
	for _, n := range others {
		if info := n.do("INFO", "replication"); !strings.Contains(info, "role:slave") || !strings.Contains(info, "master_link_status:up") || !strings.Contains(info, "master_sync_in_progress:0") {
			return false
		}
	}
	return true
}

// Describe says what each server says of itself.
func (o *Topology) Describe() string {
	var out strings.Builder
	for _, n := range o.Nodes {
		fmt.Fprintf(&out, "node %d (over: %v)\n%s\n", n.Client.Port, n.over(), n.do("INFO", "replication"))
	}
	return out.String()
}

// portsTried keeps tests that run at once from taking the same port.
var portsTried atomic.Int32

// fixedPort gives a port that nobody has, below those that the system hands out by
// itself: it must be free again after a kill.
func fixedPort(t testing.TB) int {
	t.Helper()
	l, port := listen(t)
	_ = l.Close()
	return port
}

func listen(t testing.TB) (net.Listener, int) {
	t.Helper()
	for range 1000 {
		port := 11000 + (os.Getpid()*37+int(portsTried.Add(1)))%8000
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return l, port
		}
	}
	t.Fatal("no free port")
	return nil, 0
}

// Try sends a command; the answer begins with "-" where there is none.
func (s *Server) Try(args ...string) string { return s.do(args...) }
