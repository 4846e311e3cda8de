package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"secondline/internal/hours"
)

// tally is what a simulation has counted.
type tally struct {
	scene *scene
	counts
	// calls and hands count calls by the hour of the line's clock; wait counts
	// first attempts by the whole hours since delivery, the last for a day and
	// more; hourly counts calls by the hour of the year.
	calls, hands [24]int
	wait         [25]int
	hourly       []int
}

// counts are numbers of deliveries, or of what was done.
type counts struct {
	Deliveries       int `json:"deliveries"`
	AttemptedInTime  int `json:"attempted_in_time"`
	ReachedInTime    int `json:"reached_in_time"`
	ReachedAtLast    int `json:"reached_at_last"`
	NoLegalMinute    int `json:"no_legal_minute"`
	Broken           int `json:"not_attempted_in_time"` // though there was legal time
	Illegal          int `json:"illegal"`
	LateWithoutATask int `json:"late_without_a_task"`
	Calls            int `json:"calls"`
	ByHand           int `json:"calls_by_hand"`
	Texts            int `json:"texts"`
	Tasks            int `json:"tasks"`
}

func newTally(sc *scene) *tally { return &tally{scene: sc, hourly: make([]int, 24*800)} }

// add adds what another has counted, and says on progress how far it is.
func (t *tally) add(o *tally, progress io.Writer) {
	const steps = 10
	before := t.Deliveries * steps / t.scene.deliveries
	a, b := &t.counts, o.counts
	for to, n := range map[*int]int{
		&a.Deliveries: b.Deliveries, &a.AttemptedInTime: b.AttemptedInTime, &a.ReachedInTime: b.ReachedInTime, &a.ReachedAtLast: b.ReachedAtLast,
		&a.NoLegalMinute: b.NoLegalMinute, &a.Broken: b.Broken, &a.Illegal: b.Illegal, &a.LateWithoutATask: b.LateWithoutATask,
		&a.Calls: b.Calls, &a.ByHand: b.ByHand, &a.Texts: b.Texts, &a.Tasks: b.Tasks,
	} {
		*to += n
	}
	addAll(t.calls[:], o.calls[:])
	addAll(t.hands[:], o.hands[:])
	addAll(t.wait[:], o.wait[:])
	addAll(t.hourly, o.hourly)
	if now := t.Deliveries * steps / t.scene.deliveries; now > before {
		fmt.Fprintf(progress, "%s of %s deliveries\n", thousands(t.Deliveries), thousands(t.scene.deliveries))
	}
}

func addAll(to, from []int) {
	for i, n := range from {
		to[i] += n
	}
}

