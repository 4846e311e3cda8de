package sms

import (
	"slices"
	"strings"
)

// mailDomains are where most patients have their mail, and their neighbours
// that a slip must not be corrected into.
var mailDomains = strings.Fields(`
gmail.com googlemail.com yahoo.com ymail.com rocketmail.com hotmail.com outlook.com live.com msn.com
icloud.com me.com mac.com aol.com aim.com comcast.net xfinity.com verizon.net att.net sbcglobal.net
bellsouth.net charter.net spectrum.net cox.net earthlink.net juno.com optonline.net frontier.com
centurylink.net windstream.net roadrunner.com proton.me protonmail.com mail.com email.com zoho.com
fastmail.com gmx.com gmx.net gmx.de web.de t-online.de mail.ru yandex.ru yandex.com qq.com 163.com
126.com naver.com rediffmail.com hotmail.es hotmail.fr hotmail.it hotmail.co.uk outlook.es live.com.mx
yahoo.es yahoo.fr yahoo.ca yahoo.co.uk yahoo.co.in yahoo.com.mx yahoo.com.br btinternet.com orange.fr
free.fr libero.it terra.com bigpond.com rogers.com bell.net shaw.ca sympatico.ca telus.net
`)

// knownSlips are slips that one changed letter does not explain, or that stand
// in too short a name to guess.
var knownSlips = map[string]string{
	"gmail": "gmail.com", "yahoo": "yahoo.com", "hotmail": "hotmail.com", "aol": "aol.com",
	"icloud": "icloud.com", "outlook": "outlook.com",
	"gmil.co": "gmail.com", "gmai.co": "gmail.com", "gamil.co": "gmail.com", "gmial.co": "gmail.com",
	"gmaill.co": "gmail.com", "gmaik.co": "gmail.com", "g.mail.com": "gmail.com", "gmailcom": "gmail.com",
	"gmail.co": "gmail.com", "gmail.om": "gmail.com", "gmail.net": "gmail.com", "gmail.org": "gmail.com",
	"gmal.com": "gmail.com", "gmil.com": "gmail.com", "gail.com": "gmail.com", "gmai.com": "gmail.com",
	"yaho.com": "yahoo.com", "yhoo.com": "yahoo.com", "ahoo.com": "yahoo.com",
	"googlemail.co": "googlemail.com", "gmali.com": "gmail.com", "gmaul.com": "gmail.com",
	"yahoo.co": "yahoo.com", "yaho.co": "yahoo.com", "yahho.com": "yahoo.com", "yhaoo.com": "yahoo.com", "yahoocom": "yahoo.com",
	"hotmailcom": "hotmail.com", "hotmail.co": "hotmail.com", "homtail.com": "hotmail.com",
	"hitmail.co": "hotmail.com", "outlok.co": "outlook.com", "iclod.co": "icloud.com",
	"icould.com": "icloud.com", "i.cloud.com": "icloud.com", "aol.co": "aol.com", "aoll.com": "aol.com",
	"ao.com": "aol.com", "alo.com": "aol.com", "aok.com": "aol.com", "comcast.com": "comcast.net",
	"verizon.com": "verizon.net", "sbcglobal.com": "sbcglobal.net", "bellsouth.com": "bellsouth.net",
	"att.com.net": "att.net", "mns.com": "msn.com",
}

// endSlips are slips for .com, .net and .org: no domain ends so.
var endSlips = map[string]string{
	"con": "com", "cmo": "com", "ocm": "com", "comm": "com", "coml": "com", "vom": "com", "xom": "com",
	"cpm": "com", "cim": "com", "cok": "com", "coom": "com", "ccom": "com", "clm": "com", "dom": "com",
	"c0m": "com", "nte": "net", "ney": "net", "nett": "net", "ner": "net", "met": "net",
	"ogr": "org", "rog": "org", "orgg": "org", "prg": "org",
}

// shortestName is the shortest name, without its end, that a slip is looked for
// in: "me" and "aol" are one letter away from too much.
const shortestName = 5

// SuggestDomain is the domain that a person may have meant by a misspelled one,
// in small letters: gmail.com for gmial.com, example.com for example.con. It is
// false for a domain that needs no help, or for which there is more than one.
// It is a question to ask, never a correction to make.
func SuggestDomain(domain string) (suggestion string, found bool) {
	domain = strings.ToLower(strings.TrimSpace(domain))
	if slices.Contains(mailDomains, domain) || len(domain) > 253 {
		return "", false
	}
	if meant, ok := knownSlips[domain]; ok {
		return meant, true
	}
	mended := mendEnd(domain)
	if meant, ok := knownSlips[mended]; ok {
		return meant, true
	}
	if near := nearest(mended); near != "" {
		return near, true
	}
	if mended == domain {
		return "", false
	}
	return mended, true
}

// mendEnd gives domain with a slip of its end put right.
func mendEnd(domain string) string {
	if dot := strings.LastIndexByte(domain, '.'); dot > 0 {
		if end, ok := endSlips[domain[dot+1:]]; ok {
			return domain[:dot+1] + end
		}
	}
	return domain
}

// nearest is the one of mailDomains that one slip turns into domain; itself
// when it is one of them.
func nearest(domain string) string {
	if slices.Contains(mailDomains, domain) {
		return domain
	}
	if name, _, _ := strings.Cut(domain, "."); len(name) < shortestName {
		return ""
	}
	var near string
	for _, known := range mailDomains {
		switch {
		case !oneSlip(domain, known):
		case near != "":
			return ""
		default:
			near = known
		}
	}
	return near
}

// oneSlip says whether one letter more, less or other, or two neighbours
// swapped, turn a into b.
func oneSlip(a, b string) bool {
	start := 0
	for start < min(len(a), len(b)) && a[start] == b[start] {
		start++
	}
	a, b = a[start:], b[start:]
	switch {
	case a == "" || b == "":
		return len(a)+len(b) == 1
	case a[1:] == b[1:], a[1:] == b, a == b[1:]:
		return true
	}
	return len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:]
}
