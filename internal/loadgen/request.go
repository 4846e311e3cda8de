// Package loadgen makes webhooks as Twilio sends them, sends them over connections that
// cost little, and counts how long their answers took. The load test for operators and
// the benchmarks are made of it.
package loadgen

import (
	"fmt"
	"net/url"
	"strings"
)

// Line is where webhooks go.
type Line struct {
	// Origin is the scheme and host of the public address, which Twilio signs.
	Origin string
	// Sign gives the signature of an address and its fields.
	Sign func(address string, fields url.Values) string
}

// AppendRequest writes a webhook with the headers that Twilio sends. target is its path
// and query, token the idempotency token.
func (l Line) AppendRequest(to []byte, target, token string, fields url.Values) []byte {
	body := fields.Encode()
	_, host, _ := strings.Cut(l.Origin, "://")
	return fmt.Appendf(to, "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: TwilioProxy/1.1\r\nContent-Length: %d\r\nAccept: */*\r\n"+
		"Accept-Encoding: gzip\r\nContent-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"+
		"I-Twilio-Idempotency-Token: %s\r\nX-Home-Region: us1\r\nX-Twilio-Signature: %s\r\n\r\n%s",
		target, host, len(body), token, l.Sign(l.Origin+target, fields), body)
}

// Token gives the idempotency token of a delivery.
func Token(call, delivery int) string {
	return fmt.Sprintf("%08x-%04x-4000-8000-%012x", uint32(call), uint16(delivery), call)
}

// SID gives the n-th name of a kind of thing at Twilio: "CA" is a call, "SM" a message.
func SID(kind string, n int) string { return fmt.Sprintf("%s%032x", kind, n) }

// Numbers are people's telephone numbers of the kind that is set aside for fiction:
// 555-0100 to 555-0199 of each area code.
type Numbers struct{ areas []int }

// HomeNumbers gives those whose area code is of a country that home accepts.
func HomeNumbers(home func(e164 string) bool) Numbers {
	var n Numbers
	for area := 201; area < 1000; area++ {
		if home(fmt.Sprintf("+1%d5550100", area)) {
			n.areas = append(n.areas, area)
		}
	}
	return n
}

// Len is how many there are.
func (n Numbers) Len() int { return 100 * len(n.areas) }

// Of gives the number of the i-th person in E.164; neighbours have other area codes.
// Numbers come round once all have been given.
func (n Numbers) Of(i int) string {
	return fmt.Sprintf("+1%d55501%02d", n.areas[i%len(n.areas)], i/len(n.areas)%100)
}
