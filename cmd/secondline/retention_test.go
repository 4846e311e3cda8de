package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/recordings"
)

// recorded keeps a recording of the office's request, and gives its file.
func (o *office) recorded() string {
	o.t.Helper()
	sid := "RE" + strings.Repeat("0a", 16)
	settings, err := LoadSettings(lookup(o.env), os.ReadFile)
	o.must(err)
	vault, err := openVault(time.Now, settings, o.data, o.store)
	o.must(err)
	sound, err := recordings.New("audio/mpeg", []byte("what was said"))
	o.must(err)
	o.must(vault.Put(o.t.Context(), sid, sound))
	o.c, err = o.store.MoveCase(o.t.Context(), o.c.Partition, o.c.ID, func(c *casestore.Case) bool { c.Answers["name"] = private.Of(sid); return true })
	o.must(err)
	return filepath.Join(recordingsPath(settings, o.data), sid[2:4], sid+".sealed")
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func TestRetentionByCommand(t *testing.T) {
	o := newOffice(t)
	file := o.recorded()
	at := []string{"-data", o.data}
	o.want(append([]string{"retention"}, at...), "0 requests that are over deleted")
	o.want([]string{"case", "advance", worldRequest, "closed"})
	settings, err := LoadSettings(lookup(o.env), os.ReadFile)
	o.must(err)
	rdb, err := casestore.Connect(o.redis.URL())
	o.must(err)
	ring, err := newRing(settings.Deploy.PHIKeys)
	o.must(err)
	// A month and a day ago, by the clock of whoever closed it.
	then := casestore.New(casestore.Options{Redis: rdb, Ring: ring, Now: func() time.Time { return time.Now().AddDate(0, 0, -31) }})
	defer then.Close()
	_, err = then.MoveCase(t.Context(), o.c.Partition, o.c.ID, func(c *casestore.Case) bool { return true })
	o.must(err)
	o.want(append([]string{"retention", "-dry-run"}, at...), "1 requests that are over would be deleted", "1 recordings of theirs would be deleted")
	if _, err := os.Stat(file); err != nil {
		t.Fatal("what is only looked at is deleted")
	}
	o.want(append([]string{"retention"}, at...), "1 requests that are over deleted", "1 recordings of theirs deleted")
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the recording is there: %v", err)
	}
	o.want([]string{"case", "show", string(o.c.ID)}, "deleted", "retention", "texts: yes")
	o.refuses(1, "no request of this number", "case", "show", worldRequest)
	o.refuses(1, "was deleted", "case", "note", string(o.c.ID), "x")
	o.refuses(1, "was deleted", "case", "advance", string(o.c.ID), "delivered")
}

func TestShredByCommand(t *testing.T) {
	o := newOffice(t)
	file := o.recorded()
	shred := []string{"case", "shred", "-data", o.data, "-sure", worldRequest}
	o.refuses(2, "-sure", "case", "shred", worldRequest)
	o.want([]string{"case", "advance", worldRequest, "delivered"})
	o.refuses(1, "a call is promised", shred...)
	_, err := o.store.MovePromise(t.Context(), o.c.Partition, o.c.ID, func(p *casestore.Promise) (casestore.PromiseChange, bool) {
		p.End(casestore.PromiseOver, "not_needed", time.Now())
		return casestore.PromiseChange{}, true
	})
	o.must(err)
	o.want(shred, "Deleted, with 1 recordings")
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the recording is there: %v", err)
	}
	rest, err := o.store.Case(t.Context(), o.c.Partition, o.c.ID)
	o.must(err)
	if rest.Forgotten.IsZero() || rest.ForgottenWhy != casestore.Shredded || len(rest.Answers) > 0 || len(rest.Consents) != 1 {
		t.Errorf("what is left: %+v", rest)
	}
	o.want([]string{"case", "shred", "-sure", string(o.c.ID)}, "already")
	journal, err := os.ReadFile(filepath.Join(o.data, "optouts.journal"))
	o.must(err)
	if !strings.Contains(string(journal), `"what":"shred"`) || !strings.Contains(string(journal), string(o.c.ID)) {
		t.Errorf("the journal: %s", journal)
	}
}
