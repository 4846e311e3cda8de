// Package wording holds every word that a patient or a coordinator hears or
// reads, one TOML file per language, and fills in what varies.
package wording

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

//go:embed *.toml
var files embed.FS

// Channel says who gets a prompt and how.
type Channel string

// The channels.
const (
	Voice     Channel = "V"
	Whisper   Channel = "W"
	Voicemail Channel = "VM"
	Text      Channel = "S"
)

// Book holds the words of every language. It never changes once loaded, and is
// safe for concurrent use.
type Book struct {
	languages map[string]map[string]*prompt
}

// prompt is one entry, cut at its variables.
type prompt struct {
	channel  Channel
	language string
	text     string
	parts    []part
	vars     []string
	version  string
}

// part is literal text, or a variable when name is set.
type part struct {
	text   string
	name   string
	format formatter
}

type entry struct {
	Channel  Channel
	Language string
	Text     string
}

// Load reads the embedded languages. It fails, naming every fault, when a prompt
// is missing in one of them, has other variables than in English, names a
// variable that is not known, or holds something that cannot be read; and when
// nobody wrote how a language says dates and numbers.
func Load() (*Book, error) { return load(files) }

func load(from fs.FS) (*Book, error) {
	names, err := fs.Glob(from, "*.toml")
	if err != nil {
		return nil, fmt.Errorf("wording: %w", err)
	}
	b := &Book{languages: map[string]map[string]*prompt{}}
	var faults []error
	for _, name := range names {
		language := strings.TrimSuffix(name, ".toml")
		prompts, err := read(from, name, formatters[language])
		faults = append(faults, err)
		b.languages[language] = prompts
	}
	if b.languages["en"] == nil {
		faults = append(faults, errors.New("wording: en.toml is missing"))
	}
	faults = append(faults, b.compare())
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return b, nil
}

func read(from fs.FS, name string, format map[string]formatter) (map[string]*prompt, error) {
	if format == nil {
		return nil, fmt.Errorf("wording: %s: there are no words for dates and numbers in this language", name)
	}
	raw, err := fs.ReadFile(from, name)
	if err != nil {
		return nil, fmt.Errorf("wording: %w", err)
	}
	var entries map[string]entry
	meta, err := toml.Decode(string(raw), &entries)
	if err != nil {
		return nil, fmt.Errorf("wording: %s: %w", name, err)
	}
	var faults []error
	for _, key := range meta.Undecoded() {
		faults = append(faults, fmt.Errorf("wording: %s: %s is not known; a prompt has channel, language and text", name, key))
	}
	prompts := map[string]*prompt{}
	for _, id := range slices.Sorted(maps.Keys(entries)) {
		p, err := parse(entries[id], spokenBy(entries[id].Language, format))
		if err != nil {
			faults = append(faults, fmt.Errorf("wording: %s: %s: %w", name, id, err))
			continue
		}
		prompts[id] = p
	}
	return prompts, errors.Join(faults...)
}

// spokenBy gives the formatters of a prompt that names its own language, where
// that is one of ours: a whisper in a Spanish file tells an English time.
func spokenBy(language string, file map[string]formatter) map[string]formatter {
	base, _, _ := strings.Cut(language, "-")
	if own := formatters[base]; own != nil {
		return own
	}
	return file
}

// parse cuts a text at its variables.
func parse(e entry, format map[string]formatter) (*prompt, error) {
	if !slices.Contains([]Channel{Voice, Whisper, Voicemail, Text}, e.Channel) {
		return nil, fmt.Errorf("channel %q is none of V, W, VM, S", e.Channel)
	}
	if strings.TrimSpace(e.Text) == "" {
		return nil, errors.New("it has no words")
	}
	sum := sha256.Sum256([]byte(e.Text))
	p := &prompt{channel: e.Channel, language: e.Language, text: e.Text, version: hex.EncodeToString(sum[:4])}
	for rest := e.Text; rest != ""; {
		literal, after, found := strings.Cut(rest, "{")
		if strings.Contains(literal, "}") {
			return nil, errors.New("a brace is closed that was not opened")
		}
		if literal != "" {
			p.parts = append(p.parts, part{text: literal})
		}
		if !found {
			break
		}
		name, next, closed := strings.Cut(after, "}")
		if !closed {
			return nil, errors.New("a brace is not closed")
		}
		if format[name] == nil {
			return nil, fmt.Errorf("{%s} is no variable; there are: %s", name, strings.Join(slices.Sorted(maps.Keys(format)), ", "))
		}
		p.add(part{name: name, format: format[name]})
		rest = next
	}
	slices.Sort(p.vars)
	return p, nil
}

