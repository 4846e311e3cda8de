package flow

import (
	"fmt"
	"html"
	"strings"
)

// The drawing's measures, in pixels; boxLetters is how many letters of average
// width fit into a line of a box.
const (
	boxWide    = 430
	textSize   = 13
	lineHigh   = 18
	boxLetters = 61
	boxPad     = 12
	boxGap     = 46
	laneGap    = 22
	exitWide   = 350
	margin     = 28
)

// box is a step as it is drawn.
type box struct {
	at    string
	title string
	lines []string
	kind  string // ask, decide, say, end
	y, h  int
	exits []string // lines written beside the box: answers that lead elsewhere
}

// arc is an answer that leads to a step of the same script.
type arc struct {
	from, to int
	label    string
}

// SVG draws a script from top to bottom in the order of its table: one box a
// step with what is said, straight on by arrows, jumps by lines at the right,
// and answers that leave the script written beside their step. say gives the
// words of an ID.
func (b *Book) SVG(script string, say func(id string) string) (string, error) {
	sc, err := b.script(script)
	if err != nil {
		return "", err
	}
	boxes, arcs := b.layout(sc, say)
	lanes := assignLanes(arcs)
	laneWide := 0
	for _, lane := range lanes {
		laneWide = max(laneWide, (lane+1)*laneGap)
	}
	last := boxes[len(boxes)-1]
	wide := margin + boxWide + exitWide + laneWide + margin
	high := last.y + last.h + margin
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="%d">`+"\n",
		wide, high, wide, high, html.EscapeString(sc.Title), textSize)
	out.WriteString(svgStyle)
	fmt.Fprintf(&out, `<rect width="%d" height="%d" class="paper"/><text x="%d" y="40" class="title">%s</text>`+"\n", wide, high, margin, html.EscapeString(sc.Title))
	fmt.Fprintf(&out, `<text x="%d" y="62" class="small">At every step: 0 a person · * again · 8 another language · 9 stop automated calls. Three tries, then a person.</text>`+"\n", margin)
	left := map[int]int{}
	for i, a := range arcs {
		drawArc(&out, boxes, a, lanes[i], left[a.from])
		if lanes[i] >= 0 {
			left[a.from]++
		}
	}
	for _, bx := range boxes {
		drawBox(&out, bx)
	}
	out.WriteString("</svg>\n")
	return out.String(), nil
}

const svgStyle = `<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#51606e"/></marker></defs>
<style>.paper{fill:#fbfcfd}.title{font-size:22px;font-weight:600;fill:#17324a}.small{font-size:12px;fill:#51606e}.name{font-weight:600;fill:#17324a}.said{fill:#22313f}.exit{font-size:12px;fill:#7a3b12}.label{font-size:12px;fill:#17324a;paint-order:stroke;stroke:#fbfcfd;stroke-width:4px}.line{fill:none;stroke:#51606e;stroke-width:1.3}.ask{fill:#e8f1f8;stroke:#3f7cac}.say{fill:#f3f5f7;stroke:#9fb0bf}.decide{fill:#fdf4e3;stroke:#c99a3b}.end{fill:#e9f4ea;stroke:#4c9a57}</style>
`

// layout places the boxes and sorts the answers into arrows and exits.
func (b *Book) layout(sc *Script, say func(string) string) ([]box, []arc) {
	index := map[string]int{}
	for i := range sc.Steps {
		index[sc.Name+"."+sc.Steps[i].ID] = i
	}
	boxes := make([]box, len(sc.Steps))
	var arcs []arc
	y := 84
	for i := range sc.Steps {
		s := &sc.Steps[i]
		bx := describe(sc.Name, s, say)
		bx.y = y
		ways := map[int]string{}
		var order []int
		for _, e := range b.edges(sc.Name, s) {
			to, here := index[e.to]
			if !here {
				bx.exits = append(bx.exits, strings.TrimSpace(e.label+" → "+b.elsewhere(e.to)))
				continue
			}
			if _, seen := ways[to]; !seen {
				order = append(order, to)
				ways[to] = e.label
			} else if e.label != "" {
				ways[to] = strings.TrimPrefix(ways[to]+", "+e.label, ", ")
			}
		}
		for _, to := range order {
			arcs = append(arcs, arc{i, to, ways[to]})
		}
		jumps := 0
		for _, to := range order {
			if to != i+1 {
				jumps++
			}
		}
		bx.h = boxPad*2 + lineHigh*(1+len(bx.lines))
		bx.h = max(bx.h, lineHigh*(len(bx.exits)+jumps)+14)
		y += bx.h + boxGap
		boxes[i] = bx
	}
	return boxes, arcs
}

func describe(script string, s *Step, say func(string) string) box {
	bx := box{at: script + "." + s.ID, title: strings.ReplaceAll(s.ID, "_", " "), kind: "say"}
	text := caption(s, say)
	_, said, _ := strings.Cut(text, ": ")
	switch {
	case isDecide(s):
		bx.kind, said = "decide", text
	case s.End != Open:
		bx.kind = "end"
	case s.Ask != nil:
		bx.kind = "ask"
		if _, menu := s.Ask.(Menu); !menu {
			bx.title += " — " + s.Ask.Kind()
		}
	}
	bx.lines = wrap(said, boxLetters)
	return bx
}

// wrap breaks text into lines of at most n letters.
func wrap(text string, n int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > n {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// assignLanes gives every jump that passes other boxes a lane of its own beside
// those that it overlaps; straight ones get lane -1.
func assignLanes(arcs []arc) []int {
	lanes := make([]int, len(arcs))
	type span struct{ lo, hi int }
	var taken [][]span
	for i, a := range arcs {
		if a.to == a.from+1 {
			lanes[i] = -1
			continue
		}
		lo, hi := min(a.from, a.to), max(a.from, a.to)
		lane := 0
		for ; ; lane++ {
			if lane == len(taken) {
				taken = append(taken, nil)
			}
			free := true
			for _, s := range taken[lane] {
				if lo <= s.hi && s.lo <= hi {
					free = false
				}
			}
			if free {
				break
			}
		}
		taken[lane] = append(taken[lane], span{lo, hi})
		lanes[i] = lane
	}
	return lanes
}

func drawBox(out *strings.Builder, bx box) {
	fmt.Fprintf(out, `<rect x="%d" y="%d" width="%d" height="%d" rx="8" class="%s"/>`, margin, bx.y, boxWide, bx.h, bx.kind)
	fmt.Fprintf(out, `<text x="%d" y="%d" class="name">%s</text>`, margin+boxPad, bx.y+boxPad+lineHigh-6, html.EscapeString(bx.title))
	for i, line := range bx.lines {
		fmt.Fprintf(out, `<text x="%d" y="%d" class="said">%s</text>`, margin+boxPad, bx.y+boxPad+(i+2)*lineHigh-6, html.EscapeString(line))
	}
	for i, exit := range bx.exits {
		fmt.Fprintf(out, `<text x="%d" y="%d" class="exit">%s</text>`, margin+boxWide+14, bx.y+6+(i+1)*lineHigh, html.EscapeString(exit))
	}
	out.WriteString("\n")
}

// drawArc draws one way on. nth counts the jumps that left the same box before.
func drawArc(out *strings.Builder, boxes []box, a arc, lane, nth int) {
	from, to := boxes[a.from], boxes[a.to]
	if lane < 0 {
		x := margin + 40
		fmt.Fprintf(out, `<path class="line" marker-end="url(#tip)" d="M%d %dV%d"/>`, x, from.y+from.h, to.y-2)
		if a.label != "" {
			fmt.Fprintf(out, `<text x="%d" y="%d" class="label">%s</text>`, x+8, from.y+from.h+27, html.EscapeString(a.label))
		}
		out.WriteString("\n")
		return
	}
	// Leave at the lower right, run in a lane beside the exits, come in at the
	// upper right.
	edge := margin + boxWide
	x := edge + exitWide + lane*laneGap
	y1 := from.y + from.h - 7 - lineHigh*nth
	y2 := to.y + 5 + 3*(lane%2)
	fmt.Fprintf(out, `<path class="line" marker-end="url(#tip)" d="M%d %dH%dQ%d %d %d %dV%dQ%d %d %d %dH%d"/>`,
		edge, y1, x-8, x, y1, x, y1+sign(y2-y1)*8, y2-sign(y2-y1)*8, x, y2, x-8, y2, edge+2)
	if a.label != "" {
		fmt.Fprintf(out, `<text x="%d" y="%d" class="label">%s</text>`, edge+14, y1-4, html.EscapeString(a.label))
	}
	out.WriteString("\n")
}

func sign(n int) int {
	if n < 0 {
		return -1
	}
	return 1
}
