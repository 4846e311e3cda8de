package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondline/internal/audit"
)

func TestAuditVerify(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.log")
	record, err := audit.Open(path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer record.Close()
	for range 3 {
		if err := record.Append(audit.Entry{Who: "co1", Role: "coordinator", What: "board.read", Outcome: "shown"}); err != nil {
			t.Fatal(err)
		}
	}
	verify := func(args ...string) (int, string) {
		var out bytes.Buffer
		status := run(t.Context(), append([]string{"audit", "verify"}, args...), noEnvironment, &out, &out)
		return status, out.String()
	}
	if status, said := verify(path); status != 0 || !strings.Contains(said, "3 lines, none altered") {
		t.Errorf("status %d: %s", status, said)
	}
	if status, said := verify("-head", record.Head().String(), path); status != 0 {
		t.Errorf("status %d: %s", status, said)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(text, []byte("co1"), []byte("co2"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, said := verify(path); status != 1 || !strings.Contains(said, "line 1: it was altered") {
		t.Errorf("status %d: %s", status, said)
	}
	for _, wrong := range [][]string{{"-data", t.TempDir()}, {"-head", "7", path}, {filepath.Join(t.TempDir(), "none")}} {
		if status, said := verify(wrong...); status == 0 {
			t.Errorf("%q is understood: %s", wrong, said)
		}
	}
}
