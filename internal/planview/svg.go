package planview

import (
	"fmt"
	"html"
	"strings"
	"time"

	"secondline/internal/hours"
)

// The drawing's measures, in pixels: the 24 hours go from planLeft to planRight.
const (
	planWide  = 1240
	planLeft  = 190
	planRight = 1196
	planRow   = 34
	planHead  = 128
)

const planStyle = `<style>.paper{fill:#fbfcfd}.title{font-size:22px;font-weight:600;fill:#17324a}.lead{fill:#22313f}.small{font-size:12px;fill:#51606e}
.name{font-weight:600;fill:#17324a}.why{fill:#51606e}.grid{stroke:#e3e9ee;stroke-width:1}.midnight{stroke:#b4c2ce;stroke-width:1;stroke-dasharray:3 3}
.edge{stroke:#17324a;stroke-width:1.5}.bed{fill:#eff3f6}.line{fill:#a9c3d8}.patient{fill:#c9dbb5}.legal{fill:#4c9a57}
.drop{stroke:#17324a;stroke-width:1;opacity:.45}.call{fill:#17324a}.hand{fill:#fbfcfd;stroke:#17324a;stroke-width:1.5}.number{fill:#fff;font-size:12px;font-weight:600}
.numberhand{fill:#17324a;font-size:12px;font-weight:600}.text{fill:#3f7cac}.guard{fill:#e0a52e}.missed{fill:#b3372f}.letter{fill:#8c6bb1}</style>
`

// SVG draws the plan: the 24 hours from left to right, a row for everything that
// must be so, then what happens; below it, in words, what happens and why.
func (v *View) SVG() string {
	var b strings.Builder
	high := planHead + planRow*(len(v.tracks)+3) + 54 + v.wordsHigh()
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="The plan to call within 24 hours" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13">`+"\n", planWide, high, planWide, high)
	b.WriteString(planStyle)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" class="paper"/>`+"\n", planWide, high)
	v.drawHead(&b)
	y := planHead
	bottom := planHead + planRow*(len(v.tracks)+3)
	v.drawGrid(&b, bottom)
	for _, t := range v.tracks {
		drawTrack(&b, v, t, y)
		y += planRow
	}
	v.drawMarks(&b, y)
	v.drawWords(&b, bottom+54)
	b.WriteString("</svg>\n")
	return b.String()
}

// x gives where a time of the day is.
func (v *View) x(t time.Time) int {
	return planLeft + int(int64(planRight-planLeft)*int64(t.Sub(v.day.From))/int64(24*time.Hour))
}

func (v *View) drawHead(b *strings.Builder) {
	const stamp = "Mon 2 January 2006, 15:04 MST"
	Write(b, 30, 40, "title", "Delivered "+v.plan.Delivered.In(v.patient).Format(stamp))
	verdict := fmt.Sprintf("%d of the 1,440 minutes until %s are legal: %s", hours.Minutes(v.plan.Blocks), v.plan.Deadline.In(v.patient).Format("Mon 15:04 MST"), strings.Join(v.plannedTimes(), ", "))
	if v.plan.NoLegalMinute {
		verdict = "No minute until " + v.plan.Deadline.In(v.patient).Format("Mon 15:04 MST") + " is legal: a person is told at once"
	}
	Write(b, 30, 64, "lead", verdict)
	Write(b, 30, 84, "small", "Line "+v.line.Spec()+"; a patient is called "+v.window.String()+" by the patient's own clock")
}

// plannedTimes gives the times of the day's attempts.
func (v *View) plannedTimes() []string {
	if len(v.plan.Attempts) == 0 {
		return []string{"no attempt is planned"}
	}
	out := []string{}
	for i, a := range v.plan.Attempts {
		at := a.At.In(v.patient).Format("Mon 15:04")
		if i == 0 {
			at = "attempts at " + at
		}
		out = append(out, at)
	}
	return out
}

// Write puts words into a drawing, in one of its classes.
func Write(b *strings.Builder, x, y int, class, text string) {
	fmt.Fprintf(b, `<text x="%d" y="%d" class="%s">%s</text>`+"\n", x, y, class, html.EscapeString(text))
}

// Center puts words into a drawing, around a place.
func Center(b *strings.Builder, x, y int, class, text string) {
	fmt.Fprintf(b, `<text x="%d" y="%d" class="%s" text-anchor="middle">%s</text>`+"\n", x, y, class, html.EscapeString(text))
}

// drawGrid draws full hours, the patient's clock above, and the line's, where it
// is another, below.
func (v *View) drawGrid(b *strings.Builder, bottom int) {
	Write(b, 30, planHead-10, "small", "patient's clock")
	for at := v.day.From.Truncate(time.Hour); !at.After(v.day.To); at = at.Add(15 * time.Minute) {
		local := at.In(v.patient)
		if at.Before(v.day.From) || local.Minute() != 0 {
			continue
		}
		class := "grid"
		if local.Hour() == 0 {
			class = "midnight"
		}
		fmt.Fprintf(b, `<path d="M%d %dV%d" class="%s"/>`, v.x(at), planHead-4, bottom, class)
		if local.Hour()%3 == 0 {
			Center(b, v.x(at), planHead-10, "small", hourName(local))
		}
	}
	fmt.Fprintf(b, `<path d="M%d %dV%dM%d %dV%d" class="edge"/>`+"\n", planLeft, planHead-4, bottom, planRight, planHead-4, bottom)
	if v.oneClock() {
		return
	}
	Write(b, 30, bottom+18, "small", "line's clock")
	for at := v.day.From.Truncate(time.Hour); !at.After(v.day.To); at = at.Add(15 * time.Minute) {
		if local := at.In(v.office); !at.Before(v.day.From) && local.Minute() == 0 && local.Hour()%3 == 0 {
			Center(b, v.x(at), bottom+18, "small", hourName(local))
		}
	}
}

