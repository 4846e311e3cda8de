package redistest

import (
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
)

// Fate kills processes at random, and counts. It is safe for concurrent use.
type Fate struct {
	mu     sync.Mutex
	random *rand.Rand
	odds   int
	kills  int
}

// NewFate makes one that kills nobody yet.
func NewFate(seed uint64) *Fate { return &Fate{random: rand.New(rand.NewPCG(seed, 0))} }

// Odds has one life in so many end at an exchange; 0 lets all live.
func (f *Fate) Odds(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.odds = n
}

// Kills counts the lives that were ended.
func (f *Fate) Kills() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.kills
}

// IntN draws a number below n.
func (f *Fate) IntN(n int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.random.IntN(n)
}

func (f *Fate) strikes(weight int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.odds > 0 && f.random.IntN(f.odds) < weight
}

// ErrKilled is what others see of a process that is gone.
var ErrKilled = errors.New("redistest: the process is gone")

// Life is that of one process, as seen from outside: once it was killed, nobody
// hears anything of it any more, in the middle of whatever it did.
type Life struct {
	fate *Fate
	end  func()
	over atomic.Bool
}

// NewLife begins one; end is called when it is killed.
func (f *Fate) NewLife(end func()) *Life { return &Life{fate: f, end: end} }

// Over says that it was killed.
func (l *Life) Over() bool { return l.over.Load() }

// Passes says whether the process comes by an exchange with others alive. One of
// more weight is as dangerous as so many.
func (l *Life) Passes(weight int) bool {
	if l.over.Load() {
		return false
	}
	if !l.fate.strikes(weight) {
		return true
	}
	if !l.over.Swap(true) {
		l.fate.mu.Lock()
		l.fate.kills++
		l.fate.mu.Unlock()
		l.end()
	}
	return false
}

// Dial connects the process with a server. It may be killed before a command is
// sent, and after it was obeyed.
func (l *Life) Dial(s *Server) func() (net.Conn, error) {
	return func() (net.Conn, error) {
		conn, err := net.Dial("unix", s.Socket)
		if err != nil {
			return nil, err
		}
		return mortal{conn, l}, nil
	}
}

type mortal struct {
	net.Conn
	life *Life
}

func (m mortal) Write(b []byte) (int, error) {
	if !m.life.Passes(1) {
		_ = m.Close()
		return 0, ErrKilled
	}
	return m.Conn.Write(b)
}

func (m mortal) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	if err == nil && !m.life.Passes(1) {
		_ = m.Close()
		return 0, ErrKilled
	}
	return n, err
}
