package archtest

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/dependencies.md anew")

// licences are those under which what is built in may be passed on, in the order in
// which they are looked for: SPDX name, and words that only it has.
var licences = []struct{ name, words string }{
	{"Apache-2.0", "Apache License Version 2.0, January 2004"},
	{"BSD-3-Clause", "may be used to endorse or promote products derived from this software without specific prior written permission"},
	{"BSD-2-Clause", "Redistribution and use in source and binary forms, with or without modification, are permitted"},
	{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files"},
}

// built is a module of which something is built into the program.
type built struct{ Path, Version, Dir string }

// Everything that is built into the program may be passed on with it, and stands in
// docs/dependencies.md with its licence. A new one, or a new version, fails here until
// somebody has looked at it; -update writes the list.
func TestWhatIsBuiltInMayBePassedOn(t *testing.T) {
	var out strings.Builder
	out.WriteString("# What is built into secondline\n\nKept true by a test (`internal/archtest`); `go test ./internal/archtest -update` writes it anew.\n\n| module | version | licence |\n|---|---|---|\n")
	for _, m := range builtIn(t) {
		text := licenceText(t, m)
		i := slices.IndexFunc(licences, func(l struct{ name, words string }) bool { return strings.Contains(text, l.words) })
		if i < 0 {
			t.Errorf("%s has a licence that nobody has looked at", m.Path)
			continue
		}
		fmt.Fprintf(&out, "| %s | %s | %s |\n", m.Path, m.Version, licences[i].name)
	}
	path := filepath.Join("..", "..", "docs", "dependencies.md")
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if kept, err := os.ReadFile(path); err != nil || string(kept) != out.String() {
		t.Errorf("docs/dependencies.md is not what is built in (%v); look at what is new, then run this test with -update", err)
	}
}

// builtIn lists the modules of the program, ours left out.
func builtIn(t *testing.T) []built {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=Module", "./cmd/secondline")
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []built
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct{ Module *built }
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if p.Module != nil && p.Module.Path != module && !slices.Contains(all, *p.Module) {
			all = append(all, *p.Module)
		}
	}
	slices.SortFunc(all, func(a, b built) int { return strings.Compare(a.Path, b.Path) })
	if len(all) < 10 {
		t.Fatalf("only %d modules are built in: the list is not whole", len(all))
	}
	return all
}

var blanks = regexp.MustCompile(`\s+`)

// licenceText gives the licence of a module, a blank between two words.
func licenceText(t *testing.T, m built) string {
	t.Helper()
	for _, name := range []string{"LICENSE", "LICENSE.txt", "LICENSE.md", "COPYING"} {
		if text, err := os.ReadFile(filepath.Join(m.Dir, name)); err == nil {
			return blanks.ReplaceAllString(string(text), " ")
		}
	}
	t.Errorf("%s has no licence", m.Path)
	return ""
}
