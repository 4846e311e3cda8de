// Package archtest keeps the rule of the house: who may import whom.
package archtest

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// rule says what the files of some folders never import.
type rule struct {
	name   string
	from   string   // folder, "/..." for all below; "..." for the whole repository
	spares []string // folders or files (a pattern of path.Match) that the rule does not bind
	never  []string // import paths
	but    []string // import paths that are allowed all the same
	tests  bool     // binds tests too
	deep   bool     // binds what the imports import too
}

func ours(folders ...string) []string {
	if len(folders) == 0 {
		return []string{module + "/..."}
	}
	out := slices.Clone(folders)
	for i := range out {
		out[i] = module + "/" + out[i]
	}
	return out
}

var (
	leaf     = ours("internal/private") // the opaque type for personal data belongs to every room
	goRedis  = []string{"github.com/redis/..."}
	twilioGo = []string{"github.com/twilio/..."}
	mini     = []string{"github.com/alicebob/miniredis/..."}
)

var rules = []rule{
	{name: "private imports nothing of ours", from: "internal/private/...", never: ours(), tests: true},
	{name: "flow imports nothing of ours", from: "internal/flow/...", never: ours(), but: leaf},
	{name: "wording imports nothing of ours", from: "internal/wording/...", never: ours(), but: leaf},
	{name: "hours imports nothing of ours", from: "internal/hours/...", never: ours(), but: leaf},

	{name: "audit imports nothing of ours", from: "internal/audit/...", never: ours(), tests: true},
	{name: "recordings imports nothing of ours", from: "internal/recordings/...", never: ours(), but: leaf},

	{name: "casestore of ours imports only flow", from: "casestore/...", never: ours(), but: append(ours("casestore/...", "internal/flow"), leaf...)},
	{name: "casestore knows no HTTP", from: "casestore/...", never: []string{"net/http/..."}, deep: true},
	{name: "casestore knows no Twilio", from: "casestore/...", never: append(ours("internal/twilio/...", "internal/twiliosim/..."), twilioGo...), deep: true, tests: true},

	{name: "intake of ours imports only flow and casestore", from: "internal/intake/...", never: ours(), but: append(ours("casestore/...", "internal/flow"), leaf...)},
	{name: "ivr does not import sms", from: "ivr/...", never: ours("sms/..."), tests: true, deep: true},
	{name: "sms does not import ivr", from: "sms/...", never: ours("ivr/..."), tests: true, deep: true},
	{name: "nothing imports cmd", from: "...", never: ours("cmd/..."), tests: true},

	{name: "only casestore talks to Redis", from: "...", spares: []string{"casestore/..."}, never: goRedis, tests: true},
	{name: "miniredis is for tests and the demo", from: "...", spares: []string{"cmd/secondline/demo*.go"}, never: mini},
	{name: "only internal/twilio imports twilio-go", from: "...", spares: []string{"internal/twilio/..."}, never: twilioGo, tests: true},

	{name: "only cmd and tests use the stand-in for Twilio", from: "...", spares: []string{"cmd/secondline", "internal/twiliosim/..."}, never: ours("internal/twiliosim/...")},
	{name: "only cmd imports the console", from: "...", spares: []string{"cmd/secondline", "internal/console/..."}, never: ours("internal/console/...")},
	{name: "the console talks to nobody but the store and the line", from: "internal/console/...", never: append(ours("internal/twilio/...", "sms/..."), twilioGo...)},
	{name: "planview imports of ours only hours", from: "internal/planview/...", never: ours(), but: ours("internal/planview", "internal/hours")},
	{name: "segments imports nothing of ours", from: "internal/segments/...", never: ours(), tests: true},
	{name: "loadgen imports nothing of ours", from: "internal/loadgen/...", never: ours(), tests: true},

	// The stand-in is the other side of the wire: a mistake that both sides make is
	// found by no test. Segments are counted by neither side but by the networks.
	{name: "twiliosim imports of ours only segments", from: "internal/twiliosim/...", never: ours(), but: ours("internal/twiliosim/...", "internal/segments")},
	{name: "the browser telephone imports nothing of ours", from: "internal/twiliosim/phone/...", never: ours(), but: ours("internal/twiliosim/phone/...")},
}

func (r rule) binds(i anImport) bool {
	if r.from != "..." && !matches(r.from, i.folder()) || i.inTest() && !r.tests {
		return false
	}
	return !slices.ContainsFunc(r.spares, func(spared string) bool {
		file, _ := path.Match(spared, i.file)
		return file || matches(spared, i.folder())
	})
}

func TestImports(t *testing.T) {
	g := readGraph(t)
	if len(g.files) < 10 || len(g.packages["secondline/internal/flow"]) == 0 {
		t.Fatalf("go list shows %d imports: the graph is not ours", len(g.files))
	}
	for _, r := range rules {
		for _, line := range g.broken(r) {
			t.Error(line)
		}
	}
}

