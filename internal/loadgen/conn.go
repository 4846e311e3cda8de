package loadgen

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
)

// Conn is one keep-alive connection, for one request at a time.
type Conn struct {
	net.Conn
	in *bufio.Reader
}

// NewConn takes over a connection.
func NewConn(c net.Conn) *Conn { return &Conn{c, bufio.NewReader(c)} }

// Dial opens n connections to an address.
func Dial(address string, n int) ([]*Conn, error) {
	all := make([]*Conn, n)
	for i := range all {
		c, err := net.Dial("tcp", address)
		if err != nil {
			return nil, fmt.Errorf("loadgen: dial: %w", err)
		}
		all[i] = NewConn(c)
	}
	return all, nil
}

// Turn sends a request and reads its answer to the end, at as little cost as can be. It
// fails on any status but 2xx.
func (c *Conn) Turn(request []byte) error {
	if _, err := c.Write(request); err != nil {
		return fmt.Errorf("loadgen: send: %w", err)
	}
	status, err := c.in.ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("loadgen: answer: %w", err)
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 2")) {
		return fmt.Errorf("loadgen: answer: %s", bytes.TrimSpace(status))
	}
	length := 0
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("loadgen: headers: %w", err)
		}
		if len(line) <= 2 {
			return c.skipBody(length)
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length, _ = strconv.Atoi(string(bytes.TrimSpace(value)))
		} else if bytes.HasPrefix(line, []byte("Transfer-Encoding: chunked")) {
			length = chunked
		}
	}
}

// chunked stands for a body that comes in chunks (RFC 9112, 7.1).
const chunked = -1

func (c *Conn) skipBody(length int) error {
	if length != chunked {
		_, err := c.in.Discard(length)
		return err
	}
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("loadgen: chunk: %w", err)
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return fmt.Errorf("loadgen: chunk: %w", err)
		}
		if _, err := c.in.Discard(int(size) + len("\r\n")); err != nil || size == 0 {
			return err
		}
	}
}

// Answer sends a request and gives the status and the body of its answer. more says
// that the connection bears another request.
func (c *Conn) Answer(request []byte) (status int, body []byte, more bool, err error) {
	if _, err := c.Write(request); err != nil {
		return 0, nil, false, fmt.Errorf("loadgen: send: %w", err)
	}
	res, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, nil, false, fmt.Errorf("loadgen: answer: %w", err)
	}
	defer res.Body.Close()
	if body, err = io.ReadAll(res.Body); err != nil {
		return 0, nil, false, fmt.Errorf("loadgen: answer: %w", err)
	}
	return res.StatusCode, body, !res.Close, nil
}
