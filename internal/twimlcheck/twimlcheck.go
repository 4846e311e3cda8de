// Package twimlcheck holds TwiML against the conformance material that stands
// beside the project: Twilio's own schema, and what a schema cannot say.
package twimlcheck

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"testing"
)

// driver runs the checker on many documents in one Python process: it is a
// script that ends after one.
const driver = `
import io, contextlib, os, runpy, sys
script, kind, folder = sys.argv[1:4]
for name in sorted(os.listdir(folder)):
    path = os.path.join(folder, name)
    sys.argv = [script, kind, path]
    out = io.StringIO()
    code = 0
    with contextlib.redirect_stdout(out):
        try: runpy.run_path(script, run_name='__main__')
        except SystemExit as e: code = e.code or 0
    if code:
        print(open(path).read()); print(out.getvalue())
`

// Collection gathers TwiML documents, one of each shape.
type Collection struct {
	mu   sync.Mutex
	docs map[string]string
}

// varying is what differs between two documents of one shape.
var varying = regexp.MustCompile(`[0-9a-f]{24,}|[0-9]+`)

// Add keeps a document unless one of its shape is there. It is safe for
// concurrent use.
func (c *Collection) Add(twiml string) {
	shape := varying.ReplaceAllString(twiml, "0")
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.docs == nil {
		c.docs = map[string]string{}
	}
	c.docs[shape] = twiml
}

// Len counts the shapes.
func (c *Collection) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.docs)
}

// Check fails the test for every document that Twilio would refuse. context is
// "--voice", "--messaging", or "--voice" with a narrower one such as
// "--whisper". Where the conformance material is not beside the project it says
// so in the test's output, and fails where CI is set.
func (c *Collection) Check(t testing.TB, context string) {
	t.Helper()
	if c.Len() == 0 {
		t.Fatal("there is no TwiML to check")
	}
	script := find(t)
	if script == "" {
		return
	}
	dir := t.TempDir()
	n := 0
	for _, doc := range c.docs {
		n++
		if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(n)+".xml"), []byte(doc), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command("python3", "-c", driver, script, context, dir).CombinedOutput()
	if err != nil {
		t.Fatalf("the checker does not run (make deps installs python3 and xmllint): %v\n%s", err, out)
	}
	if len(out) > 0 {
		t.Errorf("Twilio would refuse this TwiML:\n%s", out)
	}
	t.Logf("%d shapes of TwiML checked", n)
}

// find looks for the checker from the package's folder upwards.
func find(t testing.TB) string {
	t.Helper()
	roots := []string{os.Getenv("SECONDLINE_SHARED")}
	for _, up := range []string{"..", "../..", "../../.."} {
		roots = append(roots, filepath.Join(up, "..", "shared"))
	}
	for _, root := range roots {
		path := filepath.Join(root, "conformance", "twiml_check.py")
		if root != "" {
			if _, err := os.Stat(path); err == nil {
				return path
			}
		}
	}
	if os.Getenv("CI") == "true" {
		t.Error("the conformance material is not beside the project: no TwiML was checked")
	} else {
		t.Log("NOT CHECKED: the conformance material is not beside the project (SECONDLINE_SHARED names another place)")
	}
	return ""
}
