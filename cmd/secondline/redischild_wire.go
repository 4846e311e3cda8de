package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// What is said to our own redis-server before and after the store talks to it:
// two commands, so that only the store needs a client.

// redisPing gives nil when Redis serves. While it still reads its data, and
// when nobody listens, it gives an error.
func redisPing(ctx context.Context, socket string) error {
	answer, err := redisSay(ctx, socket, "PING")
	if err != nil {
		return err
	}
	if answer != "+PONG" {
		return fmt.Errorf("ping: redis answers %q", answer)
	}
	return nil
}

// redisShutdown asks Redis to end. A Redis that obeys, or that is gone already,
// says nothing.
func redisShutdown(ctx context.Context, socket string) error {
	answer, err := redisSay(ctx, socket, "SHUTDOWN")
	switch {
	case err == nil:
		return fmt.Errorf("shutdown: redis answers %q", answer)
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		return nil
	}
	return err
}

// redisSay sends one word in Redis's protocol (RESP2) and reads one line.
func redisSay(ctx context.Context, socket, word string) (string, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if _, err := fmt.Fprintf(conn, "*1\r\n$%d\r\n%s\r\n", len(word), word); err != nil {
		return "", fmt.Errorf("%s: %w", strings.ToLower(word), err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", strings.ToLower(word), err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

var errLocked = errors.New("locked by another process")

// tryLock opens a file and locks it, or gives errLocked at once. The lock holds
// until the last copy of the open file is closed, in whichever process.
func tryLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return f, nil
}
