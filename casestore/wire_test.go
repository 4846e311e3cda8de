package casestore

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"secondline/internal/flow"
	"secondline/internal/private"
)

// What an older version wrote is read with zeros for what it did not know, and
// what a newer one adds is passed over.
func TestOtherVersionsOfTheProgram(t *testing.T) {
	whole := encodeCase(fullCase())
	newer := append(append([]byte(nil), whole...), 3, 'n', 'e', 'w')
	if got, err := decodeCase(newer); err != nil || cmp.Diff(fullCase(), got, revealed) != "" {
		t.Errorf("a newer case: %v\n%s", err, cmp.Diff(fullCase(), got, revealed))
	}
	w := &writer{b: []byte{wireFormat}}
	w.text("cold")
	w.text(string(StageStarted))
	if got, err := decodeCase(w.b); err != nil || got.ID != "cold" || got.Stage != StageStarted {
		t.Errorf("an older case: %v", err)
	}
	if _, err := decodeCase([]byte(`{"id":"c"}`)); err == nil {
		t.Error("another format is taken for ours")
	}
}

func TestAnyConversationComesBack(t *testing.T) {
	text := rapid.Custom(func(t *rapid.T) private.Text { return private.Of(rapid.String().Draw(t, "text")) })
	told := rapid.MapOfN(rapid.String(), text, 0, 6)
	rapid.Check(t, func(t *rapid.T) {
		c := conversation()
		c.Token = rapid.String().Draw(t, "token")
		c.Caller = text.Draw(t, "caller")
		c.State.Answers = told.Draw(t, "answers")
		c.State.Tries = rapid.Int().Draw(t, "tries")
		c.Turn.Say = append(c.Turn.Say, flow.Prompt{ID: rapid.String().Draw(t, "prompt"), Vars: told.Draw(t, "vars"), Recording: text.Draw(t, "recording")})
		if rapid.Bool().Draw(t, "long") {
			c.State.Answers = flow.Answers{"long": private.Of(strings.Repeat("x", 40_000))}
		}
		if rapid.Bool().Draw(t, "no case") {
			c.Case = nil
		}
		if len(c.State.Answers) == 0 {
			c.State.Answers = nil
		}
		for i, p := range c.Turn.Say {
			if len(p.Vars) == 0 {
				c.Turn.Say[i].Vars = nil
			}
		}
		got, err := decodeConversation(c.Call, c.Version, encodeConversation(c))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, got, revealed); diff != "" {
			t.Fatalf("came back changed:\n%s", diff)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(encodeConversation(conversation()))
	f.Add(encodeCase(fullCase()))
	f.Add(pack(encodeCase(fullCase())))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = decodeConversation("CA", 1, b)
		_, _ = decodeCase(b)
		_, _ = decodeTask("t", b)
	})
}

func encodeConversation(c *Conversation) []byte {
	w := &writer{b: []byte{wireFormat}}
	writeConversation(w, c)
	return w.b
}
