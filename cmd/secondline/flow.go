package main

import (
	"flag"
	"fmt"
	"io"

	"secondline/internal/flow"
	"secondline/internal/intake"
	"secondline/internal/wording"
	"secondline/ivr"
)

const flowUsage = `secondline flow draws the call scripts from the code that runs them.

  secondline flow                       list the scripts
  secondline flow [-format svg|mermaid] NAME
  secondline flow -check                prove that every script is sound

`

// runFlow draws, lists or checks the call scripts.
func runFlow(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("flow", flag.ContinueOnError)
	flags.SetOutput(stderr)
	format := flags.String("format", "svg", "svg or mermaid")
	check := flags.Bool("check", false, "prove that every script is sound")
	flags.Usage = func() { fmt.Fprint(stderr, flowUsage); flags.PrintDefaults() }
	if err := flags.Parse(args); err != nil {
		return flagStatus(err)
	}
	words, err := wording.Load()
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	book, err := ivr.NewBook(intake.ZipRules{}, words.Languages())
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	switch {
	case *check:
		return checkFlow(book, words, stdout, stderr)
	case flags.NArg() == 0:
		for _, sc := range book.Scripts() {
			fmt.Fprintf(stdout, "%-10s %s (%d steps)\n", sc.Name, sc.Title, len(sc.Steps))
		}
		return 0
	}
	return drawFlow(book, words, *format, flags.Arg(0), stdout, stderr)
}

func checkFlow(book *flow.Book, words *wording.Book, stdout, stderr io.Writer) int {
	status := 0
	for _, id := range book.Wording() {
		if !ivr.Spoken(words, id) {
			fmt.Fprintf(stderr, "%s is said, but has no words\n", id)
			status = 1
		}
	}
	if status == 0 {
		steps := 0
		for _, sc := range book.Scripts() {
			fmt.Fprintf(stdout, "%-10s sound: %d steps\n", sc.Name, len(sc.Steps))
			steps += len(sc.Steps)
		}
		fmt.Fprintf(stdout, "%d scripts, %d steps, %d prompts: no jump to nowhere, no step that is never reached,\nno open end, a person from every step, words for everything, nothing goes round for ever.\n",
			len(book.Scripts()), steps, len(book.Wording()))
	}
	return status
}

func drawFlow(book *flow.Book, words *wording.Book, format, name string, stdout, stderr io.Writer) int {
	draw := book.SVG
	switch format {
	case "svg":
	case "mermaid":
		draw = book.Mermaid
	default:
		fmt.Fprintf(stderr, "secondline flow: %q is no format; there are svg and mermaid\n", format)
		return 2
	}
	picture, err := draw(name, func(id string) string { return words.Template("en", id) })
	if err != nil {
		fmt.Fprintln(stderr, "secondline", err)
		return 1
	}
	fmt.Fprint(stdout, picture)
	return 0
}
