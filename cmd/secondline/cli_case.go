package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
)

const caseUsage = `secondline case shows and moves requests.

  secondline case list [-stage STAGE]           every request, the last changed first
  secondline case show NUMBER|CASE              one request, masked, and what was done for it
  secondline case advance [-at TIME] NUMBER|CASE STAGE
  secondline case shred -sure NUMBER|CASE       delete all that is personal of it, at once
  secondline case note NUMBER|CASE WORDS        write a line into its history, which the console shows

`

// runCase is the command "secondline case".
func runCase(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) int {
	stage, at := "", ""
	return runKeptGroup(ctx, "case", caseUsage, map[string]keptCommand{
		"list": {usage: "Usage: secondline case list [-stage STAGE]\n\n", flags: func(f *flag.FlagSet) {
			f.StringVar(&stage, "stage", "", "only requests at this stage: "+list(stageNames()))
		}, do: func(ctx context.Context, k kept, _ []string, out io.Writer) error {
			return listCases(ctx, k, stage, out)
		}},
		"show": {usage: "Usage: secondline case show NUMBER|CASE\n\nNUMBER is a request number, CASE the name of a case as logs have it.\n\n", least: 1, most: 2, do: showCase},
		"advance": {usage: "Usage: secondline case advance [-at TIME] NUMBER|CASE STAGE\n\nSTAGE is one of " + list(stageNames()) + ".\nThe patient is told of it as of any other change of stage; delivered promises a call\nwithin 24 hours of TIME. News of the case system that is older changes it no more.\n\n",
			least: 2, most: 2, flags: func(f *flag.FlagSet) {
				f.StringVar(&at, "at", "", "when it came to that stage, as 2027-03-02T10:12:00-05:00; now by default")
			}, do: func(ctx context.Context, k kept, args []string, out io.Writer) error {
				return advanceCase(ctx, k, args[0], args[1], at, out)
			}},
		"shred": shredCommand(),
		"note":  {usage: "Usage: secondline case note NUMBER|CASE WORDS\n\nThe words are kept sealed with the request, and shown at the console. Quote them.\n\n", least: 2, most: 2, do: noteCase},
	}, args, env, stdout, stderr)
}

// longestNote is how many bytes a note may have.
const longestNote = 4000

// noteCase writes a line into the history of a request.
func noteCase(ctx context.Context, k kept, args []string, out io.Writer) error {
	words := strings.TrimSpace(args[1])
	if words == "" || len(words) > longestNote {
		return errUsage{fmt.Sprintf("a note has 1 to %d bytes", longestNote)}
	}
	c, err := findCase(ctx, k.store, args[0])
	if err != nil {
		return err
	}
	if !c.Forgotten.IsZero() {
		return casestore.ErrForgotten
	}
	if err := k.store.AddEntry(ctx, c.Partition, c.ID, casestore.CaseEntry{At: k.now, What: casestore.EntryNote, Who: "operator", Text: private.Of(words)}); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "It is noted.")
	return err
}

var allStages = []casestore.Stage{casestore.StageStarted, casestore.StageRequested, casestore.StageCollectingRecords, casestore.StageRecordsComplete,
	casestore.StageInReview, casestore.StageDelivered, casestore.StageFollowedUp, casestore.StageClosed, casestore.StageIneligible, casestore.StageOnHold, casestore.StageWithdrawn}

func stageNames() []string {
	out := make([]string, len(allStages))
	for i, s := range allStages {
		out[i] = string(s)
	}
	return out
}

// parseStage reads the name of a stage, with hints for one that is none.
func parseStage(name string) (casestore.Stage, error) {
	name = strings.ReplaceAll(strings.ToLower(name), " ", "_")
	if slices.Contains(stageNames(), name) {
		return casestore.Stage(name), nil
	}
	if hint := nearest(name, stageNames()); hint != "" {
		return "", errUsage{fmt.Sprintf("there is no stage %q; did you mean %s?", name, hint)}
	}
	return "", errUsage{fmt.Sprintf("there is no stage %q; there is %s", name, list(stageNames()))}
}

func listCases(ctx context.Context, k kept, stage string, out io.Writer) error {
	if stage != "" {
		want, err := parseStage(stage)
		if err != nil {
			return err
		}
		stage = string(want)
	}
	var all []*casestore.Case
	err := k.store.EachCase(ctx, func(c *casestore.Case) error {
		if stage == "" || string(c.Stage) == stage {
			all = append(all, c)
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b *casestore.Case) int {
		return b.Updated.Compare(a.Updated)*2 + strings.Compare(string(a.ID), string(b.ID))
	})
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "CASE\tSTAGE\tREQUEST\tLINE\tLANGUAGE\tCOORDINATOR\tCHANGED")
	for _, c := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", c.ID, inBlanks(c.Stage), ending(c.Number), c.Line, c.Language, k.who(c.Coordinator), k.when(c.Updated))
	}
	return w.Flush()
}

