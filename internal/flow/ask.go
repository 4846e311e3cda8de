package flow

import (
	"strconv"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"
)

// AwaitKind says what a channel collects.
type AwaitKind string

// What a channel can collect.
const (
	AwaitNothing   AwaitKind = ""
	AwaitKeys      AwaitKind = "keys"
	AwaitRecording AwaitKind = "recording"
	AwaitConnect   AwaitKind = "connect"
	// AwaitText can be answered by text only; a telephone says the step and
	// goes on.
	AwaitText AwaitKind = "text"
)

// Await tells a channel what to collect, and how long to wait.
type Await struct {
	Kind AwaitKind
	// MaxKeys ends the collecting by itself; 0 means no limit.
	MaxKeys int
	// Finish lists the keys that end the collecting; "" means none.
	Finish string
	// Seconds is how long nothing may happen before it counts as silence.
	Seconds int
	// MaxSeconds is the longest recording.
	MaxSeconds int
	// To is whom to connect: "team" or "in_person"; Reason says why.
	To, Reason string
}

// Time-outs in seconds (R-52: 7 s by default, 10 s for who needs longer; 15 s
// where a number must be fetched; a recording ends after 5 s of silence and a
// paused one waits 20 s).
const (
	waitNormal  = 7
	waitSlow    = 10
	waitFetch   = 15
	waitSilence = 5
	waitPaused  = 20
	// waitElsewhere is long enough to type an address on a telephone.
	waitElsewhere = 45
)

// parsed is what a kind makes of an answer.
type parsed struct {
	value   string
	outcome Outcome
	ok      bool
}

// Ask is a kind of answer: how it is collected by key, how it is read from keys
// or text, and how it is confirmed. The kinds are those of this package.
type Ask interface {
	// Outcomes lists what an answer of this kind may come to.
	Outcomes() []Outcome
	// await tells how it is collected by telephone.
	await() Await
	// parse reads what was pressed or typed.
	parse(text string) parsed
	// words gives the wording of a read-back and of a mistake, and the
	// variable that carries the value; "" where there is none.
	words() (confirm, bad, variable string)
	// Kind names the kind, for drawings.
	Kind() string
}

// Option is one choice of a menu.
type Option struct {
	Key   string
	Value Outcome
}

// Menu is a choice of single keys. By text the key or the value's own word
// counts.
type Menu []Option

// Choices makes a menu of pairs of key and value.
func Choices(pairs ...string) Menu {
	m := make(Menu, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m = append(m, Option{pairs[i], Outcome(pairs[i+1])})
	}
	return m
}

// YesNo is the menu of key 1 for yes and 2 for no.
func YesNo() Menu { return Choices("1", "yes", "2", "no") }

// Outcomes lists the menu's values.
func (m Menu) Outcomes() []Outcome {
	out := make([]Outcome, len(m))
	for i, o := range m {
		out[i] = o.Value
	}
	return out
}

// Kind names the kind.
func (m Menu) Kind() string { return "key" }

func (m Menu) await() Await            { return Await{Kind: AwaitKeys, MaxKeys: 1, Seconds: waitNormal} }
func (m Menu) words() (_, _, _ string) { return "", "", "" }
func (m Menu) has(key string) bool     { return m.parse(key).ok }
func (m Menu) equal(text string, o Option) bool {
	return text == o.Key || strings.EqualFold(text, string(o.Value))
}

func (m Menu) parse(text string) parsed {
	text = strings.Trim(strings.TrimSpace(text), ".!")
	for _, o := range m {
		if m.equal(text, o) || (len(text) == 1 && strings.EqualFold(text, string(o.Value)[:1]) && (o.Value == "yes" || o.Value == "no")) {
			return parsed{string(o.Value), o.Value, true}
		}
	}
	return parsed{}
}

// typed is what every kind of typed number shares.
type typed struct {
	// Confirm is the wording of the read-back, Bad that of a mistake.
	Confirm, Bad string
	// Alone lists single keys that are answers of their own here.
	Alone Menu
}

func (t typed) outcomes() []Outcome { return append([]Outcome{OK}, t.Alone.Outcomes()...) }

func (t typed) alone(text string) (parsed, bool) {
	p := t.Alone.parse(text)
	return p, p.ok
}

func keysAwait(n int, seconds int) Await {
	return Await{Kind: AwaitKeys, MaxKeys: n, Finish: "#", Seconds: seconds}
}

// Date is a day, typed as eight digits: month, day, year (MMDDYYYY). It is kept
// as YYYY-MM-DD (ISO 8601) and read back in words. Years before 1900 and days
// that do not exist are refused.
type Date struct {
	Confirm, Bad string
	Alone        Menu
}

// Outcomes lists OK and the single keys.
func (d Date) Outcomes() []Outcome { return typed{Alone: d.Alone}.outcomes() }

// Kind names the kind.
func (d Date) Kind() string { return "date, 8 digits" }

