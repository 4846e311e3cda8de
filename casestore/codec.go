package casestore

import (
	"encoding/binary"
	"errors"
	"time"

	"secondline/internal/private"
)

// What is kept is written as a row of fields without names: numbers as varints,
// texts and records with their length before them. A record's fields keep their
// order for ever; a new one is added at the end. A reader gives zero for what an
// older writer did not write, and passes over what a newer one added, so that
// two versions of the program can share a Redis during a deploy. A form that cannot be
// read like that - another first byte - is read by one release before it is written by
// the next; wireFormat and packedFormat are as old as the first. It takes a
// third of the time that JSON does, which every turn would pay three times.

// errShort says that what is kept ends in the middle of a field.
var errShort = errors.New("casestore: what is kept is cut short")

// writer appends fields.
type writer struct{ b []byte }

func (w *writer) number(n int64)      { w.b = binary.AppendVarint(w.b, n) }
func (w *writer) int(n int)           { w.number(int64(n)) }
func (w *writer) when(t time.Time)    { w.number(unixMilli(t)) }
func (w *writer) told(t private.Text) { w.text(t.Reveal()) }

func (w *writer) text(s string) {
	w.b = binary.AppendUvarint(w.b, uint64(len(s)))
	w.b = append(w.b, s...)
}

func (w *writer) flag(yes bool) {
	n := int64(0)
	if yes {
		n = 1
	}
	w.number(n)
}

// record writes a nested record with its length before it.
func (w *writer) record(fill func(*writer)) {
	start := len(w.b)
	w.b = append(w.b, 0, 0)
	fill(w)
	n := len(w.b) - start - 2
	if n < 1<<14 {
		// Two bytes hold the length of nearly every record: a varint of fixed width.
		w.b[start], w.b[start+1] = byte(n)|0x80, byte(n>>7)
		return
	}
	body := append([]byte(nil), w.b[start+2:]...)
	w.b = append(binary.AppendUvarint(w.b[:start], uint64(n)), body...)
}

// all writes a map of what was told.
func (w *writer) all(m map[string]private.Text) {
	w.int(len(m))
	for name, value := range m {
		w.text(name)
		w.told(value)
	}
}

// reader gives the fields in their order. Past the end every field is zero. What it
// gives are parts of one text, so that reading makes no copies.
type reader struct {
	rest string
	err  error
}

// uvarint reads what binary.AppendUvarint wrote.
func (r *reader) uvarint() uint64 {
	var n uint64
	for i := range min(len(r.rest), binary.MaxVarintLen64) {
		b := r.rest[i]
		if i == binary.MaxVarintLen64-1 && b > 1 {
			break // more than 64 bits
		}
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			r.rest = r.rest[i+1:]
			return n
		}
	}
	r.cut()
	return 0
}

func (r *reader) number() int64 {
	if r.rest == "" {
		return 0
	}
	n := r.uvarint()
	return int64(n>>1) ^ -int64(n&1)
}

func (r *reader) cut() { r.rest, r.err = "", errShort }

func (r *reader) int() int           { return int(r.number()) }
func (r *reader) flag() bool         { return r.number() != 0 }
func (r *reader) when() time.Time    { return milli(r.number()) }
func (r *reader) told() private.Text { return private.Of(r.text()) }

func (r *reader) text() string {
	if r.rest == "" {
		return ""
	}
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.cut()
		return ""
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

// record reads a nested record.
func (r *reader) record(read func(*reader)) {
	nested := reader{rest: r.text()}
	read(&nested)
	if nested.err != nil {
		r.err = nested.err
	}
}

// count reads how many items follow; each takes a byte at least.
func (r *reader) count() int {
	n := r.int()
	if n < 0 || n > len(r.rest) {
		r.cut()
		return 0
	}
	return n
}

func (r *reader) all() map[string]private.Text {
	n := r.count()
	if n == 0 {
		return nil
	}
	out := make(map[string]private.Text, n)
	for range n {
		name := r.text()
		out[name] = r.told()
	}
	return out
}

func milli(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func unixMilli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
