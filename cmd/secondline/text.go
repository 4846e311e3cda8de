package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twiliosim"
)

const textUsage = `secondline text plays an exchange of texts from the terminal, through a stand-in
for Twilio, and prints who wrote what, what became of it and why. Nothing is kept.

  secondline text [-from NUMBER] [-at TIME] [-case STAGE] [-consent] [-carrier ...] MESSAGES

Each MESSAGE is one argument, as the person texts it. Some are not texts:
  +1h  +2d             time passes
  stage:in_review      the request comes to a stage (with -case)
  ask:email            the line asks for an e-mail address (with -case)
  media:               a picture without words
  call:"1 1 _"         the person calls; the tokens are those of secondline call
  repeat:WORDS         Twilio delivers the same message twice

Examples:
  secondline text BEGIN 1 1 yes no no 1 "March 4 1960"
  secondline text -case requested -consent stage:collecting_records "LATER" "2" "please stop texting me"

The exit status is 1 when a webhook failed.

`

// runText plays an exchange of texts.
func runText(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("text", flag.ContinueOnError)
	flags.SetOutput(stderr)
	from := flags.String("from", "+16175550123", "the person's number")
	at := flags.String("at", "2027-03-02T10:12:00-05:00", "when the exchange begins (RFC 3339)")
	stage := flags.String("case", "", "the person has a request at this stage")
	consent := flags.Bool("consent", false, "the person has agreed to texts")
	language := flags.String("language", "en", "the language of the person's request")
	carrier := flags.String("carrier", "delivered", "what the networks do: delivered, or an error code such as 30003, 30006 or 30007")
	verbose := flags.Bool("v", false, "print the program's log")
	flags.Usage = func() { fmt.Fprint(stderr, textUsage); flags.PrintDefaults() }
	if err := flags.Parse(args); err != nil {
		return flagStatus(err)
	}
	log := slog.New(slog.DiscardHandler)
	if *verbose {
		log = newLog(stderr)
	}
	out, err := playTexts(ctx, env, exchange{*from, *at, *stage, *language, *carrier, *consent, flags.Args()}, log)
	if err == nil {
		_, err = io.WriteString(stdout, out)
	}
	if err != nil {
		fmt.Fprintln(stderr, "secondline text:", err)
		return 2
	}
	if strings.Contains(out, "FAULT") {
		return 1
	}
	return 0
}

// exchange is what an exchange of texts is to be.
type exchange struct {
	from, at, stage, language, carrier string
	consent                            bool
	messages                           []string
}

// playTexts plays an exchange and describes it.
func playTexts(ctx context.Context, env environment, x exchange, log *slog.Logger) (string, error) {
	settings, err := LoadSettings(env, os.ReadFile)
	settings.Deploy = settings.Deploy.alone()
	if err != nil {
		return "", err
	}
	when, err := time.Parse(time.RFC3339, x.at)
	if err != nil {
		return "", fmt.Errorf("-at: %q is no time; an example: 2027-03-02T10:00:00-05:00", x.at)
	}
	w, err := newWorld(settings, &clock{at: when}, log, hooks{})
	if err != nil {
		return "", err
	}
	defer w.stop()
	p := &textPlayer{world: w, from: x.from, language: x.language, to: settings.Programme.Lines.TollFree.Number}
	if err := p.begin(ctx, x); err != nil {
		return "", err
	}
	for i, m := range x.messages {
		if err := p.do(ctx, m); err != nil {
			return "", fmt.Errorf("message %d: %w", i+1, err)
		}
	}
	return p.describe(ctx)
}

// textPlayer is a person with a telephone that texts.
type textPlayer struct {
	world    *world
	from, to string
	language string
	c        *casestore.Case
	out      strings.Builder
	shown    int // texts of the line that are printed
}

