// Package segments counts the segments a text message is sent in, and paid for:
// 3GPP TS 23.038 (alphabets), TS 23.040 9.2.3.24 (the header of a part), and
// https://www.twilio.com/docs/glossary/what-sms-character-limit.
package segments

import (
	"strings"
	"unicode/utf16"
)

// Encoding is the alphabet a whole message is sent in.
type Encoding string

// The two alphabets of text messages.
const (
	// GSM7 is the default alphabet with its extension: 160 units in a message
	// of one segment, 153 in each segment of a longer one.
	GSM7 Encoding = "GSM-7"
	// UCS2 carries everything else: 70 units, or 67 in each segment. One
	// character outside GSM7 is enough.
	UCS2 Encoding = "UCS-2"
)

// limits are the units of a message of one segment, and of each of several.
var limits = map[Encoding]struct{ alone, each int }{
	GSM7: {160, 153},
	UCS2: {70, 67},
}

// TS 23.038, 6.2.1 without its escape, and 6.2.1.1, whose characters are sent
// as an escape and one more unit. The national tables of 6.2.1.2 are not used:
// Twilio sends none.
const (
	basic     = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extension = "^{}\\[~]|€\f"
)

// Count is in how many segments text is sent, and in which alphabet. A
// character that needs two units is never split between segments, so a segment
// may go out one unit short. An empty text is one segment. It does not know of
// Twilio's SmartEncoding, which may replace characters and need fewer.
func Count(text string) (n int, unit Encoding) {
	unit = GSM7
	if _, found := OutsideGSM7(text); found {
		unit = UCS2
	}
	total, parts, filled := 0, 1, 0
	for _, r := range text {
		w := width(r, unit)
		total += w
		if filled += w; filled > limits[unit].each {
			parts, filled = parts+1, w
		}
	}
	if total <= limits[unit].alone {
		return 1, unit
	}
	return parts, unit
}

// OutsideGSM7 is the first character of text that turns the message into UCS-2.
func OutsideGSM7(text string) (r rune, found bool) {
	for _, r := range text {
		if width(r, GSM7) == 0 {
			return r, true
		}
	}
	return 0, false
}

// width is how many units r takes, or 0 for what GSM-7 lacks.
func width(r rune, unit Encoding) int {
	switch {
	case unit == UCS2:
		return max(utf16.RuneLen(r), 1)
	case strings.ContainsRune(basic, r):
		return 1
	case strings.ContainsRune(extension, r):
		return 2
	}
	return 0
}
