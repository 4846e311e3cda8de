package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"secondline/casestore"
	"secondline/internal/recordings"
	"secondline/internal/twilio"
)

const serveUsage = `secondline serve answers real calls.

  secondline serve [-data DIR]

Settings come from the environment; "secondline config" lists them. Without
REDIS_URL it starts an installed redis-server of its own, which keeps its data
in DIR.

`

// stopping is how long turns in flight may take once the program is asked to
// stop.
const stopping = 20 * time.Second

// runServe answers calls until ctx ends.
func runServe(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) int {
	return runServeBy(ctx, time.Now, args, env, stdout, stderr)
}

// runServeBy is runServe by another clock than the machine's.
func runServeBy(ctx context.Context, now func() time.Time, args []string, env environment, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(stderr)
	data := flags.String("data", "data", "where recordings are kept, and the data of the Redis that is started without REDIS_URL")
	flags.Usage = func() { fmt.Fprint(stderr, serveUsage); flags.PrintDefaults() }
	if err := flags.Parse(args); err != nil {
		return flagStatus(err)
	}
	settings, err := LoadSettings(env, os.ReadFile)
	if err == nil {
		err = settings.ValidateServe()
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	tuneMemory(env)
	if err := serve(ctx, now, settings, *data, stdout, newLog(stderr)); err != nil {
		fmt.Fprintln(stderr, "secondline serve:", err)
		return 1
	}
	return 0
}

// flagStatus gives the exit status of flags that were not understood, and of a
// question for help.
func flagStatus(err error) int {
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	return 2
}

// gcPercent is how much the program's memory may grow before it is looked through for
// what can be thrown away, unless GOGC says otherwise. Little of it lives longer than a
// turn: Go's 100 looks through the same 20 MB every few hundred turns.
const gcPercent = 300

func tuneMemory(env environment) {
	if _, told := env("GOGC"); !told {
		debug.SetGCPercent(gcPercent)
	}
}

// serve starts in the order store, workers, listeners, and stops in reverse.
func serve(ctx context.Context, now func() time.Time, s Settings, data string, stdout io.Writer, log *slog.Logger) error {
	for _, warning := range s.Warnings() {
		log.Warn(warning)
	}
	address, gone, stopRedis, err := redisFor(ctx, s, data, stdout, log)
	if err != nil {
		return err
	}
	defer stopRedis()
	record, shut := openAudit(now, s, data)
	trail, closeTrail := openTrail(now, record, auditPath(s, data), log)
	defer closeTrail()
	defer runTrail(ctx, trail)()
	store, err := openStoreOf(now, s, address, log, noted(trail))
	if err != nil {
		return err
	}
	defer store.Close()
	client, err := twilio.NewClient(twilio.ClientConfig{
		AccountSID: s.Deploy.AccountSID, AuthToken: s.Deploy.AuthToken.Reveal(),
		APIKey: s.Deploy.APIKey, APISecret: s.Deploy.APISecret.Reveal(), BaseURL: s.Deploy.APIURL,
	})
	if err != nil {
		return err
	}
	vault, err := openVault(now, s, data, store)
	if err != nil {
		return err
	}
	journal, err := openJournal(s, data)
	if err != nil {
		return err
	}
	defer journal.Close()
	hold := &pause{store: store, replicas: s.Deploy.RedisReplicas, unsafe: s.Deploy.RedisUnsafe, log: log}
	l, err := newLine(parts{settings: s, store: store, client: client, vault: vault, journal: journal, now: now, pause: hold, log: log})
	if err != nil {
		return err
	}
	hold.reapply = func(ctx context.Context) error { return l.reapply(ctx, time.Time{}) }
	if err := hold.begin(ctx); err != nil {
		return err
	}
	if err := rightKeys(ctx, store, log); err != nil {
		return err
	}
	l.metrics.MustRegister(auditHealth{trail}, collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		&health{store: store, replicas: s.Deploy.RedisReplicas, recordings: recordingsPath(s, data), journal: journalPath(s, data)})
	if shut == nil {
		l.console = newConsole(l, s, vault, record, stdout)
	} else {
		// Callers do not wait until somebody has looked at a record.
		log.Error("the console stays shut: its record cannot be gone on with; secondline audit verify says more", "err", shut)
	}
	return l.run(ctx, s, gone, stdout, log)
}

// redisFor gives the address of Redis, and starts one where none is named; gone
// is closed when that one ends by itself.
func redisFor(ctx context.Context, s Settings, data string, stdout io.Writer, log *slog.Logger) (address string, gone <-chan struct{}, stop func(), err error) {
	if address := s.Deploy.RedisURL.Reveal(); address != "" {
		return address, nil, func() {}, nil
	}
	child, err := startRedis(ctx, data, log)
	if err != nil {
		return "", nil, nil, err
	}
	fmt.Fprintf(stdout, "REDIS_URL is not set: a redis-server of our own keeps everything in %s\n", data)
	return child.URL(), child.Done(), func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopping)
		defer cancel()
		if err := child.Stop(stop); err != nil {
			log.Error("redis-server did not stop", "err", err)
		}
	}, nil
}

func openStore(now func() time.Time, s Settings, address string, log *slog.Logger) (*casestore.Store, error) {
	return openStoreOf(now, s, address, log, nil)
}

