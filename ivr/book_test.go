package ivr

import "testing"

func TestScriptsAreSound(t *testing.T) {
	if _, err := NewBook(ZipRules{}, []string{"en", "es"}); err != nil {
		t.Fatal(err)
	}
}
