package main

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/BurntSushi/toml"

	"secondline/internal/private"
)

//go:embed line.toml
var lineTOML string

const fromDefault = "default"

// readProgramme fills the programme from line.toml, then from the file that
// LINE_CONFIG names.
func (s *Settings) readProgramme(readFile func(string) ([]byte, error)) Faults {
	whole := reader{from: s.from, source: fromDefault}
	whole.file(&s.Programme, "line.toml", lineTOML)
	name := s.Deploy.LineConfig
	if name == "" {
		return whole.faults
	}
	text, err := readFile(name)
	if err != nil {
		return append(whole.faults, Fault{"LINE_CONFIG", "names a file that cannot be read: " + err.Error(), exampleOf("LINE_CONFIG")})
	}
	change := reader{from: s.from, source: name}
	change.file(&s.Programme, name, string(text))
	return append(whole.faults, change.faults...)
}

// reader puts one TOML file into a struct: only what the file mentions changes,
// and every fault is kept instead of the first. (A decoder stops at the first.)
type reader struct {
	source string
	from   map[string]string
	faults Faults
}

func (r *reader) file(dst any, name, text string) {
	var table map[string]any
	if _, err := toml.Decode(text, &table); err != nil {
		problem := err.Error()
		if parse, ok := errors.AsType[toml.ParseError](err); ok {
			problem = fmt.Sprintf("names a file that is not TOML, line %d: %s", parse.Position.Line, parse.Message)
		}
		r.fault("LINE_CONFIG", problem, `zone = "America/New_York"`)
		return
	}
	r.table(reflect.ValueOf(dst).Elem(), table, "")
}

func (r *reader) fault(name, problem, example string) {
	r.faults = append(r.faults, Fault{Name: name, Problem: problem, Example: example})
}

func (r *reader) table(dst reflect.Value, src map[string]any, prefix string) {
	for _, name := range slices.Sorted(maps.Keys(src)) {
		field, ok := fieldTagged(dst.Type(), name)
		if !ok {
			r.unknown(prefix, name, dst.Type())
			continue
		}
		r.value(dst.FieldByIndex(field.Index), field, src[name], prefix+name)
	}
}

func (r *reader) unknown(prefix, name string, in reflect.Type) {
	problem := "is not a setting"
	known := programmeKeys()
	if in == reflect.TypeFor[Coordinator]() || in == reflect.TypeFor[SpecialDay]() {
		known = nil
		for i := range in.NumField() {
			known = append(known, prefix+in.Field(i).Tag.Get("toml"))
		}
	}
	if hint := nearest(prefix+name, known); hint != "" {
		problem += "; did you mean " + hint + "?"
	}
	r.fault(prefix+name, problem, "")
}

func (r *reader) value(dst reflect.Value, field reflect.StructField, v any, key string) {
	switch dst.Interface().(type) {
	case time.Duration, string, Greeting, int, bool, []string, private.Text, map[string]string:
		if problem := assign(dst, v); problem != "" {
			r.fault(key, problem, cmp.Or(field.Tag.Get("eg"), exampleOf(key)))
			return
		}
		r.from[key] = r.source
	case []Coordinator, []SpecialDay:
		r.blocks(dst, v, key)
	default:
		inner, ok := v.(map[string]any)
		if !ok {
			r.fault(key, "must be a table", "["+key+"]")
			return
		}
		r.table(dst, inner, key+".")
	}
}

func (r *reader) blocks(dst reflect.Value, v any, key string) {
	blocks, ok := v.([]map[string]any)
	if !ok {
		r.fault(key, "must be blocks that begin with [["+key+"]]", "")
		return
	}
	list := reflect.MakeSlice(dst.Type(), len(blocks), len(blocks))
	for i, block := range blocks {
		at := fmt.Sprintf("%s[%d]", key, i+1)
		inner := reader{source: r.source, from: map[string]string{}}
		inner.table(list.Index(i), block, at+".")
		r.faults = append(r.faults, inner.faults...)
	}
	dst.Set(list)
	r.from[key] = r.source
}

// assign puts a decoded TOML value into a field and says what is wrong with it.
func assign(dst reflect.Value, v any) string {
	switch dst.Interface().(type) {
	case time.Duration:
		s, _ := v.(string)
		d, err := time.ParseDuration(s)
		if err != nil {
			return "must be a length of time in quotes"
		}
		dst.SetInt(int64(d))
	case int:
		n, ok := v.(int64)
		if !ok {
			return "must be a whole number"
		}
		dst.SetInt(n)
	case bool:
		b, ok := v.(bool)
		if !ok {
			return "must be true or false"
		}
		dst.SetBool(b)
	case []string:
		return assignList(dst, v)
	case map[string]string:
		return assignTexts(dst, v)
	case private.Text:
		s, ok := v.(string)
		if !ok {
			return "must be digits in quotes"
		}
		dst.Set(reflect.ValueOf(private.Of(s)))
	default:
		s, ok := v.(string)
		if !ok {
			return "must be text in quotes"
		}
		dst.SetString(s)
	}
	return ""
}

func assignTexts(dst reflect.Value, v any) string {
	const problem = "must be texts by language: { en = \"…\", es = \"…\" }"
	items, ok := v.(map[string]any)
	if !ok {
		return problem
	}
	texts := make(map[string]string, len(items))
	for name, item := range items {
		if texts[name], ok = item.(string); !ok {
			return problem
		}
	}
	dst.Set(reflect.ValueOf(texts))
	return ""
}

func assignList(dst reflect.Value, v any) string {
	const problem = "must be a list of texts in quotes"
	items, ok := v.([]any)
	if !ok {
		return problem
	}
	list := make([]string, len(items))
	for i, item := range items {
		if list[i], ok = item.(string); !ok {
			return problem
		}
	}
	dst.Set(reflect.ValueOf(list))
	return ""
}
