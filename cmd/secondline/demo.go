package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"secondline/internal/twiliosim/phone"
)

const demoUsage = `secondline demo shows the line in a browser telephone. It needs no account, no
Redis and no network. Nothing is kept when it ends.

  secondline demo [-listen 127.0.0.1:8090]

`

// runDemo serves the browser telephone until ctx ends.
func runDemo(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", "127.0.0.1:8090", "where the page is; port 0 takes any free one")
	verbose := flags.Bool("v", false, "print the program's log")
	flags.Usage = func() { fmt.Fprint(stderr, demoUsage); flags.PrintDefaults() }
	if err := flags.Parse(args); err != nil {
		return flagStatus(err)
	}
	log := slog.New(slog.DiscardHandler)
	if *verbose {
		log = newLog(stderr)
	}
	if err := demo(ctx, env, *listen, stdout, log); err != nil {
		fmt.Fprintln(stderr, "secondline demo:", err)
		return 1
	}
	return 0
}

func demo(ctx context.Context, env environment, listen string, stdout io.Writer, log *slog.Logger) error {
	settings, err := LoadSettings(env, os.ReadFile)
	settings.Deploy = settings.Deploy.alone()
	if err != nil {
		return err
	}
	c := &clock{real: time.Now()}
	w, err := newWorld(settings, c, log, hooks{})
	if err != nil {
		return err
	}
	defer w.stop()
	w.work()
	alive, rest := context.WithCancel(ctx)
	defer rest()
	go w.live(alive)
	x, err := newDemoPhone(w, settings)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("the page cannot be shown at %s: %w; -listen 127.0.0.1:0 takes any free port", listen, err)
	}
	fmt.Fprintf(stdout, "The line is here, in a browser telephone:\n\n  http://%s\n\nNothing is kept, and no real call is placed. Ctrl-C ends it.\n", listener.Addr())
	server := hardened(phone.Handler(x, log), log)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		// A browser may hold a connection open that it has asked nothing on.
		if err := server.Shutdown(stop); err != nil {
			return server.Close()
		}
		return nil
	}
}
