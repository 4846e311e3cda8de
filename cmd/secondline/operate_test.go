package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	yaml "go.yaml.in/yaml/v4"

	"secondline/internal/audit"
)

func operateFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "operate", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// measured is what the program measures.
type measured struct {
	labels map[string][]string // by name
	// begun are series that are there from the start: name{label="value"}.
	begun map[string]bool
}

var descForm = regexp.MustCompile(`fqName: "([^"]+)".*variableLabels: \{([^}]*)\}`)

// measuredBySecondline asks the registry of a program put together as serve does it.
func measuredBySecondline(t *testing.T) measured {
	t.Helper()
	w := testWorldWith(t, tuesday, slog.New(slog.DiscardHandler), hooks{})
	registry := w.line.metrics
	registry.MustRegister(auditHealth{audit.NewTrail(nil, 0, w.clock.Now, slog.New(slog.DiscardHandler))}, collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &health{store: w.line.store, recordings: t.TempDir()})
	m := measured{labels: map[string][]string{"up": {"job", "instance"}}, begun: map[string]bool{}}
	descs := make(chan *prometheus.Desc)
	go func() { registry.Describe(descs); close(descs) }()
	for d := range descs {
		found := descForm.FindStringSubmatch(d.String())
		if found == nil {
			t.Fatalf("not understood: %s", d)
		}
		m.labels[found[1]] = strings.FieldsFunc(found[2], func(r rune) bool { return r == ',' })
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, series := range f.GetMetric() {
			for _, l := range series.GetLabel() {
				m.begun[fmt.Sprintf("%s{%s=%q}", f.GetName(), l.GetName(), l.GetValue())] = true
			}
		}
	}
	return m
}

var (
	selector = regexp.MustCompile(`\b((?:secondline|process)_[a-z_]+|up)\b(?:\{([^}]*)\})?`)
	matcher  = regexp.MustCompile(`([a-z_]+)(=~|!=|!~|=)"([^"]*)"`)
	grouping = regexp.MustCompile(`\bby \(([^)]*)\)`)
)

// problems says what of an expression the program does not measure.
func (m measured) problems(expr string) []string {
	var out []string
	if strings.Count(expr, "(") != strings.Count(expr, ")") || strings.Count(expr, "{") != strings.Count(expr, "}") {
		out = append(out, "its brackets do not match")
	}
	grouped := map[string]bool{"le": true, "instance": true}
	names := selector.FindAllStringSubmatch(expr, -1)
	if len(names) == 0 {
		out = append(out, "it names no metric")
	}
	for _, found := range names {
		name := found[1]
		for _, part := range []string{"_bucket", "_sum", "_count"} {
			if whole, ok := strings.CutSuffix(name, part); ok && m.labels[whole] != nil {
				name = whole
			}
		}
		labels, ok := m.labels[name]
		if !ok {
			out = append(out, "there is no metric "+name)
			continue
		}
		for _, l := range labels {
			grouped[l] = true
		}
		for _, is := range matcher.FindAllStringSubmatch(found[2], -1) {
			if is[1] != "job" && !slices.Contains(labels, is[1]) {
				out = append(out, fmt.Sprintf("%s has no label %s", name, is[1]))
			}
			for value := range strings.SplitSeq(is[3], "|") {
				if is[1] != "job" && strings.Contains(expr, "increase") && !m.begun[fmt.Sprintf("%s{%s=%q}", name, is[1], value)] {
					out = append(out, fmt.Sprintf("%s{%s=%q} is not there from the start: its first increase is none", name, is[1], value))
				}
			}
		}
	}
	for _, by := range grouping.FindAllStringSubmatch(expr, -1) {
		for l := range strings.SplitSeq(by[1], ",") {
			if !grouped[strings.TrimSpace(l)] {
				out = append(out, "nothing in it has the label "+l)
			}
		}
	}
	return out
}

// alertRules is the form of a file of rules.
type alertRules struct {
	Groups []struct {
		Name  string
		Rules []struct {
			Alert, Expr, For    string
			Labels, Annotations map[string]string
		}
	}
}

var spanForm = regexp.MustCompile(`^[0-9]+[smhd]$`)

func TestAlarmsAreOfWhatIsMeasured(t *testing.T) {
	m := measuredBySecondline(t)
	var file alertRules
	decode, err := yaml.NewLoader(strings.NewReader(operateFile(t, "alerts.yml")), yaml.WithKnownFields(true))
	if err == nil {
		err = decode.Load(&file)
	}
	if err != nil {
		t.Fatal(err)
	}
	guide := operateFile(t, "guide.md")
	seen := map[string]bool{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			for _, p := range m.problems(r.Expr) {
				t.Errorf("%s: %s", r.Alert, p)
			}
			if s := r.Labels["severity"]; s != "page" && s != "ticket" {
				t.Errorf("%s has the severity %q", r.Alert, s)
			}
			if r.For != "" && !spanForm.MatchString(r.For) {
				t.Errorf("%s waits for %q", r.Alert, r.For)
			}
			if seen[r.Alert] || r.Annotations["summary"] == "" {
				t.Errorf("%s stands twice, or says nothing", r.Alert)
			}
			seen[r.Alert] = true
			if _, paragraph, ok := strings.Cut(guide, "\n### "+r.Alert+"\n"); !ok || len(strings.TrimSpace(strings.SplitN(paragraph, "\n#", 2)[0])) < 60 {
				t.Errorf("the guide says nothing of %s", r.Alert)
			}
		}
	}
	for line := range strings.Lines(guide) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "### "); ok && !seen[name] {
			t.Errorf("the guide tells of %s, which never rings", name)
		}
	}
	if len(seen) < 20 {
		t.Errorf("%d alarms", len(seen))
	}
}

