package casestore

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Connect makes a client for the Redis that address names:
//
//	redis://[user:password@]host:port[/db]       one server; rediss:// with TLS
//	unix:///path/to/redis.sock[?db=n]            one server on this machine
//	redis+sentinel://[user:password@]host:port[,host:port…]/master[?db=n]
//	redis+cluster://[user:password@]host:port[,host:port…]
//
// rediss+sentinel and rediss+cluster use TLS. It does not connect yet. Errors
// never repeat the password.
func Connect(address string) (redis.UniversalClient, error) {
	o, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	return redis.NewUniversalClient(o), nil
}

// ConnectBy makes a client that reaches its one server through dial, as the
// embedded Redis of the demo and of tests is.
func ConnectBy(dial func() (net.Conn, error)) redis.UniversalClient {
	o := timeouts(&redis.UniversalOptions{Addrs: []string{"embedded:0"}, Protocol: 2, DisableIdentity: true})
	o.Dialer = func(context.Context, string, string) (net.Conn, error) { return dial() }
	return redis.NewUniversalClient(o)
}

// timeouts sets what a turn can afford: Twilio waits 15 s, a turn gives up
// after 5. The pool has room for the blocking reads of the outbox besides the
// turns.
func timeouts(o *redis.UniversalOptions) *redis.UniversalOptions {
	o.DialTimeout = 2 * time.Second
	o.ReadTimeout = 3 * time.Second
	o.WriteTimeout = 3 * time.Second
	o.ContextTimeoutEnabled = true
	o.MaxRetries = 2
	o.PoolSize = Partitions + 128
	// RESP3 would look for pushed messages before every answer; none come here.
	o.Protocol = 2
	o.MinIdleConns = 4
	return o
}

func parseAddress(address string) (*redis.UniversalOptions, error) {
	// net/url takes one host: the others are set aside first.
	first, others := splitHosts(address)
	u, err := url.Parse(first)
	if err != nil {
		return nil, fmt.Errorf("casestore: the address of Redis cannot be read; an example: redis://localhost:6379/0")
	}
	o := timeouts(&redis.UniversalOptions{})
	scheme, kind, _ := strings.Cut(u.Scheme, "+")
	if scheme == "rediss" {
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	} else if scheme != "redis" && scheme != "unix" {
		return nil, fmt.Errorf("casestore: %q is no way to reach Redis; an example: redis://localhost:6379/0", u.Scheme)
	}
	o.Username = u.User.Username()
	o.Password, _ = u.User.Password()
	path := strings.Trim(u.Path, "/")
	db := u.Query().Get("db")
	switch {
	case scheme == "unix":
		o.Addrs = []string{"/" + path}
	case kind == "sentinel":
		o.Addrs, o.MasterName = hosts(u.Host+others, "26379"), path
		if path == "" {
			return nil, fmt.Errorf("casestore: a Sentinel address ends in the master's name; an example: redis+sentinel://one:26379,two:26379/master")
		}
	case kind == "cluster":
		o.Addrs, o.IsClusterMode = hosts(u.Host+others, "6379"), true
	case kind == "":
		o.Addrs = hosts(u.Host+others, "6379")
		if path != "" {
			db = path
		}
	default:
		return nil, fmt.Errorf("casestore: %q is no way to reach Redis; an example: redis+cluster://one:6379,two:6379", u.Scheme)
	}
	if len(o.Addrs) == 0 || o.Addrs[0] == "" {
		return nil, fmt.Errorf("casestore: the address of Redis names no host; an example: redis://localhost:6379/0")
	}
	if len(o.Addrs) > 1 && kind == "" {
		return nil, fmt.Errorf("casestore: several hosts need redis+sentinel:// or redis+cluster://")
	}
	if db != "" {
		if o.DB, err = strconv.Atoi(db); err != nil || o.DB < 0 {
			return nil, fmt.Errorf("casestore: the database is a number; an example: redis://localhost:6379/0")
		}
	}
	return o, nil
}

// splitHosts gives an address with its first host only, and the rest of the
// list with its leading comma.
func splitHosts(address string) (first, others string) {
	start := strings.Index(address, "://") + 3
	if start < 3 {
		return address, ""
	}
	end := len(address)
	if i := strings.IndexAny(address[start:], "/?"); i >= 0 {
		end = start + i
	}
	if at := strings.LastIndex(address[start:end], "@"); at >= 0 {
		start += at + 1
	}
	comma := strings.Index(address[start:end], ",")
	if comma < 0 {
		return address, ""
	}
	return address[:start+comma] + address[end:], address[start+comma : end]
}

func hosts(list, port string) []string {
	var out []string
	for _, host := range strings.Split(list, ",") {
		if host == "" {
			continue
		}
		if _, _, err := net.SplitHostPort(host); err != nil {
			host = net.JoinHostPort(host, port)
		}
		out = append(out, host)
	}
	return out
}
