package twilio

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Refusal is why a webhook was not accepted as Twilio's. It holds nothing of
// the request, so it may be logged and counted.
type Refusal string

// The refusals of Verifier.Check.
const (
	// NoSignature: the request has no X-Twilio-Signature.
	NoSignature Refusal = "no signature"
	// WrongSignature: the signature fits none of our tokens and addresses. The
	// usual cause is a public URL that is not the one configured at Twilio.
	WrongSignature Refusal = "wrong signature"
	// WrongBodyHash: the body is not a form and bodySHA256 of the query is not
	// its hash.
	WrongBodyHash Refusal = "body hash mismatch"
	// UnreadableForm: the body or query cannot be decoded as a form.
	UnreadableForm Refusal = "unreadable form"
)

// Error gives the refusal in words.
func (r Refusal) Error() string { return "twilio: webhook refused: " + string(r) }

// VerifierConfig says which addresses and tokens are ours.
type VerifierConfig struct {
	// PublicURL is the address that Twilio was given for this program: http or
	// https, host, and a port, a user:password@ and a path prefix if it has
	// them; no query, no fragment.
	PublicURL string
	// Tokens are the account's auth tokens: the current one, and the next one
	// while tokens are being changed. At least one.
	Tokens []string
	// TrustedProxies are the networks whose X-Forwarded-Proto and
	// X-Forwarded-Host are believed. Nobody else's are.
	TrustedProxies []netip.Prefix
}

// Verifier checks X-Twilio-Signature
// (https://www.twilio.com/docs/usage/security). Safe for concurrent use.
type Verifier struct {
	addresses addresses
	keys      []*signingKey
	trusted   []netip.Prefix
}

// NewVerifier fails without a token, with an empty token, or when PublicURL is
// not an address that Twilio could be given.
func NewVerifier(c VerifierConfig) (*Verifier, error) {
	if len(c.Tokens) == 0 {
		return nil, errors.New("twilio: verifier: no auth token")
	}
	v := &Verifier{trusted: slices.Clone(c.TrustedProxies)}
	for _, token := range c.Tokens {
		if token == "" {
			return nil, errors.New("twilio: verifier: an auth token is empty")
		}
		v.keys = append(v.keys, newSigningKey(token))
	}
	var err error
	if v.addresses, err = parseAddresses(c.PublicURL); err != nil {
		return nil, fmt.Errorf("twilio: verifier: public URL: %w", err)
	}
	return v, nil
}

// Check says whether r, whose whole body is body, was sent by Twilio to us: nil,
// or a Refusal. It reads the raw request target and never a URL that was parsed
// and written again.
func (v *Verifier) Check(r *http.Request, body []byte) error {
	_, err := v.check(r, body)
	return err
}

// check is Check that also gives the decoded form, so that it is decoded once.
func (v *Verifier) check(r *http.Request, body []byte) (url.Values, error) {
	signature := r.Header.Get("X-Twilio-Signature")
	if signature == "" {
		return nil, NoSignature
	}
	target := requestTarget(r)
	_, query, _ := strings.Cut(target, "?")
	form, signed, err := signedForm(r, query, body)
	if err != nil {
		return nil, err
	}
	if !v.signedByTwilio(r, target, signed, signature) {
		return nil, WrongSignature
	}
	return form, nil
}

// signedForm gives the fields of the request and what of them is signed behind
// the URL: all of a POST form, nothing of a GET or of a body that is no form.
func signedForm(r *http.Request, query string, body []byte) (form url.Values, signed []byte, err error) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		form, err = url.ParseQuery(query)
		if err != nil {
			return nil, nil, UnreadableForm
		}
		return form, nil, nil
	}
	if !isForm(r.Header.Get("Content-Type")) {
		return url.Values{}, nil, checkBodyHash(query, body)
	}
	form, err = url.ParseQuery(string(body))
	if err != nil {
		return nil, nil, UnreadableForm
	}
	return form, flatten(form, len(body)), nil
}

// isForm: a request without a content type has no body worth a name and counts
// as an empty form.
func isForm(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.TrimSpace(media)
	return media == "" || strings.EqualFold(media, "application/x-www-form-urlencoded")
}

// checkBodyHash compares bodySHA256 of the (signed) query with the body.
func checkBodyHash(query string, body []byte) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return UnreadableForm
	}
	sum := sha256.Sum256(body)
	want := make([]byte, hex.EncodedLen(len(sum)))
	hex.Encode(want, sum[:])
	if subtle.ConstantTimeCompare(want, []byte(values.Get("bodySHA256"))) != 1 {
		return WrongBodyHash
	}
	return nil
}

// flatten writes name and value of every field, names in byte order, the values
// of one name without repeats and in byte order. Where a name ends and its value
// begins is not marked: that is Twilio's scheme.
func flatten(form url.Values, size int) []byte {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	out := make([]byte, 0, size)
	for _, name := range names {
		values := form[name]
		if len(values) > 1 {
			values = slices.Clone(values)
			slices.Sort(values)
			values = slices.Compact(values)
		}
		for _, value := range values {
			out = append(out, name...)
			out = append(out, value...)
		}
	}
	return out
}

// signedByTwilio tries our addresses, likeliest first, with every token.
func (v *Verifier) signedByTwilio(r *http.Request, target string, signed []byte, signature string) bool {
	var got [signatureLength]byte
	if len(signature) != len(got) {
		return false
	}
	copy(got[:], signature)
	if v.anySigned(v.addresses, target, signed, got[:]) {
		return true
	}
	forwarded, ok := v.forwarded(r)
	return ok && v.anySigned(forwarded, target, signed, got[:])
}

func (v *Verifier) anySigned(at addresses, target string, signed, signature []byte) bool {
	for _, t := range targetVariants(target) {
		for _, base := range at.bases(t) {
			for _, key := range v.keys {
				if key.signed(signature, base, t, signed) {
					return true
				}
			}
		}
	}
	return false
}

// signatureLength is the length of a base64 SHA-1.
const signatureLength = 28

// signingKey computes HMAC-SHA1 with one auth token; states are kept for reuse.
type signingKey struct{ states sync.Pool }

func newSigningKey(token string) *signingKey {
	k := &signingKey{}
	k.states.New = func() any {
		return &signingState{mac: hmac.New(sha1.New, []byte(token))}
	}
	return k
}

type signingState struct {
	mac hash.Hash
	url []byte
	sum [sha1.Size]byte
	b64 [signatureLength]byte
}

// signed compares in constant time.
func (k *signingKey) signed(signature []byte, base, target string, form []byte) bool {
	s := k.states.Get().(*signingState)
	defer k.states.Put(s)
	s.mac.Reset()
	s.url = append(append(s.url[:0], base...), target...)
	s.mac.Write(s.url)
	s.mac.Write(form)
	base64.StdEncoding.Encode(s.b64[:], s.mac.Sum(s.sum[:0]))
	return subtle.ConstantTimeCompare(s.b64[:], signature) == 1
}
