package casestore

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"secondline/internal/flow"
	"secondline/internal/private"
)

// finishedCase is one with everything that an intake asks.
func finishedCase(i int) *Case {
	sid := func(kind string) string { return fmt.Sprintf("%s%x", kind[:2], md5.Sum(fmt.Append(nil, kind, i))) }
	call, said := sid("CA"), func(n int) private.Text { return private.Of(sid(fmt.Sprint("RE", n))) }
	c := &Case{ID: NewCaseID(), Stage: StageDelivered, Number: NewRequestNumber(), Line: "tollfree", Language: "en", Opened: t0, Updated: t0.Add(time.Hour),
		Caller: private.Of(fmt.Sprintf("+1617%07d", i)), CallBy: t0.Add(24 * time.Hour), DeliveredAt: t0.AddDate(0, 0, 20),
		Answers: flow.Answers{"for_whom": private.Of("self"), "adult": private.Of("yes"), "birth_date": private.Of("1960-03-04"), "zip": private.Of("02115"), "can_talk": private.Of("yes"),
			"phone": private.Of("+16175550123"), "consent_calls": private.Of("yes"), "consent_texts": private.Of("yes"), "consent_voicemail": private.Of("yes"),
			"good_time": private.Of("morning"), "name": said(1), "email": private.Of("somebody@example.org"), "treated_at": said(2), "question": said(3)}}
	for _, kind := range []string{"calls", "texts", "voicemail", "processing"} {
		c.SetConsent(Consent{Kind: kind, Given: "yes", Prompt: "D7-" + kind, Version: "1a2b3c4d", Key: "1", Call: call, Line: "tollfree", At: t0})
	}
	return c
}

// A finished case takes well under a kilobyte, so that a million of them need no machine of
// their own.
func TestAFinishedCaseIsSmall(t *testing.T) {
	wire := encodeCase(finishedCase(7))
	packed := pack(wire)
	t.Logf("%d bytes, packed %d", len(wire), len(packed))
	if len(packed) > len(wire)*6/10 {
		t.Errorf("%d bytes are packed into %d", len(wire), len(packed))
	}
}

func TestAnyCaseComesBackFromItsPack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := finishedCase(rapid.IntRange(0, 1000).Draw(t, "i"))
		c.Authority.By = rapid.String().Draw(t, "any text")
		c.Answers["question"] = private.Of(rapid.StringN(0, -1, 5000).Draw(t, "question"))
		got, err := decodeCase(pack(encodeCase(c)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, got, revealed); diff != "" {
			t.Fatalf("came back changed:\n%s", diff)
		}
	})
}

// What was kept by a program that packed nothing is read as before; what is damaged is
// refused, and harms nothing that is read after it.
func TestWhatIsNotPackedIsRead(t *testing.T) {
	wire := encodeCase(finishedCase(1))
	if got, err := unpack(wire); err != nil || !bytes.Equal(got, wire) {
		t.Errorf("unpacked: %v", err)
	}
	packed := pack(wire)
	for cut := 1; cut < len(packed); cut += 7 {
		if _, err := decodeCase(packed[:cut]); err == nil {
			t.Errorf("a case of %d of %d bytes is read", cut, len(packed))
		}
	}
	if _, err := decodeCase(packed); err != nil {
		t.Errorf("after damaged ones: %v", err)
	}
}

// The packed form stays readable for ever: this one was written when it was new.
func TestTheFirstPackedFormIsRead(t *testing.T) {
	packed := []byte(firstPacked)
	wire, err := unpack(packed)
	if err != nil {
		t.Fatal(err)
	}
	if want := "\x02withdrawn tollfree and what else is said"; string(wire) != want {
		t.Errorf("read %q", wire)
	}
}

const firstPacked = "\x03b\x82'<\x05\x98\x90Bb^\x8aByFb\x89BjNq\xaaBf\xb1Bqbf\n \x00\x00\xff\xff"

func BenchmarkPack(b *testing.B) {
	wire := encodeCase(finishedCase(7))
	packed := pack(wire)
	b.Run("pack", func(b *testing.B) {
		for b.Loop() {
			pack(wire)
		}
	})
	b.Run("unpack", func(b *testing.B) {
		for b.Loop() {
			if _, err := unpack(packed); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("seal", func(b *testing.B) {
		ring, err := NewKeyRing(bytes.Repeat([]byte{1}, 32), Key{"a", bytes.Repeat([]byte{2}, 32)})
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			ring.Seal("c", "case", wire)
		}
	})
}
