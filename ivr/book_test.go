package ivr

import "testing"

func TestScriptsAreSound(t *testing.T) {
	if _, err := NewBook(ZipRules{}); err != nil {
		t.Fatal(err)
	}
}
