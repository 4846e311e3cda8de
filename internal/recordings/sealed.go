package recordings

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"time"
)

// A stored recording is: magic, when it was stored (Unix seconds, 8 bytes, big
// endian), and the sealed value. The time stands in clear so that a sweep needs
// no key, and in the file so that a restored backup does not make it young again;
// the seal binds it. What is sealed is one byte length of the content type, the
// content type, and the audio.
const (
	magic      = "SLR1"
	headerSize = len(magic) + 8
)

// maxSealed is the size of a stored recording that cannot be exceeded: the audio,
// and room for what the sealer adds.
const maxSealed = MaxAudio + 64<<10

// field is what the sealer binds beside the recording's SID.
func field(stored int64) string { return "recording/" + strconv.FormatInt(stored, 10) }

// seal gives what is stored for a recording.
func seal(sealer Sealer, id string, now time.Time, r Recording) []byte {
	return sealAs(sealer, id, now.Unix(), r)
}

func sealAs(sealer Sealer, id string, stored int64, r Recording) []byte {
	plain := make([]byte, 0, 1+len(r.contentType)+len(r.audio))
	plain = append(plain, byte(len(r.contentType)))
	plain = append(plain, r.contentType...)
	plain = append(plain, r.audio...)
	out := binary.BigEndian.AppendUint64([]byte(magic), uint64(stored))
	return append(out, sealer.Seal(id, field(stored), plain)...)
}

// storedAt reads when a recording was stored from the beginning of its file.
func storedAt(header []byte) (time.Time, bool) {
	if len(header) < headerSize || string(header[:len(magic)]) != magic {
		return time.Time{}, false
	}
	return time.Unix(int64(binary.BigEndian.Uint64(header[len(magic):])), 0), true
}

// open gives what seal closed. It fails with ErrDamaged.
func open(sealer Sealer, id string, content []byte) (Recording, error) {
	stored, ok := storedAt(content)
	if !ok || len(content) > maxSealed {
		return Recording{}, fmt.Errorf("%w: not a recording's file", ErrDamaged)
	}
	plain, err := sealer.Open(id, field(stored.Unix()), content[headerSize:])
	if err != nil {
		return Recording{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if len(plain) < 1 || len(plain) < 1+int(plain[0]) {
		return Recording{}, fmt.Errorf("%w: cut off inside the seal", ErrDamaged)
	}
	split := 1 + int(plain[0])
	r, err := New(string(plain[1:split]), plain[split:])
	if err != nil {
		return Recording{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return r, nil
}
