package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"
)

// fake is a made-up patient whose every word can be told from all others.
type fake struct {
	first, last string
	phone       string // E.164
	born        time.Time
	email, zip  string
	clinic, ask string
	// request is known once the line has made it.
	request string
}

// newFakes draws patients by a seed. Their zip codes are above any port, and their
// words in no sentence of the line.
func newFakes(seed uint64) []*fake {
	r := rand.New(rand.NewPCG(seed, 5))
	pick := func(parts ...string) string {
		var b strings.Builder
		for _, list := range parts {
			words := strings.Fields(list)
			b.WriteString(words[r.IntN(len(words))])
		}
		return b.String()
	}
	places := [][2]string{{"+1406555", "59718"}, {"+1505555", "87501"}, {"+1206555", "98109"}, {"+1303555", "80919"}, {"+1602555", "85044"}, {"+1503555", "97035"}}
	var out []*fake
	for i, place := range places {
		f := &fake{
			first: pick("Zebu Quor Xyla Ysol Wulf Jorv", "lina mundo bert tilda wick nyx"), last: pick("Quaster Heliot Brackle Zimmel Ovren Tulsk", "mane rope worth bane quist gaard"),
			phone: fmt.Sprintf("%s01%02d", place[0], 10+10*i+r.IntN(10)), zip: place[1],
			born:   time.Date(1930+r.IntN(50), time.Month(1+r.IntN(12)), 13+r.IntN(15), 0, 0, 0, 0, time.UTC),
			clinic: "The " + pick("Wendle Farnum Skelp Orrin", "stead bury haven croft") + " infirmary", ask: "Would " + pick("zolfa vexi quora tibru", "mabine tracel nostat lumide") + " help me",
		}
		f.email = strings.ToLower(f.first) + "." + pick("snow moss fern dusk", "lark wren hawk finch") + fmt.Sprint(10+r.IntN(90)) + "@" + pick("brisk calm deep", "fjord glen mesa") + ".example.org"
		out = append(out, f)
	}
	return out
}

func (f *fake) keys() string { return f.born.Format("01022006") }

// asTyped is the number as people write it.
func (f *fake) asTyped() string {
	n := f.phone[2:]
	return "(" + n[:3] + ") " + n[3:6] + "-" + n[6:]
}

// needle is one way in which one thing about a person may be written.
type needle struct {
	what string // "date of birth"
	text string
	// alone: it counts only where no letter or digit stands beside it.
	alone bool
	// squeezed is looked for in a text without the marks that people write between digits.
	squeezed bool
}

// needles are all that there is to be found about a person.
func (f *fake) needles() []needle {
	n := []needle{
		{what: "telephone number", text: f.phone[2:], squeezed: true}, {what: "telephone number", text: f.phone[2:]},
		{what: "e-mail address", text: f.email}, {what: "e-mail address", text: f.email[:strings.Index(f.email, "@")]},
		{what: "first name", text: f.first}, {what: "last name", text: f.last}, {what: "zip code", text: f.zip, alone: true},
		{what: "what was said", text: f.clinic}, {what: "what was said", text: f.ask},
		{what: "what was said", text: strings.Fields(f.clinic)[1]}, {what: "what was said", text: strings.Fields(f.ask)[1]},
	}
	for _, layout := range []string{"2006-01-02", "01022006", "20060102", "02012006", "2006 01 02", "01/02/2006", "1/2/2006", "02/01/2006", "2.1.2006", "02.01.2006",
		"01-02-2006", "January 2, 2006", "January 2 2006", "Jan 2, 2006", "2 January 2006", "1/2/06"} {
		n = append(n, needle{what: "date of birth", text: f.born.Format(layout), alone: true})
	}
	day, month := f.born.Day(), []string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"}[f.born.Month()-1]
	for _, end := range []string{"st", "nd", "rd", "th"} {
		n = append(n, needle{what: "date of birth", text: fmt.Sprintf("%s %d%s, %d", f.born.Month(), day, end, f.born.Year())})
	}
	n = append(n, needle{what: "date of birth", text: fmt.Sprintf("%d de %s de %d", day, month, f.born.Year())})
	if r := f.request; r != "" {
		n = append(n, needle{what: "request number", text: r, alone: true}, needle{what: "request number", text: r[:4] + " " + r[4:], alone: true},
			needle{what: "request number", text: r[:4] + "-" + r[4:], alone: true}, needle{what: "request number", text: spelled(r)})
	}
	return n
}

