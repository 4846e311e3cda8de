package hours

import (
	"math"
	"testing"
	"time"
)

// How many attempts fit, over deliveries all through 2027, as section 5.5 says:
// in percent, by number. In India's winter half an hour is legal, and a second
// attempt is made in it; an hour, at UTC+6 and +7, has room for two.
func TestHowManyAttemptsFit(t *testing.T) {
	for _, c := range []struct {
		zone string
		want [4]float64
	}{
		{eastern, [4]float64{0, 0, 0, 100}}, {central, [4]float64{0, 0, 0, 100}}, {pacific, [4]float64{0, 0, 0, 100}},
		{hawaii, [4]float64{0, 0, 0.4, 99.6}}, {"Europe/London", [4]float64{0, 0, 77, 23}}, {"Europe/Paris", [4]float64{0, 0, 5, 95}},
		{"Asia/Kolkata", [4]float64{0, 0, 34.5, 65.5}}, {"Asia/Dhaka", [4]float64{34.8, 0, 64, 1}}, {"Asia/Bangkok", [4]float64{65.2, 0, 34, 1}},
	} {
		var got [4]float64
		all := 0.0
		p := NewPromise(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), sevenDayLine, zonesOf(t, c.zone))
		for ; p.Delivered.Year() == 2027; p.Delivered = p.Delivered.Add(97 * time.Minute) {
			got[len(p.Plan().Attempts)]++
			all++
		}
		for n := range got {
			if share := 100 * got[n] / all; math.Abs(share-c.want[n]) > 2 {
				t.Errorf("%s: %d attempts fit for %.1f %%, want %.1f", c.zone, n, share, c.want[n])
			}
		}
	}
}

func BenchmarkPlan(b *testing.B) {
	for name, zones := range map[string]string{"one zone": eastern, "all states": "", "no legal minute for months": "Asia/Dhaka"} {
		p := NewPromise(at(b, "2027-01-12T10:00-05:00"), sevenDayLine, zonesOf(b, zones))
		p.Consents = Consents{true, true, true}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				p.Plan()
			}
		})
	}
}
