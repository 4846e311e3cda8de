package main

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"

	"secondline/internal/redistest"
	"secondline/internal/twiliosim"
)

// faultKind is one thing that goes wrong.
type faultKind string

const (
	replicaKilled  faultKind = "replica kill -9"
	replicaStopped faultKind = "replica SIGSTOP"
	replicaEnded   faultKind = "replica SIGTERM"
	redisKilled    faultKind = "redis kill -9"
	redisStopped   faultKind = "redis SIGSTOP"
	redisSlow      faultKind = "redis DEBUG SLEEP"
	redisPaused    faultKind = "redis CLIENT PAUSE"
	redisCut       faultKind = "network cut"
	redisStalled   faultKind = "network loses all"
	redisNoDisk    faultKind = "disk full"
	redisNoMemory  faultKind = "memory full"
	redisKicked    faultKind = "clients thrown out"
	failover       faultKind = "failover in good order"
	failoverKill   faultKind = "primary killed for good"
	failoverLag    faultKind = "primary killed, replica behind"
	twilio429      faultKind = "Twilio 429"
	twilio500      faultKind = "Twilio 500"
	twilioLost     faultKind = "Twilio accepts, answer lost"
	hookTwice      faultKind = "webhook doubled"
	hookAtOnce     faultKind = "webhook doubled at once"
	hookRepeat     faultKind = "webhook's answer lost"
	callbackLost   faultKind = "callback lost"
	callbackTurned faultKind = "callbacks held, then last first"
	clockAhead     faultKind = "clock jumps ahead"
	clockBack      faultKind = "clock jumps back"
)

var (
	everywhere = []faultKind{replicaKilled, replicaKilled, replicaStopped, replicaEnded, redisKilled, redisKilled, redisStopped, redisSlow, redisPaused, redisCut, redisStalled, redisNoDisk, redisNoMemory, redisKicked,
		twilio429, twilio500, twilioLost, twilioLost, hookTwice, hookAtOnce, hookRepeat, callbackLost, callbackTurned, clockAhead, clockBack}
	replicated = []faultKind{failover, failover, failoverKill, failoverKill, failoverLag, failoverLag}
)

// planned is a fault, and when it comes after the one before.
type planned struct {
	kind  faultKind
	after time.Duration
	lasts time.Duration
	pick  int // of the servers that it may befall
}

// drawFaults draws what befalls a schedule: the same of the same seed.
func drawFaults(random *rand.Rand, kind string) []planned {
	kinds := everywhere
	if kind != "single" {
		kinds = append(append([]faultKind{}, everywhere...), replicated...)
	}
	out := make([]planned, 1+random.IntN(3))
	for i := range out {
		out[i] = planned{kinds[random.IntN(len(kinds))], time.Duration(random.IntN(500)) * time.Millisecond, time.Duration(200+random.IntN(1300)) * time.Millisecond, random.IntN(1000)}
	}
	return out
}

// strike has a fault befall the world, and returns when it is over; what is dead then
// is started by Revive.
func (s *schedule) strike(f planned) {
	s.note("FAULT", "%s for %s", f.kind, f.lasts)
	defer s.note("fault", "%s is over", f.kind)
	w := s.w
	primaries, others := w.redis.Primaries()
	replica := w.replicas[f.pick%len(w.replicas)]
	node := w.redis.Nodes[f.pick%len(w.redis.Nodes)]
	if len(primaries) > 0 && f.pick%3 > 0 {
		node = primaries[f.pick%len(primaries)]
	}
	switch f.kind {
	case replicaKilled:
		replica.kill()
	case replicaStopped:
		replica.signal(syscall.SIGSTOP)
		pauseFor(f.lasts)
		replica.signal(syscall.SIGCONT)
	case replicaEnded:
		replica.signal(syscall.SIGTERM)
	case redisKilled, redisStopped, redisSlow, redisPaused, redisCut, redisStalled, redisNoDisk, redisNoMemory, redisKicked:
		s.lagging(w.redis.Replicas > 0)
		s.strikeRedis(f, node)
		s.untilWhole()
		s.lagging(false)
	case failover, failoverKill, failoverLag:
		s.failOver(f, primaries, others)
	case clockAhead:
		w.jumpClock(time.Duration(f.pick) * 4 * time.Second)
	case clockBack:
		w.jumpClock(-time.Duration(f.pick) * 100 * time.Millisecond)
	default:
		s.strikeTwilio(f)
	}
}

