package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"text/tabwriter"

	"secondline/internal/private"
)

const configUsage = `Usage: secondline config [-json] [-new-keys]

Shows every setting in force and where it comes from, then everything that is
wrong or missing for "secondline serve". Secrets are never shown. Exit code 0:
serve can start; 1: it cannot.

`

// runConfig is the command "secondline config". It returns the exit code: 0
// when serve could start with these settings, 1 when not, 2 for a wrong flag.
func runConfig(args []string, env func(string) (string, bool), stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("config", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		_, _ = io.WriteString(flags.Output(), configUsage)
		flags.PrintDefaults()
	}
	asJSON := flags.Bool("json", false, "print JSON")
	newKeys := flags.Bool("new-keys", false, "print a fresh value for PHI_KEYS and nothing else")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		_, _ = fmt.Fprintf(stderr, "config takes no argument %q\n", flags.Arg(0))
		flags.Usage()
		return 2
	}
	if *newKeys {
		return printNewKeys(stdout, stderr)
	}
	return printConfig(env, *asJSON, stdout, stderr)
}

func printNewKeys(stdout, stderr io.Writer) int {
	keys, err := newPHIKeys(rand.Reader)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	_, _ = fmt.Fprintln(stdout, keys)
	_, _ = fmt.Fprintln(stderr, `Set this as PHI_KEYS and keep a copy where you keep passwords: without it
nothing that callers said can be read again. To change the sealing key, put the
new one (k...) after "index" and leave the old one behind it. Keep "index".`)
	return 0
}

// shownSetting is a setting as an operator may see it.
type shownSetting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	From  string `json:"from"`
}

// configReport is what config prints.
type configReport struct {
	Settings []shownSetting `json:"settings"`
	Faults   Faults         `json:"faults"`
	Warnings []string       `json:"warnings"`
}

func printConfig(env func(string) (string, bool), asJSON bool, stdout, stderr io.Writer) int {
	settings, err := LoadSettings(env, os.ReadFile)
	report := configReport{Settings: settings.shown(), Faults: faultsOf(err).with(faultsOf(settings.ValidateServe())), Warnings: settings.Warnings()}
	if asJSON {
		err = report.writeJSON(stdout)
	} else {
		err = report.write(stdout, stderr)
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "print settings: %v\n", err)
		return 1
	}
	if len(report.Faults) > 0 {
		return 1
	}
	return 0
}

func faultsOf(err error) Faults {
	faults, _ := errors.AsType[Faults](err)
	return faults
}

func (r configReport) writeJSON(w io.Writer) error {
	if r.Faults == nil {
		r.Faults = Faults{}
	}
	if r.Warnings == nil {
		r.Warnings = []string{}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

func (r configReport) write(stdout, stderr io.Writer) error {
	table := tabwriter.NewWriter(stdout, 0, 8, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "SETTING\tVALUE\tFROM")
	for _, s := range r.Settings {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", s.Name, s.Value, s.From)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, w := range r.Warnings {
		_, _ = fmt.Fprintln(stderr, "note: "+w)
	}
	if err := r.Faults.err(); err != nil {
		_, _ = fmt.Fprintln(stderr, err)
	}
	return nil
}

func (s Settings) shown() []shownSetting {
	var out []shownSetting
	eachProgrammeSetting(s.Programme, func(key string, _ reflect.StructField, v reflect.Value) {
		if roster, ok := v.Interface().([]Coordinator); ok {
			out = append(out, shownRoster(key, roster, s.source(key))...)
			return
		}
		out = append(out, shownSetting{key, tomlText(v), s.source(key)})
	})
	eachDeploySetting(s.Deploy, func(name string, f reflect.StructField, v reflect.Value) {
		out = append(out, shownSetting{name, maskedValue(name, f, v), s.source(name)})
	})
	return out
}

func (s Settings) source(key string) string {
	if from := s.from[key]; from != "" {
		return from
	}
	return fromDefault
}

// shownRoster shows the end of each number only: a coordinator's may be private.
func shownRoster(key string, roster []Coordinator, from string) []shownSetting {
	if len(roster) == 0 {
		return []shownSetting{{key, "nobody", from}}
	}
	var out []shownSetting
	for i, c := range roster {
		value := fmt.Sprintf("%s, %s, %s", c.Name, lastFour(c.Number), strings.Join(c.Languages, " "))
		out = append(out, shownSetting{fmt.Sprintf("%s[%d]", key, i+1), value, from})
	}
	return out
}

func maskedValue(name string, f reflect.StructField, v reflect.Value) string {
	text := ""
	switch x := v.Interface().(type) {
	case private.Text:
		return maskedSecret(name, x)
	case []netip.Prefix:
		for i, p := range x {
			text += strings.Repeat(", ", min(i, 1)) + p.String()
		}
	case string:
		if text = x; strings.Contains(x, "://") {
			text = maskedAddress(x)
		}
	default:
		text = fmt.Sprint(x)
	}
	if text == "" {
		return "not set"
	}
	if f.Tag.Get("mask") == "last4" {
		return lastFour(text)
	}
	return text
}

func maskedSecret(name string, secret private.Text) string {
	switch {
	case secret.Empty():
		return "not set"
	case name == "REDIS_URL":
		return maskedAddress(secret.Reveal())
	}
	return "set, not shown"
}

// maskedAddress drops user, password and parameters, without trusting the
// address to be one that parses.
func maskedAddress(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return "set, not shown"
	}
	rest, _, _ = strings.Cut(rest, "?")
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = "***@" + rest[at+1:]
	}
	return scheme + "://" + rest
}

func lastFour(s string) string {
	if len(s) <= 8 {
		return "…"
	}
	return "…" + s[len(s)-4:]
}
