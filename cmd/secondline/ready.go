package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"secondline/casestore"
)

// notReady are the checks of the doctor that keep a replica from answering calls as
// it should. What else is bad is told, and callers are still better off with it.
var notReady = map[string]bool{"redis.role": true, "redis.loading": true, "redis.scripts": true}

// ready says what secondline doctor says of Redis and the keys, in short: a line for
// each thing that is not fine, the first one "ready" where calls can be answered.
func (l *line) ready(w http.ResponseWriter, r *http.Request) {
	if l.ending.Load() {
		http.Error(w, "not ready\nstopping", http.StatusServiceUnavailable)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	findings, err := storeFindings(ctx, l.store, l.replicas)
	if err != nil {
		http.Error(w, "not ready\nbad redis: "+redisTrouble(err), http.StatusServiceUnavailable)
		return
	}
	status, out := http.StatusOK, []string{"ready"}
	for _, f := range findings {
		if f.State != fine {
			out = append(out, fmt.Sprintf("%s %s: %s", f.State, f.Name, f.Found))
		}
		if f.State == bad && notReady[f.Name] {
			status, out[0] = http.StatusServiceUnavailable, "not ready"
		}
	}
	if l.pause != nil {
		if why, _ := l.pause.said(); why != "" {
			out = append(out, "nothing is sent: "+why)
		}
	}
	w.WriteHeader(status)
	fmt.Fprintln(w, strings.Join(out, "\n"))
}

// storeFindings judges Redis and the keys. It fails where Redis does not answer.
func storeFindings(ctx context.Context, store *casestore.Store, replicas int) ([]finding, error) {
	servers, err := store.Servers(ctx)
	if err != nil {
		return nil, err
	}
	out := redisFindings(servers, replicas, store.Clustered())
	if _, err := store.CheckKeys(ctx); err != nil {
		return append(out, finding{Name: "keys", State: bad, Found: "PHI_KEYS does not open all that is kept"}), nil
	}
	return append(out, finding{Name: "keys", State: fine}), nil
}

// rightKeys leaves the mark of the key that seals, and refuses an index key with which
// nobody would be found: it would look like a line without any cases.
func rightKeys(ctx context.Context, store *casestore.Store, log *slog.Logger) error {
	_, err := store.CheckKeys(ctx)
	switch {
	case errors.Is(err, casestore.ErrOtherIndex):
		return fmt.Errorf("PHI_KEYS: %w", err)
	case errors.Is(err, casestore.ErrSealed):
		log.Error("PHI_KEYS does not open all that is kept", "err", err)
	case err != nil:
		return err
	}
	return store.MarkKeys(ctx)
}
