package redistest

import (
	"net"
	"sync"
	"testing"
)

// Proxy is the network in front of a server: it can be cut, and can hold back all that
// goes through it.
type Proxy struct {
	// Port is where it listens on 127.0.0.1.
	Port   int
	target string
	l      net.Listener

	mu    sync.Mutex
	turn  *sync.Cond
	cut   bool
	stall bool
	conns map[net.Conn]bool
}

// StartProxy stands in front of an address until the test ends.
func StartProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	l, port := listen(t)
	p := &Proxy{Port: port, target: target, l: l, conns: map[net.Conn]bool{}}
	p.turn = sync.NewCond(&p.mu)
	t.Cleanup(func() { _ = l.Close(); p.Cut() })
	go p.accept()
	return p
}

func (p *Proxy) accept() {
	for {
		conn, err := p.l.Accept()
		if err != nil {
			return
		}
		go p.join(conn)
	}
}

func (p *Proxy) join(conn net.Conn) {
	up, err := net.Dial("tcp", p.target)
	if err != nil || !p.keep(conn, up) {
		_ = conn.Close()
		if up != nil {
			_ = up.Close()
		}
		return
	}
	go p.carry(up, conn)
	p.carry(conn, up)
}

func (p *Proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		p.conns[c] = true
	}
	return !p.cut
}

func (p *Proxy) carry(to, from net.Conn) {
	defer func() {
		_, _ = to.Close(), from.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.conns, from)
	}()
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		p.mu.Lock()
		for p.stall && !p.cut {
			p.turn.Wait()
		}
		p.mu.Unlock()
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

// Cut ends all connections, and lets none be made.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	for c := range p.conns {
		_ = c.Close()
	}
	p.turn.Broadcast()
}

// Stall holds back whatever is sent, as a network does that loses everything.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stall = true
}

// Heal lets everything through again.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut, p.stall = false, false
	p.turn.Broadcast()
}
