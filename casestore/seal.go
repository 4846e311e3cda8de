package casestore

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"sync"

	"secondline/internal/private"
)

// ErrSealed says that a value cannot be opened: its key is not in the ring, or
// it was altered, or it stands where it was not put.
var ErrSealed = errors.New("casestore: the value cannot be opened")

// Key is one sealing key.
type Key struct {
	// ID is kept in clear beside every value that the key sealed.
	ID string
	// Secret has 32 bytes (AES-256).
	Secret []byte
}

// KeyRing seals what is personal and finds people without knowing them.
//
// A sealed value is: one byte format, one byte length of the key's ID, the ID,
// nonce and AES-256-GCM ciphertext. What it belongs to and the name of the field
// are authenticated with it, so that a value moved elsewhere does not open.
type KeyRing struct {
	index   sync.Pool // of keyed HMACs: making one costs more than using it
	current string
	open    map[string]cipher.AEAD
}

// sealFormat is the first byte of every sealed value.
const sealFormat = 1

// NewKeyRing makes a ring. index has 32 bytes and makes the keyed hashes that
// people and request numbers are found by: it stays the same for as long as the
// data live. keys[0] seals; all of them open, so that a key can be changed while
// the line is up.
func NewKeyRing(index []byte, keys ...Key) (*KeyRing, error) {
	if len(index) != 32 {
		return nil, fmt.Errorf("casestore: the index key has %d bytes; it needs 32", len(index))
	}
	if len(keys) == 0 {
		return nil, errors.New("casestore: there is no sealing key")
	}
	ring := &KeyRing{current: keys[0].ID, open: map[string]cipher.AEAD{}}
	index = slices.Clone(index)
	ring.index.New = func() any { return hmac.New(sha256.New, index) }
	for _, key := range keys {
		if key.ID == "" || len(key.ID) > 255 || len(key.Secret) != 32 {
			return nil, fmt.Errorf("casestore: key %q: a key needs a name and 32 bytes", key.ID)
		}
		if ring.open[key.ID] != nil {
			return nil, fmt.Errorf("casestore: key %q stands twice", key.ID)
		}
		block, err := aes.NewCipher(key.Secret)
		if err != nil {
			return nil, fmt.Errorf("casestore: key %q: %w", key.ID, err)
		}
		if ring.open[key.ID], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, fmt.Errorf("casestore: key %q: %w", key.ID, err)
		}
	}
	return ring, nil
}

// Seal closes plain for the field of one owner.
func (r *KeyRing) Seal(owner, field string, plain []byte) []byte {
	out := make([]byte, 0, 2+len(r.current)+len(plain)+28)
	out = append(out, sealFormat, byte(len(r.current)))
	out = append(out, r.current...)
	return r.open[r.current].Seal(out, nil, plain, bound(owner, field))
}

// Open gives what Seal closed. It fails with ErrSealed.
func (r *KeyRing) Open(owner, field string, sealed []byte) ([]byte, error) {
	if len(sealed) < 2 || sealed[0] != sealFormat || len(sealed) < 2+int(sealed[1]) {
		return nil, fmt.Errorf("%w: not a sealed value", ErrSealed)
	}
	named := 2 + int(sealed[1])
	id, rest := string(sealed[2:named]), sealed[named:]
	aead := r.open[id]
	if aead == nil {
		return nil, fmt.Errorf("%w: key %q is not in the ring", ErrSealed, id)
	}
	plain, err := aead.Open(nil, nil, rest, bound(owner, field))
	if err != nil {
		return nil, fmt.Errorf("%w: altered, or not this one's", ErrSealed)
	}
	return plain, nil
}

func bound(owner, field string) []byte { return []byte(owner + "\x00" + field) }

// PersonID stands for a telephone number, or for one call where the number was
// withheld, without telling it: the first 16 bytes of a keyed HMAC-SHA256.
type PersonID string

// Person gives the ID of a number in E.164.
func (r *KeyRing) Person(number private.Text) PersonID {
	return PersonID(r.hash("person", number.Reveal()))
}

// Stranger gives the ID for a call whose number was withheld.
func (r *KeyRing) Stranger(callSID string) PersonID { return PersonID(r.hash("call", callSID)) }

// isHash says whether s is one that hash gives.
func isHash(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == 32
}

// hash is a keyed HMAC of a value of some kind, in 32 hexadecimal digits.
func (r *KeyRing) hash(kind, value string) string {
	mac := r.index.Get().(hash.Hash)
	defer r.index.Put(mac)
	mac.Reset()
	var room [128]byte
	in := append(append(append(room[:0], kind...), 0), value...)
	mac.Write(in)
	return hex.EncodeToString(mac.Sum(in[:0])[:16])
}
