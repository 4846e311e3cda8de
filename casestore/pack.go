package casestore

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"sync"
)

// A finished case is kept for a year and looked at a few times, and most of it are names
// that stand in every case and call SIDs that stand in it four times: it is packed before
// it is sealed (RFC 1951, with a dictionary). What every turn writes is not: packing takes
// longer than all else that sealing does.

// packedFormat is the first byte of what is packed; what stands behind it begins with
// wireFormat when it is unpacked.
const packedFormat = 3

// mostUnpacked bounds what is unpacked, in bytes: a case has some hundreds.
const mostUnpacked = 4 << 20

// packWords is what every case says, in the order of the wire; flate looks here first.
// What was packed with these words needs them for ever: another text needs another
// format. What comes last costs least.
const packWords = "withdrawnineligibleon_holdclosedfollowed_upcoordinatorinternationalinterpreterbirth_blankevening afternoon" +
	"other\nlocal_time\x04zone\nown_number\rtreated_abroad\nbirth_year\vbirth_month\tbirth_day\aname_by\rmassachusetts\x02no\bhospital\x02no" +
	"\bbirth_ok\tgood_time\amorning\ttreated_at\"RE\bquestion\"RE\x04name\"RE\x05email\x10@example.org@gmail.com@yahoo.com" +
	"\x03zip\x05\x05phone\x0c+1212\nbirth_date\n1960-\x08can_talk\x03yes\rconsent_calls\x03yes\rconsent_texts\x03yes\x11consent_voicemail\x03yes" +
	"\x05adult\x03yes\bfor_whom\x04self\nrequested\x12collecting_records\x10records_complete\tin_review\tdelivered" +
	"\btollfree\x02en\x05voice\nprocessing\x03yes\tB-consent\tvoicemail\x03yes\x05D7-vm\x05calls\x03yes\aD7-call\x05texts\x03yes\aD7-text\b\x011\"CA\btollfree"

var (
	packers   = sync.Pool{New: func() any { return newPacker() }}
	unpackers = sync.Pool{New: func() any { return flate.NewReaderDict(bytes.NewReader(nil), []byte(packWords)) }}
)

func newPacker() *flate.Writer {
	w, err := flate.NewWriterDict(io.Discard, flate.DefaultCompression, []byte(packWords))
	if err != nil {
		panic("casestore: packing: " + err.Error()) // of a level that there is not
	}
	return w
}

// pack makes what a writer wrote shorter; it gives it as it was where that is no gain.
func pack(wire []byte) []byte {
	var out bytes.Buffer
	out.WriteByte(packedFormat)
	w := packers.Get().(*flate.Writer)
	defer packers.Put(w)
	w.Reset(&out)
	_, err := w.Write(wire)
	if err == nil {
		err = w.Close()
	}
	if err != nil || out.Len() >= len(wire) {
		return wire
	}
	return out.Bytes()
}

// unpack is the way back; what is not packed it gives as it is.
func unpack(plain []byte) ([]byte, error) {
	if len(plain) == 0 || plain[0] != packedFormat {
		return plain, nil
	}
	r := unpackers.Get().(io.Reader)
	defer unpackers.Put(r)
	if err := r.(flate.Resetter).Reset(bytes.NewReader(plain[1:]), []byte(packWords)); err != nil {
		return nil, fmt.Errorf("casestore: what is kept is packed otherwise: %w", err)
	}
	out, err := io.ReadAll(io.LimitReader(r, mostUnpacked+1))
	if err == nil && len(out) > mostUnpacked {
		err = fmt.Errorf("more than %d bytes", mostUnpacked)
	}
	if err != nil {
		return nil, fmt.Errorf("casestore: what is kept is packed otherwise: %w", err)
	}
	return out, nil
}
