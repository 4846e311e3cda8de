// Package phone is the demo's telephone in a browser: one page on which anyone
// can call the line, press keys, hear and read what it says, and watch the
// request and the traffic with Twilio beside it.
//
// The package knows neither the line nor the stand-in for Twilio. The page
// drives an Exchange and shows the View that each of its methods returns.
//
// The page keeps the time of a call the way a caller does: when the line has
// finished speaking and nothing is pressed for Await.TimeoutSeconds, it reports
// silence. The Exchange therefore needs no timer of its own.
//
// It is meant for one person at one computer, on a loopback address. There is
// no sign-in, and whoever reaches the page sees what the demo holds.
package phone
