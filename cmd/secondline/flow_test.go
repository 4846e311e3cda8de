package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The drawings in docs are those of the code; -update draws them anew.
func TestDrawingsInDocs(t *testing.T) {
	for _, name := range []string{"main", "intake", "person", "callback", "info", "message", "stop", "status", "returned", "language", "team", "reach"} {
		status, out, errs := command(t, "flow", name)
		if status != 0 {
			t.Fatalf("flow %s: status %d: %s", name, status, errs)
		}
		file := filepath.Join("..", "..", "docs", "flow-"+name+".svg")
		if *update {
			if err := os.WriteFile(file, []byte(out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if kept, err := os.ReadFile(file); err != nil || string(kept) != out {
			t.Errorf("docs/flow-%s.svg is not what the code does; -update draws it anew (%v)", name, err)
		}
	}
}

func TestFlowCommand(t *testing.T) {
	status, out, errs := command(t, "flow", "-check")
	if status != 0 || !strings.Contains(out, "intake     sound") {
		t.Errorf("flow -check: status %d, %s%s", status, out, errs)
	}
	if status, out, _ := command(t, "flow"); status != 0 || !strings.Contains(out, "Start a request") {
		t.Errorf("flow: status %d, %s", status, out)
	}
	if status, out, _ := command(t, "flow", "-format", "mermaid", "stop"); status != 0 || !strings.HasPrefix(out, "flowchart TD") {
		t.Errorf("flow -format mermaid: status %d, %s", status, out)
	}
	if status, _, errs := command(t, "flow", "tea"); status != 1 || !strings.Contains(errs, "intake") {
		t.Errorf("a script that is not there: status %d, %s", status, errs)
	}
	if status, _, errs := command(t, "flow", "-format", "png", "main"); status != 2 || !strings.Contains(errs, "svg and mermaid") {
		t.Errorf("a format that is not there: status %d, %s", status, errs)
	}
}

func TestCommands(t *testing.T) {
	for _, tt := range []struct {
		args   []string
		status int
		want   string
	}{
		{nil, 2, "secondline demo"},
		{[]string{"help"}, 0, "secondline serve"},
		{[]string{"version"}, 0, "secondline"},
		{[]string{"tea"}, 2, `no command "tea"`},
		{[]string{"call", "-h"}, 0, "hangup"},
		{[]string{"demo", "-h"}, 0, "browser telephone"},
		{[]string{"serve", "-h"}, 0, "REDIS_URL"},
		{[]string{"serve"}, 1, "PUBLIC_URL"},
	} {
		status, out, errs := command(t, tt.args...)
		if status != tt.status || !strings.Contains(out+errs, tt.want) {
			t.Errorf("%v: status %d, %s%s", tt.args, status, out, errs)
		}
	}
}
