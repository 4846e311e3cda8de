package audit

import (
	"bytes"
	"testing"
)

// Whatever stands in a file, it is read to an end, and a record that is accepted is
// not accepted any more once one of its bytes was changed.
func FuzzVerify(f *testing.F) {
	f.Add([]byte{}, 0)
	f.Add([]byte("{}\n"), 1)
	f.Add([]byte(`{"n":1,"prev":"","hash":""}`+"\n"), 3)
	f.Fuzz(func(t *testing.T, record []byte, at int) {
		head, err := Verify(bytes.NewReader(record), Head{})
		if err != nil || len(record) == 0 {
			return
		}
		at = (at%len(record) + len(record)) % len(record)
		altered := bytes.Clone(record)
		altered[at] ^= 1
		if again, err := Verify(bytes.NewReader(altered), head); err == nil {
			t.Errorf("byte %d was changed and nobody noticed: %v, %v", at, head, again)
		}
	})
}
