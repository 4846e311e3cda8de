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
	"strconv"
	"strings"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twiliosim"
	"secondline/internal/wording"
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

// token is one thing that a caller does.
type token struct {
	keys, words string
	silence     bool
	text        bool // words are texted
	hangup      bool
	pass        time.Duration
}

// parseTokens reads what a caller does. Words stand in double or single quotes.
func parseTokens(text string) ([]token, error) {
	var out []token
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		if quote := rest[0]; quote == '"' || quote == '\'' {
			end := strings.IndexByte(rest[1:], quote)
			if end < 0 {
				return nil, fmt.Errorf("the words that begin %.12q have no closing quote", rest)
			}
			out = append(out, token{words: rest[1 : 1+end]})
			rest = rest[2+end:]
			continue
		}
		if after, ok := strings.CutPrefix(rest, "text:"); ok && after != "" && (after[0] == '"' || after[0] == '\'') {
			end := strings.IndexByte(after[1:], after[0])
			if end < 0 {
				return nil, fmt.Errorf("the text that begins %.12q has no closing quote", after)
			}
			out = append(out, token{text: true, words: after[1 : 1+end]})
			rest = after[2+end:]
			continue
		}
		word, after, _ := strings.Cut(rest, " ")
		rest = after
		t, err := parseToken(word)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func parseToken(word string) (token, error) {
	switch {
	case word == "_":
		return token{silence: true}, nil
	case word == "hangup":
		return token{hangup: true}, nil
	case strings.HasPrefix(word, "+"):
		span := word[1:]
		if days, ok := strings.CutSuffix(span, "d"); ok {
			span = days + "h"
			d, err := time.ParseDuration(span)
			if err == nil {
				return token{pass: 24 * d}, nil
			}
		}
		d, err := time.ParseDuration(span)
		if err != nil || d <= 0 {
			return token{}, fmt.Errorf("%q is no span of time; an example: +2h", word)
		}
		return token{pass: d}, nil
	case strings.Trim(word, "0123456789*#") == "":
		return token{keys: word}, nil
	}
	return token{}, fmt.Errorf("%q is nothing a caller can do: keys, _ , \"words\", hangup, +1h", word)
}

// callPlayer is a caller.
type callPlayer struct {
	world    *world
	from, to string
	language string
	calls    []*twiliosim.Call
	now      *twiliosim.Call
}

func (p *callPlayer) play(ctx context.Context, tokens []token) error {
	choose, err := p.languageKeys(ctx)
	if err != nil {
		return err
	}
	tokens = append(choose, tokens...)
	if err := p.ring(ctx); err != nil {
		return err
	}
	for i, t := range tokens {
		if err := p.do(ctx, t); errors.Is(err, errCallOver) {
			return fmt.Errorf("%w, and %d of %d tokens are left, from token %d on", err, len(tokens)-i, len(tokens)-len(choose), i+1-len(choose))
		} else if err != nil {
			return fmt.Errorf("token %d: %w", i+1-len(choose), err)
		}
	}
	if p.now != nil && p.now.Await().Kind != twiliosim.AwaitNothing {
		return p.do(ctx, token{hangup: true})
	}
	return nil
}

// languageKeys are the keys that choose a language in the menu of key 8; none for
// a caller whose number is known, who chose it in an earlier call.
func (p *callPlayer) languageKeys(ctx context.Context) ([]token, error) {
	if p.language == "" || p.language == "en" {
		return nil, nil
	}
	words, err := wording.Load()
	if err != nil {
		return nil, err
	}
	at := slices.Index(words.Languages(), p.language)
	if at < 0 {
		return nil, fmt.Errorf("-language: there are no words in %q; there are %s", p.language, strings.Join(words.Languages(), ", "))
	}
	if p.from != "" {
		return nil, p.world.line.store.ChangeContact(ctx, p.world.line.store.Ring().Person(private.Of(p.from)), casestore.ContactChange{Language: p.language})
	}
	return []token{{keys: "8"}, {keys: strconv.Itoa(at + 1)}}, nil
}

func (p *callPlayer) ring(ctx context.Context) (err error) {
	if p.now, err = p.world.sim.Ring(ctx, p.from, p.to); err == nil {
		p.calls = append(p.calls, p.now)
	}
	return err
}

// errCallOver is something to be done in a call that has ended.
var errCallOver = errors.New("the call is over")

func (p *callPlayer) do(ctx context.Context, t token) error {
	if t.pass > 0 {
		p.world.clock.Pass(t.pass)
		return nil
	}
	if p.now == nil {
		if err := p.ring(ctx); err != nil {
			return err
		}
	}
	p.world.clock.Pass(5 * time.Second)
	err := p.act(ctx, t)
	if errors.Is(err, twiliosim.ErrEnded) {
		return errCallOver
	}
	if err != nil {
		return err
	}
	return p.world.settle(ctx)
}

func (p *callPlayer) act(ctx context.Context, t token) error {
	var err error
	switch {
	case t.hangup:
		err = p.now.Hangup(ctx)
		p.now = nil
		if errors.Is(err, twiliosim.ErrEnded) {
			err = nil
		}
	case t.silence:
		p.world.clock.Pass(10 * time.Second)
		if p.now.Queued() {
			p.world.clock.Pass(10 * time.Second)
		}
		if p.now.Await().Kind == twiliosim.AwaitTalk {
			err = p.now.RemoteHangup(ctx)
		} else {
			err = p.silent(ctx)
		}
	case t.text:
		_, err = p.world.sim.Text(ctx, p.from, p.to, t.words)
	case t.keys != "":
		err = p.now.Press(ctx, t.keys)
	default:
		err = p.now.Speak(ctx, t.words)
	}
	return err
}

// silent lets the time of a Gather or a Record run out, or of both where one
// stands before the other's tone.
func (p *callPlayer) silent(ctx context.Context) error {
	before := p.now.Await().Kind
	err := p.now.Silence(ctx)
	if err == nil && before == twiliosim.AwaitKeys && p.now.Await().Kind == twiliosim.AwaitRecording {
		return p.now.Silence(ctx)
	}
	return err
}

// result reads what came of the calls.
func (p *callPlayer) result(ctx context.Context) (*callResult, error) {
	out := &callResult{}
	for _, c := range p.calls {
		part := callPart{}
		for _, e := range c.Events() {
			// A talk is told of when it begins; its end says the same once more.
			if l, ok := heard(e); ok && (e.Kind != twiliosim.EventQueued || len(part.Heard) == 0 || part.Heard[len(part.Heard)-1] != l) {
				part.Heard = append(part.Heard, l)
			}
			if e.Kind == twiliosim.EventRefused || (e.Kind == twiliosim.EventWebhook && e.Status >= 400) {
				out.Faults = append(out.Faults, fmt.Sprintf("%s %d %s", e.Kind, e.Code+e.Status, e.Text))
			}
		}
		out.Calls = append(out.Calls, part)
	}
	tasks, err := p.world.line.store.Tasks(ctx)
	if err != nil {
		return nil, err
	}
	for _, task := range tasks {
		out.Owed = append(out.Owed, fmt.Sprintf("%s by %s", strings.ReplaceAll(string(task.Kind), "_", " "), task.Due.In(p.world.zone).Format("Mon 2 Jan 3:04 PM")))
	}
	c, err := p.latest(ctx)
	if err != nil || c == nil {
		return out, err
	}
	out.Stage, out.Request, out.Answers = string(c.Stage), c.Number.Reveal(), map[string]string{}
	for name, value := range c.Answers {
		out.Answers[name] = masked(value)
	}
	return out, nil
}

// latest gives the request that the last call was about.
func (p *callPlayer) latest(ctx context.Context) (*casestore.Case, error) {
	for _, call := range slices.Backward(p.calls) {
		if c, err := p.world.caseOf(ctx, call); c != nil || err != nil {
			return c, err
		}
	}
	return nil, nil
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
