package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"secondline/internal/private"
	"secondline/internal/twilio"
)

// examineTwilio looks at the account, the credentials, and each number.
func (d *doctor) examineTwilio(ctx context.Context) {
	dep := d.settings.Deploy
	if dep.AccountSID == "" || dep.AuthToken.Empty() {
		return // the settings have said so
	}
	client, ok := d.examineToken(ctx)
	d.examineNextToken(ctx)
	if dep.APIKey != "" {
		client, ok = d.examineAPIKey(ctx)
	} else {
		d.notFine(warn, "twilio.api_key", "make a standard API key at Twilio and set TWILIO_API_KEY and TWILIO_API_SECRET", "requests are made with the token of the account, which can do anything")
	}
	if !ok {
		return
	}
	numbers, err := client.OwnNumbers(ctx)
	if err != nil {
		d.notFine(bad, "twilio.numbers", "see the line above on credentials; a restricted key needs to read numbers", "the numbers of the account cannot be read: %s", twilioTrouble(err))
		return
	}
	d.examineNumber(ctx, client, "tollfree", d.settings.Programme.Lines.TollFree.Number, true, numbers)
	d.examineNumber(ctx, client, "international", d.settings.Programme.Lines.International.Number, false, numbers)
}

func (d *doctor) client(token, key, secret private.Text) (*twilio.Client, error) {
	return twilio.NewClient(twilio.ClientConfig{AccountSID: d.settings.Deploy.AccountSID, AuthToken: token.Reveal(),
		APIKey: key.Reveal(), APISecret: secret.Reveal(), BaseURL: d.settings.Deploy.APIURL})
}

// examineToken asks for the account as itself: only its own token may.
func (d *doctor) examineToken(ctx context.Context) (*twilio.Client, bool) {
	client, err := d.client(d.settings.Deploy.AuthToken, private.Text{}, private.Text{})
	if err != nil {
		return nil, false // the settings have said so
	}
	account, err := client.FetchAccount(ctx)
	if err != nil {
		d.notFine(bad, "twilio.token", "copy account SID and auth token from Twilio's console: no request of Twilio's can be believed with another token", "%s", twilioTrouble(err))
		return nil, false
	}
	d.ok("twilio.token", "Twilio knows account and token")
	if account.Status != "active" {
		d.notFine(bad, "twilio.account", "see Twilio's console; an account is suspended for unpaid bills and for complaints", "the account is %.20s", account.Status)
	} else if account.Type == "Trial" {
		d.notFine(bad, "twilio.account", "upgrade the account", "it is a trial account: it calls and texts nobody but verified numbers")
	} else {
		d.ok("twilio.account", "it is active")
	}
	return client, true
}

func (d *doctor) examineNextToken(ctx context.Context) {
	next := d.settings.Deploy.AuthTokenNext
	if next.Empty() {
		return
	}
	client, err := d.client(next, private.Text{}, private.Text{})
	if err != nil {
		return
	}
	if _, err := client.FetchAccount(ctx); err != nil {
		d.notFine(bad, "twilio.token_next", "copy the secondary token from Twilio's console, or remove TWILIO_AUTH_TOKEN_NEXT", "TWILIO_AUTH_TOKEN_NEXT: %s", twilioTrouble(err))
	}
}

func (d *doctor) examineAPIKey(ctx context.Context) (*twilio.Client, bool) {
	dep := d.settings.Deploy
	client, err := d.client(dep.AuthToken, private.Of(dep.APIKey), dep.APISecret)
	if err != nil {
		return nil, false
	}
	if _, err := client.OwnNumbers(ctx); err != nil {
		d.notFine(bad, "twilio.api_key", "make a new standard API key in this account, and set both TWILIO_API_KEY and TWILIO_API_SECRET", "TWILIO_API_KEY: %s", twilioTrouble(err))
		return nil, false
	}
	d.ok("twilio.api_key", "Twilio knows it")
	return client, true
}

func twilioTrouble(err error) string {
	var e *twilio.Error
	switch {
	case errors.Is(err, twilio.ErrNotConnected):
		return "Twilio cannot be reached"
	case errors.Is(err, context.DeadlineExceeded):
		return "Twilio does not answer in time"
	case errors.As(err, &e) && (e.HTTPStatus == 401 || e.HTTPStatus == 403):
		return "Twilio does not accept these credentials"
	case errors.As(err, &e) && e.HTTPStatus == 404:
		return "there is no such account"
	case errors.As(err, &e) && e.HTTPStatus != 0:
		return fmt.Sprintf("Twilio answers %d", e.HTTPStatus)
	}
	return "Twilio's answer is not understood"
}

