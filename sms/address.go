package sms

import (
	"net/mail"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// findAddresses lists the different e-mail addresses in a text, also those that
// are dictated ("ana at example dot com") or torn apart ("ana @ example .com").
// Tried says whether the text looks as if it should hold one.
func findAddresses(body string) (addresses []string, tried bool) {
	fields := joinAddresses(strings.Fields(guionBajo.Replace(visible(body))))
	for _, field := range fields {
		if a := parseAddress(field); a != "" && !slices.Contains(addresses, a) {
			addresses = append(addresses, a)
		}
	}
	tried = slices.ContainsFunc(fields, func(f string) bool {
		f = strings.ToLower(strings.Trim(f, ".,;!?"))
		return strings.Contains(f, "@") || providers[f] || strings.HasSuffix(f, ".com")
	})
	return addresses, tried
}

var guionBajo = strings.NewReplacer("guion bajo", "guionbajo", "guión bajo", "guionbajo")

// providers are the names that betray an address without its @.
var providers = map[string]bool{"gmail": true, "hotmail": true, "yahoo": true, "outlook": true, "icloud": true, "aol": true}

// visible composes characters and leaves out the invisible ones.
func visible(body string) string {
	return norm.NFKC.String(strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.So, unicode.Variation_Selector) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, body))
}

// spoken are the signs that people write out, when no @ is in the text.
var spoken = map[string]string{
	"at": "@", "(at)": "@", "[at]": "@", "arroba": "@",
	"dot": ".", "(dot)": ".", "[dot]": ".", "punto": ".",
	"underscore": "_", "guionbajo": "_", "dash": "-", "hyphen": "-", "guion": "-",
}

// noNames stand before an "at" that is just a word: "reach me at gmail.com".
var noNames = map[string]bool{"me": true, "is": true, "it": true, "am": true, "im": true, "email": true, "mail": true, "address": true, "account": true}

// longestWord is where joining stops: an address has at most 254 bytes.
const longestWord = 320

// joinAddresses puts together what belongs to one address.
func joinAddresses(fields []string) []string {
	var out []string
	written := slices.ContainsFunc(fields, func(f string) bool { return strings.Contains(f, "@") })
	for len(fields) > 0 {
		last := len(out) - 1
		glue, n := "", 0
		if last >= 0 && len(out[last]) < longestWord {
			if written {
				glue, n = torn(out[last], fields)
			} else {
				glue, n = dictated(out[last], fields)
			}
		}
		if n == 0 {
			out, fields = append(out, fields[0]), fields[1:]
			continue
		}
		out[last] += glue
		fields = fields[n:]
	}
	return out
}

// dictated is what to add to the word before, and how many fields it was.
func dictated(before string, fields []string) (glue string, n int) {
	sign := spoken[strings.ToLower(fields[0])]
	switch {
	case sign == "" || len(fields) < 2:
		return "", 0
	case sign == "@" && (noNames[strings.ToLower(before)] || !domainFollows(fields[1:])):
		return "", 0
	}
	return sign + fields[1], 2
}

// domainFollows says whether the fields begin with a domain: at is a word, too.
func domainFollows(fields []string) bool {
	return plainDomain(strings.ToLower(strings.TrimRight(fields[0], ".,;!?"))) ||
		len(fields) > 2 && spoken[strings.ToLower(fields[1])] == "."
}

// torn is what to add to the word before, and how many fields it was, in a text
// with an @: blanks about the @, or in the domain.
func torn(before string, fields []string) (glue string, n int) {
	f := fields[0]
	switch {
	case f == "@" && len(fields) > 1:
		return f + fields[1], 2
	case strings.HasPrefix(f, "@"), strings.HasSuffix(before, "@"):
		return f, 1
	case !strings.Contains(before, "@"):
		return "", 0
	case f == "." && len(fields) > 1:
		return f + fields[1], 2
	case tornEnd(before, f):
		return f, 1
	}
	return "", 0
}

// tornEnd says whether f is the rest of a domain that a blank has cut off.
func tornEnd(before, f string) bool {
	_, domain, _ := strings.Cut(before, "@")
	f = strings.ToLower(strings.TrimRight(f, ".,;!"))
	if rest, ok := strings.CutPrefix(f, "."); ok {
		return endings[rest] && !strings.Contains(domain, ".")
	}
	return endings[f] && strings.HasSuffix(before, ".")
}

// endings are the ends of domains that are recognised after a blank.
var endings = map[string]bool{"com": true, "net": true, "org": true, "edu": true, "gov": true, "es": true, "mx": true, "ca": true, "uk": true, "de": true, "co": true}

// parseAddress is the address that a word holds, or nothing. The rules are
// those of flow.Email, and the domain must end in letters.
func parseAddress(word string) string {
	word = strings.Trim(word, "<>()[]{}\"'“”‘’«».,;:!?*")
	if scheme := "mailto:"; len(word) > len(scheme) && strings.EqualFold(word[:len(scheme)], scheme) {
		word = word[len(scheme):]
	}
	if len(word) > 254 || !strings.Contains(word, "@") {
		return ""
	}
	parsed, err := mail.ParseAddress(word)
	if err != nil || parsed.Name != "" {
		return ""
	}
	local, domain, _ := strings.Cut(parsed.Address, "@")
	domain = strings.ToLower(domain)
	if !plainDomain(domain) {
		return ""
	}
	return local + "@" + domain
}

func plainDomain(domain string) bool {
	labels := strings.Split(domain, ".")
	if len(labels) < 2 || slices.Contains(labels, "") || strings.ContainsAny(domain, "[]:@\" ") {
		return false
	}
	end := labels[len(labels)-1]
	return len(end) >= 2 && strings.IndexFunc(end, func(r rune) bool { return !unicode.IsLetter(r) }) < 0
}

// withoutAddresses leaves out e-mail and web addresses: a word in them says
// nothing ("stop@example.com").
func withoutAddresses(body string) string {
	if !strings.ContainsAny(body, "@/") && !strings.Contains(body, "www.") {
		return strings.TrimSpace(body)
	}
	kept := slices.DeleteFunc(strings.Fields(body), func(f string) bool {
		return strings.Contains(f, "://") || strings.HasPrefix(f, "www.") || parseAddress(f) != ""
	})
	return strings.Join(kept, " ")
}