// openStoreOf opens a store that tells trail what is done.
func openStoreOf(now func() time.Time, s Settings, address string, log *slog.Logger, trail func(casestore.Deed)) (*casestore.Store, error) {
	ring, err := newRing(s.Deploy.PHIKeys)
	if err != nil {
		return nil, err
	}
	rdb, err := casestore.ConnectTLS(address, casestore.TLSFiles{CA: s.Deploy.RedisCA, Cert: s.Deploy.RedisCert, Key: s.Deploy.RedisKey})
	if err != nil {
		return nil, err
	}
	keep := time.Duration(s.Programme.Retention.UnfinishedIntakeDays) * 24 * time.Hour
	return casestore.New(casestore.Options{Redis: rdb, Ring: ring, Keep: keep, TriesInAll: s.Programme.Caps.WrongAnswersADay,
		Replicas: s.Deploy.RedisReplicas, Trail: trail, Now: now, Log: log}), nil
}

func recordingsPath(s Settings, data string) string {
	return cmp.Or(s.Deploy.Recordings, filepath.Join(data, "recordings"))
}

func journalPath(s Settings, data string) string {
	return cmp.Or(s.Deploy.Journal, filepath.Join(data, "optouts.journal"))
}

// openVault opens the directory of the recordings.
func openVault(now func() time.Time, s Settings, data string, store *casestore.Store) (recordings.Vault, error) {
	path := recordingsPath(s, data)
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("RECORDINGS_DIR: %w", err)
	}
	return recordings.OpenDir(path, store.Ring(), now)
}

// openJournal opens this replica's file of opt-outs.
func openJournal(s Settings, data string) (*casestore.Journal, error) {
	path := journalPath(s, data)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("OPTOUT_JOURNAL: %w", err)
	}
	return casestore.OpenJournal(path)
}

// run listens until ctx ends. Then it says that it is not ready, and goes on answering
// for a while: a balancer needs that long to see it. Then no new request is taken,
// turns in flight finish, and the workers stop last. It ends with an error when our own Redis is
// gone: whoever supervises the program starts both anew.
func (l *line) run(ctx context.Context, s Settings, gone <-chan struct{}, stdout io.Writer, log *slog.Logger) error {
	public, err := net.Listen("tcp", s.Deploy.Listen)
	if err != nil {
		return fmt.Errorf("LISTEN: %w", err)
	}
	admin, err := net.Listen("tcp", s.Deploy.AdminListen)
	if err != nil {
		public.Close()
		return fmt.Errorf("ADMIN_LISTEN: %w", err)
	}
	working, stopWorking := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWorking()
	var workers sync.WaitGroup
	workers.Go(func() { l.store.KeepNumbers(working) })
	workers.Go(func() { l.store.Work(working, workerName(), l.effects()) })
	workers.Go(func() { l.tick(working, log) })

	servers := []*http.Server{hardened(l.lastAnswers(l.handler), log), hardened(l.adminHandler(), log)}
	if l.console != nil {
		l.openConsole(s, admin.Addr().String())
		servers[1].RegisterOnShutdown(l.console.Stop)
		workers.Go(func() { l.console.Warm(working) })
	}
	failed := make(chan error, len(servers))
	for i, listener := range []net.Listener{public, admin} {
		go func() { failed <- servers[i].Serve(listener) }()
	}
	fmt.Fprintf(stdout, "Twilio's webhooks: %s (public address %s)\nmetrics and health: http://%s\n", public.Addr(), s.Deploy.PublicURL, admin.Addr())
	log.Info("ready", "listen", public.Addr().String(), "admin", admin.Addr().String())
	select {
	case <-ctx.Done():
		err = l.drain(s.Deploy.DrainDelay, failed, gone)
	case err = <-failed:
	case <-gone:
		err = errRedisGone
	}
	log.Info("stopping")
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopping)
	defer cancel()
	for _, server := range servers {
		if shut := server.Shutdown(stop); shut != nil {
			log.Error("a listener did not stop", "err", shut)
		}
	}
	stopWorking()
	workers.Wait()
	return err
}

var errRedisGone = errors.New("redis-server ended by itself; its output is in redis.log beside its data")

// drain waits until no balancer sends anything here any more.
func (l *line) drain(delay time.Duration, failed <-chan error, gone <-chan struct{}) error {
	l.ending.Store(true)
	l.log.Info("not ready any more; answering on", "for", delay.String())
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case err := <-failed:
		return err
	case <-gone:
		return errRedisGone
	}
	return nil
}

// lastAnswers has each connection closed with an answer once the program is about to
// stop: one that is closed while a request is on its way costs that request.
func (l *line) lastAnswers(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.ending.Load() {
			w.Header().Set("Connection", "close")
		}
		h.ServeHTTP(w, r)
	})
}

// workerName tells replicas apart in the outbox.
func workerName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "replica"
	}
	return fmt.Sprintf("%s-%d", host, os.Getpid())
}

// hardened bears slow and hostile clients.
func hardened(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 20 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// adminHandler answers metrics, health and the console on the second listener.
func (l *line) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(l.metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { l.ready(w, r) })
	if l.console != nil {
		mux.Handle("/", l.console.Handler())
	}
	return guarded(mux, l.log)
}
