// Package twiliosim is a stand-in for Twilio: its REST API, its signed
// webhooks and a player of TwiML, on an injected clock and without a network
// where none is wanted. It is the demo's telephone exchange and the far side
// of the wire in end-to-end tests, so it shares no code with the program that
// it talks to, but for the counting of segments.
//
// It is strict. TwiML that Twilio would refuse is not played: the fallback URL
// is asked, and without one the call ends with Twilio's error code in an event
// of kind EventRefused.
//
// Nothing happens by itself. A test or a person drives a Call (Press, Speak,
// Silence, Hangup …); what the application asked for over REST waits in a
// queue until Run or Step is called. Time is the clock of the Config: the
// stand-in has no timers, Silence is how a timer runs out.
//
// Where Twilio's behaviour is not documented the choice is stated at the
// function that makes it. A call's turns happen one after another: a person
// cannot hang up while a webhook is being answered.
//
// Not simulated: audio, speech recognition, Twilio's own replies to opt-out
// words, queue whispers, Client, Sip, Sim, WhatsApp and Application nouns, Pay,
// Connect, Start, Stop, Refer, Prompt and TaskRouter. A document that uses one
// of these is refused with the code 0, to tell it from Twilio's refusals.
package twiliosim
