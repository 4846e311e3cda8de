package main

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// The names and examples of settings stand once, as tags of the fields that
// hold them.

func fieldTagged(t reflect.Type, name string) (reflect.StructField, bool) {
	for i := range t.NumField() {
		if f := t.Field(i); f.Tag.Get("toml") == name {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

// eachProgrammeSetting visits every setting of line.toml in its order.
func eachProgrammeSetting(p Programme, visit func(key string, field reflect.StructField, v reflect.Value)) {
	var walk func(v reflect.Value, prefix string)
	walk = func(v reflect.Value, prefix string) {
		for i := range v.NumField() {
			field := v.Type().Field(i)
			key := prefix + field.Tag.Get("toml")
			if field.Type.Kind() == reflect.Struct {
				walk(v.Field(i), key+".")
				continue
			}
			visit(key, field, v.Field(i))
		}
	}
	walk(reflect.ValueOf(p), "")
}

// eachDeploySetting visits every environment variable in its order.
func eachDeploySetting(d Deploy, visit func(name string, field reflect.StructField, v reflect.Value)) {
	v := reflect.ValueOf(d)
	for i := range v.NumField() {
		field := v.Type().Field(i)
		visit(field.Tag.Get("env"), field, v.Field(i))
	}
}

func programmeKeys() []string {
	tables := map[string]bool{}
	var keys []string
	eachProgrammeSetting(Programme{}, func(key string, _ reflect.StructField, _ reflect.Value) {
		for i, r := range key {
			if r == '.' && !tables[key[:i]] {
				tables[key[:i]] = true
				keys = append(keys, key[:i])
			}
		}
		keys = append(keys, key)
	})
	return keys
}

// exampleOf gives a value that is right for a setting: its tag, or else its
// default. "" stands for a name that is no setting.
func exampleOf(name string) string {
	example := ""
	eachDeploySetting(Deploy{}, func(key string, f reflect.StructField, _ reflect.Value) {
		if key == name {
			example = f.Tag.Get("eg")
		}
	})
	if example != "" {
		return example
	}
	var defaults Programme
	if _, err := toml.Decode(lineTOML, &defaults); err != nil {
		return ""
	}
	eachProgrammeSetting(defaults, func(key string, f reflect.StructField, v reflect.Value) {
		if key == name {
			example = cmp.Or(f.Tag.Get("eg"), tomlText(v))
		}
	})
	return example
}

// tomlText writes a setting the way a person writes it in TOML.
func tomlText(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case time.Duration:
		return fmt.Sprintf("%q", shortDuration(x))
	case []string:
		quoted := make([]string, len(x))
		for i, s := range x {
			quoted[i] = fmt.Sprintf("%q", s)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	case string, Greeting:
		return fmt.Sprintf("%q", x)
	default:
		return fmt.Sprint(x)
	}
}

// shortDuration writes 12h0m0s as 12h.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
