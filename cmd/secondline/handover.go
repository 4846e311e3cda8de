package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"secondline/internal/fhir"
)

const handOverUsage = `secondline handover writes one request as a FHIR R4 transaction Bundle, which a
FHIR server takes as it is. It holds what the patient told.

  secondline handover REQUEST > bundle.json

REQUEST is a request number, or the name of a case. Events carry the same bundle when
an intake is complete.

`

// runHandOver writes one bundle.
func runHandOver(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("handover", flag.ContinueOnError)
	flags.SetOutput(stderr)
	data := flags.String("data", "data", "the directory that serve was given")
	flags.Usage = func() { fmt.Fprint(stderr, handOverUsage); flags.PrintDefaults() }
	if err := flags.Parse(args); err != nil {
		return flagStatus(err)
	}
	if flags.NArg() != 1 {
		fmt.Fprint(stderr, handOverUsage)
		return 2
	}
	if err := handOver(ctx, env, *data, flags.Arg(0), stdout); err != nil {
		fmt.Fprintln(stderr, "secondline handover:", err)
		return 1
	}
	return 0
}

func handOver(ctx context.Context, env environment, data, which string, stdout io.Writer) error {
	k, err := openKept(ctx, env, data)
	if err != nil {
		return err
	}
	settings, store := k.settings, k.store
	defer store.Close()
	c, err := findCase(ctx, store, which)
	if err != nil {
		return err
	}
	bundle, err := fhir.Bundle(c, fhir.Programme{Organisation: settings.Programme.Organisation, URL: settings.Deploy.PublicURL})
	if errors.Is(err, fhir.ErrNotComplete) {
		return errors.New("its intake is not complete: there is nothing to hand over yet")
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s\n", bundle)
	return err
}
