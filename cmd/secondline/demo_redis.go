package main

import (
	"net"
	"sync"
)

// unblocked is a connection in memory whose writes wait for nobody: without it, two
// ends that both write before they read wait for each other for ever, as a pipeline
// and its answers do.
type unblocked struct {
	net.Conn
	mu     sync.Mutex
	more   *sync.Cond
	buf    []byte
	err    error
	closed bool
}

func newUnblocked(c net.Conn) net.Conn {
	u := &unblocked{Conn: c}
	u.more = sync.NewCond(&u.mu)
	go u.pump()
	return u
}

// Write keeps b for the other end.
func (u *unblocked) Write(b []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.err != nil || u.closed {
		if u.err == nil {
			u.err = net.ErrClosed
		}
		return 0, u.err
	}
	u.buf = append(u.buf, b...)
	u.more.Signal()
	return len(b), nil
}

// Close ends both directions.
func (u *unblocked) Close() error {
	u.mu.Lock()
	u.closed = true
	u.more.Signal()
	u.mu.Unlock()
	return u.Conn.Close()
}

func (u *unblocked) pump() {
	for {
		u.mu.Lock()
		for len(u.buf) == 0 && !u.closed {
			u.more.Wait()
		}
		b := u.buf
		u.buf = nil
		done := u.closed
		u.mu.Unlock()
		if done {
			return
		}
		if _, err := u.Conn.Write(b); err != nil {
			u.mu.Lock()
			u.err = err
			u.mu.Unlock()
			return
		}
	}
}
