package ivr

import (
	"testing"

	"secondline/internal/intake"
)

func TestScriptsAreSound(t *testing.T) {
	if _, err := NewBook(intake.ZipRules{}, []string{"en", "es"}); err != nil {
		t.Fatal(err)
	}
}
