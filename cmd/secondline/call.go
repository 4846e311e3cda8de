package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"sort"
	"strings"
	"time"

	"secondline/internal/twiliosim"
)

const callUsage = `secondline call plays a call from the terminal, through a stand-in for Twilio,
and prints what was heard and what was pressed. Nothing is kept.

  secondline call [-line tollfree|international] [-from NUMBER] [-at TIME] [-language es]
                  [-team answers|busy|no-answer|voicemail|passes|silent|fails|nobody]
                  [-case STAGE] "TOKENS"

TOKENS, divided by blanks:
  1 0 * # 03041960#   keys, pressed one after the other
  _                   nothing, until the line has waited long enough
  "Ana, A N A"        words, where the line records
  text:"ana@x.org"    the caller texts the line, from the same telephone
  hangup              the caller hangs up; what follows is the same caller, calling again
  +1h  +2d            time passes

An example, a whole request:
  secondline call "1 1 1 2 2 1 03041960 1 1 1 1 1 10001 1 'Ana Ruiz' text:'ana@example.org' 'City Clinic' 'Is there another way?' 3"

The exit status is 1 when a webhook failed or an answer was refused, and 2 when the call
ended before all was done; what was heard is printed all the same.

`

// callResult is what -json prints.
type callResult struct {
	Calls []callPart `json:"calls"`
	// Request is the number that the caller was told, Stage how far the request
	// is; both empty where none came about.
	Request string            `json:"request,omitempty"`
	Stage   string            `json:"stage,omitempty"`
	Answers map[string]string `json:"answers,omitempty"`
	Owed    []string          `json:"owed,omitempty"`
	Faults  []string          `json:"faults,omitempty"`
}

type callPart struct {
	Heard []heardLine `json:"heard"`
}

type heardLine struct {
	Who  string `json:"who"`
	Text string `json:"text"`
}

// runCall plays a call.
func runCall(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("call", flag.ContinueOnError)
	flags.SetOutput(stderr)
	line := flags.String("line", "tollfree", "tollfree or international")
	from := flags.String("from", "+16175550123", "the caller's number; withheld for none")
	at := flags.String("at", "2027-03-02T10:12:00-05:00", "when the call comes in (RFC 3339)")
	language := flags.String("language", "en", "the language to go on in, chosen with key 8")
	team := flags.String("team", "answers", "what coordinators do who are rung; several, divided by commas, for one after the other")
	stage := flags.String("case", "", "begin with request 1234 5674, born on 4 March 1960, at a stage: in_review, collecting_records:3, collecting_records:help, delivered:late …")
	asJSON := flags.Bool("json", false, "print JSON")
	verbose := flags.Bool("v", false, "print the program's log")
	flags.Usage = func() { fmt.Fprint(stderr, callUsage); flags.PrintDefaults() }
	if err := flags.Parse(args); err != nil {
		return flagStatus(err)
	}
	log := slog.New(slog.DiscardHandler)
	if *verbose {
		log = newLog(stderr)
	}
	result, err := playCall(ctx, env, script{*line, *from, *at, *language, *team, *stage, strings.Join(flags.Args(), " ")}, log)
	if result == nil {
		fmt.Fprintln(stderr, "secondline call:", err)
		return 2
	}
	played := err
	if *asJSON {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		err = encoder.Encode(result)
	} else {
		err = result.print(stdout)
	}
	if err != nil {
		fmt.Fprintln(stderr, "secondline call:", err)
		return 1
	}
	if played != nil {
		fmt.Fprintln(stderr, "secondline call:", played)
		return 2
	}
	if len(result.Faults) > 0 {
		return 1
	}
	return 0
}

// script is what a call is to be.
type script struct{ line, from, at, language, team, stage, tokens string }

// playCall plays a call, or several of one caller. What was heard in one that ended too
// early comes with errCallOver.
func playCall(ctx context.Context, env environment, sc script, log *slog.Logger) (*callResult, error) {
	settings, err := LoadSettings(env, os.ReadFile)
	settings.Deploy = settings.Deploy.alone()
	if err != nil {
		return nil, err
	}
	if sc.team == "nobody" {
		settings.Programme.Coordinators = nil
	}
	when, err := time.Parse(time.RFC3339, sc.at)
	if err != nil {
		return nil, fmt.Errorf("-at: %q is no time; an example: 2027-03-02T10:00:00-05:00", sc.at)
	}
	to, ok := map[string]string{"tollfree": settings.Programme.Lines.TollFree.Number, "international": settings.Programme.Lines.International.Number}[sc.line]
	if !ok {
		return nil, fmt.Errorf("-line: %q is no line; there are tollfree and international", sc.line)
	}
	if sc.from == "withheld" {
		sc.from = ""
	} else if !e164.MatchString(sc.from) {
		return nil, fmt.Errorf("-from: not a number in international form; an example: +16175550123")
	}
	tokens, err := parseTokens(sc.tokens)
	if err != nil {
		return nil, err
	}
	w, err := newWorld(settings, &clock{at: when}, log, hooks{withoutTeam: sc.team == "nobody"})
	if err != nil {
		return nil, err
	}
	defer w.stop()
	if err := w.behave(sc.team); err != nil {
		return nil, err
	}
	if sc.stage != "" {
		if err := w.addCase(ctx, sc.stage, "+16175550142"); err != nil {
			return nil, err
		}
	}
	p := &callPlayer{world: w, from: sc.from, to: to, language: sc.language}
	played := p.play(ctx, tokens)
	if played != nil && !errors.Is(played, errCallOver) {
		return nil, played
	}
	result, err := p.result(ctx)
	return result, errors.Join(err, played)
}