// spelled is a number as a voice reads it: "1 2 3 4, 5 6 7 4".
func spelled(digits string) string {
	return strings.Join(strings.Split(digits[:4], ""), " ") + ", " + strings.Join(strings.Split(digits[4:], ""), " ")
}

// search looks for people in whatever form bytes may have: as it stands, in any
// case, with percent signs, in base64 and in hexadecimal digits.
type search struct {
	plain, squeezed map[uint32][]wanted
}

type wanted struct {
	needle
	person *fake
	how    string
}

// finding is one thing found. It does not hold it.
type findingOf struct {
	person    *fake
	what, how string
}

func newSearch(people []*fake) *search {
	s := &search{plain: map[uint32][]wanted{}, squeezed: map[uint32][]wanted{}}
	for _, f := range people {
		for _, n := range f.needles() {
			n.text = strings.ToLower(n.text)
			if n.squeezed {
				s.squeezed[prefix([]byte(n.text))] = append(s.squeezed[prefix([]byte(n.text))], wanted{n, f, "with marks between"})
				continue
			}
			s.add(wanted{n, f, "as it is"})
		}
		for _, n := range f.needles() {
			if n.squeezed || len(n.text) < 8 {
				continue
			}
			s.add(wanted{needle{what: n.what, text: hex.EncodeToString([]byte(n.text))}, f, "in hexadecimal digits"})
			for from := range 3 {
				for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
					// What stands before and behind changes the first and the last letters.
					text := e.EncodeToString([]byte("\x00\x00\x00"[:from] + n.text))
					text = strings.ToLower(text[(from*8+5)/6 : (from+len(n.text))*8/6])
					s.add(wanted{needle{what: n.what, text: text}, f, "in base64"})
				}
			}
		}
	}
	return s
}

func (s *search) add(w wanted) {
	at := prefix([]byte(w.text))
	s.plain[at] = append(s.plain[at], w)
}

// prefix is the first four bytes of a text of four or more.
func prefix(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// in gives what of the people stands in a text.
func (s *search) in(text []byte) map[findingOf]int {
	found := map[findingOf]int{}
	for _, form := range forms(text) {
		scan(form, s.plain, found)
		scan(squeeze(form), s.squeezed, found)
	}
	return found
}

// forms gives a text in small letters, and without percent signs where it has any.
func forms(text []byte) [][]byte {
	out := [][]byte{bytes.ToLower(text)}
	if bytes.ContainsAny(text, "%+") {
		if open, err := url.QueryUnescape(string(text)); err == nil {
			out = append(out, bytes.ToLower([]byte(open)))
		} else {
			out = append(out, bytes.ReplaceAll(bytes.ReplaceAll(bytes.ToLower(text), []byte("%2b"), []byte("+")), []byte("%40"), []byte("@")))
		}
	}
	return out
}

func squeeze(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for _, c := range b {
		switch c {
		case ' ', '-', '(', ')', '.', ',', '/', '+':
		default:
			out = append(out, c)
		}
	}
	return out
}

func scan(b []byte, index map[uint32][]wanted, found map[findingOf]int) {
	for i := 0; i+4 <= len(b); i++ {
		for _, w := range index[prefix(b[i:])] {
			end := i + len(w.text)
			if end > len(b) || string(b[i:end]) != w.text {
				continue
			}
			if w.alone && (i > 0 && alnum(b[i-1]) || end < len(b) && alnum(b[end])) {
				continue
			}
			found[findingOf{w.person, w.what, w.how}]++
		}
	}
}

func alnum(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' }
