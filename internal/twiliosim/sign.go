package twiliosim

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
)

// Sign returns the X-Twilio-Signature of a request: HMAC-SHA1 under the
// account's auth token over the address and, for a POST form, the fields in
// byte order of their names, values of one name de-duplicated and sorted
// (twilio.com/docs/usage/security). The address must be the one that is
// requested, without a fragment; form is nil for GET.
func Sign(token, address string, form url.Values) string {
	var b strings.Builder
	b.WriteString(address)
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		values := slices.Clone(form[name])
		slices.Sort(values)
		for _, value := range slices.Compact(values) {
			b.WriteString(name)
			b.WriteString(value)
		}
	}
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(b.String()))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// signedAddress is the address as Twilio signs it: no user information, and
// for voice over HTTPS no port; messages keep it.
func signedAddress(address string, voice bool) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return address
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	host, tail := rest[:end], rest[end:]
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = host[at+1:]
	}
	if colon := strings.LastIndexByte(host, ':'); voice && scheme == "https" && colon > strings.LastIndexByte(host, ']') {
		host = host[:colon]
	}
	return scheme + "://" + host + tail
}
