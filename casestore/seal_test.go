package casestore

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"secondline/internal/private"
)

func TestSealedValueOpensOnlyWhereItBelongs(t *testing.T) {
	ring := testRing(t)
	sealed := ring.Seal("c1", "case", []byte("1960-03-04"))
	if plain, err := ring.Open("c1", "case", sealed); err != nil || string(plain) != "1960-03-04" {
		t.Fatalf("opened as %d bytes, %v", len(plain), err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"another owner": func() ([]byte, error) { return ring.Open("c2", "case", sealed) },
		"another field": func() ([]byte, error) { return ring.Open("c1", "task", sealed) },
		"nothing":       func() ([]byte, error) { return ring.Open("c1", "case", nil) },
		"a key that is gone": func() ([]byte, error) {
			other, _ := NewKeyRing(bytes.Repeat([]byte{1}, 32), Key{"2028a", bytes.Repeat([]byte{9}, 32)})
			return other.Open("c1", "case", sealed)
		},
	} {
		if _, err := open(); !errors.Is(err, ErrSealed) {
			t.Errorf("%s: %v, want ErrSealed", name, err)
		}
	}
}

func TestAnyChangedByteIsRefused(t *testing.T) {
	ring := testRing(t)
	sealed := ring.Seal("c1", "case", []byte("1960-03-04"))
	rapid.Check(t, func(t *rapid.T) {
		changed := bytes.Clone(sealed)
		i := rapid.IntRange(0, len(changed)-1).Draw(t, "at")
		changed[i] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		if _, err := ring.Open("c1", "case", changed); !errors.Is(err, ErrSealed) {
			t.Fatalf("byte %d: %v", i, err)
		}
	})
}

func TestOldKeyStillOpens(t *testing.T) {
	index := bytes.Repeat([]byte{1}, 32)
	old, _ := NewKeyRing(index, Key{"2026a", bytes.Repeat([]byte{3}, 32)})
	sealed := old.Seal("c1", "case", []byte("x"))
	if _, err := testRing(t).Open("c1", "case", sealed); err != nil {
		t.Error(err)
	}
	if old.Person(private.Of("+16175550123")) != testRing(t).Person(private.Of("+16175550123")) {
		t.Error("a new sealing key loses the person")
	}
}

func TestRingRefusesWhatIsWrong(t *testing.T) {
	good := bytes.Repeat([]byte{1}, 32)
	for name, err := range map[string]error{
		"short index": second(NewKeyRing(good[:31], Key{"a", good})),
		"no key":      second(NewKeyRing(good)),
		"short key":   second(NewKeyRing(good, Key{"a", good[:16]})),
		"no name":     second(NewKeyRing(good, Key{"", good})),
		"twice":       second(NewKeyRing(good, Key{"a", good}, Key{"a", good})),
	} {
		if err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestRequestNumber(t *testing.T) {
	n := NewRequestNumber()
	if got, err := ParseRequestNumber(n.Reveal()[:4] + " " + n.Reveal()[4:]); err != nil || got != n {
		t.Errorf("does not read its own number: %v", err)
	}
	if text := fmt.Sprintf("%v %s %d %+v %#v", n, n, n, n, n); bytes.Contains([]byte(text), []byte(n.Reveal())) {
		t.Error("a request number is printed")
	}
	for _, bad := range []string{"", "1234567", "123456789", "12345675", "1234567x", "１２３４５６７４"} {
		if _, err := ParseRequestNumber(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	// Any one wrong digit, and any two neighbours swapped but 0 and 9, fail.
	rapid.Check(t, func(t *rapid.T) {
		digits := []byte(NewRequestNumber().Reveal())
		i := rapid.IntRange(0, 7).Draw(t, "at")
		was := digits[i]
		digits[i] = byte('0' + rapid.IntRange(0, 9).Draw(t, "digit"))
		if _, err := ParseRequestNumber(string(digits)); (err == nil) != (digits[i] == was) {
			t.Fatalf("a wrong digit at %d is not noticed", i)
		}
	})
}

func FuzzParseRequestNumber(f *testing.F) {
	f.Add("1234 5674")
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := ParseRequestNumber(s); err == nil && len(n.Reveal()) != 8 {
			t.Errorf("%q gives %d digits", s, len(n.Reveal()))
		}
	})
}

func FuzzOpen(f *testing.F) {
	ring := testRing(f)
	f.Add(ring.Seal("c", "case", []byte("x")))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := ring.Open("d", "case", b)
		if _, named := KeyOf(b); err == nil && !named {
			t.Error("a value is opened that names no key")
		}
	})
}

func TestAddresses(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"redis://localhost", "[localhost:6379]  false 0"},
		{"redis://u:p@h:1/3", "[h:1]  false 3"},
		{"unix:///run/redis.sock?db=2", "[/run/redis.sock]  false 2"},
		{"redis+sentinel://a,b:2/master?db=1", "[a:26379 b:2] master false 1"},
		{"rediss+cluster://u:p,q@a:1,b:2,c", "[a:1 b:2 c:6379]  true 0"},
	} {
		o, err := parseAddress(tt.in)
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
			continue
		}
		if got := fmt.Sprint(o.Addrs, " ", o.MasterName, " ", o.IsClusterMode, " ", o.DB); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.in, got, tt.want)
		}
	}
	for _, bad := range []string{"", "localhost", "http://x", "redis://", "redis+sentinel://a", "redis://a,b", "redis://a/x", "redis+magic://a", "redis://u:secret@%zz"} {
		if _, err := parseAddress(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		} else if bytes.Contains([]byte(err.Error()), []byte("secret")) {
			t.Error("the password is in the error")
		}
	}
}
