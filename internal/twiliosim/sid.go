package twiliosim

import (
	"fmt"
	"math/rand/v2"
	"sync"
)

// sidSource gives out identifiers that are the same in every run with the same
// seed and the same order of requests.
type sidSource struct {
	mu  sync.Mutex
	rng *rand.Rand
}

func newSIDSource(seed uint64) *sidSource {
	return &sidSource{rng: rand.New(rand.NewPCG(seed, 0x5ec07d))}
}

// sid returns a prefix such as CA with 32 hexadecimal digits.
func (g *sidSource) sid(prefix string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return fmt.Sprintf("%s%016x%016x", prefix, g.rng.Uint64(), g.rng.Uint64())
}

// token returns an identifier in the shape of a UUID, version 4.
func (g *sidSource) token() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, b := g.rng.Uint64(), g.rng.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x",
		a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
}
