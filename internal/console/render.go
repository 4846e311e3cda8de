package console

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"secondline/internal/explain"
)

//go:embed assets
var assets embed.FS

// pages are the templates, one set a page over the same frame. A broken one stops
// the program at its start.
type pages struct{ all map[string]*template.Template }

func newPages(zone *time.Location) *pages {
	funcs := template.FuncMap{
		"when":  func(t time.Time) string { return explain.InWords(t.In(zone), "Mon Jan 2, 3:04 PM") },
		"clock": func(t time.Time) string { return explain.InWords(t.In(zone), "3:04 PM") },
		"stamp": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"join":  func(words []string) string { return strings.Join(words, ", ") },
	}
	names, err := fs.Glob(assets, "assets/page_*.html")
	if err != nil {
		panic("console: " + err.Error())
	}
	p := &pages{map[string]*template.Template{}}
	for _, name := range names {
		page := strings.TrimSuffix(strings.TrimPrefix(path.Base(name), "page_"), ".html")
		p.all[page] = template.Must(template.New("frame.html").Funcs(funcs).ParseFS(assets, "assets/frame.html", "assets/parts.html", name))
	}
	return p
}

// pageData is what the frame reads; Data is the page's own.
type pageData struct {
	Title  string
	Person *person
	Nav    []navItem
	Data   any
}

type navItem struct {
	Path, Name string
	Here       bool
}

// navFor lists the pages that somebody may open.
func (s *Server) navFor(v *visit) []navItem {
	names := []navItem{{Path: "/", Name: "Promises"}, {Path: "/tasks", Name: "Tasks"}, {Path: "/calls", Name: "Calls"}, {Path: "/team", Name: "Team"},
		{Path: "/optouts", Name: "Opt-outs"}, {Path: "/given-up", Name: "Given up"}, {Path: "/health", Name: "Health"}}
	var out []navItem
	for _, n := range names {
		for _, r := range s.routes {
			if r.method == http.MethodGet && strings.TrimSuffix(r.path, "{$}") == n.Path && v.is(r.roles...) {
				n.Here = v.URL.Path == n.Path
				out = append(out, n)
			}
		}
	}
	return out
}

func (s *Server) render(w http.ResponseWriter, status int, page string, data pageData) {
	var b bytes.Buffer
	if err := s.pages.all[page].Execute(&b, data); err != nil {
		s.Log.Error("a page cannot be written", "page", page, "err", err)
		http.Error(w, "This page cannot be shown.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if status == 0 {
		status = http.StatusOK
	}
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// message is a page of one sentence.
func (s *Server) message(w http.ResponseWriter, status int, title, words string) {
	s.render(w, status, "message", pageData{Title: title, Data: words})
}

// fragment writes the part of a page that is kept up to date.
func (s *Server) fragment(page string, data any) ([]byte, error) {
	var b bytes.Buffer
	err := s.pages.all[page].ExecuteTemplate(&b, "live", data)
	return b.Bytes(), err
}

func asset(name, kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		b, err := assets.ReadFile("assets/" + name)
		if err != nil {
			http.Error(w, "not found", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(b)
	}
}

func (p person) May(role string) bool { return p.is(Role(role)) }
