package twiliosim

import (
	"strings"
	"unicode/utf16"
)

// The GSM 03.38 alphabet; the extension's characters count twice.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡" +
		"ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtension = "^{}\\[~]|€\f"
)

// Segments is into how many segments a text is cut: 160 septets, or 153 each
// when there are several; one character outside the GSM alphabet makes it 70
// and 67 UTF-16 units. An empty text is one segment.
func Segments(body string) int {
	units, single, many := 0, 160, 153
	for _, r := range body {
		switch {
		case strings.ContainsRune(gsmBasic, r):
			units++
		case strings.ContainsRune(gsmExtension, r):
			units += 2
		default:
			units, single, many = len(utf16.Encode([]rune(body))), 70, 67
			return cut(units, single, many)
		}
	}
	return cut(units, single, many)
}

func cut(units, single, many int) int {
	if units <= single {
		return 1
	}
	return (units + many - 1) / many
}
