package casestore

import (
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"

	"secondline/internal/private"
)

// RequestNumber is what a patient is told to name a request by: eight digits,
// seven random ones and a Luhn check digit (ISO/IEC 7812-1), so that a slip of
// the finger fails without touching the store (rules.md 3.1). It prints as
// "[redacted]".
type RequestNumber struct{ digits private.Text }

var _ slog.LogValuer = RequestNumber{}

// NewRequestNumber draws a number. It is unique only once it is reserved.
func NewRequestNumber() RequestNumber { return drawNumber(rand.Reader) }

func drawNumber(random io.Reader) RequestNumber {
	for {
		var b [3]byte
		if _, err := io.ReadFull(random, b[:]); err != nil {
			panic(fmt.Sprintf("casestore: no randomness: %v", err))
		}
		n := int(b[0])<<16 | int(b[1])<<8 | int(b[2])
		// 2^24 is more than 10^7: what lies above is drawn again, so that every
		// number is equally likely. None starts with 0: people leave it out.
		if n >= 1_000_000 && n < 10_000_000 {
			seven := strconv.Itoa(n)
			return RequestNumber{private.Of(seven + string(checkDigit(seven)))}
		}
	}
}

// ParseRequestNumber reads a number as typed: digits, with any blanks and
// hyphens between them. The error says what is wrong without repeating it.
func ParseRequestNumber(s string) (RequestNumber, error) {
	digits := strings.NewReplacer(" ", "", "-", "").Replace(s)
	if len(digits) != 8 || strings.Trim(digits, "0123456789") != "" {
		return RequestNumber{}, fmt.Errorf("a request number has eight digits, for example 1234 5674")
	}
	if checkDigit(digits[:7]) != digits[7] {
		return RequestNumber{}, fmt.Errorf("the digits do not fit together: one of them is wrong")
	}
	return RequestNumber{private.Of(digits)}, nil
}

// Reveal gives the eight digits.
func (n RequestNumber) Reveal() string { return n.digits.Reveal() }

// IsZero says that there is no number yet.
func (n RequestNumber) IsZero() bool { return n.digits.Empty() }

// String gives "[redacted]".
func (n RequestNumber) String() string { return n.digits.String() }

// Format gives "[redacted]" whatever the verb.
func (n RequestNumber) Format(f fmt.State, c rune) { n.digits.Format(f, c) }

// LogValue gives "[redacted]".
func (n RequestNumber) LogValue() slog.Value { return n.digits.LogValue() }

// checkDigit gives the Luhn digit that makes digits+digit sum to a multiple of
// ten.
func checkDigit(digits string) byte {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return byte('0' + (10-sum%10)%10)
}
