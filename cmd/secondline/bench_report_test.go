//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// benchReport is what was measured.
type benchReport struct {
	redisVersion string
	figures      []figure
	calm         []calm
	start        *startUp
	scale        []scaleFigure
	loads        []string // averages, while it was measured
}

func (r *benchReport) add(f figure) {
	r.figures = append(r.figures, f)
	r.loads = append(r.loads, loadAverage())
	fmt.Fprintf(os.Stderr, "%-24s %-22s %2d connections: %.0f/s, %.2f of the floor, load %s\n", f.what, f.redis, f.connections, f.line().perSecond, f.speed(), loadAverage())
}

// part is one half of performance.md, which is kept as it was measured until it is
// measured again.
type part struct {
	Machine, Text string
}

// machine says where, when and with what it was measured.
func (r *benchReport) machine() string {
	commit, err := exec.Command("git", "describe", "--always", "--dirty", "--exclude", "*").Output()
	if err != nil {
		commit = []byte("not known")
	}
	load := "not noted"
	if n := len(r.loads); n > 0 {
		load = fmt.Sprintf("%s at the beginning, %s half way, %s at the end", r.loads[0], r.loads[n/2], r.loads[n-1])
	}
	return fmt.Sprintf("%s, %d CPUs, %s/%s; load, server and Redis share them. %s, Redis %s. Commit %s, %s. Load average %s.",
		cpuModel(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), r.redisVersion, strings.TrimSpace(string(commit)), time.Now().UTC().Format(time.DateOnly), load)
}

// heads and cells are the table of all figures.
var benchHeads = []string{"what", "Redis", "connections", "floor/s", "line/s", "ratio", "floor µs", "line µs", "ratio", "floor Redis µs", "line Redis µs", "p50", "p99", "allocations", "bytes"}

func (f figure) cells() []string {
	floor, line := f.floor(), f.line()
	number := func(n float64) string { return fmt.Sprintf("%.0f", n) }
	span := func(d time.Duration) string {
		if d == 0 {
			return "-"
		}
		return inMillis(d)
	}
	connections := fmt.Sprint(f.connections)
	if f.connections == 0 {
		connections = "-"
	}
	return []string{f.what, f.redis, connections, number(floor.perSecond), number(line.perSecond), fmt.Sprintf("%.2f", f.speed()), number(floor.cpu), number(line.cpu),
		fmt.Sprintf("%.2f", f.cost()), number(floor.redisCPU), number(line.redisCPU), span(line.p50), span(line.p99), number(line.allocs), number(line.allocBytes)}
}

// print writes the one table.
func (r *benchReport) print(out io.Writer) error {
	fmt.Fprintf(out, "\n%s\n%d rounds in turn, medians. µs is processor time of server and load together for one; a ratio is the line's to the floor's.\n\n", r.machine(), benchRounds())
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, strings.Join(benchHeads, "\t")+"\t")
	for _, f := range r.figures {
		fmt.Fprintln(w, strings.Join(f.cells(), "\t")+"\t")
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	for _, line := range r.besides() {
		fmt.Fprintln(out, line)
	}
	return nil
}

// besides says what is no row of the table.
func (r *benchReport) besides() (out []string) {
	for _, f := range r.figures {
		bare, there := f.side("bare")
		merged, _ := f.side("merged")
		if there {
			out = append(out, fmt.Sprintf("voice turn, %d connections: a server that does nothing %.0f/s and %.0f µs; the floor with round trips sent together %.0f/s and %.0f µs, of which the line has %.2f.",
				f.connections, bare.perSecond, bare.cpu, merged.perSecond, merged.cpu, f.line().perSecond/merged.perSecond))
		}
	}
	for _, c := range r.calm {
		out = append(out, fmt.Sprintf("%.0f webhooks a second by the clock while %s: p50 %s, p90 %s, p99 %s, p99.9 %s, max %s; a clock beside it that ticks every millisecond was late by p99 %s, max %s.",
			c.Rate, c.While, inMillis(c.P50), inMillis(c.P90), inMillis(c.P99), inMillis(c.P999), inMillis(c.Max), inMillis(c.Late99), inMillis(c.LateMax)))
	}
	if s := r.start; s != nil {
		out = append(out, fmt.Sprintf("binary %.1f MB, %.1f MB with -ldflags \"-s -w\"; ready %s after its start; memory %.0f MB idle, %.0f MB after 5 s of %.0f webhooks a second.",
			float64(s.Binary)/1e6, float64(s.Stripped)/1e6, s.Ready.Round(time.Millisecond), s.Idle, s.Loaded, s.Rate))
	}
	return out
}

const reportHead = `# Performance

Measured by ` + "`make bench`" + ` and, the scale, by ` + "`make bench-scale`" + `, which write this page. Every figure of the line stands beside that of a floor in the same process, measured in turn with it: the same router and signature check, two round trips to Redis of the same sizes, and an answer that is always the same. Ratios outlast the machine; the rest does not. Where the load average is above the number of CPUs, others were at work on the machine: the line, which needs more of it than the floor, then waits more often, and only bytes, allocations and memory are worth keeping.

`

// write puts what was measured into performance.md, and pictures beside it. What was not
// measured this time stays as it was.
func (r *benchReport) write(dir string) error {
	kept := map[string]part{}
	file := filepath.Join(dir, "performance.json")
	if text, err := os.ReadFile(file); err == nil {
		if err := json.Unmarshal(text, &kept); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	pictures := map[string]string{}
	if len(r.figures) > 0 {
		kept["line"] = part{r.machine(), r.lineText()}
		pictures["performance-voice.svg"], pictures["performance-calm.svg"] = r.voicePicture(), r.calmPicture()
	}
	if len(r.scale) > 0 {
		kept["scale"] = part{r.machine(), r.scaleText()}
		pictures["performance-scale.svg"] = r.scalePicture()
	}
	var page strings.Builder
	page.WriteString(reportHead)
	for _, name := range []string{"line", "scale"} {
		if p, ok := kept[name]; ok {
			page.WriteString(strings.Replace(p.Text, "{machine}", p.Machine, 1))
		}
	}
	text, err := json.MarshalIndent(kept, "", " ")
	if err != nil {
		return err
	}
	pictures["performance.json"], pictures["performance.md"] = string(text)+"\n", page.String()
	for name, content := range pictures {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (r *benchReport) lineText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## The line and its floor\n\n{machine}\n\n%d rounds, medians. µs is processor time for one, of server and load together; Redis µs is redis-server's. Allocations and bytes are Go's, p50 and p99 the line's in a closed loop.\n\n", benchRounds())
	b.WriteString("![Voice turns a second of the line and of its floor](performance-voice.svg)\n\n")
	row := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	row(benchHeads)
	row(strings.Split(strings.TrimSuffix("---,---,"+strings.Repeat("---:,", len(benchHeads)-2), ","), ","))
	for _, f := range r.figures {
		row(f.cells())
	}
	b.WriteString("\n## Besides\n\n![How long voice turns take while something else goes on](performance-calm.svg)\n\n")
	for _, line := range r.besides() {
		b.WriteString("- " + strings.ToUpper(line[:1]) + line[1:] + "\n")
	}
	b.WriteString("\n")
	return b.String()
}
