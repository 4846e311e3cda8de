package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "secondline"

// anImport is one import line of one of our files.
type anImport struct {
	file string // from the repository's root: ivr/turn.go
	of   string // import path
}

func (i anImport) folder() string { return path.Dir(i.file) }
func (i anImport) inTest() bool   { return strings.HasSuffix(i.file, "_test.go") }

// graph is who imports whom: our files one by one, and every package that is
// built into the program (tests left out).
type graph struct {
	files    []anImport
	packages map[string][]string
}

// readGraph asks the go command. Files for other systems count as well.
func readGraph(t *testing.T) graph {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-deps",
		"-json=ImportPath,Dir,Imports,GoFiles,CgoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles", "./...")
	cmd.Dir = filepath.Join("..", "..")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	g := graph{packages: map[string][]string{}}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath, Dir                                                       string
			Imports, GoFiles, CgoFiles, IgnoredGoFiles, TestGoFiles, XTestGoFiles []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return g
		} else if err != nil {
			t.Fatalf("read go list: %v", err)
		}
		g.packages[p.ImportPath] = p.Imports
		if !matches(module+"/...", p.ImportPath) {
			continue
		}
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles, p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles) {
			g.files = append(g.files, importsOf(t, p.Dir, strings.TrimPrefix(p.ImportPath, module+"/"), name)...)
		}
	}
}

func importsOf(t *testing.T, dir, folder, name string) []anImport {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.ImportsOnly)
	if err != nil {
		t.Fatalf("read imports: %v", err)
	}
	var out []anImport
	for _, spec := range f.Imports {
		of, _ := strconv.Unquote(spec.Path.Value)
		out = append(out, anImport{path.Join(folder, name), of})
	}
	return out
}

// matches says whether an import path is what a pattern means: itself, or with
// "/..." at its end everything below as well.
func matches(pattern, importPath string) bool {
	root, below := strings.CutSuffix(pattern, "/...")
	return importPath == root || below && strings.HasPrefix(importPath, root+"/")
}

func matchesAny(patterns []string, importPath string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, importPath) })
}

// broken gives a line for every import that breaks the rule.
func (g graph) broken(r rule) []string {
	var out []string
	for _, i := range g.files {
		if r.binds(i) && matchesAny(r.never, i.of) && !matchesAny(r.but, i.of) {
			out = append(out, fmt.Sprintf("%s imports %s: %s", i.file, i.of, r.name))
		}
	}
	if r.deep {
		out = append(out, g.reached(r)...)
	}
	return out
}

// reached follows the imports of imports, and shows the way.
func (g graph) reached(r rule) []string {
	var out []string
	for _, start := range slices.Sorted(maps.Keys(g.packages)) {
		if !matches(module+"/"+r.from, start) {
			continue
		}
		way := map[string]string{start: start}
		for queue := []string{start}; len(queue) > 0; queue = queue[1:] {
			for _, next := range g.packages[queue[0]] {
				if way[next] != "" {
					continue
				}
				way[next] = way[queue[0]] + " → " + next
				queue = append(queue, next)
				if matchesAny(r.never, next) && !matchesAny(r.but, next) {
					out = append(out, way[next]+": "+r.name)
				}
			}
		}
	}
	return out
}
