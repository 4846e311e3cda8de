package redistest

import (
	"testing"
	"time"
)

// Every kind comes up whole, and is whole again after its primaries were killed.
func TestTopologiesSurvive(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"single", "sentinel", "cluster"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			o := StartTopology(t, kind)
			up := time.Since(begun)
			primaries, _ := o.Primaries()
			primaries[0].Kill()
			o.Settle()
			t.Logf("up after %s, whole again %s after a kill -9", up, time.Since(begun)-up)
		})
	}
}
