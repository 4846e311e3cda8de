package flow

import (
	"fmt"
	"strings"
)

// Mermaid draws a script as a Mermaid flowchart (mermaid.js.org, flowchart).
// say gives the words of an ID; a nil say shows the IDs.
func (b *Book) Mermaid(script string, say func(id string) string) (string, error) {
	sc, err := b.script(script)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "flowchart TD\n  %%%% %s: %s\n", sc.Name, sc.Title)
	outside := map[string]bool{}
	for i := range sc.Steps {
		s := &sc.Steps[i]
		open, shut := `["`, `"]`
		switch {
		case isDecide(s):
			open, shut = `{{"`, `"}}`
		case s.End != Open:
			open, shut = `(["`, `"])`
		case s.Ask != nil:
			open, shut = `("`, `")`
		}
		fmt.Fprintf(&out, "  %s%s%s%s\n", node(sc.Name+"."+s.ID), open, mermaidText(caption(s, say)), shut)
		for _, e := range b.edges(sc.Name, s) {
			if scriptOf(e.to) != sc.Name && !outside[e.to] {
				outside[e.to] = true
				fmt.Fprintf(&out, "  %s[[\"%s\"]]\n", node(e.to), mermaidText(b.elsewhere(e.to)))
			}
			arrow := " --> "
			if e.label != "" {
				arrow = fmt.Sprintf(" -->|%s| ", mermaidText(e.label))
			}
			fmt.Fprintf(&out, "  %s%s%s\n", node(sc.Name+"."+s.ID), arrow, node(e.to))
		}
	}
	return out.String(), nil
}

func (b *Book) script(name string) (*Script, error) {
	var names []string
	for _, sc := range b.scripts {
		if sc.Name == name {
			return sc, nil
		}
		names = append(names, sc.Name)
	}
	return nil, fmt.Errorf("flow: there is no script %q; there are: %s", name, strings.Join(names, ", "))
}

func isDecide(s *Step) bool {
	_, ok := s.Ask.(Decide)
	return ok
}

// elsewhere names a step of another script as a reader of this one sees it.
func (b *Book) elsewhere(at string) string {
	if at == Return {
		return "back to where it was"
	}
	for _, sc := range b.scripts {
		if sc.Name == scriptOf(at) {
			_, id, _ := strings.Cut(at, ".")
			return sc.Title + ": " + strings.ReplaceAll(id, "_", " ")
		}
	}
	return at
}

func node(at string) string {
	return strings.NewReplacer(".", "_", "@", "").Replace(at)
}

func mermaidText(s string) string {
	return strings.NewReplacer(`"`, "'", "#", "#35;", "|", "/", "{", "‹", "}", "›").Replace(s)
}

// caption is what a drawing writes into a step's box: its name, and what it
// says.
func caption(s *Step, say func(string) string) string {
	name := strings.ReplaceAll(s.ID, "_", " ")
	if d, ok := s.Ask.(Decide); ok {
		return d.What + "?"
	}
	var said []string
	for _, id := range append(append([]string{}, s.Lead...), s.Say...) {
		if say != nil {
			said = append(said, say(id))
		} else {
			said = append(said, id)
		}
	}
	kind := ""
	if s.Ask != nil {
		if _, menu := s.Ask.(Menu); !menu {
			kind = " (" + s.Ask.Kind() + ")"
		}
	}
	return name + kind + ": " + strings.Join(said, " ")
}
