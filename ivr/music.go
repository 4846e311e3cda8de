package ivr

import (
	"math"
	"net/http"
	"sync"
)

// musicSeconds is how long the sound is that callers wait with. With the words
// before it a caller hears a voice every 25 seconds (call-script.md 6.6).
const musicSeconds = 18

// holdMusic gives the sound: slow, quiet chords that come and go, made here so
// that nobody's rights are touched.
var holdMusic = sync.OnceValue(func() []byte {
	const rate = 8000
	chords := [][]float64{{196, 246.94, 293.66}, {174.61, 220, 261.63}, {164.81, 196, 246.94}, {174.61, 220, 293.66}}
	samples := make([]byte, musicSeconds*rate)
	each := len(samples) / len(chords)
	for i := range samples {
		chord, at := chords[min(i/each, len(chords)-1)], float64(i%each)/float64(each)
		swell := math.Sin(math.Pi * at)
		sum := 0.0
		for n, f := range chord {
			sum += math.Sin(2*math.Pi*f*float64(i)/rate) / float64(n+2)
		}
		samples[i] = mulaw(0.16 * swell * swell * sum)
	}
	return wav(samples)
})

// mulaw compresses a sample of -1 to 1 (ITU-T G.711).
func mulaw(sample float64) byte {
	const bias, clip = 0x84, 32635
	v := int(sample * 32767)
	sign := byte(0)
	if v < 0 {
		sign, v = 0x80, -v
	}
	v = min(v, clip) + bias
	exponent := 7
	for mask := 0x4000; exponent > 0 && v&mask == 0; mask >>= 1 {
		exponent--
	}
	mantissa := byte(v>>(exponent+3)) & 0x0f
	return ^(sign | byte(exponent)<<4 | mantissa)
}

// music plays the sound. It is the same for everybody, so Twilio may keep it.
func (s *Server) music(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "audio/wav")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	w.Header().Set("ETag", `"hold-1"`)
	_, _ = w.Write(holdMusic())
}
