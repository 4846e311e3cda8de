package flow

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// typedMost is how many characters of a text are kept: the longest that a
// telephone sends in one.
const typedMost = 1600

// typer is a kind of answer that is typed in other ways than it is pressed.
type typer interface{ parseTyped(text string) parsed }

// typedAnswer reads what was texted.
func typedAnswer(ask Ask, text string) parsed {
	if kind, ok := ask.(typer); ok {
		return kind.parseTyped(text)
	}
	return ask.parse(text)
}

// skipped goes on without an answer for who texts SKIP, where the step can be left
// blank.
func (r *run) skipped(step *Step, in Input) bool {
	if _, menu := step.Ask.(Menu); menu || !onlyWords(in.Text.Reveal(), skipWords) {
		return false
	}
	switch {
	case step.Goto[Skipped] != "":
		r.follow(step, Skipped)
	case step.Fail != "":
		r.enter(r.qualify(step.Fail))
	default:
		return false
	}
	return true
}

// What people type, in small letters and without accents, in the languages that
// they write in.
var (
	skipWords = strings.Fields("skip none nothing pass blank saltar salta omitir ninguno ninguna nada paso")

	// answerWords stand for an outcome beside its key and its own name.
	answerWords = map[Outcome][]string{
		"yes":  strings.Fields("yes y yep yeah yup ok okay sure si s claro correct right correcto"),
		"no":   strings.Fields("no n nope nah"),
		"self": strings.Fields("me myself self yo mi mismo misma"),
		"other": strings.Fields(`other another someone else otra otro persona alguien mother father mom mum dad wife husband spouse son daughter
			sister brother friend parent madre padre mama papa esposo esposa hijo hija hermano hermana amigo amiga`),
		"person_only": strings.Fields("person only persona solo no"),
		"agree":       strings.Fields("agree yes y acepto si"),
		"decline":     strings.Fields("decline disagree no n"),
		"go_on":       strings.Fields("go on continue ok okay yes y si seguir continuar adelante"),
		"talk":        strings.Fields("talk yes y can hablar si s puedo"),
		"write":       strings.Fields("write no n text not cannot cant hear speak deaf mute escribir escriba sordo sorda mudo muda oigo puedo"),
		"morning":     strings.Fields("morning mornings manana mananas"),
		"afternoon":   strings.Fields("afternoon afternoons tarde tardes"),
		"evening":     strings.Fields("evening evenings night nights noche noches"),
		"any_time":    strings.Fields("any anytime time cualquier hora cualquiera"),
		"eastern":     strings.Fields("eastern east et est edt este"),
		"central":     strings.Fields("central ct cst cdt centro"),
		"mountain":    strings.Fields("mountain mt mst mdt montana"),
		"pacific":     strings.Fields("pacific pt pst pdt pacifico"),
	}
	// fillerWords may stand beside an answer and change nothing.
	fillerWords = strings.Fields(`please thanks thank you ok okay option number choice the it is its i am im we he she they my in for of
		that thats option reply answer por favor gracias opcion la el las los es de en para un una`)
	numberWords = map[string]string{"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "uno": "1", "dos": "2", "tres": "3", "cuatro": "4", "cinco": "5"}
)

// wordsIn gives the words and numbers of a text, in small letters, without accents
// and signs.
func wordsIn(text string) []string {
	var b strings.Builder
	for _, c := range norm.NFKD.String(text) {
		switch {
		case unicode.In(c, unicode.Mn, unicode.Cf), c == '\'', c == '’':
		case unicode.IsLetter(c), c >= '0' && c <= '9':
			b.WriteRune(unicode.ToLower(c))
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Fields(b.String())
}

// onlyWords says whether a text is made of the words, and fillers.
func onlyWords(text string, known []string) bool {
	found := false
	for _, w := range wordsIn(text) {
		switch {
		case slices.Contains(known, w):
			found = true
		case !slices.Contains(fillerWords, w):
			return false
		}
	}
	return found
}

// parseTyped takes the key, its number as a word, or words for the choice. Every
// word must be one of them, and all of them must mean the same choice: what is not
// plain is asked again.
func (m Menu) parseTyped(text string) parsed {
	var chosen *Option
	words := wordsIn(clipped(text))
	for i := range m {
		o := &m[i]
		if meansOption(*o, words) {
			if chosen != nil {
				return parsed{}
			}
			chosen = o
		}
	}
	if chosen == nil {
		return parsed{}
	}
	return parsed{string(chosen.Value), chosen.Value, true}
}

// meansOption says whether words are for this choice and hold nothing else.
func meansOption(o Option, words []string) bool {
	names := append(answerWords[o.Value], strings.Split(string(o.Value), "_")...)
	found := false
	for _, w := range words {
		if n := numberWords[w]; n != "" {
			w = n
		}
		switch {
		case w == o.Key, slices.Contains(names, w):
			found = true
		case !slices.Contains(fillerWords, w):
			return false
		}
	}
	return found
}

// months are the names of months and their short forms.
var months = map[string]time.Month{}

func init() {
	for i, names := range []string{"january jan enero ene", "february feb febrero", "march mar marzo", "april apr abril abr", "may mayo", "june jun junio", "july jul julio",
		"august aug agosto ago", "september sept sep septiembre setiembre set", "october oct octubre", "november nov noviembre", "december dec diciembre dic"} {
		for _, name := range strings.Fields(names) {
			months[name] = time.Month(i + 1)
		}
	}
}

// parseTyped reads a day as people write it: 03/04/1960, 3-4-1960, 1960-03-04,
// 03041960, March 4 1960, 4 de marzo de 1960. The month comes first unless it
// cannot be one. A year has four digits: two leave a hundred years open.
func (d Date) parseTyped(text string) parsed {
	if p := d.Alone.parseTyped(text); p.ok {
		return p
	}
	words := wordsIn(spaced(clipped(text)))
	words = slices.DeleteFunc(words, func(w string) bool { return slices.Contains(dateFillers, w) })
	y, m, day, ok := dateOf(words)
	if !ok || y < 1900 {
		return parsed{}
	}
	at := time.Date(y, m, day, 0, 0, 0, 0, time.UTC)
	if at.Year() != y || at.Month() != m || at.Day() != day {
		return parsed{}
	}
	return parsed{at.Format(time.DateOnly), OK, true}
}

var dateFillers = strings.Fields("the of de del el on born st nd rd th my date birth is it its i was dob nacio naci fecha nacimiento mi es")

// spaced puts a blank between letters and digits ("4th", "4mar1960").
func spaced(text string) string {
	var b strings.Builder
	var last rune
	for _, c := range text {
		if digit(c) != digit(last) && (unicode.IsLetter(c) || unicode.IsLetter(last)) {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
		last = c
	}
	return b.String()
}

func digit(c rune) bool { return c >= '0' && c <= '9' }

// dateOf makes a day of its words.
func dateOf(words []string) (year int, month time.Month, day int, ok bool) {
	if len(words) == 1 && len(words[0]) == 8 {
		words = []string{words[0][:2], words[0][2:4], words[0][4:]}
	}
	if len(words) != 3 {
		return 0, 0, 0, false
	}
	var numbers []int
	for _, w := range words {
		if name, named := months[w]; named && month == 0 {
			month = name
			continue
		}
		n, err := strconv.Atoi(w)
		if err != nil || n < 1 {
			return 0, 0, 0, false
		}
		if len(w) == 4 && year == 0 {
			year = n
			continue
		}
		if len(w) > 2 {
			return 0, 0, 0, false
		}
		numbers = append(numbers, n)
	}
	switch {
	case year == 0 || len(numbers) == 0:
		return 0, 0, 0, false
	case month != 0:
		return year, month, numbers[0], len(numbers) == 1
	case len(numbers) != 2:
		return 0, 0, 0, false
	case numbers[0] > 12:
		return year, time.Month(numbers[1]), numbers[0], numbers[1] <= 12
	}
	return year, time.Month(numbers[0]), numbers[1], true
}

// parseTyped reads a time as people write it: 14:30, 1430, 2:30 pm, 2 pm.
func (c Clock) parseTyped(text string) parsed {
	words := wordsIn(spaced(strings.NewReplacer("a.m.", "am", "p.m.", "pm", "A.M.", "am", "P.M.", "pm").Replace(clipped(text))))
	half := ""
	if n := len(words); n > 1 && (words[n-1] == "am" || words[n-1] == "pm") {
		half, words = words[n-1], words[:n-1]
	}
	joined := strings.Join(words, "")
	if half != "" && len(words) == 1 && len(joined) <= 2 {
		joined += "00"
	}
	if len(joined) == 3 {
		joined = "0" + joined
	}
	if len(joined) != 4 || joined != onlyDigits(joined) {
		return parsed{}
	}
	layout, value := "1504", joined
	if half != "" {
		layout, value = "0304PM", joined+strings.ToUpper(half)
	}
	at, err := time.Parse(layout, value)
	if err != nil {
		return parsed{}
	}
	return parsed{at.Format("15:04"), OK, true}
}

// parseTyped takes five digits, with or without the four that may follow.
func (z Zip) parseTyped(text string) parsed {
	var codes []string
	for _, w := range wordsIn(clipped(text)) {
		if len(w) == 5 && w == onlyDigits(w) {
			codes = append(codes, w)
		}
	}
	if len(codes) != 1 {
		return parsed{}
	}
	return parsed{codes[0], OK, true}
}

// parseTyped takes a number that stands alone, or a month by its name.
func (d Digits) parseTyped(text string) parsed {
	words := wordsIn(clipped(text))
	if len(words) == 1 && d.Max == 12 {
		if m := months[words[0]]; m != 0 {
			return d.parse(strconv.Itoa(int(m)))
		}
	}
	joined := strings.Join(words, "")
	if joined == "" || joined != onlyDigits(joined) {
		return parsed{}
	}
	return d.parse(joined)
}

// parseTyped takes the one address in a text.
func (e Email) parseTyped(text string) parsed {
	var found []string
	for _, w := range strings.Fields(clipped(text)) {
		if strings.Contains(w, "@") {
			found = append(found, w)
		}
	}
	if len(found) != 1 {
		return parsed{}
	}
	return e.parse(strings.Trim(found[0], `.,;:!?"'()`))
}

// parseTyped keeps the words, on as many lines as they were typed, without what
// cannot be seen.
func (r Recording) parseTyped(text string) parsed {
	kept := strings.Map(func(c rune) rune {
		if c != '\n' && (unicode.IsControl(c) || c == unicode.ReplacementChar) {
			return -1
		}
		return c
	}, strings.ToValidUTF8(clipped(text), ""))
	kept = strings.TrimSpace(kept)
	return parsed{kept, OK, len(wordsIn(kept)) > 0}
}

// clipped bounds what is looked at.
func clipped(text string) string {
	n := 0
	for i := range text {
		if n++; n > typedMost {
			return text[:i]
		}
	}
	return text
}