// behaviours are what a coordinator who is rung can do.
var behaviours = map[string]func() twiliosim.CalleeBehaviour{
	"answers": func() twiliosim.CalleeBehaviour { return twiliosim.Answers("1") }, "busy": twiliosim.Busy, "no-answer": twiliosim.NoAnswer,
	"voicemail": twiliosim.Machine, "passes": func() twiliosim.CalleeBehaviour { return twiliosim.Answers("2") }, "silent": twiliosim.AnswersSilently,
	"fails": func() twiliosim.CalleeBehaviour { return twiliosim.Fails(404) }, "rings": func() twiliosim.CalleeBehaviour { return twiliosim.Rings() },
}

// behave says what coordinators do, one after the other; the last goes on.
func (w *world) behave(names string) error {
	team, err := w.teamDoes(names)
	if err == nil {
		w.sim.SetCallee(team)
	}
	return err
}

// teamDoes gives what called telephones do: coordinators by the names, in the order
// in which they are rung; everybody else answers.
func (w *world) teamDoes(names string) (func(to string) twiliosim.CalleeBehaviour, error) {
	list := strings.Split(names, ",")
	for _, name := range list {
		if behaviours[name] == nil && name != "nobody" {
			return nil, fmt.Errorf("-team: %q is nothing a coordinator does: answers, busy, no-answer, voicemail, passes, silent, fails, rings, nobody", name)
		}
	}
	rung := 0
	return func(to string) twiliosim.CalleeBehaviour {
		if !slices.ContainsFunc(w.team, func(c Coordinator) bool { return c.Number == to }) {
			return twiliosim.Answers()
		}
		name := list[min(rung, len(list)-1)]
		rung++
		return behaviours[name]()
	}, nil
}

// heard makes a line of a transcript.
func heard(e twiliosim.Event) (heardLine, bool) {
	switch e.Kind {
	case twiliosim.EventSaid:
		return heardLine{"line", e.Text}, true
	case twiliosim.EventPlayed:
		if strings.HasSuffix(e.URL, "/voice/music") {
			return heardLine{"line", "(soft music)"}, true
		}
		return heardLine{"line", "(plays what was said)"}, true
	case twiliosim.EventPressed:
		return heardLine{"caller", "presses " + e.Text}, true
	case twiliosim.EventSpoke:
		return heardLine{"caller", "says “" + e.Text + "”"}, true
	case twiliosim.EventDialed:
		return heardLine{"", "(rings a person: " + e.Result + ")"}, true
	case twiliosim.EventQueued:
		if e.Result == "bridged" {
			return heardLine{"", "(talks with a coordinator)"}, true
		}
	case twiliosim.EventRefused:
		return heardLine{"", fmt.Sprintf("(refused: %d %s)", e.Code, e.Text)}, true
	case twiliosim.EventEnded:
		return heardLine{"", "(" + e.Text + ")"}, true
	}
	return heardLine{}, false
}

func (r *callResult) print(w io.Writer) error {
	var out strings.Builder
	for i, part := range r.Calls {
		if i > 0 {
			out.WriteString("\n-- calls again --\n")
		}
		for _, l := range part.Heard {
			fmt.Fprintf(&out, "%-7s %s\n", l.Who, l.Text)
		}
	}
	out.WriteString("\n")
	switch {
	case r.Request != "":
		fmt.Fprintf(&out, "request  %s %s\n", r.Request[:4], r.Request[4:])
	case r.Stage != "":
		out.WriteString("request  none yet\n")
	default:
		out.WriteString("request  none\n")
	}
	if r.Stage != "" {
		fmt.Fprintf(&out, "stage    %s\n", r.Stage)
	}
	names := make([]string, 0, len(r.Answers))
	for name := range r.Answers {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(&out, "  %-18s %s\n", strings.ReplaceAll(name, "_", " "), r.Answers[name])
	}
	for _, owed := range r.Owed {
		fmt.Fprintf(&out, "owed     %s\n", owed)
	}
	for _, fault := range r.Faults {
		fmt.Fprintf(&out, "FAULT    %s\n", fault)
	}
	_, err := io.WriteString(w, out.String())
	return err
}
