package twiliosim

import (
	_ "embed"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed voices.txt
var voiceList string

// voices are the names that the Say verb knows.
var voices = func() map[string]bool {
	set := map[string]bool{}
	for name := range strings.Lines(voiceList) {
		set[strings.TrimSpace(name)] = true
	}
	return set
}()

var (
	dtmfPattern     = regexp.MustCompile(`^[0-9#*wW]+$`)
	keysPattern     = regexp.MustCompile(`^[0-9#*]*$`)
	callerIDPattern = regexp.MustCompile(`^(\+[1-9][0-9]{6,14}|client:.+)$`)
	googlePattern   = regexp.MustCompile(`^Google\.([a-z]{2,3}-[A-Z]{2})-`)
)

// basicLanguages are what the voices man and woman speak.
var basicLanguages = []string{"en", "en-gb", "en-US", "en-GB", "es", "es-ES", "fr", "fr-FR", "de", "de-DE", "it", "it-IT"}

// judge decides whether Twilio would play a document.
type judge struct {
	kind   docKind
	inline bool
}

func (j judge) shapes() map[string]shape {
	if j.kind == messagingDoc {
		return messagingShapes
	}
	return voiceShapes
}

func (j judge) document(root *element) *refusal {
	top := root.elements()
	if allowed, limited := docVerbs[j.kind]; limited {
		for _, e := range top {
			if slices.Contains(allowed, e.name) {
				continue
			}
			if e.name == "Dial" {
				return refuse(13201, "<Dial> on a dialled leg")
			}
			return refuse(12200, "<%s> is not allowed in this document", e.name)
		}
	}
	for i, e := range top {
		if e.name == "Reject" && i > 0 {
			return refuse(12200, "<Reject> must be the first verb")
		}
		if e.name == "Leave" && j.kind != waitDoc {
			return refuse(12200, "<Leave> outside a queue")
		}
	}
	return j.element(root, "Response")
}

// element judges one element whose shape is known under the name.
func (j judge) element(e *element, name string) *refusal {
	sh := j.shapes()[name]
	for _, a := range e.attrs {
		r, known := sh.attrs[a.name]
		if !known && slices.Contains(unplayed, name+"."+a.name) {
			return refuse(0, "the stand-in does not play <%s %s>", name, a.name)
		}
		if !known {
			return refuse(12200, "<%s> has no attribute %s", name, a.name)
		}
		if f := j.value(name, a, r); f != nil {
			return f
		}
	}
	for _, c := range e.children {
		if c.name == "" {
			if !sh.text && strings.TrimSpace(c.text) != "" {
				return refuse(12200, "text in <%s>", name)
			}
			continue
		}
		if !slices.Contains(sh.children, c.name) && slices.Contains(unplayed, name+">"+c.name) {
			return refuse(0, "the stand-in does not play <%s>", c.name)
		}
		if !slices.Contains(sh.children, c.name) {
			return refuse(nestingCode(name), "<%s> in <%s>", c.name, name)
		}
		if f := j.element(c, c.name); f != nil {
			return f
		}
	}
	if check := verbChecks[name]; check != nil {
		return check(j, e)
	}
	return nil
}

func nestingCode(parent string) int {
	switch parent {
	case "Gather":
		return 13320
	case "Dial":
		return 13215
	}
	return 12200
}

// value judges an attribute's value.
func (j judge) value(name string, a attr, r rule) *refusal {
	good := r.allows(a.value)
	if r.kind == address && j.inline && a.name == "action" {
		good = good && strings.Contains(a.value, "://")
	}
	if good {
		return nil
	}
	code := r.code
	if code == 0 {
		code = 12200
	}
	return refuse(code, "<%s %s=%q>", name, a.name, a.value)
}

func (r rule) allows(v string) bool {
	switch r.kind {
	case boolean:
		return v == "true" || v == "false"
	case httpMethod:
		return v == "GET" || v == "POST"
	case integer:
		n, err := strconv.Atoi(v)
		return r.auto && v == "auto" || err == nil && n >= r.low && n <= r.high
	case oneOf:
		return slices.Contains(r.words, v)
	case someOf:
		words := strings.Fields(v)
		strange := func(w string) bool { return !slices.Contains(r.words, w) }
		return len(words) > 0 && !slices.ContainsFunc(words, strange)
	case address:
		return v == "" && r.empty || goodReference(v)
	}
	return true
}

// goodReference reports whether an address can be requested: not empty, no
// blanks, no underscore in a host name.
func goodReference(v string) bool {
	if v == "" || strings.ContainsAny(v, " \t\r\n") {
		return false
	}
	abs, err := resolve("https://host.example/", v)
	if err != nil {
		return false
	}
	return goodURL(abs)
}

// verbChecks say what a table of attributes cannot.
var verbChecks = map[string]func(judge, *element) *refusal{
	"Say": checkSay, "Play": checkPlay, "Gather": checkGather, "Record": checkRecord,
	"Dial": checkDial, "Number": checkNumber, "Conference": checkNamed(13237, 1, 128),
	"Queue": checkNamed(14213, 1, 64), "Enqueue": checkNamed(14205, 1, 64), "Redirect": checkRedirect,
	"Message": checkMessage, "Body": checkFilled, "Media": checkFilled,
	"say-as": checkFilled, "phoneme": checkFilled, "sub": checkFilled,
}

func checkSay(_ judge, e *element) *refusal {
	words := e.content()
	if strings.TrimSpace(words) == "" && len(e.elements()) == 0 {
		return refuse(13520, "empty <Say>")
	}
	voice := e.or("voice", "man")
	if !voices[voice] {
		return refuse(13511, "<Say voice=%q>", voice)
	}
	limit, size := 4096, len(words)
	switch {
	case strings.HasPrefix(voice, "Polly."):
		limit = 3000
	case strings.HasPrefix(voice, "Google."):
		limit, size = 5000, size+markup(e)
	}
	if size > limit {
		return refuse(13521, "<Say> of %d bytes, the voice's limit is %d", size, limit)
	}
	language, given := e.get("language")
	if !given {
		return nil
	}
	if m := googlePattern.FindStringSubmatch(voice); m != nil && m[1] != language {
		return refuse(13511, "voice %s does not speak %s", voice, language)
	}
	if (voice == "man" || voice == "woman") && !slices.Contains(basicLanguages, language) {
		return refuse(13512, "voice %s does not speak %s", voice, language)
	}
	return nil
}

// markup is the size of the tags below an element, which Google's voices count.
func markup(e *element) int {
	n := 0
	for _, c := range e.elements() {
		n += 2*len(c.name) + 5 + markup(c)
		for _, a := range c.attrs {
			n += len(a.name) + len(a.value) + 4
		}
	}
	return n
}

func checkPlay(_ judge, e *element) *refusal {
	ref := strings.TrimSpace(e.content())
	digits, given := e.get("digits")
	switch {
	case given && !dtmfPattern.MatchString(digits):
		return refuse(12200, "<Play digits=%q>", digits)
	case !given && !goodReference(ref):
		return refuse(11100, "<Play> of no usable address")
	}
	return nil
}

func checkGather(_ judge, e *element) *refusal {
	_, model := e.get("speechModel")
	if model && e.or("speechTimeout", "") == "auto" {
		return refuse(13335, "speechTimeout=auto with a speechModel")
	}
	if hints, ok := e.get("hints"); ok {
		entries := strings.Split(hints, ",")
		tooLong := func(h string) bool { return len(h) > 100 }
		if len(entries) > 500 || slices.ContainsFunc(entries, tooLong) {
			return refuse(13330, "hints of more than 500 entries or 100 characters")
		}
	}
	return nil
}

func checkRecord(j judge, e *element) *refusal {
	if !keysPattern.MatchString(e.or("finishOnKey", "")) {
		return refuse(13613, "<Record finishOnKey=%q>", e.or("finishOnKey", ""))
	}
	if n, _ := strconv.Atoi(e.or("maxLength", "0")); e.or("transcribe", "false") == "true" && n > 120 {
		return refuse(13615, "maxLength too high for a transcription")
	}
	return nil
}

func checkDial(_ judge, e *element) *refusal {
	nouns := e.elements()
	text := strings.TrimSpace(directText(e))
	if len(nouns) == 0 && !e164Pattern.MatchString(text) {
		return refuse(13223, "<Dial> of no E.164 number and no noun")
	}
	if len(nouns) > 10 {
		return refuse(13250, "more than 10 numbers at once")
	}
	for _, n := range nouns {
		if n.name != "Number" && len(nouns) > 1 {
			return refuse(13000, "<%s> beside other nouns", n.name)
		}
	}
	if id, ok := e.get("callerId"); ok && !callerIDPattern.MatchString(id) {
		return refuse(13214, "<Dial callerId> is not a number")
	}
	if len([]rune(e.or("callReason", ""))) > 50 {
		return refuse(12200, "callReason of more than 50 characters")
	}
	return nil
}

// directText is an element's own text, without that of its children.
func directText(e *element) string {
	var b strings.Builder
	for _, c := range e.children {
		b.WriteString(c.text)
	}
	return b.String()
}

func checkNumber(_ judge, e *element) *refusal {
	if d, ok := e.get("sendDigits"); ok && !dtmfPattern.MatchString(d) {
		return refuse(13222, "<Number sendDigits=%q>", d)
	}
	if !e164Pattern.MatchString(e.content()) {
		return refuse(13223, "<Number> is not E.164")
	}
	return nil
}

// checkNamed wants a name of a length in characters.
func checkNamed(code, low, high int) func(judge, *element) *refusal {
	return func(_ judge, e *element) *refusal {
		if n := len([]rune(strings.TrimSpace(e.content()))); n < low || n > high {
			return refuse(code, "<%s> with a name of %d characters", e.name, n)
		}
		return nil
	}
}

func checkRedirect(_ judge, e *element) *refusal {
	if ref := strings.TrimSpace(e.content()); ref != "" && !goodReference(ref) {
		return refuse(11100, "<Redirect> to no usable address")
	}
	return nil
}

func checkFilled(_ judge, e *element) *refusal {
	if strings.TrimSpace(e.content()) == "" {
		return refuse(12200, "empty <%s>", e.name)
	}
	return nil
}

func checkMessage(_ judge, e *element) *refusal {
	if to, ok := e.get("to"); ok && !e164Pattern.MatchString(to) {
		return refuse(14101, "<Message to> is not E.164")
	}
	body := messageBody(e)
	if n := len([]rune(body)); n > 1600 || n == 0 && len(e.elements()) == 0 {
		return refuse(14103, "<Message> of %d characters", n)
	}
	return nil
}

// messageBody is what a Message verb sends.
func messageBody(e *element) string {
	for _, c := range e.elements() {
		if c.name == "Body" {
			return c.content()
		}
	}
	return strings.TrimSpace(directText(e))
}
