package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"secondline/internal/audit"
)

const auditUsage = `secondline audit verify reads the record of who read and changed what, and says
whether any line of it was altered, removed, added or moved.

  secondline audit verify [-head "NUMBER HASH"] FILE

It compares with the head that lies beside the file (FILE.head) and prints it. Note
that line elsewhere: given as -head, it finds a record that was written anew as a
whole. Every replica has a file of its own.

`

// runAudit verifies a record. The status is 1 when it does not verify.
func runAudit(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 || args[0] != "verify" {
		fmt.Fprint(stderr, auditUsage)
		return 2
	}
	flags := flag.NewFlagSet("audit verify", flag.ContinueOnError)
	flags.SetOutput(stderr)
	noted := flags.String("head", "", "a head that was noted earlier, in place of the one beside the file")
	flags.Usage = func() { fmt.Fprint(stderr, auditUsage); flags.PrintDefaults() }
	if err := flags.Parse(args[1:]); err != nil {
		return flagStatus(err)
	}
	if flags.NArg() != 1 {
		fmt.Fprint(stderr, auditUsage)
		return 2
	}
	var known audit.Head
	if *noted != "" {
		var err error
		if known, err = audit.ParseHead(*noted); err != nil {
			fmt.Fprintln(stderr, "secondline audit: -head:", err)
			return 2
		}
	}
	head, err := audit.VerifyFile(flags.Arg(0), known)
	if problem, ok := errors.AsType[audit.Problem](err); ok {
		fmt.Fprintln(stderr, "The record does not verify:", problem)
		return 1
	}
	if err != nil {
		fmt.Fprintln(stderr, "secondline audit:", err)
		return 1
	}
	fmt.Fprintf(stdout, "The record verifies: %d lines, none altered, removed or moved.\nIts head: %s\n", head.N, strings.TrimSpace(head.String()))
	return 0
}
