package ivr

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"secondline/casestore"
)

// mostRounds is how often coordinators are rung for a task by themselves: after so many
// that came to nothing it stays on the list, for a person to see.
const mostRounds = 6

// longestPause is the longest time between two rounds of which none was made.
const longestPause = 4 * time.Hour

// roundOf names the call of a task's next round: each has one of its own, once. Rounds
// that were not made are part of the name only, and begin anew with one that was.
func roundOf(task *casestore.Task) string {
	id := "o" + task.ID + "." + strconv.Itoa(task.Tries) + "." + strconv.Itoa(task.Rounds)
	if n, ok := notMadeBefore(task.Rung, id); ok {
		id += "." + strconv.Itoa(n+1)
	}
	return id
}

// roundName is the name of a task's round without those before it that were not made.
func roundName(id string) string {
	parts := strings.SplitN(id, ".", 4)
	return strings.Join(parts[:min(3, len(parts))], ".")
}

// notMadeBefore is how many rounds of this name before the last were not made; false
// where the last one has another name.
func notMadeBefore(last, name string) (int, bool) {
	n, ok := strings.CutPrefix(last, name)
	if !ok || n == "" {
		return 0, ok
	}
	before, err := strconv.Atoi(strings.TrimPrefix(n, "."))
	return before, err == nil && n[0] == '.'
}

// notMade says that a round came to its end before anybody was dialled, for no reason
// that lies with the patient or the coordinators: what a bound or a pause refused, and
// what never left us, uses up nothing of what is promised.
func notMade(t *casestore.Transfer) bool {
	switch t.Choice {
	case choseRefused:
		return t.Out.Why != WhyWrong && t.Out.Why != WhyCountry // no time changes these
	case choseNobody:
		rang := func(l casestore.Leg) bool { return l.Call != "" }
		return !slices.ContainsFunc(t.Legs, rang)
	}
	return t.Out.Disposition == "lost"
}

// pauseAfter is how long after a round the next one begins. Rounds that are not made
// come less and less often: coordinators are rung for each.
func pauseAfter(t *casestore.Transfer, task *casestore.Task) time.Duration {
	if !notMade(t) {
		switch {
		case t.Choice == choseWait:
			return waitWhen
		case t.Choice == "" && task.Outcome == "":
			return 3 * time.Hour
		}
		return tryAgain
	}
	pause := tryAgain
	switch t.Out.Why {
	case WhyBound:
		pause = time.Hour
	case WhyPaused, WhyWindow:
		pause = time.Minute // nobody is rung before it is over
	}
	n, _ := notMadeBefore(t.ID, "o"+task.ID+"."+strconv.Itoa(task.Tries)+"."+strconv.Itoa(task.Rounds))
	return min(pause<<min(n, 8), longestPause)
}