// examineNumber looks at one line: that it is ours, that it can, and that Twilio tells
// us of it.
func (d *doctor) examineNumber(ctx context.Context, client *twilio.Client, name, number string, texts bool, all []twilio.OwnNumber) {
	own := twilio.OwnNumber{}
	for _, n := range all {
		if n.Number == number {
			own = n
		}
	}
	if own.SID == "" {
		d.notFine(bad, name+".owned", "buy or port it, or correct the file that LINE_CONFIG names", "%s is not a number of this account", number)
		return
	}
	d.ok(name+".owned", "%s is a number of this account", number)
	if !own.CanVoice {
		d.notFine(bad, name+".can_call", "choose a number that can", "%s cannot take calls", number)
	}
	if texts && !own.CanText {
		d.notFine(bad, name+".can_text", "choose a number that can", "%s cannot take texts", number)
	}
	d.examineHooks(name, own, texts)
	if texts && isTollFree(number) {
		d.examineSender(ctx, client, own.SID)
	}
}

func (d *doctor) examineHooks(name string, own twilio.OwnNumber, texts bool) {
	public := d.settings.Deploy.PublicURL
	switch {
	case own.Trunk != "":
		d.notFine(bad, name+".voice", "take the number off the SIP trunk", "a trunk takes the calls: none of the addresses is asked")
	case own.VoiceApp != "":
		d.notFine(bad, name+".voice", "take the TwiML application off the number", "a TwiML application takes the calls: its addresses are asked, not those of the number")
	default:
		d.examineHook(name+".voice", "A call comes in", own.Voice, public+"/voice/incoming")
	}
	d.examineFallback(name+".fallback", own.VoiceFallback, public)
	d.examineHook(name+".status", "Call status changes", own.Status, public+"/voice/status")
	switch {
	case !texts:
	case own.TextApp != "":
		d.notFine(bad, name+".texts", "take the application off the number", "an application takes the texts: STOP is never heard")
	default:
		d.examineHook(name+".texts", "A message comes in", own.Text, public+"/sms/incoming")
	}
}

// examineHook wants exactly one address, by POST: a fragment at its end says how often
// Twilio tries, and is not compared.
func (d *doctor) examineHook(name, field string, hook twilio.Hook, want string) {
	do := fmt.Sprintf("set %q to %s, HTTP POST", field, want)
	address, _, _ := strings.Cut(hook.URL, "#")
	switch {
	case address == "":
		d.notFine(bad, name, do, "it is empty")
	case address != want:
		d.notFine(bad, name, do, "it is %s", maskedAddress(address))
	case !strings.EqualFold(hook.Method, "POST"):
		d.notFine(bad, name, do, "the method is %.10s", hook.Method)
	default:
		d.ok(name, "it points here")
	}
}

// examineFallback bears another host, where the document of secondline fallback is.
func (d *doctor) examineFallback(name string, hook twilio.Hook, public string) {
	ours := public + "/voice/fallback"
	do := `set "Primary handler fails" to ` + ours + ", HTTP POST, or to where the document of secondline fallback is hosted"
	address, _, _ := strings.Cut(hook.URL, "#")
	here := address == public || strings.HasPrefix(address, public+"/")
	switch {
	case address == "":
		d.notFine(bad, name, do, "it is empty: when the line fails, callers hear an error and are cut off")
	case !strings.HasPrefix(address, "https://"):
		d.notFine(bad, name, do, "it is no https address")
	case here && address != ours:
		d.notFine(bad, name, do, "it is %s", maskedAddress(address))
	case here && !strings.EqualFold(hook.Method, "POST"):
		d.notFine(bad, name, do, "the method is %.10s", hook.Method)
	case here:
		d.ok(name, "it points here; a document hosted elsewhere would outlive this machine")
	case strings.EqualFold(hook.Method, "POST"):
		d.notFine(warn, name, "use HTTP GET for a hosted file; most hosts refuse POST", "it points elsewhere, by POST")
	default:
		d.ok(name, "it points elsewhere, and so outlives this machine")
	}
}

// examineSender reads the verification of a toll-free number, without which no text
// leaves.
func (d *doctor) examineSender(ctx context.Context, client *twilio.Client, sid string) {
	state, err := client.TollFreeVerification(ctx, sid)
	const do = "have the toll-free number verified in Twilio's console (Trust Hub); it takes days"
	switch {
	case err != nil:
		d.notFine(warn, "tollfree.verified", "look in Twilio's console", "whether the number may text cannot be read: %s", twilioTrouble(err))
	case state == twilio.Unverified:
		d.notFine(bad, "tollfree.verified", do, "nobody has asked for its verification: no text leaves (error 30032)")
	case state == twilio.RejectedTollFree:
		d.notFine(bad, "tollfree.verified", "see Twilio's reasons in the console and ask again", "the verification was refused: no text leaves (error 30032)")
	case state != twilio.VerifiedTollFree:
		d.notFine(warn, "tollfree.verified", "wait for it; ask Twilio after a week", "Twilio still looks at it (%.30s)", state)
	default:
		d.ok("tollfree.verified", "it may text")
	}
}
