package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
)

// keyLength is the length of every key in bytes: AES-256 and HMAC-SHA-256.
const keyLength = 32

// indexKeyID is the id of the one key that does not seal.
const indexKeyID = "index"

// keyring holds the keys that protect what callers tell us. It prints as its
// ids only.
type keyring struct {
	// Index is the key of the HMAC under which numbers are looked up. Another
	// Index finds nothing that was stored under this one.
	Index []byte
	// Sealing are the keys of stored values: the first seals, all of them open.
	Sealing []sealingKey
}

// sealingKey is a key and the id that stands in each value sealed with it.
type sealingKey struct {
	ID  string
	Key []byte
}

var (
	_ fmt.Formatter  = keyring{}
	_ slog.LogValuer = keyring{}
)

// String gives the ids, in order.
func (k keyring) String() string {
	var ids []string
	if len(k.Index) > 0 {
		ids = append(ids, indexKeyID)
	}
	for _, s := range k.Sealing {
		ids = append(ids, s.ID)
	}
	return strings.Join(ids, ", ")
}

// Format gives what String gives, whatever the verb.
func (k keyring) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue gives what String gives.
func (k keyring) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText gives what String gives.
func (k keyring) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// An id is short, so that half of a key cannot be taken for one and printed.
var keyID = regexp.MustCompile(`^[a-z][a-z0-9-]{0,15}$`)

// parsePHIKeys reads PHI_KEYS: "id:base64" entries with commas between them,
// each of 32 bytes, one of them with the id "index". The error joins all that
// is wrong and holds no key.
func parsePHIKeys(list string) (keyring, error) {
	var ring keyring
	var wrong []error
	var seen []sealingKey
	for i, entry := range strings.Split(list, ",") {
		key, err := parseKey(strings.TrimSpace(entry))
		if err == nil {
			err = clash(key, seen)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("entry %d %w", i+1, err))
			continue
		}
		seen = append(seen, key)
		if key.ID == indexKeyID {
			ring.Index = key.Key
		} else {
			ring.Sealing = append(ring.Sealing, key)
		}
	}
	if len(wrong) == 0 && ring.Index == nil {
		wrong = append(wrong, errors.New(`has no entry with the id "index"`))
	}
	if len(wrong) == 0 && len(ring.Sealing) == 0 {
		wrong = append(wrong, errors.New("has no sealing key beside the index key"))
	}
	if err := errors.Join(wrong...); err != nil {
		return keyring{}, err
	}
	return ring, nil
}

func parseKey(entry string) (sealingKey, error) {
	id, encoded, ok := strings.Cut(entry, ":")
	if !ok {
		return sealingKey{}, errors.New("has no id in front of its key")
	}
	if !keyID.MatchString(id) {
		return sealingKey{}, errors.New("has an id that is not 1 to 16 of a-z, 0-9 and -")
	}
	key, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return sealingKey{}, fmt.Errorf("(%s) is not base64", id)
	}
	if len(key) != keyLength {
		return sealingKey{}, fmt.Errorf("(%s) has %d bytes; a key has %d", id, len(key), keyLength)
	}
	if bytes.Equal(key, make([]byte, keyLength)) {
		return sealingKey{}, fmt.Errorf("(%s) is all noughts", id)
	}
	return sealingKey{ID: id, Key: key}, nil
}

func clash(key sealingKey, seen []sealingKey) error {
	for _, other := range seen {
		if other.ID == key.ID {
			return fmt.Errorf("has the id %q a second time", key.ID)
		}
		if bytes.Equal(other.Key, key.Key) {
			return fmt.Errorf("(%s) is the same key as %q", key.ID, other.ID)
		}
	}
	return nil
}

// newPHIKeys makes a value for PHI_KEYS from random bytes. The sealing key's id
// is random too, so that a new key set in front of older ones never has theirs.
func newPHIKeys(random io.Reader) (string, error) {
	b := make([]byte, 2*keyLength+3)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("make keys: %w", err)
	}
	encode := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("%s:%s,k%x:%s", indexKeyID, encode(b[:keyLength]), b[2*keyLength:], encode(b[keyLength:2*keyLength])), nil
}
