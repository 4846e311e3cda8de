package redistest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Kept is one key of a server and all that stands under it.
type Kept struct {
	Key, Type string
	Values    []string
}

// Everything reads the whole server, key by key, as somebody would who got in.
func (s *Server) Everything(t testing.TB) []Kept {
	t.Helper()
	conn, err := net.Dial("unix", s.Socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	r := bufio.NewReader(conn)
	ask := func(args ...string) []string {
		t.Helper()
		if _, err := io.WriteString(conn, command(args)); err != nil {
			t.Fatal(err)
		}
		out, err := answer(r)
		if err != nil {
			t.Fatalf("redis-server: %s: %v", args[0], err)
		}
		return out
	}
	var all []Kept
	for _, name := range ask("KEYS", "*") {
		kept := Kept{Key: name, Type: ask("TYPE", name)[0]}
		switch kept.Type {
		case "string":
			kept.Values = ask("GET", name)
		case "hash":
			kept.Values = ask("HGETALL", name)
		case "list":
			kept.Values = ask("LRANGE", name, "0", "-1")
		case "set":
			kept.Values = ask("SMEMBERS", name)
		case "zset":
			kept.Values = ask("ZRANGE", name, "0", "-1", "WITHSCORES")
		case "stream":
			kept.Values = ask("XRANGE", name, "-", "+")
		default:
			t.Fatalf("a key of type %q, which nobody has thought of", kept.Type)
		}
		all = append(all, kept)
	}
	return all
}

func command(args []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return b.String()
}

// answer reads one answer, arrays within arrays laid out in a row.
func answer(r *bufio.Reader) ([]string, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return nil, err
	}
	line = strings.TrimRight(line, "\r\n")
	rest := line[1:]
	switch line[0] {
	case '-':
		return nil, fmt.Errorf("%s", rest)
	case '$':
		n, err := strconv.Atoi(rest)
		if err != nil || n < 0 {
			return nil, err
		}
		body := make([]byte, n+2)
		_, err = io.ReadFull(r, body)
		return []string{string(body[:n])}, err
	case '*':
		n, err := strconv.Atoi(rest)
		var out []string
		for range max(n, 0) {
			part, err := answer(r)
			if err != nil {
				return nil, err
			}
			out = append(out, part...)
		}
		return out, err
	}
	return []string{rest}, nil
}
