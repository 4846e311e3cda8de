package main

import (
	"context"
	"errors"
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
	return runKept(ctx, "handover", keptCommand{usage: handOverUsage, least: 1, most: 1, do: handOver}, args, env, stdout, stderr)
}

func handOver(ctx context.Context, k kept, args []string, stdout io.Writer) error {
	settings := k.settings
	c, err := findCase(ctx, k.store, args[0])
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