// judge counts what was done about a delivery. It asks the clocks on the wall
// and trusts no plan.
func (t *tally) judge(d delivered, acts []act) {
	from := d.promise.Delivered.Truncate(time.Minute)
	deadline := from.Add(hours.PromisedWithin)
	var first, reached, task time.Time
	for _, a := range acts {
		t.count(d, a)
		switch {
		case a.kind == actReached && reached.IsZero():
			reached = a.at
		case a.kind == actTask && task.IsZero():
			task = a.at
		case (a.kind == actCall || a.kind == actHand) && first.IsZero():
			first = a.at
		}
	}
	inTime := func(at time.Time) bool { return !at.IsZero() && !at.After(deadline) }
	none := len(d.promise.Legal.Blocks(from.Add(time.Minute), deadline.Add(time.Minute))) == 0
	t.Deliveries++
	t.NoLegalMinute += one(none)
	t.AttemptedInTime += one(inTime(first))
	t.Broken += one(!none && !inTime(first))
	t.ReachedInTime += one(inTime(reached))
	t.ReachedAtLast += one(!reached.IsZero())
	t.LateWithoutATask += one(!inTime(first) && !inTime(task))
	if !first.IsZero() {
		t.wait[min(int(first.Sub(from)/time.Hour), len(t.wait)-1)]++
	}
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// count counts an act, and whether it was illegal.
func (t *tally) count(d delivered, a act) {
	hour := a.at.In(t.scene.line.Zone()).Hour()
	switch a.kind {
	case actCall, actHand:
		t.Calls++
		t.ByHand += one(a.kind == actHand)
		t.calls[hour] += one(a.kind == actCall)
		t.hands[hour] += one(a.kind == actHand)
		start := time.Date(t.scene.year, 1, 1, 0, 0, 0, 0, t.scene.line.Zone())
		t.hourly[min(int(a.at.Sub(start)/time.Hour), len(t.hourly)-1)]++
		t.Illegal += one(!t.scene.line.Open(a.at) || !t.scene.awake(d.place.zones.Locations(), a.at))
	case actText:
		t.Texts++
		t.Illegal += one(!t.scene.awake(d.place.zones.Locations(), a.at))
	case actTask:
		t.Tasks++
	}
}

// awake says that every clock the patient may live by is within the window.
func (sc *scene) awake(zones []*time.Location, at time.Time) bool {
	return !slices.ContainsFunc(zones, func(zone *time.Location) bool {
		hour, minute, _ := at.In(zone).Clock()
		minute += hour * 60
		return minute < sc.window.From || minute >= sc.window.To
	})
}

// status gives the exit status: 1 where the law or a promise was broken unseen.
func (t *tally) status() int { return one(t.Illegal > 0 || t.LateWithoutATask > 0 || t.Broken > 0) }

// report is what -json prints.
type report struct {
	Line     string  `json:"line"`
	Zones    string  `json:"zones"`
	Year     int     `json:"year"`
	Released string  `json:"released"`
	Answer   float64 `json:"answer"`
	Seed     uint64  `json:"seed"`
	counts
	CallsByHour   [24]int `json:"calls_by_hour"` // by the line's clock
	ByHandByHour  [24]int `json:"calls_by_hand_by_hour"`
	FirstByHours  [25]int `json:"first_attempts_by_hours_since_delivery"`
	BusiestHour   string  `json:"busiest_hour"`
	InBusiestHour int     `json:"calls_in_busiest_hour"`
}

func (t *tally) report() report {
	at, n := t.busiest()
	return report{
		Line: t.scene.line.Spec(), Zones: t.scene.zones, Year: t.scene.year, Released: t.scene.released, Answer: t.scene.answer, Seed: t.scene.seed,
		counts: t.counts, CallsByHour: t.calls, ByHandByHour: t.hands, FirstByHours: t.wait, BusiestHour: at.Format(time.RFC3339), InBusiestHour: n,
	}
}

// busiest gives the hour of the year with the most calls.
func (t *tally) busiest() (time.Time, int) {
	n := slices.Max(t.hourly)
	start := time.Date(t.scene.year, 1, 1, 0, 0, 0, 0, t.scene.line.Zone())
	return start.Add(time.Duration(slices.Index(t.hourly, n)) * time.Hour), n
}

// share gives a part of the deliveries in percent.
func (t *tally) share(n int) float64 { return 100 * float64(n) / float64(max(t.Deliveries, 1)) }

// thousands writes 100,000.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

// text prints the counts.
func (t *tally) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s deliveries in %d, patients %s, who answer %.0f %% of calls\nline %s; opinions are released %s\n\n",
		thousands(t.Deliveries), t.scene.year, t.scene.where(), 100*t.scene.answer, t.scene.line.Spec(), t.when())
	for _, row := range t.rows() {
		fmt.Fprintf(&b, "%-34s %9s  %6.2f %%\n", row.name, thousands(row.n), t.share(row.n))
	}
	for _, row := range t.faults() {
		fmt.Fprintf(&b, "%-34s %9s  must be 0\n", row.name, thousands(row.n))
	}
	at, n := t.busiest()
	fmt.Fprintf(&b, "\n%s calls, %s of them by hand; %s texts; %s tasks\nbusiest hour: %s, %d calls\n\ncalls by hour of the line's clock\n",
		thousands(t.Calls), thousands(t.ByHand), thousands(t.Texts), thousands(t.Tasks), at.Format("Mon 2 Jan 15:04"), n)
	most := 1
	for h := range t.calls {
		most = max(most, t.calls[h]+t.hands[h])
	}
	for h := range t.calls {
		if all := t.calls[h] + t.hands[h]; all > 0 {
			fmt.Fprintf(&b, "%02d:00 %8s  %s%s\n", h, thousands(all), strings.Repeat("█", t.calls[h]*60/most), strings.Repeat("░", t.hands[h]*60/most))
		}
	}
	b.WriteString("░ by hand, after a person took over\n")
	return b.String()
}

func (t *tally) when() string {
	return map[string]string{"any": "at any time", "weekdays": "Monday to Friday, 9 to 18"}[t.scene.released]
}

// tallyRow is a line of the result.
type tallyRow struct {
	name string
	n    int
}

func (t *tally) rows() []tallyRow {
	return []tallyRow{
		{"attempted within 24 hours", t.AttemptedInTime}, {"reached within 24 hours", t.ReachedInTime},
		{"reached at last", t.ReachedAtLast}, {"no legal minute in 24 hours", t.NoLegalMinute},
	}
}

func (t *tally) faults() []tallyRow {
	return []tallyRow{
		{"legal time, but no attempt in it", t.Broken}, {"illegal calls and texts", t.Illegal}, {"late without a task", t.LateWithoutATask},
	}
}
