package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"secondline/casestore"
	"secondline/internal/hours"
)

const doctorUsage = `secondline doctor looks at everything that the line needs and says what is wrong
with it and what to do: settings, roster, time zones, Redis, keys, disk, Twilio's
account and numbers, and who is told of events.

  secondline doctor [-data DIR] [-connect=false] [-json]

It reads the settings of secondline serve; give it the same -data. In Redis it
leaves one mark of the key that seals; at Twilio it changes nothing. Exit code 1:
something is bad.

`

// runDoctor examines this copy of the line.
func runDoctor(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) int {
	return runDoctorWith(ctx, doctorTools{now: time.Now, free: freeBytes, zone: hours.LoadZone, dial: dialTLS}, args, env, stdout, stderr)
}

// doctorTools are what a doctor looks at the machine with.
type doctorTools struct {
	now  func() time.Time
	free func(path string) (bytes uint64, err error)
	zone func(name string) (*time.Location, error)
	// dial connects to an address, with TLS where it is https, and gives the end of
	// the certificate; zero for none.
	dial func(ctx context.Context, address string) (time.Time, error)
}

func runDoctorWith(ctx context.Context, tools doctorTools, args []string, env environment, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags.SetOutput(stderr)
	data := flags.String("data", "data", "the directory that serve was given")
	connect := flags.Bool("connect", true, "connect to our public address and to those who are told of events")
	asJSON := flags.Bool("json", false, "print JSON")
	flags.Usage = func() { fmt.Fprint(stderr, doctorUsage); flags.PrintDefaults() }
	if err := flags.Parse(args); err != nil {
		return flagStatus(err)
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "doctor takes no argument %q\n\n%s", flags.Arg(0), doctorUsage)
		return 2
	}
	d := &doctor{tools: tools, data: *data, connect: *connect}
	d.examine(ctx, env)
	err := d.write(stdout, *asJSON)
	if err != nil {
		fmt.Fprintln(stderr, "secondline doctor:", err)
	}
	if err != nil || d.counts()[bad] > 0 {
		return 1
	}
	return 0
}

// state is what a doctor thinks of one thing.
type state string

const (
	fine state = "ok"
	warn state = "warn" // the line runs, and somebody may be surprised
	bad  state = "bad"  // the line does not do what it should
)

// finding is one thing that was looked at. It holds no secret and nothing personal.
type finding struct {
	Name  string `json:"check"`
	State state  `json:"state"`
	Found string `json:"found"`
	// Do is what an operator does about it; empty where it is fine.
	Do string `json:"do,omitempty"`
}

// doctor examines one copy of the line.
type doctor struct {
	tools   doctorTools
	data    string
	connect bool

	settings Settings
	store    *casestore.Store // nil where there is none to be had
	findings []finding
}

func (d *doctor) ok(name, found string, args ...any) {
	d.findings = append(d.findings, finding{Name: name, State: fine, Found: fmt.Sprintf(found, args...)})
}

// notFine keeps a finding with what to do.
func (d *doctor) notFine(s state, name, do, found string, args ...any) {
	d.findings = append(d.findings, finding{Name: name, State: s, Found: fmt.Sprintf(found, args...), Do: do})
}

// examine looks at everything. One thing that is wrong keeps it from none of the
// others.
func (d *doctor) examine(ctx context.Context, env environment) {
	settings, err := LoadSettings(env, os.ReadFile)
	d.settings = settings
	d.examineSettings(faultsOf(err).with(faultsOf(settings.ValidateServe())))
	d.examineRoster()
	d.examineZones()
	d.examineRedis(ctx)
	d.examinePlace(ctx)
	d.examineTwilio(ctx)
	d.examineEvents(ctx)
	if d.store != nil {
		_ = d.store.Close() // nothing was asked that could be lost
	}
}

func (d *doctor) counts() map[state]int {
	out := map[state]int{}
	for _, f := range d.findings {
		out[f.State]++
	}
	return out
}

func (d *doctor) write(w io.Writer, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"findings": d.findings, "ok": d.counts()[bad] == 0})
	}
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, f := range d.findings {
		fmt.Fprintf(table, "%s\t%s\t%s\n", f.State, f.Name, f.Found)
		if f.Do != "" {
			fmt.Fprintf(table, "\t\t→ %s\n", f.Do)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	n := d.counts()
	_, err := fmt.Fprintf(w, "\n%d fine, %d to look at, %d bad\n", n[fine], n[warn], n[bad])
	return err
}

// list joins names for people.
func list(names []string) string { return strings.Join(names, ", ") }
