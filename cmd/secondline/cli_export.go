package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"secondline/casestore"
)

const exportUsage = `secondline export writes every request, in the clear, to a new file.

  secondline export FILE

FILE gets a line of JSON a request, with names, dates of birth, telephone numbers and
what was agreed to: keep it as you keep medical records, and delete it when it is done
with. Only its owner may read it. Recordings are not in it.

`

// runExport is the command "secondline export".
func runExport(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) int {
	return runKept(ctx, "export", keptCommand{usage: exportUsage, least: 1, most: 1, do: func(ctx context.Context, k kept, args []string, out io.Writer) error {
		n, err := exportCases(ctx, k, args[0])
		if err == nil {
			_, err = fmt.Fprintf(out, "%d requests are in %s. It holds personal data in the clear: delete it when it is done with.\n", n, args[0])
		}
		return err
	}}, args, env, stdout, stderr)
}

// exportCases writes a new file, whole or not at all.
func exportCases(ctx context.Context, k kept, path string) (n int, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err = errors.Join(err, file.Close()); err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	tasks, err := k.store.Tasks(ctx)
	if err != nil {
		return 0, err
	}
	lines := json.NewEncoder(file)
	lines.SetEscapeHTML(false)
	err = k.store.EachCase(ctx, func(c *casestore.Case) error {
		whole, err := wholeCase(ctx, k.store, c, tasks)
		if err != nil {
			return err
		}
		n++
		return lines.Encode(whole)
	})
	if err != nil {
		return n, err
	}
	return n, file.Sync()
}

// exported is a case in the clear.
type exported struct {
	ID           casestore.CaseID    `json:"id"`
	Stage        casestore.Stage     `json:"stage"`
	Number       string              `json:"request_number,omitempty"`
	Line         string              `json:"line"`
	Language     string              `json:"language"`
	Opened       time.Time           `json:"opened"`
	Updated      time.Time           `json:"changed"`
	Caller       string              `json:"caller,omitempty"`
	Answers      map[string]string   `json:"answers"`
	Consents     []casestore.Consent `json:"consents"`
	Coordinator  string              `json:"coordinator,omitempty"`
	ActionNeeded bool                `json:"action_needed,omitempty"`
	Waiting      int                 `json:"places_awaited,omitempty"`
	CallBy       time.Time           `json:"call_by,omitzero"`
	RecordsAt    time.Time           `json:"records_at,omitzero"`
	DeliveredAt  time.Time           `json:"delivered_at,omitzero"`
	OptedOut     time.Time           `json:"opted_out,omitzero"`
	Promise      *exportedPromise    `json:"promise,omitempty"`
	Owed         []exportedTask      `json:"owed,omitempty"`
}

type exportedPromise struct {
	State     casestore.PromiseState `json:"state"`
	Outcome   string                 `json:"outcome,omitempty"`
	Delivered time.Time              `json:"delivered"`
	Ended     time.Time              `json:"ended,omitzero"`
	Attempts  []casestore.Attempt    `json:"attempts,omitempty"`
	Log       []casestore.Decision   `json:"log,omitempty"`
}

type exportedTask struct {
	ID   string             `json:"id"`
	Kind casestore.TaskKind `json:"kind"`
	Due  time.Time          `json:"due"`
	Note string             `json:"note,omitempty"`
}

func wholeCase(ctx context.Context, store *casestore.Store, c *casestore.Case, tasks []*casestore.Task) (exported, error) {
	out := exported{ID: c.ID, Stage: c.Stage, Number: c.Number.Reveal(), Line: c.Line, Language: c.Language, Opened: c.Opened, Updated: c.Updated,
		Caller: c.Caller.Reveal(), Answers: map[string]string{}, Consents: c.Consents, Coordinator: c.Coordinator, ActionNeeded: c.ActionNeeded,
		Waiting: c.Waiting, CallBy: c.CallBy, RecordsAt: c.RecordsAt, DeliveredAt: c.DeliveredAt}
	for name, value := range c.Answers {
		out.Answers[name] = value.Reveal()
	}
	for _, t := range tasks {
		if t.Case == c.ID {
			out.Owed = append(out.Owed, exportedTask{t.ID, t.Kind, t.Due, t.Note.Reveal()})
		}
	}
	stop, opted, err := store.OptedOut(ctx, store.Ring().Person(c.Phone()))
	if err != nil {
		return out, err
	}
	if opted {
		out.OptedOut = stop.At
	}
	p, err := store.Promise(ctx, c.Partition, c.ID)
	switch {
	case errors.Is(err, casestore.ErrNotFound):
		return out, nil
	case err != nil:
		return out, err
	}
	out.Promise = &exportedPromise{p.State, p.Outcome, p.Delivered, p.Ended, p.Attempts, p.Log}
	return out, nil
}