// TestEveryRuleCanBreak runs the rules on made-up imports.
func TestEveryRuleCanBreak(t *testing.T) {
	tests := []struct {
		file, of string
		breaks   string // rules, with "; " between them; none for an import that is right
	}{
		{"internal/private/x.go", "secondline/internal/flow", "private imports nothing of ours"},
		{"internal/flow/x.go", "secondline/casestore", "flow imports nothing of ours"},
		{"internal/flow/x.go", "secondline/internal/private", ""},
		{"internal/audit/x.go", "secondline/internal/private", "audit imports nothing of ours"},
		{"internal/recordings/x.go", "secondline/casestore", "recordings imports nothing of ours"},
		{"internal/wording/x.go", "secondline/internal/hours", "wording imports nothing of ours"},
		{"internal/hours/zones/x.go", "secondline/internal/wording", "hours imports nothing of ours"},
		{"internal/hours/x.go", "time", ""},
		{"casestore/x.go", "secondline/internal/hours", "casestore of ours imports only flow"},
		{"casestore/x.go", "secondline/internal/flow", ""},
		{"casestore/x.go", "net/http", "casestore knows no HTTP"},
		{"casestore/x.go", "net/http/httptest", "casestore knows no HTTP"},
		{"casestore/x_test.go", "secondline/internal/twiliosim", "casestore knows no Twilio"},
		{"casestore/x.go", "github.com/redis/go-redis/v9", ""},
		{"casestore/x_test.go", "github.com/alicebob/miniredis/v2", ""},
		{"internal/intake/x.go", "secondline/sms", "intake of ours imports only flow and casestore"},
		{"internal/intake/x.go", "secondline/casestore", ""},
		{"ivr/x_test.go", "secondline/sms", "ivr does not import sms"},
		{"sms/inbound/x.go", "secondline/ivr", "sms does not import ivr"},
		{"ivr/x.go", "secondline/casestore", ""},
		{"ivr/x.go", "secondline/cmd/secondline", "nothing imports cmd"},
		{"ivr/x_test.go", "github.com/redis/go-redis/v9", "only casestore talks to Redis"},
		{"cmd/secondline/serve.go", "github.com/alicebob/miniredis/v2", "miniredis is for tests and the demo"},
		{"cmd/secondline/demo_redis.go", "github.com/alicebob/miniredis/v2", ""},
		{"sms/x.go", "github.com/twilio/twilio-go/client", "only internal/twilio imports twilio-go"},
		{"internal/twilio/client.go", "github.com/twilio/twilio-go/client", ""},
		{"internal/console/x.go", "secondline/internal/twiliosim", "only cmd and tests use the stand-in for Twilio"},
		{"ivr/x_test.go", "secondline/internal/twiliosim", ""},
		{"cmd/secondline/demo.go", "secondline/internal/twiliosim/phone", ""},
		{"ivr/x.go", "secondline/internal/console", "only cmd imports the console"},
		{"cmd/secondline/x.go", "secondline/internal/console", ""},
		{"internal/console/x.go", "secondline/sms", "the console talks to nobody but the store and the line"},
		{"internal/planview/x.go", "secondline/casestore", "planview imports of ours only hours"},
		{"internal/segments/x.go", "secondline/internal/private", "segments imports nothing of ours"},
		{"internal/loadgen/x.go", "secondline/internal/twilio", "loadgen imports nothing of ours"},
		{"internal/twiliosim/x.go", "secondline/internal/twilio", "twiliosim imports of ours only segments"},
		{"internal/twiliosim/x.go", "secondline/internal/segments", ""},
		{"internal/twiliosim/phone/x.go", "secondline/internal/twiliosim", "the browser telephone imports nothing of ours"},
	}
	broken := map[string]bool{}
	for _, tt := range tests {
		var got []string
		g := graph{files: []anImport{{tt.file, tt.of}}}
		for _, r := range rules {
			if len(g.broken(r)) > 0 {
				got = append(got, r.name)
				broken[r.name] = true
			}
		}
		if breaks := strings.Join(got, "; "); breaks != tt.breaks {
			t.Errorf("%s imports %s: breaks %q, want %q", tt.file, tt.of, breaks, tt.breaks)
		}
	}
	for _, r := range rules {
		if !broken[r.name] {
			t.Errorf("nothing above breaks the rule %q", r.name)
		}
	}
}

func TestARuleFollowsImportsOfImports(t *testing.T) {
	g := graph{packages: map[string][]string{
		"secondline/casestore": {"context", "example.org/metrics"},
		"example.org/metrics":  {"net/http", "example.org/metrics"},
		"secondline/ivr":       {"net/http"},
	}}
	want := "secondline/casestore → example.org/metrics → net/http: casestore knows no HTTP"
	for _, r := range rules {
		lines := g.broken(r)
		if r.name == "casestore knows no HTTP" {
			if !slices.Equal(lines, []string{want}) {
				t.Errorf("got %q, want %q", lines, want)
			}
		} else if len(lines) > 0 {
			t.Errorf("breaks too: %q", lines)
		}
	}
}
