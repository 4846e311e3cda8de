// Package phone is the demo's telephones in a browser: one page on which anyone
// can call the line, press keys, hear and read what it says, answer as the
// coordinator whom it rings, and watch the request and the traffic with Twilio
// beside it.
//
// The package knows neither the line nor the stand-in for Twilio. The page
// drives an Exchange and shows the View that each of its methods returns. It
// also asks for the View once a second, and gets an answer only when there is
// something new: a coordinator's telephone rings without a click.
//
// The page keeps the time of a call the way people do: when the line has
// finished speaking and nothing is pressed for Await.TimeoutSeconds, or when a
// coordinator's telephone has rung that long, it reports silence. The Exchange
// therefore needs no timer of its own.
//
// It is meant for one person at one computer, on a loopback address. There is
// no sign-in, and whoever reaches the page sees what the demo holds.
package phone