func (p *prompt) add(variable part) {
	p.parts = append(p.parts, variable)
	if !slices.Contains(p.vars, variable.name) {
		p.vars = append(p.vars, variable.name)
	}
}

// compare finds what a language lacks, has too much, or fills in differently.
func (b *Book) compare() error {
	var faults []error
	english := b.languages["en"]
	for _, language := range b.Languages() {
		prompts := b.languages[language]
		for _, id := range b.IDs() {
			p, other := english[id], prompts[id]
			switch {
			case other == nil:
				faults = append(faults, fmt.Errorf("wording: %s lacks %s", language, id))
			case !slices.Equal(p.vars, other.vars):
				faults = append(faults, fmt.Errorf("wording: %s: %s fills in %v, English %v", language, id, other.vars, p.vars))
			case p.channel != other.channel:
				faults = append(faults, fmt.Errorf("wording: %s: %s is for channel %s, in English for %s", language, id, other.channel, p.channel))
			}
		}
		for _, id := range slices.Sorted(maps.Keys(prompts)) {
			if english[id] == nil {
				faults = append(faults, fmt.Errorf("wording: %s has %s, which English lacks", language, id))
			}
		}
	}
	return errors.Join(faults...)
}

// Languages lists the languages, sorted, by their BCP 47 tags.
func (b *Book) Languages() []string { return slices.Sorted(maps.Keys(b.languages)) }

// IDs lists the prompts, sorted.
func (b *Book) IDs() []string { return slices.Sorted(maps.Keys(b.languages["en"])) }

// Has says whether there is a prompt of this ID.
func (b *Book) Has(id string) bool { return b.languages["en"][id] != nil }

// Vars lists the variables of a prompt, sorted; nil for one that is not there.
func (b *Book) Vars(id string) []string {
	if p := b.languages["en"][id]; p != nil {
		return slices.Clone(p.vars)
	}
	return nil
}

// Channel says who gets a prompt; "" for one that is not there.
func (b *Book) Channel(id string) Channel {
	if p := b.languages["en"][id]; p != nil {
		return p.channel
	}
	return ""
}

// Language gives the language that a prompt is spoken in where it is another
// than its file's, else "".
func (b *Book) Language(language, id string) string {
	if p := b.languages[language][id]; p != nil {
		return p.language
	}
	return ""
}

// Version names the wording of a prompt in a language: eight hexadecimal digits
// that change when the words do, "" for one that is not there. A consent is
// recorded with it.
func (b *Book) Version(language, id string) string {
	if p := b.languages[language][id]; p != nil {
		return p.version
	}
	return ""
}

// Template gives the words with their variables unfilled, or the ID itself where
// there are none.
func (b *Book) Template(language, id string) string {
	if p := b.languages[language][id]; p != nil {
		return p.text
	}
	return id
}

// Text gives the words of a prompt with its variables, which carry raw values:
// see the list of variables. It fails, and says nothing by halves, when the
// prompt is not there or a value is missing or is not what its variable takes.
func (b *Book) Text(language, id string, vars map[string]string) (string, error) {
	p := b.languages[language][id]
	if p == nil {
		return "", fmt.Errorf("wording: there is no %s in %q", id, language)
	}
	if len(p.vars) == 0 {
		return p.text, nil
	}
	var out strings.Builder
	ended := false
	for _, part := range p.parts {
		words, err := part.words(vars)
		if err != nil {
			return "", fmt.Errorf("wording: %s: %w", id, err)
		}
		// "9 a.m." ends its sentence by itself.
		if ended && part.name == "" {
			words = strings.TrimPrefix(words, ".")
		}
		ended = strings.HasSuffix(words, ".")
		out.WriteString(words)
	}
	return out.String(), nil
}

func (p part) words(vars map[string]string) (string, error) {
	if p.name == "" {
		return p.text, nil
	}
	raw, ok := vars[p.name]
	if !ok {
		return "", fmt.Errorf("{%s} is not given", p.name)
	}
	words, err := p.format(raw)
	if err != nil {
		return "", fmt.Errorf("{%s}: %w", p.name, err)
	}
	return words, nil
}
