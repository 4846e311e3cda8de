package twiliosim

import (
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// param is what a REST parameter may hold and the error code when it does
// not.
type param struct {
	ok     func(string) bool
	code   int
	repeat bool
}

// errParameter is Twilio's general refusal of a parameter
// (twilio.com/docs/api/errors/20001).
const errParameter = 20001

var (
	sendDigitsPattern = regexp.MustCompile(`^[0-9A-D#*wW]{1,32}$`)
	endpointPattern   = regexp.MustCompile(`^(\+[1-9][0-9]{6,14}|client:.+|sips?:.+)$`)
	textToPattern     = regexp.MustCompile(`^(\+[1-9][0-9]{6,14}|(whatsapp|messenger|rcs):.+)$`)
	servicePattern    = regexp.MustCompile(`^MG[0-9a-fA-F]{32}$`)
	contentPattern    = regexp.MustCompile(`^HX[0-9a-fA-F]{32}$`)
	callSIDPattern    = regexp.MustCompile(`^CA[0-9a-fA-F]{32}$`)
)

func within(low, high, code int) param {
	return param{code: code, ok: func(v string) bool {
		n, err := strconv.Atoi(v)
		return err == nil && n >= low && n <= high
	}}
}

func among(code int, words ...string) param {
	return param{code: code, ok: func(v string) bool { return slices.Contains(words, v) }}
}

func many(p param) param {
	p.repeat = true
	return p
}

func matching(code int, re *regexp.Regexp) param { return param{code: code, ok: re.MatchString} }

func upTo(n, code int) param {
	return param{code: code, ok: func(v string) bool { return v != "" && len([]rune(v)) <= n }}
}

func urlParam(code int) param { return param{code: code, ok: goodURL} }

func verbParam() param { return among(21209, http.MethodGet, http.MethodPost) }

func boolParam() param { return among(errParameter, "true", "false") }

// goodURL reports whether Twilio would call an address: absolute, http or
// https, a host without an underscore, no blanks.
func goodURL(v string) bool {
	if strings.ContainsAny(v, " \t\r\n") {
		return false
	}
	u, err := url.Parse(v)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" &&
		!strings.Contains(u.Hostname(), "_")
}

// readForm reads a form body and refuses unknown and repeated parameters and
// values out of range.
func readForm(r *http.Request, table map[string]param) (url.Values, *restError) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, fault(http.StatusUnsupportedMediaType, 20415, "Unsupported media type")
	}
	if err := r.ParseForm(); err != nil {
		return nil, fault(http.StatusBadRequest, errParameter, "The body is not a form")
	}
	return r.PostForm, checkParams(r.PostForm, table)
}

func checkParams(form url.Values, table map[string]param) *restError {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		p, known := table[name]
		if !known {
			return fault(http.StatusBadRequest, errParameter, "Unknown parameter "+name)
		}
		if len(form[name]) > 1 && !p.repeat {
			return fault(http.StatusBadRequest, errParameter, "Parameter "+name+" given more than once")
		}
		for _, v := range form[name] {
			if p.ok != nil && !p.ok(v) {
				return fault(http.StatusBadRequest, p.code, "Parameter "+name+" is not valid")
			}
		}
	}
	return nil
}

// timeFilter understands StartTime, StartTime< and StartTime> (and the same of
// DateSent): a day, or a moment in RFC 3339.
func timeFilter(q url.Values, name string) func(time.Time) bool {
	after, before := time.Time{}, time.Time{}
	if from, to, ok := moment(q.Get(name)); ok {
		after, before = from, to
	}
	if from, _, ok := moment(q.Get(name + ">")); ok {
		after = from
	}
	if _, to, ok := moment(q.Get(name + "<")); ok {
		before = to
	}
	return func(t time.Time) bool {
		return (after.IsZero() || !t.Before(after)) && (before.IsZero() || !t.After(before))
	}
}

// moment returns the first and last instant that a date or time means.
func moment(v string) (first, last time.Time, ok bool) {
	if v == "" {
		return first, last, false
	}
	if day, err := time.Parse(time.DateOnly, v); err == nil {
		return day, day.Add(24*time.Hour - time.Nanosecond), true
	}
	t, err := time.Parse(time.RFC3339, v)
	return t, t, err == nil
}

func timeParam() param {
	return param{code: errParameter, ok: func(v string) bool {
		_, _, ok := moment(v)
		return ok
	}}
}

// pageOf cuts a list to the requested page and describes it as Twilio does.
func pageOf[T any](q url.Values, items []T, uri string) ([]T, map[string]any) {
	size, page := 50, 0
	if n, err := strconv.Atoi(q.Get("PageSize")); err == nil {
		size = n
	}
	if n, err := strconv.Atoi(q.Get("Page")); err == nil {
		page = n
	}
	start := min(page*size, len(items))
	end := min(start+size, len(items))
	link := func(n int) any {
		if n < 0 || n*size >= len(items) && n > 0 {
			return nil
		}
		p := url.Values{}
		for k, v := range q {
			p[k] = v
		}
		p.Set("PageSize", strconv.Itoa(size))
		p.Set("Page", strconv.Itoa(n))
		return uri + "?" + p.Encode()
	}
	return items[start:end], map[string]any{
		"page": page, "page_size": size, "start": start, "end": max(end-1, 0), "uri": link(page),
		"first_page_uri": link(0), "next_page_uri": link(page + 1), "previous_page_uri": link(page - 1),
	}
}
