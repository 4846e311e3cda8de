//go:build unix

package main

import (
	"fmt"
	"strings"
	"time"
)

// benchBar is a group of bars with one name; each bar says what it is.
type benchBar struct {
	name  string
	bars  []float64
	texts []string
}

const benchStyle = `<style>.paper{fill:#fbfcfd}.title{font-size:18px;font-weight:600;fill:#17324a}.small{font-size:12px;fill:#51606e}.b0{fill:#b9c6d1}.b1{fill:#3f7cac}.b2{fill:#e0a52e}.b3{fill:#b3372f}</style>
`

// drawGroups draws groups of horizontal bars, each as long as its share of the longest.
func drawGroups(title string, legend []string, groups []benchBar) string {
	const wide, left, barHigh, gap, top = 900, 250, 15, 12, 84
	high, longest := top, 0.0
	for _, g := range groups {
		high += len(g.bars)*barHigh + gap
		for _, n := range g.bars {
			longest = max(longest, n)
		}
	}
	high += 10
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13">`+"\n", wide, high, wide, high, title)
	b.WriteString(benchStyle)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" class="paper"/>`+"\n", wide, high)
	write(&b, 24, 34, "title", title)
	for i, name := range legend {
		fmt.Fprintf(&b, `<rect x="%d" y="50" width="10" height="10" class="b%d"/>`, 24+i*150, i)
		write(&b, 40+i*150, 59, "small", name)
	}
	y := top
	for _, g := range groups {
		write(&b, 24, y+len(g.bars)*barHigh/2+4, "small", g.name)
		for i, n := range g.bars {
			long := 0
			if longest > 0 {
				long = int(n / longest * (wide - left - 130))
			}
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" class="b%d"/>`, left, y, max(1, long), barHigh-3, i)
			write(&b, left+long+6, y+10, "small", g.texts[i])
			y += barHigh
		}
		y += gap
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (r *benchReport) voicePicture() string {
	var groups []benchBar
	for _, f := range r.figures {
		if f.what == "voice turn" {
			groups = append(groups, benchBar{fmt.Sprintf("%s, %d", f.redis, f.connections), []float64{f.floor().perSecond, f.line().perSecond},
				[]string{fmt.Sprintf("%.0f", f.floor().perSecond), fmt.Sprintf("%.0f, %.2f of the floor", f.line().perSecond, f.speed())}})
		}
	}
	return drawGroups("Voice turns a second, by Redis and connections", []string{"floor", "line"}, groups)
}

func (r *benchReport) calmPicture() string {
	var groups []benchBar
	for _, c := range r.calm {
		g := benchBar{name: firstWords(c.While)}
		for _, d := range []time.Duration{c.P50, c.P99, c.P999, c.Max} {
			g.bars, g.texts = append(g.bars, d.Seconds()), append(g.texts, inMillis(d))
		}
		groups = append(groups, g)
	}
	return drawGroups("Voice turns by the clock, at half of the most, while …", []string{"p50", "p99", "p99.9", "max"}, groups)
}

func (r *benchReport) scalePicture() string {
	var groups []benchBar
	for _, s := range r.scale {
		groups = append(groups, benchBar{thousands(s.Cases) + " cases", []float64{s.Turn.Seconds(), s.TurnP99.Seconds(), s.Tick.Seconds()},
			[]string{"turn " + inMillis(s.Turn), "turn, p99 " + inMillis(s.TurnP99), "tick " + inMillis(s.Tick)}})
	}
	return drawGroups("What a turn and a tick take, by how many cases are kept", []string{"turn, p50", "turn, p99", "tick, p50"}, groups)
}
