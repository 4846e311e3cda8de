package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"secondline/internal/private"
	"secondline/internal/twilio"
	"secondline/internal/wording"
)

const fallbackUsage = `secondline fallback writes the TwiML that reaches a person when nothing of ours
runs: an apology, the coordinators' telephones, and, when nobody answers, to call
again. Host it somewhere else and name it as both numbers' fallback URL at Twilio.
It cannot know the hour, so it rings coordinators at any time; nobody presses 1
there, so a voicemail box may answer.

  secondline fallback > fallback.xml

`

// runFallback writes the static fallback document.
func runFallback(args []string, env environment, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("fallback", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, fallbackUsage); flags.PrintDefaults() }
	if err := flags.Parse(args); err != nil {
		return flagStatus(err)
	}
	settings, err := LoadSettings(env, os.ReadFile)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	if len(settings.Programme.Coordinators) == 0 {
		fmt.Fprintln(stderr, "secondline fallback: the roster is empty: callers would only be told to call again")
	}
	doc, err := fallbackDocument(settings.Programme)
	if err == nil {
		_, err = fmt.Fprintf(stdout, "%s\n", doc)
	}
	if err != nil {
		fmt.Fprintln(stderr, "secondline fallback:", err)
		return 1
	}
	return 0
}

// fallbackDocument needs nothing but the roster: no address of ours stands in it.
func fallbackDocument(p Programme) ([]byte, error) {
	words, err := wording.Load()
	if err != nil {
		return nil, err
	}
	say := func(id string) (twilio.Say, error) {
		text, err := words.Text("en", id, nil)
		return twilio.Say{Voice: p.Voice.English, Language: "en-US", Text: text}, err
	}
	sorry, err := say("A-fault")
	if err != nil {
		return nil, err
	}
	again, err := say("A-fault2")
	if err != nil {
		return nil, err
	}
	var doc twilio.Document
	var nouns []twilio.Noun
	for _, c := range p.Coordinators {
		if len(nouns) < 10 { // twilio.md 1.5: at most ten at once
			nouns = append(nouns, twilio.Number{To: private.Of(c.Number)})
		}
	}
	if len(nouns) > 0 {
		doc = append(doc, sorry, twilio.Dial{Nouns: nouns, CallerID: p.Lines.TollFree.Number, Timeout: int(p.Transfer.Ring.Seconds())})
	}
	return append(doc, again, twilio.Hangup{}).Encode(twilio.Voice)
}