func (p *textPlayer) begin(ctx context.Context, x exchange) error {
	if x.carrier != "delivered" {
		code := 0
		if _, err := fmt.Sscan(x.carrier, &code); err != nil {
			return fmt.Errorf("-carrier: %q is neither delivered nor a code", x.carrier)
		}
		p.world.sim.SetCarrier(func(twiliosim.Text) twiliosim.Delivery {
			return twiliosim.Delivery{Status: "undelivered", ErrorCode: code}
		})
	}
	if x.stage != "" {
		if err := p.world.addCase(ctx, x.stage, p.from); err != nil {
			return err
		}
		c, err := p.world.line.store.Lookup(ctx, worldRequest)
		if err != nil {
			return err
		}
		p.c = c
		if x.language != "en" {
			if p.c, err = p.world.line.store.MoveCase(ctx, c.Partition, c.ID, func(c *casestore.Case) bool { c.Language = x.language; return true }); err != nil {
				return err
			}
			p.c.Partition = c.Partition
		}
	}
	id := p.world.line.store.Ring().Person(private.Of(p.from))
	if err := p.world.line.store.ChangeContact(ctx, id, casestore.ContactChange{Language: x.language}); err != nil {
		return err
	}
	if x.consent {
		return p.world.line.store.ChangeContact(ctx, id, casestore.ContactChange{Permissions: map[casestore.Channel]casestore.Permission{
			casestore.ByText: {Given: true, At: p.world.clock.Now(), How: "call", Prompt: "D7-text"}}})
	}
	return nil
}

func (p *textPlayer) do(ctx context.Context, m string) error {
	kind, rest, special := strings.Cut(m, ":")
	span, isSpan := strings.CutPrefix(m, "+")
	switch {
	case isSpan:
		t, err := parseToken("+" + span)
		if err != nil {
			return err
		}
		// Time passes in steps, so that what is due in between is done when it is.
		for left := t.pass; left > 0; left -= 30 * time.Minute {
			p.world.clock.Pass(min(left, 30*time.Minute))
			if err := p.world.settle(ctx); err != nil {
				return err
			}
			if err := p.show(ctx); err != nil {
				return err
			}
		}
		fmt.Fprintf(&p.out, "        (%s later)\n", t.pass)
		return nil
	case special && kind == "stage" && p.c != nil:
		return p.stage(ctx, rest)
	case special && kind == "ask" && p.c != nil:
		if err := p.world.line.texts.AskAddress(ctx, private.Of(p.from), p.c.Language, p.c.ID, ""); err != nil {
			return err
		}
		return p.after(ctx)
	case special && kind == "call":
		return p.call(ctx, rest)
	}
	p.world.clock.Pass(20 * time.Second)
	if special && kind == "repeat" {
		m = rest
		p.world.sim.Inject(twiliosim.Fault{Kind: twiliosim.FaultTwice, Path: "/sms/incoming"})
	}
	var media []string
	if special && kind == "media" {
		m, media = rest, []string{"https://api.twilio.com/picture"}
	}
	fmt.Fprintf(&p.out, "%s person  %s\n", p.stamp(p.world.clock.Now()), quoted(m, media))
	got, err := p.world.sim.Text(ctx, p.from, p.to, m, media...)
	if err != nil {
		return err
	}
	if got.Status >= 400 {
		fmt.Fprintf(&p.out, "FAULT   the webhook answered %d\n", got.Status)
	}
	return p.after(ctx)
}

// call plays a call of the person's.
func (p *textPlayer) call(ctx context.Context, keys string) error {
	tokens, err := parseTokens(keys)
	if err != nil {
		return err
	}
	caller := &callPlayer{world: p.world, from: p.from, to: p.to}
	fmt.Fprintf(&p.out, "        (calls the line)\n")
	if err := caller.play(ctx, tokens); err != nil {
		return err
	}
	for _, c := range caller.calls {
		for _, e := range c.Events() {
			if l, ok := heard(e); ok {
				fmt.Fprintf(&p.out, "        %-7s %s\n", l.Who, l.Text)
			}
		}
	}
	return p.after(ctx)
}

func quoted(m string, media []string) string {
	if len(media) > 0 {
		return "[a picture] " + m
	}
	return m
}

func (p *textPlayer) after(ctx context.Context) error {
	if err := p.world.settle(ctx); err != nil {
		return err
	}
	return p.show(ctx)
}

