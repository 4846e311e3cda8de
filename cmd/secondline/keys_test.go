package main

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"
)

func TestKeysAreRead(t *testing.T) {
	ring, err := parsePHIKeys("k2:" + key64('b') + ", index:" + key64('i') + " ,k1:" + key64('a'))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(ring.Index, bytes.Repeat([]byte("i"), 32)) {
		t.Error("the index key is another")
	}
	if len(ring.Sealing) != 2 || ring.Sealing[0].ID != "k2" || ring.Sealing[1].ID != "k1" || !bytes.Equal(ring.Sealing[0].Key, bytes.Repeat([]byte("b"), 32)) {
		t.Errorf("sealing keys are %s", ring)
	}
}

func TestWrongKeysAreRefused(t *testing.T) {
	index, k1 := "index:"+key64('i'), "k1:"+key64('a')
	tests := []struct{ list, says string }{
		{"", "entry 1 has no id"},
		{index, "no sealing key"},
		{k1, `no entry with the id "index"`},
		{index + "," + key64('a'), "entry 2 has no id"},
		{index + ",K1:" + key64('a'), "entry 2 has an id"},
		{index + "," + k1 + "," + k1, "a second time"},
		{index + "," + index + "," + k1, "a second time"},
		{index + ",k1:" + key64('i'), `the same key as "index"`},
		{index + ",k1:!!", "not base64"},
		{index + ",k1:" + key64('a')[:40], "has 30 bytes"},
		{index + ",k1:" + key64(0), "all noughts"},
		{index + "," + k1 + ",", "entry 3 has no id"},
		{"x,y:1," + k1, "entry 1 has no id in front of its key\nentry 2 (y) is not base64"},
	}
	for _, tt := range tests {
		ring, err := parsePHIKeys(tt.list)
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("want %q, got %v", tt.says, err)
		}
		if len(ring.Index)+len(ring.Sealing) > 0 {
			t.Errorf("%q: keys beside an error", tt.says)
		}
	}
}

func TestNewKeysAreRightAndDiffer(t *testing.T) {
	first, err := newPHIKeys(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	second, _ := newPHIKeys(rand.Reader)
	a, errA := parsePHIKeys(first)
	b, errB := parsePHIKeys(second)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if a.Sealing[0].ID == b.Sealing[0].ID || bytes.Equal(a.Index, b.Index) || bytes.Equal(a.Sealing[0].Key, b.Sealing[0].Key) {
		t.Error("two sets of keys share something")
	}
	if _, err := newPHIKeys(strings.NewReader("too few")); err == nil {
		t.Error("keys from too little randomness")
	}
	rotated := strings.Join([]string{first[:strings.Index(first, ",")], second[strings.Index(second, ",")+1:], first[strings.Index(first, ",")+1:]}, ",")
	if ring, err := parsePHIKeys(rotated); err != nil || ring.Sealing[0].ID != b.Sealing[0].ID || len(ring.Sealing) != 2 {
		t.Errorf("after a change of keys: %v, %s", err, ring)
	}
}

func FuzzPHIKeys(f *testing.F) {
	f.Add(testKeys)
	f.Add("index:" + key64('i'))
	f.Add(":,::,index:=")
	f.Fuzz(func(t *testing.T, list string) {
		ring, err := parsePHIKeys(list)
		if err != nil {
			return
		}
		for _, k := range append(ring.Sealing, sealingKey{indexKeyID, ring.Index}) {
			if len(k.Key) != keyLength {
				t.Errorf("a key of %d bytes", len(k.Key))
			}
		}
		if len(ring.Sealing) == 0 {
			t.Error("nothing to seal with")
		}
	})
}
