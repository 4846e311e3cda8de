package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"secondline/internal/loadgen"
)

// twilioWaits is how long Twilio waits for an answer to a webhook (twilio.md 1.1).
const twilioWaits = 15 * time.Second

// loadPool lends keep-alive connections, as many as are needed at once.
type loadPool struct {
	address string
	tls     *tls.Config // nil for http
	free    chan *loadgen.Conn
}

func newLoadPool(address string, secure bool, host string) *loadPool {
	p := &loadPool{address: address, free: make(chan *loadgen.Conn, 4096)}
	if secure {
		p.tls = &tls.Config{ServerName: host, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}
	}
	return p
}

func (p *loadPool) dial(ctx context.Context) (*loadgen.Conn, error) {
	var conn net.Conn
	var err error
	if p.tls != nil {
		conn, err = (&tls.Dialer{Config: p.tls}).DialContext(ctx, "tcp", p.address)
	} else {
		conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", p.address)
	}
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return loadgen.NewConn(conn), nil
}

// send gives what a request was answered with. A connection that the server closed
// meanwhile is replaced, once, as Twilio asks again.
func (p *loadPool) send(ctx context.Context, request []byte) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, twilioWaits)
	defer cancel()
	select {
	case c := <-p.free:
		if status, body, err = p.sendOn(ctx, c, request); err == nil || errors.As(err, new(timeout)) {
			return status, body, err
		}
	default:
	}
	c, err := p.dial(ctx)
	if err != nil {
		return 0, nil, err
	}
	return p.sendOn(ctx, c, request)
}

type timeout interface {
	error
	Timeout() bool
}

func (p *loadPool) sendOn(ctx context.Context, c *loadgen.Conn, request []byte) (int, []byte, error) {
	if deadline, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(deadline)
	}
	status, body, more, err := c.Answer(request)
	if err != nil || !more {
		_ = c.Close()
		return status, body, err
	}
	select {
	case p.free <- c:
	default:
		_ = c.Close()
	}
	return status, body, nil
}

func (p *loadPool) close() {
	for {
		select {
		case c := <-p.free:
			_ = c.Close()
		default:
			return
		}
	}
}
