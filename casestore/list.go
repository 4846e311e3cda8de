package casestore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// scanStep is how many keys one question for keys looks at.
const scanStep = 1000

// EachCase reads every case, unfinished ones too, each once, in no order. It looks at
// every key, so it is for operators and not for turns. What is made or deleted
// meanwhile may be missing. What cannot be opened is passed over, and is an error when
// all others were read; an error of visit ends it.
func (s *Store) EachCase(ctx context.Context, visit func(*Case) error) error {
	seen := map[string]bool{}
	var unread []error
	err := s.eachKey(ctx, "sl:*", func(name string) error {
		p, kind, id, ok := parseKey(name)
		if !ok || seen[name] {
			return nil
		}
		seen[name] = true
		switch kind {
		case "case":
			c, err := s.Case(ctx, p, CaseID(id))
			if errors.Is(err, ErrNotFound) {
				return nil
			}
			if errors.Is(err, ErrSealed) {
				unread = append(unread, err)
				return nil
			}
			if err != nil {
				return err
			}
			return visit(c)
		case "drafts":
			return s.eachDraft(ctx, p, name, &unread, visit)
		}
		return nil
	})
	return errors.Join(append(unread, err)...)
}

func (s *Store) eachDraft(ctx context.Context, p Partition, name string, unread *[]error, visit func(*Case) error) error {
	sealed, err := s.rdb.HGetAll(ctx, name).Result()
	if err != nil {
		return fmt.Errorf("casestore: read drafts: %w", err)
	}
	for id, value := range sealed {
		plain, err := s.ring.Open(id, "case", []byte(value))
		if err != nil {
			*unread = append(*unread, fmt.Errorf("casestore: case %s: %w", id, err))
			continue
		}
		c, err := decodeCase(plain)
		if err != nil {
			return err
		}
		c.Partition = p
		if err := visit(c); err != nil {
			return err
		}
	}
	return nil
}

// parseKey takes apart what key put together.
func parseKey(name string) (p Partition, kind, id string, ok bool) {
	rest, ok := strings.CutPrefix(name, "sl:{")
	if !ok {
		return 0, "", "", false
	}
	part, rest, ok := strings.Cut(rest, "}:")
	p, err := ParsePartition(part)
	if !ok || err != nil {
		return 0, "", "", false
	}
	kind, id, _ = strings.Cut(rest, ":")
	return p, kind, id, true
}

// eachKey visits every key of a pattern, on every server, one at a time; one may come
// twice.
func (s *Store) eachKey(ctx context.Context, pattern string, visit func(string) error) error {
	scan := func(ctx context.Context, rdb redis.Cmdable, visit func(string) error) error {
		keys := rdb.Scan(ctx, 0, pattern, scanStep).Iterator()
		for keys.Next(ctx) {
			if err := visit(keys.Val()); err != nil {
				return err
			}
		}
		if err := keys.Err(); err != nil {
			return fmt.Errorf("casestore: look through the keys: %w", err)
		}
		return nil
	}
	cluster, ok := s.rdb.(*redis.ClusterClient)
	if !ok {
		return scan(ctx, s.rdb, visit)
	}
	var mu sync.Mutex
	return cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
		return scan(ctx, node, func(name string) error {
			mu.Lock()
			defer mu.Unlock()
			return visit(name)
		})
	})
}
