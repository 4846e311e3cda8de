package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"secondline/internal/audit"
)

const auditUsage = `secondline audit verify reads the record of who read and changed what, and says
whether any line of it was altered, removed, added or moved.

  secondline audit verify [-data DIR]                  every record of this machine
  secondline audit verify [-head "NUMBER HASH"] FILE…

Each is compared with the head that lies beside it (FILE.head), which is printed. Note
that line elsewhere: given as -head, it finds a record that was written anew as a
whole. Every replica has a record of its own, and so have the commands of a machine
(audit.cli.log beside audit.log).

`

// runAudit verifies records. The status is 1 when one does not verify.
func runAudit(args []string, env environment, stdout, stderr io.Writer) int {
	if len(args) == 0 || args[0] != "verify" {
		fmt.Fprint(stderr, auditUsage)
		return 2
	}
	flags := flag.NewFlagSet("audit verify", flag.ContinueOnError)
	flags.SetOutput(stderr)
	noted := flags.String("head", "", "a head that was noted earlier, in place of the one beside the file")
	data := flags.String("data", "data", "the directory that serve was given")
	flags.Usage = func() { fmt.Fprint(stderr, auditUsage); flags.PrintDefaults() }
	if err := flags.Parse(args[1:]); err != nil {
		return flagStatus(err)
	}
	var known audit.Head
	if *noted != "" {
		var err error
		if known, err = audit.ParseHead(*noted); err != nil || flags.NArg() != 1 {
			fmt.Fprintln(stderr, "secondline audit: -head is a number and 64 hexadecimal digits, of one file")
			return 2
		}
	}
	files, err := flags.Args(), error(nil)
	if len(files) == 0 {
		if files, err = recordsHere(env, *data); err != nil {
			fmt.Fprintln(stderr, "secondline audit:", err)
			return 1
		}
	}
	status := 0
	for _, path := range files {
		status = max(status, verifyRecord(path, known, stdout, stderr))
	}
	return status
}

// recordsHere finds the records that serve and the commands of this machine write.
func recordsHere(env environment, data string) ([]string, error) {
	path := filepath.Join(data, "audit.log")
	if at, ok := env("AUDIT_LOG"); ok && at != "" {
		path = at
	}
	files, err := auditFiles(path)
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("there is no record at %s: give the -data of serve, AUDIT_LOG, or files", path)
	}
	return files, err
}

func verifyRecord(path string, known audit.Head, stdout, stderr io.Writer) int {
	head, err := audit.VerifyFile(path, known)
	if problem, ok := errors.AsType[audit.Problem](err); ok {
		fmt.Fprintf(stderr, "%s does not verify: %s\n", path, problem)
		return 1
	}
	if err != nil {
		fmt.Fprintln(stderr, "secondline audit:", err)
		return 1
	}
	fmt.Fprintf(stdout, "%s verifies: %d lines, none altered, removed or moved.\nIts head: %s\n", path, head.N, strings.TrimSpace(head.String()))
	return 0
}
