package main

import (
	"fmt"
	"strings"
)

// The drawing's measures, in pixels.
const (
	tallyWide  = 1120
	tallyHigh  = 690
	chartLeft  = 84
	chartHigh  = 150
	chartWide  = tallyWide - chartLeft - 40
	firstChart = 250
	lastChart  = 494
)

const tallyStyle = `<style>.paper{fill:#fbfcfd}.title{font-size:22px;font-weight:600;fill:#17324a}.lead{fill:#22313f}.small{font-size:12px;fill:#51606e}
.name{font-weight:600;fill:#17324a}.big{font-size:26px;font-weight:600;fill:#17324a}.good{font-size:26px;font-weight:600;fill:#4c9a57}.bad{font-size:26px;font-weight:600;fill:#b3372f}
.card{fill:#eff3f6}.grid{stroke:#e3e9ee}.calls{fill:#3f7cac}.hands{fill:#e0a52e}.wait{fill:#4c9a57}</style>
`

// svg draws the counts: the shares, the coordinators' day, and how long patients
// waited.
func (t *tally) svg() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="A year of promises" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13">`+"\n", tallyWide, tallyHigh, tallyWide, tallyHigh)
	b.WriteString(tallyStyle)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" class="paper"/>`+"\n", tallyWide, tallyHigh)
	write(&b, 30, 40, "title", fmt.Sprintf("%s opinions delivered in %d", thousands(t.Deliveries), t.scene.year))
	write(&b, 30, 64, "lead", fmt.Sprintf("Patients %s answer %.0f %% of calls. Line %s; opinions are released %s.", t.scene.where(), 100*t.scene.answer, t.scene.line.Spec(), t.when()))
	t.drawCards(&b)
	t.drawDay(&b)
	t.drawWait(&b)
	b.WriteString("</svg>\n")
	return b.String()
}

// drawCards draws the shares, and what must be 0.
func (t *tally) drawCards(b *strings.Builder) {
	const wide, gap = 142, 11
	x := 30
	card := func(class, number, name string) {
		fmt.Fprintf(b, `<rect x="%d" y="88" width="%d" height="84" rx="6" class="card"/>`, x, wide)
		write(b, x+12, 128, class, number)
		write(b, x+12, 154, "small", name)
		x += wide + gap
	}
	short := []string{"attempted in 24 h", "reached in 24 h", "reached at last", "no legal minute"}
	for i, r := range t.rows() {
		card("big", fmt.Sprintf("%.1f %%", t.share(r.n)), short[i])
	}
	short = []string{"attempts not made", "illegal", "late without a task"}
	for i, r := range t.faults() {
		class := "good"
		if r.n > 0 {
			class = "bad"
		}
		card(class, thousands(r.n), short[i])
	}
}

// drawDay draws the calls by the hour of the line's clock.
func (t *tally) drawDay(b *strings.Builder) {
	at, n := t.busiest()
	write(b, 30, firstChart-34, "name", "Calls by the hour of the line's clock")
	write(b, 330, firstChart-34, "small", fmt.Sprintf("%s in all; the busiest hour was %s, with %s", thousands(t.Calls), at.Format("Mon 2 Jan 15:04"), thousands(n)))
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="10" height="10" class="calls"/><rect x="%d" y="%d" width="10" height="10" class="hands"/>`, tallyWide-300, firstChart-44, tallyWide-140, firstChart-44)
	write(b, tallyWide-284, firstChart-34, "small", "dialled by the line")
	write(b, tallyWide-124, firstChart-34, "small", "by hand")
	var labels []string
	for h := range t.calls {
		labels = append(labels, fmt.Sprintf("%02d:00", h))
	}
	drawBars(b, firstChart, labels, []string{"calls", "hands"}, t.calls[:], t.hands[:])
}

// drawWait draws how long after delivery the first attempt was.
func (t *tally) drawWait(b *strings.Builder) {
	write(b, 30, lastChart-18, "name", "First attempts by hours since delivery")
	var labels []string
	for h := range t.wait {
		labels = append(labels, fmt.Sprint(h))
	}
	labels[len(labels)-1] = "24+"
	drawBars(b, lastChart, labels, []string{"wait"}, t.wait[:])
}

// drawBars draws a bar a label from y down, its parts one upon the other.
func drawBars(b *strings.Builder, y int, labels, classes []string, parts ...[]int) {
	most := 1
	for i := range labels {
		sum := 0
		for _, p := range parts {
			sum += p[i]
		}
		most = max(most, sum)
	}
	top := roundUp(most)
	for n := range 3 {
		line := y + chartHigh - n*chartHigh/2
		fmt.Fprintf(b, `<path d="M%d %dH%d" class="grid"/><text x="%d" y="%d" class="small" text-anchor="end">%s</text>`+"\n", chartLeft, line, chartLeft+chartWide, chartLeft-8, line+4, thousands(top*n/2))
	}
	step := chartWide / len(labels)
	for i, label := range labels {
		x, base := chartLeft+i*step, y+chartHigh
		for j, p := range parts {
			high := p[i] * chartHigh / top
			base -= high
			if high > 0 {
				fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" class="%s"><title>%s: %s</title></rect>`, x+4, base, step-8, high, classes[j], label, thousands(p[i]))
			}
		}
		center(b, x+step/2, y+chartHigh+18, "small", label)
	}
}

// roundUp gives the next of 2, 4, 6, 8, 10, 20, 40 …
func roundUp(n int) int {
	power := 1
	for power*10 < n {
		power *= 10
	}
	for _, k := range []int{2, 4, 6, 8} {
		if k*power >= n {
			return k * power
		}
	}
	return 10 * power
}
