package casestore

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A journal that was damaged, in whatever way, opens, gives what can be read, and
// keeps what is written from now on.
func FuzzJournal(f *testing.F) {
	f.Add([]byte(`{"at":"2027-03-02T10:00:00Z","person":"00112233445566778899aabbccddeeff","what":"stop","how":"text","ref":"SM1"}` + "\n"))
	f.Add([]byte("{\n\n\x00"))
	f.Add([]byte(`{"person":"zzzzzzzzzzzzzzzzzzzzzz"}`))
	f.Fuzz(func(t *testing.T, damaged []byte) {
		path := filepath.Join(t.TempDir(), "journal")
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := OpenJournal(path)
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		before, _, err := j.Entries(time.Time{})
		if err != nil {
			t.Fatalf("a damaged journal stops the program: %v", err)
		}
		for _, e := range before {
			e.Person.Partition()
		}
		want := JournalEntry{At: t0, Person: PersonID("00112233445566778899aabbccddeeff"), What: "stop", How: "key_9", Ref: "CA1"}
		if err := j.Append(want); err != nil {
			t.Fatal(err)
		}
		after, _, err := j.Entries(time.Time{})
		if err != nil || len(after) != len(before)+1 || !after[len(after)-1].At.Equal(want.At) || after[len(after)-1].Person != want.Person {
			t.Errorf("%d entries, then %d, %v", len(before), len(after), err)
		}
	})
}
