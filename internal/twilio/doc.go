// Package twilio is the only place that knows Twilio: it checks the signed
// webhooks that come in, decodes them into typed forms, writes TwiML, sends
// REST requests and says what an error code of Twilio's means to us.
//
// It decides nothing about patients and keeps no state beyond its
// configuration. What Twilio does and accepts is taken from Twilio's public
// documentation and OpenAPI description; each rule names its page.
package twilio

import "secondline/internal/private"

// Private is personal data that came in a webhook or goes out in a request: a
// phone number, a body, keys that were pressed. It prints as "[redacted]";
// Reveal gives what it holds.
type Private = private.Text

// Redacted keeps s as Private.
func Redacted(s string) Private { return private.Of(s) }