// stage moves the request on, as the programme's case system would.
func (p *textPlayer) stage(ctx context.Context, name string) error {
	now := p.world.clock.Now()
	stage, detail, _ := strings.Cut(name, ":")
	_, _, err := p.world.line.store.Advance(ctx, p.c.Partition, p.c.ID, casestore.Stage(stage), func(c *casestore.Case) {
		c.ActionNeeded = detail == "help"
		switch c.Stage {
		case casestore.StageRecordsComplete:
			c.RecordsAt = now
		case casestore.StageDelivered:
			c.DeliveredAt = now
		}
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(&p.out, "%s (the request is now: %s)\n", p.stamp(now), strings.ReplaceAll(name, "_", " "))
	return p.after(ctx)
}

func (p *textPlayer) stamp(t time.Time) string {
	return t.In(p.world.zone).Format("Mon 3:04 PM")
}

// show prints the texts that have left since the last time.
func (p *textPlayer) show(context.Context) error {
	texts := p.world.sim.TextsTo(p.from)
	for _, t := range texts[p.shown:] {
		fmt.Fprintf(&p.out, "%s line    %s\n", p.stamp(t.At), t.Body)
	}
	p.shown = len(texts)
	return nil
}

// describe ends with what became of every text, and what is put before a person.
func (p *textPlayer) describe(ctx context.Context) (string, error) {
	store := p.world.line.store
	id := store.Ring().Person(private.Of(p.from))
	texts, err := store.Texts(ctx, id, time.Time{})
	if err != nil {
		return "", err
	}
	// Those of one moment have no order of their own.
	slices.SortStableFunc(texts, func(a, b *casestore.Text) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Prompt, b.Prompt))
	})
	p.out.WriteString("\n")
	for _, t := range texts {
		line := fmt.Sprintf("text    %-13s %s", t.Prompt, t.State)
		if t.Reason != "" {
			line += " (" + strings.ReplaceAll(t.Reason, "_", " ") + ")"
		}
		p.out.WriteString(line + "\n")
	}
	contact, err := store.Contact(ctx, id)
	if err != nil {
		return "", err
	}
	why := contact.May(casestore.ByText, false)
	if why == casestore.OK {
		why = "may be texted"
	}
	fmt.Fprintf(&p.out, "number  %s\n", strings.ReplaceAll(string(why), "_", " "))
	tasks, err := store.Tasks(ctx)
	if err != nil {
		return "", err
	}
	slices.SortStableFunc(tasks, func(a, b *casestore.Task) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Kind, b.Kind))
	})
	for _, t := range tasks {
		fmt.Fprintf(&p.out, "owed    %s by %s\n", strings.ReplaceAll(string(t.Kind), "_", " "), t.Due.In(p.world.zone).Format("Mon 2 Jan 3:04 PM"))
	}
	if p.c == nil {
		err := p.describeRequest(ctx, id)
		return p.out.String(), err
	}
	c, err := store.Case(ctx, p.c.Partition, p.c.ID)
	if err != nil {
		return "", err
	}
	if email := c.Answers["email"]; !email.Empty() {
		fmt.Fprintf(&p.out, "email   %s\n", masked(email))
	}
	return p.out.String(), nil
}

// describeRequest tells of what the person has made: by text, or in a call.
func (p *textPlayer) describeRequest(ctx context.Context, id casestore.PersonID) error {
	store := p.world.line.store
	requests, err := store.Drafts(ctx, id)
	if err != nil {
		return err
	}
	thread, err := store.Thread(ctx, id)
	if err != nil {
		return err
	}
	if thread.Case != "" {
		switch c, err := store.Case(ctx, id.Partition(), thread.Case); {
		case err == nil:
			requests = append(requests, c)
		case !errors.Is(err, casestore.ErrNotFound):
			return err
		}
	}
	for _, c := range requests {
		fmt.Fprintf(&p.out, "request %s\n", c.Stage)
		if number := c.Number.Reveal(); number != "" {
			fmt.Fprintf(&p.out, "  number             %s\n", number)
		}
		for _, name := range slices.Sorted(maps.Keys(c.Answers)) {
			fmt.Fprintf(&p.out, "  %-18s %s\n", strings.ReplaceAll(name, "_", " "), masked(c.Answers[name]))
		}
		for _, consent := range c.Consents {
			how := fmt.Sprintf("asked by %s, answered %q", consent.Prompt, consent.Key)
			if consent.Prompt == "" {
				how = "taken back by " + consent.Key
			}
			fmt.Fprintf(&p.out, "  consent %-10s %s, %s\n", consent.Kind, strings.ReplaceAll(consent.Given, "_", " "), how)
		}
	}
	return nil
}
