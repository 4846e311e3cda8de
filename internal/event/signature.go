// Package event is how the line and the programme's case system tell each other what
// has happened: CloudEvents 1.0 over HTTP, signed by the Standard Webhooks convention,
// in both directions.
package event

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"secondline/internal/private"
)

// The headers of a signed request (the Standard Webhooks specification 1.0).
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

// Tolerance is how far the time of a signature may be from ours.
const Tolerance = 5 * time.Minute

// Secret is a shared key that signs.
type Secret struct{ key []byte }

// ParseSecret reads "whsec_" and base64 of 24 to 64 bytes.
func ParseSecret(text private.Text) (Secret, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text.Reveal(), "whsec_"))
	if err != nil || !strings.HasPrefix(text.Reveal(), "whsec_") || len(key) < 24 || len(key) > 64 {
		return Secret{}, errors.New("a secret is \"whsec_\" and base64 of 24 to 64 bytes")
	}
	return Secret{key}, nil
}

// String keeps the secret out of logs.
func (Secret) String() string { return "[redacted]" }

// Sign gives the value of HeaderSignature.
func (s Secret) Sign(id string, at time.Time, body []byte) string {
	return "v1," + base64.StdEncoding.EncodeToString(s.mac(id, strconv.FormatInt(at.Unix(), 10), body))
}

func (s Secret) mac(id, at string, body []byte) []byte {
	mac := hmac.New(sha256.New, s.key)
	fmt.Fprintf(mac, "%s.%s.", id, at)
	mac.Write(body)
	return mac.Sum(nil)
}

// Why a request is not believed. Each is machine-readable.
var (
	ErrUnsigned = errors.New("not_signed")
	ErrOld      = errors.New("timestamp_outside_tolerance")
	ErrForged   = errors.New("signature_mismatch")
)

// Verify says whether any of the secrets has signed a request, at a time near now. It
// fails with ErrUnsigned, ErrOld or ErrForged.
func Verify(secrets []Secret, h http.Header, body []byte, now time.Time) error {
	id, at := h.Get(HeaderID), h.Get(HeaderTimestamp)
	unix, err := strconv.ParseInt(at, 10, 64)
	if id == "" || err != nil || h.Get(HeaderSignature) == "" {
		return ErrUnsigned
	}
	if off := now.Sub(time.Unix(unix, 0)); off > Tolerance || off < -Tolerance {
		return ErrOld
	}
	// Each secret signs once, however many signatures came: a stranger's header must
	// not have us do its length times the body's.
	want := make([][]byte, len(secrets))
	for i, s := range secrets {
		want[i] = s.mac(id, at, body)
	}
	for _, part := range strings.Fields(h.Get(HeaderSignature)) {
		version, sum, _ := strings.Cut(part, ",")
		got, err := base64.StdEncoding.DecodeString(sum)
		if version != "v1" || err != nil {
			continue
		}
		for _, sum := range want {
			if hmac.Equal(got, sum) {
				return nil
			}
		}
	}
	return ErrForged
}