func (d Date) await() Await            { return keysAwait(8, waitNormal) }
func (d Date) words() (_, _, _ string) { return d.Confirm, d.Bad, "DATE" }

func (d Date) parse(text string) parsed {
	if p, ok := (typed{Alone: d.Alone}).alone(text); ok {
		return p
	}
	digits := onlyDigits(text)
	day, err := time.Parse("01022006", digits)
	if err != nil || day.Year() < 1900 {
		return parsed{}
	}
	return parsed{day.Format(time.DateOnly), OK, true}
}

// Phone is a telephone number, kept in E.164. Without Abroad it is ten digits
// of the North American plan; with Abroad it starts with a country code and has
// 8 to 15 digits. A number that its country does not give out is refused.
type Phone struct {
	Confirm, Bad string
	Abroad       bool
}

// Outcomes lists OK.
func (p Phone) Outcomes() []Outcome { return []Outcome{OK} }

// Kind names the kind.
func (p Phone) Kind() string { return "phone number" }

func (p Phone) await() Await {
	if p.Abroad {
		return keysAwait(18, waitFetch)
	}
	return keysAwait(10, waitFetch)
}
func (p Phone) words() (_, _, _ string) { return p.Confirm, p.Bad, "SPOKENPHONE" }

func (p Phone) parse(text string) parsed {
	digits := onlyDigits(text)
	if !p.Abroad {
		if len(digits) == 11 && digits[0] == '1' {
			digits = digits[1:]
		}
		if len(digits) != 10 {
			return parsed{}
		}
		digits = "1" + digits
	}
	digits = strings.TrimPrefix(strings.TrimPrefix(digits, "011"), "00")
	number, err := phonenumbers.Parse("+"+digits, "")
	if err != nil || !phonenumbers.IsValidNumber(number) {
		return parsed{}
	}
	e164 := phonenumbers.Format(number, phonenumbers.E164)
	if len(e164) < 9 || len(e164) > 16 {
		return parsed{}
	}
	return parsed{e164, OK, true}
}

// Zip is a five-digit US postal code.
type Zip struct{ Bad string }

// Outcomes lists OK.
func (z Zip) Outcomes() []Outcome { return []Outcome{OK} }

// Kind names the kind.
func (z Zip) Kind() string { return "zip code" }

func (z Zip) await() Await            { return keysAwait(5, waitNormal) }
func (z Zip) words() (_, _, _ string) { return "", z.Bad, "" }

func (z Zip) parse(text string) parsed {
	if digits := onlyDigits(text); len(digits) == 5 {
		return parsed{digits, OK, true}
	}
	return parsed{}
}

// Digits is a number of N digits with a value of Min to Max. Luhn asks for a
// right check digit (ISO/IEC 7812-1), so that a slip of the finger never
// touches the store. Fewer than N digits are taken where Short is set ("3" for
// March).
type Digits struct {
	N           int
	Min, Max    int
	Luhn, Short bool
	// Fetch gives the time it takes to find a number on paper.
	Fetch bool
	Bad   string
}

// Outcomes lists OK.
func (d Digits) Outcomes() []Outcome { return []Outcome{OK} }

// Kind names the kind.
func (d Digits) Kind() string { return strconv.Itoa(d.N) + " digits" }

func (d Digits) await() Await {
	if d.Fetch {
		return keysAwait(d.N, waitFetch)
	}
	return keysAwait(d.N, waitNormal)
}
func (d Digits) words() (_, _, _ string) { return "", d.Bad, "" }

func (d Digits) parse(text string) parsed {
	digits := onlyDigits(text)
	if digits == "" || len(digits) > d.N || (len(digits) < d.N && !d.Short) {
		return parsed{}
	}
	value, err := strconv.Atoi(digits)
	if err != nil || value < d.Min || (d.Max > 0 && value > d.Max) || (d.Luhn && !luhn(digits)) {
		return parsed{}
	}
	return parsed{strings.Repeat("0", d.N-len(digits)) + digits, OK, true}
}

// Clock is a time of day of four digits on the 24-hour clock, kept as HH:MM.
type Clock struct{ Confirm, Bad string }

// Outcomes lists OK.
func (c Clock) Outcomes() []Outcome { return []Outcome{OK} }

// Kind names the kind.
func (c Clock) Kind() string { return "time, 4 digits" }

func (c Clock) await() Await            { return keysAwait(4, waitNormal) }
func (c Clock) words() (_, _, _ string) { return c.Confirm, c.Bad, "TIME" }

func (c Clock) parse(text string) parsed {
	at, err := time.Parse("1504", onlyDigits(text))
	if err != nil {
		return parsed{}
	}
	return parsed{at.Format("15:04"), OK, true}
}

// onlyDigits gives the digits of s, leaving out what people put between them.
func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// luhn says whether the last digit is the right check digit of the others.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
