package segments

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/warthog618/sms"
	"github.com/warthog618/sms/encoding/tpdu"
	"pgregory.net/rapid"
)

func TestCount(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	tests := []struct {
		name, text string
		n          int
		unit       Encoding
	}{
		{"nothing", "", 1, GSM7},
		{"a word", "STOP", 1, GSM7},
		{"the most one segment holds", x(160), 1, GSM7},
		{"one more", x(161), 2, GSM7},
		{"the most two hold", x(2 * 153), 2, GSM7},
		{"one more than two hold", x(2*153 + 1), 3, GSM7},
		{"a euro at the end of the only segment", x(158) + "€", 1, GSM7},
		{"a euro that no longer fits", x(159) + "€", 2, GSM7},
		{"a bracket that would be split moves whole", x(152) + "[" + x(152), 3, GSM7},
		{"the same length without brackets", x(154 + 152), 2, GSM7},
		{"eighty brackets are one segment", strings.Repeat("[", 80), 1, GSM7},
		{"Spanish ñ, ü, É, ¿ and ¡ are in the alphabet", "¿Señor? ¡Pingüino, É!", 1, GSM7},
		{"Spanish á is not", strings.Repeat("á", 71), 2, UCS2},
		{"ç is not, Ç is", "ç", 1, UCS2},
		{"a smart quote makes all of it UCS-2", x(70) + "’", 2, UCS2},
		{"the most one UCS-2 segment holds", x(69) + "’", 1, UCS2},
		{"two UCS-2 segments", x(133) + "’", 2, UCS2},
		{"three UCS-2 segments", x(134) + "’", 3, UCS2},
		{"an emoji is two units", strings.Repeat("🙂", 35), 1, UCS2},
		{"an emoji that would be split moves whole", x(66) + "🙂" + x(66), 3, UCS2},
		{"a tab is not in the alphabet", "a\tb", 1, UCS2},
		{"a broken byte is sent as a replacement character", "\xff", 1, UCS2},
	}
	for _, tt := range tests {
		if n, unit := Count(tt.text); n != tt.n || unit != tt.unit {
			t.Errorf("%s: %d segments of %s, want %d of %s", tt.name, n, unit, tt.n, tt.unit)
		}
	}
}

func TestOutsideGSM7NamesTheCharacter(t *testing.T) {
	if r, found := OutsideGSM7("it’s – fine"); !found || r != '’' {
		t.Errorf("the first is %q, %v", r, found)
	}
	if r, found := OutsideGSM7("[€] it's fine"); found {
		t.Errorf("%q is in the alphabet", r)
	}
}

// oracle counts by making the parts that would be sent.
func oracle(t testing.TB, text string) (int, Encoding) {
	t.Helper()
	parts, err := sms.Encode([]byte(text))
	if err != nil {
		t.Fatalf("encode %q: %v", text, err)
	}
	alphabet, err := parts[0].DCS.Alphabet()
	if err != nil {
		t.Fatalf("alphabet of %q: %v", text, err)
	}
	if alphabet == tpdu.AlphaUCS2 {
		return len(parts), UCS2
	}
	return len(parts), GSM7
}

func agree(t testing.TB, text string) {
	t.Helper()
	n, unit := Count(text)
	if wantN, wantUnit := oracle(t, text); n != wantN || unit != wantUnit {
		t.Fatalf("%q: %d of %s, the encoder makes %d of %s", text, n, unit, wantN, wantUnit)
	}
}

// palettes are what random texts are made of: each mix reaches other edges.
var palettes = [][]rune{
	[]rune("ab "),
	[]rune("xxxxxxx[€^\f"),
	[]rune("€{}"),
	[]rune("aé’"),
	[]rune("x🙂"),
	[]rune("🙂𝒳é"),
	[]rune(basic + extension),
	[]rune(basic + extension + "áíóúç’“–`\t\u00a0🙂漢"),
}

// Texts made of lengths about the edges, against the encoder, which is slow:
// SECONDLINE_TEXTS sets how many are tried.
func TestTextsAgreeWithAnEncoder(t *testing.T) {
	texts := 50_000
	if n, err := strconv.Atoi(os.Getenv("SECONDLINE_TEXTS")); err == nil {
		texts = n
	}
	random := rand.New(rand.NewPCG(20, 27))
	edges := []int{1, 35, 67, 70, 134, 153, 160, 201, 306, 459}
	for range texts {
		palette := palettes[random.IntN(len(palettes))]
		length := max(1, edges[random.IntN(len(edges))]+random.IntN(7)-3)
		var b strings.Builder
		for range length {
			b.WriteRune(palette[random.IntN(len(palette))])
		}
		agree(t, b.String())
	}
}

// The escape is left out: it stands in GSM-7 and is no character (TS 23.038,
// 6.2.1, note 1). The encoder sends it bare, and the next character is another.
func TestAnyTextAgreesWithAnEncoder(t *testing.T) {
	if n, unit := Count("\x1b"); n != 1 || unit != UCS2 {
		t.Errorf("an escape is %d of %s", n, unit)
	}
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.String().Filter(func(s string) bool { return s != "" && !strings.ContainsRune(s, 0x1b) }).Draw(r, "text")
		n, unit := Count(text)
		if wantN, wantUnit := oracle(t, text); n != wantN || unit != wantUnit {
			r.Fatalf("%q: %d of %s, the encoder makes %d of %s", text, n, unit, wantN, wantUnit)
		}
	})
}

func BenchmarkCount(b *testing.B) {
	text := strings.Repeat("Please call us ", 106) + "’"
	for b.Loop() {
		Count(text)
	}
}
