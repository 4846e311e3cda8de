package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"text/tabwriter"

	"github.com/nyaruka/phonenumbers"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/ivr"
)

const taskUsage = `secondline task shows what is owed, and closes it.

  secondline task list              what is owed, by due time
  secondline task done ID OUTCOME   it is owed no more; OUTCOME is a word such as spoke,
                                    message, not_needed, wrong_number, opted_out

`

// runTask is the command "secondline task".
func runTask(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) int {
	return runKeptGroup(ctx, "task", taskUsage, map[string]keptCommand{
		"list": {usage: "Usage: secondline task list\n\n", do: listTasks},
		"done": {usage: "Usage: secondline task done ID OUTCOME\n\nopted_out keeps the person's number from texts and automated calls too. spoke keeps\nthe promise where the task is the call after delivery.\n\n", least: 2, most: 2,
			anyway: func(args []string) bool { return args[1] == "opted_out" }, do: closeTask},
	}, args, env, stdout, stderr)
}

func listTasks(ctx context.Context, k kept, _ []string, out io.Writer) error {
	tasks, err := k.store.Tasks(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "TASK\tWHAT\tDUE\t\tOWNER\tCASE\tTRIES")
	for _, t := range tasks {
		late := ""
		if t.Due.Before(k.now) {
			late = "late"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\n", t.ID, inBlanks(t.Kind), k.when(t.Due), late, cmp.Or(k.who(t.Owner), "-"), cmp.Or(string(t.Case), "-"), t.Tries)
	}
	return w.Flush()
}

// promiseOutcomes are what can become of a promised call that a person made: with
// spoke the promise is kept, with the others a person goes on.
var promiseOutcomes = []string{"spoke", "wrong_number", "opted_out"}

var outcomeWord = regexp.MustCompile(`^[a-z][a-z_]{1,39}$`)

func closeTask(ctx context.Context, k kept, args []string, out io.Writer) error {
	id, outcome := args[0], args[1]
	if !outcomeWord.MatchString(outcome) || outcome == "tried" {
		return errUsage{"an outcome is one word of small letters and _, such as spoke or not_needed; what was only tried is still owed"}
	}
	tasks, err := k.store.Tasks(ctx)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		if t.ID != id {
			continue
		}
		if t.Kind == casestore.TaskPromise && !slices.Contains(promiseOutcomes, outcome) {
			return errUsage{fmt.Sprintf("this is the call that was promised after delivery: say %s; when no call is owed any more, secondline case advance %s closed", list(promiseOutcomes), t.Case)}
		}
		if outcome == "opted_out" && !t.Phone.Empty() {
			if err := k.optOut(ctx, t.Phone); err != nil {
				return err
			}
		}
		if _, err := k.store.MoveTask(ctx, t.Partition, t.ID, func(t *casestore.Task) bool {
			open := t.Outcome == ""
			t.Outcome = outcome
			return open
		}); err != nil {
			return err
		}
		if err := ivr.ByHand(ctx, k.store, k.now, t.Partition, t, "operator", outcome); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s (%s): %s.\n", t.ID, inBlanks(t.Kind), inBlanks(outcome))
		return nil
	}
	return errors.New("nothing of this name is owed; secondline task list shows what is")
}

const optOutUsage = `secondline optout keeps a number from texts and automated calls. It is on disk, in
the journal of opt-outs of this machine, before it is in Redis.

  secondline optout [-data DIR] NUMBER

NUMBER is + and country code, such as +16175550123. Only the person undoes it: by
START, by text. Where the audit record cannot be written it is done all the same, and
the exit status is 3.

`

// runOptOut is the command "secondline optout".
func runOptOut(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) int {
	return runKept(ctx, "optout", keptCommand{usage: optOutUsage, least: 1, most: 1, anyway: func([]string) bool { return true }, do: func(ctx context.Context, k kept, args []string, out io.Writer) error {
		n, err := phonenumbers.Parse(args[0], "")
		if err != nil || numberProblem(args[0]) != "" || !phonenumbers.IsPossibleNumber(n) {
			return errUsage{"this is no number in E.164: + and country code, without blanks, such as +16175550123"}
		}
		if err := k.optOut(ctx, private.Of(args[0])); err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s gets no texts and no automated calls any more.\n", lastFour(args[0]))
		return err
	}}, args, env, stdout, stderr)
}

// optOut writes an opt-out to the journal of the line on this machine, and then to
// Redis. A journal that no serve reads would keep nothing: there must be one.
func (k kept) optOut(ctx context.Context, number private.Text) error {
	path := journalPath(k.settings, k.data)
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("there is no journal of opt-outs at %s: give the -data of serve, or OPTOUT_JOURNAL; serve makes it at its start", path)
	}
	journal, err := openJournal(k.settings, k.data)
	if err != nil {
		return err
	}
	entry := casestore.JournalEntry{At: k.now, Person: k.store.Ring().Person(number), What: "stop", How: "operator", Ref: "optout"}
	if err := errors.Join(journal.Append(entry), journal.Close()); err != nil {
		return err
	}
	return k.store.OptOutNumber(ctx, number, casestore.OptOut{At: k.now, How: "operator", Call: "optout"})
}