// hourName gives a full hour, and the day's name at midnight.
func hourName(local time.Time) string {
	if local.Hour() == 0 {
		return local.Format("Mon 2 Jan")
	}
	return local.Format("15:04")
}

func drawTrack(b *strings.Builder, v *View, t track, y int) {
	label := t.label
	if t.kind == "patient" {
		label = "patient in " + label
	}
	if r := []rune(label); len(r) > 24 {
		label = string(r[:23]) + "…"
	}
	class, inset := "small", 8
	if t.kind == "legal" {
		class, inset = "name", 4
	}
	Write(b, 30, y+planRow/2+5, class, label)
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" rx="4" class="bed"/>`, planLeft, y+inset, planRight-planLeft, planRow-2*inset)
	for _, block := range t.blocks {
		from, to := v.x(block.From), min(v.x(block.To), planRight)
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" rx="4" class="%s"><title>%s to %s</title></rect>`, from, y+inset, max(to-from, 2), planRow-2*inset, t.kind,
			block.From.In(v.patient).Format("Mon 15:04"), block.To.In(v.patient).Format("Mon 15:04"))
	}
	b.WriteString("\n")
}

// drawMarks draws what happens, in three rows: calls, texts, people.
func (v *View) drawMarks(b *strings.Builder, y int) {
	Write(b, 30, y+planRow/2+5, "name", "calls")
	Write(b, 30, y+planRow+planRow/2+5, "small", "texts")
	Write(b, 30, y+2*planRow+planRow/2+5, "small", "a person takes over")
	for row, kind := range []string{"call", "text", "guard"} {
		v.drawRow(b, kind, y+row*planRow+planRow/2)
	}
}

// drawRow draws the events of a row of the day: each with its time at the right
// or, where the next is too near, at the left, if there is room.
func (v *View) drawRow(b *strings.Builder, kind string, y int) {
	var row []event
	for _, e := range v.events {
		if rowOf(e.kind) == kind && !e.at.After(v.day.To) {
			row = append(row, e)
		}
	}
	const room = 52
	taken := planLeft - room
	for i, e := range row {
		x, label := v.x(e.at), e.at.In(v.patient).Format("15:04")
		v.drawMark(b, e, x, y)
		last := i == len(row)-1
		switch {
		case x+room < planWide && (last || v.x(row[i+1].at)-x > room):
			Write(b, x+13, y+5, "small", label)
			x += room
		case x-taken > room:
			fmt.Fprintf(b, `<text x="%d" y="%d" class="small" text-anchor="end">%s</text>`, x-13, y+5, label)
		}
		taken = x
	}
	b.WriteString("\n")
}

func rowOf(kind string) string {
	switch kind {
	case "hand":
		return "call"
	case "missed", "letter":
		return "guard"
	}
	return kind
}

func (v *View) drawMark(b *strings.Builder, e event, x, y int) {
	fmt.Fprintf(b, `<g><title>%s</title>`, html.EscapeString(e.at.In(v.patient).Format("Mon 15:04 ")+e.name))
	switch e.kind {
	case "call", "hand":
		legal := planHead + planRow*(len(v.tracks)-1) + 4
		fmt.Fprintf(b, `<path d="M%d %dV%d" class="drop"/><circle cx="%d" cy="%d" r="10" class="%s"/>`, x, legal, y-10, x, y, e.kind)
		number := map[string]string{"call": "number", "hand": "numberhand"}[e.kind]
		Center(b, x, y+4, number, strings.TrimRight(strings.TrimPrefix(e.name, "attempt "), ", abcdefghijklmnopqrstuvwxyz"))
	case "text":
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="14" height="10" rx="2" class="text"/>`, x-7, y-5)
	default:
		fmt.Fprintf(b, `<path d="M%d %dl8 8l-8 8l-8 -8z" class="%s"/>`, x, y-8, e.kind)
	}
	b.WriteString("</g>")
}

// wordsHigh gives how high drawWords draws.
func (v *View) wordsHigh() int {
	lines := len(v.plan.Notes) + 2
	for _, e := range v.events {
		lines += len(broken(e.why))
	}
	return 22 * (lines + 1)
}

// broken divides a long line at the last semicolon that serves.
func broken(text string) []string {
	const letters = 96
	if i := strings.LastIndex(text[:min(letters, len(text))], "; "); len(text) > letters && i > 0 {
		return append([]string{text[:i+1]}, broken(text[i+2:])...)
	}
	return []string{text}
}

// drawWords writes what happens and why.
func (v *View) drawWords(b *strings.Builder, y int) {
	for _, note := range v.notes() {
		Write(b, 30, y, "lead", note)
		y += 20
	}
	y += 8
	late := false
	for _, e := range v.events {
		if e.at.After(v.day.To) && !late {
			late = true
			y += 8
			Write(b, 30, y, "name", "Afterwards, as long as nobody was reached")
			y += 22
		}
		fmt.Fprintf(b, `<circle cx="36" cy="%d" r="4" class="%s"/>`, y-4, e.kind)
		Write(b, 50, y, "name", e.at.In(v.patient).Format("Mon 2 Jan 15:04"))
		Write(b, 180, y, "why", v.other(e.at))
		Write(b, 322, y, "lead", e.name)
		for _, line := range broken(e.why) {
			Write(b, 556, y, "why", line)
			y += 22
		}
	}
}
