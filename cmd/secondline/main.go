// Command secondline is the telephone and text line of an online second opinion
// programme.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"secondline/casestore"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	casestore.LogTo(clientLogFor(os.Args[1:], os.Stderr))
	os.Exit(run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr))
}

const usage = `secondline answers the telephone and text line of a second opinion programme.

  secondline demo       try the line in a browser telephone; needs nothing else
  secondline call       play a call from the terminal and print what was heard
  secondline text       play an exchange of texts from the terminal
  secondline flow       draw the call scripts, or check that they are sound
  secondline plan       show how a promise to call within 24 hours is kept
  secondline simulate   keep a year of such promises, and count
  secondline explain    tell what was done to keep the promise of one request, and what comes next
  secondline handover   write one request as a FHIR bundle
  secondline serve      answer real calls
  secondline audit      verify the record of who read and changed what
  secondline case       list, show and move requests
  secondline task       list what is owed, and close it
  secondline optout     keep a number from texts and automated calls
  secondline events     show events that went wrong, and try them again
  secondline retention  delete what has been kept for long enough
  secondline keys       which key has sealed how much; seal everything anew
  secondline export     write every request to a file, in the clear
  secondline fallback   write the document that reaches a person when nothing of ours runs
  secondline config     print the settings in force and where each came from
  secondline doctor     look at everything that the line needs, and say what to do
  secondline loadtest   play calls and texts against a line for tests, and time the answers
  secondline version    print the version

secondline COMMAND -h explains a command.
`

// clientLogFor says where the client of Redis writes: into the log of serve, and
// nowhere for a command that says by itself what is wrong.
func clientLogFor(args []string, stderr io.Writer) *slog.Logger {
	if len(args) > 0 && args[0] == "serve" {
		return newLog(stderr)
	}
	return slog.New(slog.DiscardHandler)
}

// environment looks up a variable, as os.LookupEnv does.
type environment = func(string) (string, bool)

// run carries out a command and gives the exit status: 0 when it did what was
// asked, 1 when it did not, 2 when the question was not understood. It ends when
// ctx does.
func run(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return 2
	}
	switch args[0] {
	case "serve":
		return runServe(ctx, args[1:], env, stdout, stderr)
	case "demo":
		return runDemo(ctx, args[1:], env, stdout, stderr)
	case "call":
		return runCall(ctx, args[1:], env, stdout, stderr)
	case "text":
		return runText(ctx, args[1:], env, stdout, stderr)
	case "flow":
		return runFlow(args[1:], stdout, stderr)
	case "plan":
		return runPlan(args[1:], stdout, stderr)
	case "simulate":
		return runSimulate(ctx, args[1:], stdout, stderr)
	case "explain":
		return runExplain(ctx, args[1:], env, stdout, stderr)
	case "handover":
		return runHandOver(ctx, args[1:], env, stdout, stderr)
	case "audit":
		return runAudit(args[1:], env, stdout, stderr)
	case "case":
		return runCase(ctx, args[1:], env, stdout, stderr)
	case "task":
		return runTask(ctx, args[1:], env, stdout, stderr)
	case "optout":
		return runOptOut(ctx, args[1:], env, stdout, stderr)
	case "events":
		return runEvents(ctx, args[1:], env, stdout, stderr)
	case "retention":
		return runRetention(ctx, args[1:], env, stdout, stderr)
	case "keys":
		return runKeys(ctx, args[1:], env, stdout, stderr)
	case "export":
		return runExport(ctx, args[1:], env, stdout, stderr)
	case "fallback":
		return runFallback(args[1:], env, stdout, stderr)
	case "doctor":
		return runDoctor(ctx, args[1:], env, stdout, stderr)
	case "config":
		return runConfig(args[1:], env, stdout, stderr)
	case "loadtest":
		return runLoadTest(ctx, args[1:], env, stdout, stderr)
	case "version":
		fmt.Fprintln(stdout, version())
		return 0
	case "help", "-h", "-help", "--help":
		fmt.Fprint(stdout, usage)
		return 0
	}
	fmt.Fprintf(stderr, "secondline: there is no command %q\n\n%s", args[0], usage)
	return 2
}

// version gives the module's version and the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "secondline, version not known"
	}
	out := []string{"secondline", info.Main.Version}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			out = append(out, s.Value)
		}
	}
	return strings.Join(append(out, info.GoVersion), " ")
}