// find finds a case, an unfinished one too.
func (k kept) find(ctx context.Context, which string) (*casestore.Case, error) {
	c, err := findCase(ctx, k.store, which)
	if err == nil || !strings.HasPrefix(which, "c") {
		return c, err
	}
	found := errors.New("found")
	scan := k.store.EachCase(ctx, func(draft *casestore.Case) error {
		if string(draft.ID) != which {
			return nil
		}
		c = draft
		return found
	})
	if errors.Is(scan, found) {
		k.store.Record(ctx, casestore.Deed{What: "case.read", Case: c.ID, Outcome: "shown"})
		return c, nil
	}
	return nil, errors.Join(err, scan)
}

func showCase(ctx context.Context, k kept, args []string, out io.Writer) error {
	c, err := k.find(ctx, strings.Join(args, ""))
	if err != nil {
		return err
	}
	p, err := k.store.Promise(ctx, c.Partition, c.ID)
	if err != nil && !errors.Is(err, casestore.ErrNotFound) {
		return err
	}
	tasks, err := k.store.Tasks(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	row := func(name, value string) { fmt.Fprintf(w, "%s\t%s\n", name, value) }
	row("request", ending(c.Number))
	row("line", c.Line+", "+c.Language)
	row("opened", k.when(c.Opened))
	row("changed", k.when(c.Updated))
	row("coordinator", k.who(c.Coordinator))
	row("telephone", masked(c.Phone()))
	for _, name := range slices.Sorted(maps.Keys(c.Answers)) {
		row("  "+name, masked(c.Answers[name]))
	}
	for _, agreed := range c.Consents {
		row("consent", fmt.Sprintf("%s: %s, %s, wording %s", agreed.Kind, inBlanks(agreed.Given), k.when(agreed.At), strings.TrimSpace(agreed.Prompt+" "+agreed.Version)))
	}
	if !c.Forgotten.IsZero() {
		row("deleted", k.when(c.Forgotten)+", "+inBlanks(c.ForgottenWhy)+"; what shows who agreed to what is left")
		return w.Flush()
	}
	contact, err := k.store.ContactOf(ctx, c.Phone())
	if err != nil {
		return err
	}
	for name, by := range map[string]casestore.Channel{"texts": casestore.ByText, "automated calls": casestore.ByAutomatedCall} {
		row(name, mayWords(contact.May(by, false)))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = io.WriteString(out, "\n"+explanation(c, p, tasks, k.zone))
	return err
}

func mayWords(why casestore.Reason) string {
	if why == casestore.OK {
		return "may be sent"
	}
	return "none: " + inBlanks(why)
}

func advanceCase(ctx context.Context, k kept, which, to, at string, out io.Writer) error {
	stage, err := parseStage(to)
	if err != nil {
		return err
	}
	if stage == casestore.StageStarted {
		return errUsage{"no request becomes unfinished again"}
	}
	when := k.now
	if at != "" {
		if when, err = time.Parse(time.RFC3339, at); err != nil {
			return errUsage{fmt.Sprintf("-at: %q is no time; an example: 2027-03-02T10:12:00-05:00", at)}
		}
		if when.After(k.now) {
			return errUsage{"-at is in the future"}
		}
	}
	c, err := findCase(ctx, k.store, which)
	if err != nil {
		return err
	}
	was := c.Stage
	if was == stage && (stage != casestore.StageDelivered || at == "" || c.DeliveredAt.Equal(when)) {
		fmt.Fprintf(out, "Case %s is at the stage %q already.\n", c.ID, inBlanks(stage))
		return nil
	}
	c, _, err = k.store.Advance(ctx, c.Partition, c.ID, stage, func(c *casestore.Case) {
		c.Newer("stage", casestore.Stamp{At: k.now, ID: "operator"})
		switch stage {
		case casestore.StageRecordsComplete:
			c.RecordsAt = when
		case casestore.StageDelivered:
			c.DeliveredAt = when
		}
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Case %s: %s → %s.\n", c.ID, inBlanks(was), inBlanks(c.Stage))
	if stage == casestore.StageDelivered {
		fmt.Fprintf(out, "A call is promised by %s; secondline explain %s tells what comes of it.\n", k.when(c.DeliveredAt.Add(24*time.Hour)), c.ID)
	}
	return nil
}