func TestDashboardShowsWhatIsMeasured(t *testing.T) {
	m := measuredBySecondline(t)
	var board struct {
		Title  string
		Panels []struct {
			ID          int
			Type, Title string
			GridPos     struct{ H, W, X, Y int }
			Targets     []struct{ Expr, RefID string }
		}
	}
	text := operateFile(t, "dashboard.json")
	if err := json.Unmarshal([]byte(text), &board); err != nil {
		t.Fatal(err)
	}
	ids := map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %d %q lies where it cannot", p.ID, p.Title)
		}
		ids[p.ID] = true
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("%q shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			for _, problem := range m.problems(target.Expr) {
				if !strings.Contains(problem, "from the start") {
					t.Errorf("%q: %s", p.Title, problem)
				}
			}
		}
	}
	// Whatever the program measures is shown.
	for name := range m.labels {
		if strings.HasPrefix(name, "secondline_") && !strings.Contains(text, name) {
			t.Errorf("%s is nowhere on the dashboard", name)
		}
	}
}

// The checks of expressions find what they are for.
func TestExpressionsAreChecked(t *testing.T) {
	m := measured{labels: map[string][]string{"secondline_a_total": {"x"}, "secondline_t_seconds": {}}, begun: map[string]bool{`secondline_a_total{x="1"}`: true}}
	for expr, want := range map[string]string{
		`sum by (x) (increase(secondline_a_total{x="1"}[1h])) > 0`: "",
		`rate(secondline_t_seconds_bucket[5m])`:                    "",
		`secondline_b_total`:                                       "no metric secondline_b_total",
		`secondline_a_total{y="1"}`:                                "no label y",
		`increase(secondline_a_total{x="2"}[1h])`:                  "from the start",
		`sum by (z) (secondline_a_total)`:                          "label z",
		`sum(secondline_a_total`:                                   "brackets",
		`vector(1)`:                                                "names no metric",
	} {
		if got := strings.Join(m.problems(expr), "; "); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", expr, got, want)
		}
	}
}

var unitLine = regexp.MustCompile(`^(#.*|\[[A-Z][a-z]+\]|[A-Z][A-Za-z]+=.*)?$`)

func TestUnitAndContainerFile(t *testing.T) {
	unit := operateFile(t, "secondline.service")
	for i, line := range strings.Split(unit, "\n") {
		if !unitLine.MatchString(line) {
			t.Errorf("line %d of the unit: %q", i+1, line)
		}
	}
	for _, want := range []string{"ExecStart=/usr/local/bin/secondline serve -data /var/lib/secondline\n", "NoNewPrivileges=yes", "ProtectSystem=strict", "Restart=always", "StateDirectory=secondline\n"} {
		if !strings.Contains(unit, want) {
			t.Errorf("the unit lacks %q", want)
		}
	}
	container := operateFile(t, "Containerfile")
	for _, want := range []string{"./cmd/secondline", `CMD ["serve", "-data", "/var/lib/secondline"]`, "USER 65532:65532", "VOLUME /var/lib/secondline"} {
		if !strings.Contains(container, want) {
			t.Errorf("the container file lacks %q", want)
		}
	}
	if text, err := os.ReadFile(filepath.Join("..", "..", "go.mod")); err != nil || !strings.Contains(string(text), "\ngo "+goVersion(container)) {
		t.Errorf("the container is built by Go %s, not the one of go.mod (%v)", goVersion(container), err)
	}
}

func goVersion(container string) string {
	_, after, _ := strings.Cut(container, "golang:")
	version, _, _ := strings.Cut(after, "-")
	return version
}

// The rights that the guide gives are enough, for the doctor and for an operator.
func TestTheGuidesRightsAreEnough(t *testing.T) {
	o := newOffice(t)
	rule := regexp.MustCompile(`(?m)^user line (.*)$`).FindStringSubmatch(operateFile(t, "redis.acl"))
	if rule == nil {
		t.Fatal("the file has no rule for the line")
	}
	o.redis.Do(t, append([]string{"ACL", "SETUSER", "line"}, strings.Fields(strings.Replace(rule[1], "CHANGE-ME-line", "hunter2", 1))...)...)
	o.env["REDIS_URL"] = strings.Replace(o.redis.URL(), "unix://", "unix://line:hunter2@", 1)
	if status, notFine := o.findings(); status != 0 || len(notFine) > 0 {
		t.Errorf("status %d: %+v", status, notFine)
	}
	o.want([]string{"case", "list"}, string(o.c.ID))
	o.want([]string{"case", "advance", worldRequest, "delivered"}, "A call is promised")
	o.want([]string{"events", "replay", "all"})
}

// Commands that the guide shows exist.
func TestTheGuidesCommandsExist(t *testing.T) {
	for _, found := range regexp.MustCompile("(?m)(?:^|`)secondline ([a-z]+)").FindAllStringSubmatch(operateFile(t, "guide.md"), -1) {
		if !strings.Contains(usage, "  secondline "+found[1]+" ") {
			t.Errorf("there is no secondline %s", found[1])
		}
	}
}