func (s *schedule) strikeRedis(f planned, node *redistest.Node) {
	ms := strconv.FormatInt(f.lasts.Milliseconds(), 10)
	switch f.kind {
	case redisKilled:
		node.Kill()
		pauseFor(f.lasts)
		s.w.redis.Revive()
	case redisStopped:
		_ = node.Process().Signal(syscall.SIGSTOP)
		pauseFor(f.lasts)
		_ = node.Process().Signal(syscall.SIGCONT)
	case redisSlow:
		node.Try("DEBUG", "SLEEP", fmt.Sprint(f.lasts.Seconds()))
	case redisPaused:
		node.Try("CLIENT", "PAUSE", ms, "WRITE")
		pauseFor(f.lasts)
	case redisCut, redisStalled:
		for _, p := range []*redistest.Proxy{node.Client, node.Bus} {
			switch {
			case p == nil:
			case f.kind == redisCut:
				p.Cut()
			default:
				p.Stall()
			}
		}
		pauseFor(f.lasts)
		s.w.redis.Revive()
	case redisNoDisk:
		// No file may grow any more. A Redis that cannot write its append-only file
		// at once ends itself.
		s.fileSize(node, "1")
		pauseFor(f.lasts)
		s.fileSize(node, "unlimited")
		s.w.redis.Revive()
	case redisNoMemory:
		node.Try("CONFIG", "SET", "maxmemory", "1")
		pauseFor(f.lasts)
		node.Try("CONFIG", "SET", "maxmemory", "0")
	case redisKicked:
		node.Try("CLIENT", "KILL", "TYPE", "normal")
		node.Try("CLIENT", "KILL", "TYPE", "replica")
	}
}

func (s *schedule) fileSize(node *redistest.Node, most string) {
	out, err := exec.Command("prlimit", "--pid", strconv.Itoa(node.Process().Pid), "--fsize="+most+":unlimited").CombinedOutput()
	if err != nil {
		s.note("fault", "prlimit: %v %s", err, out) // it has ended already
	}
}

// failOver makes a replica the primary.
func (s *schedule) failOver(f planned, primaries, others []*redistest.Node) {
	if len(primaries) == 0 || len(others) == 0 {
		return
	}
	switch f.kind {
	case failover:
		// Sentinel does not hold the old primary back meanwhile.
		s.lagging(true)
		s.w.redis.Failover(f.pick)
		s.untilOthers(primaries)
		s.untilWhole()
		s.lagging(false)
		return
	case failoverLag:
		// What is written now is on the primaries alone.
		s.lagging(true)
		for _, n := range others {
			_ = n.Process().Signal(syscall.SIGSTOP)
		}
		pauseFor(min(f.lasts, 500*time.Millisecond))
	}
	primaries[f.pick%len(primaries)].Kill()
	for _, n := range others {
		_ = n.Process().Signal(syscall.SIGCONT)
	}
	if f.kind == failoverLag {
		s.lagging(false)
	}
	s.awaitFailover()
	s.w.redis.Revive()
}

// untilWhole waits until there is one history again, 5 seconds at most: what a primary
// writes that has been replaced and does not know it is lost.
func (s *schedule) untilWhole() {
	if s.w.redis.Replicas == 0 {
		return
	}
	for end := time.Now().Add(5 * time.Second); !s.w.redis.Whole() && time.Now().Before(end); pauseFor(50 * time.Millisecond) {
		continue
	}
}

// untilOthers waits until the primaries are not those any more, 5 seconds at most: a
// failover that was asked for takes a moment to begin.
func (s *schedule) untilOthers(before []*redistest.Node) {
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); pauseFor(20 * time.Millisecond) {
		if now, _ := s.w.redis.Primaries(); len(now) > 0 && !slices.Equal(now, before) {
			return
		}
	}
}

// awaitFailover waits until nobody that is dead is the primary, 5 seconds at most.
func (s *schedule) awaitFailover() {
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); pauseFor(20 * time.Millisecond) {
		primaries, _ := s.w.redis.Primaries()
		alive := map[string]int{"sentinel": 1, "cluster": 3}[s.w.redis.Kind]
		for _, n := range primaries {
			if n.Try("PING") == "+PONG" {
				alive--
			}
		}
		if alive == 0 {
			return
		}
	}
}

func (s *schedule) strikeTwilio(f planned) {
	sim, times := s.w.sim, 1+f.pick%3
	switch f.kind {
	case twilio429:
		sim.Inject(twiliosim.Fault{Kind: twiliosim.FaultREST, Status: 429, Count: times})
	case twilio500:
		sim.Inject(twiliosim.Fault{Kind: twiliosim.FaultREST, Status: 500, Count: times})
	case twilioLost:
		sim.Inject(twiliosim.Fault{Kind: twiliosim.FaultRESTLost})
	case hookTwice:
		sim.Inject(twiliosim.Fault{Kind: twiliosim.FaultTwice, Count: times})
	case hookAtOnce:
		sim.Inject(twiliosim.Fault{Kind: twiliosim.FaultTwiceAtOnce, Count: times})
	case hookRepeat:
		sim.Inject(twiliosim.Fault{Kind: twiliosim.FaultRepeat, Count: times})
	case callbackLost:
		sim.Inject(twiliosim.Fault{Kind: twiliosim.FaultDropCallback, Count: times})
	case callbackTurned:
		sim.SetFaults(twiliosim.Faults{HoldCallbacks: true, ReverseCallbacks: true})
		pauseFor(f.lasts)
		sim.ReleaseCallbacks()
		sim.SetFaults(twiliosim.Faults{})
	}
}

// pauseFor lets a fault last: other processes give no signal to wait for.
func pauseFor(d time.Duration) { <-time.After(d) }
