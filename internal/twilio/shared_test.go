package twilio

import (
	"os"
	"path/filepath"
	"testing"
)

// conformance finds a file of the conformance material beside the project, or
// says that it is not there: loudly, and in continuous integration as a failure.
func conformance(t testing.TB, name string) (path string, ok bool) {
	t.Helper()
	root := os.Getenv("SECONDLINE_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	path = filepath.Join(root, "conformance", name)
	if _, err := os.Stat(path); err == nil {
		return path, true
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("conformance material %s is missing", name)
	}
	t.Logf("NOT CHECKED: conformance material %s is not beside the project; set SECONDLINE_SHARED", name)
	return "", false
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// conformanceToolMissing says that a program the conformance material runs on is
// not installed, as loudly as conformance does.
func conformanceToolMissing(t testing.TB, tool string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing", tool)
	}
	t.Logf("NOT CHECKED: %s is not installed", tool)
}
