package hours

import (
	"fmt"
	"sync"
	"time"
)

const dayMinutes = 24 * 60

// OffsetFromLocal gives the minutes east of UTC, to the nearest quarter of an
// hour, at which a clock shows hhmm ("14:30") at now; false when hhmm is no
// time. Clocks from -12:00 to +14:00 show every time of day once or, a day
// apart, twice: the one from -11:45 to +12:00 is given. Where it is the other
// (Tonga, Samoa, Kiribati, New Zealand in summer), the hour is right and the
// day of the week is not.
func OffsetFromLocal(hhmm string, now time.Time) (minutesEast int, ok bool) {
	minute, err := minuteOf(hhmm)
	if err != nil || minute == dayMinutes {
		return 0, false
	}
	utc := now.UTC()
	diff := mod(minute-utc.Hour()*60-utc.Minute(), dayMinutes)
	diff = (diff + 7) / 15 * 15
	if diff > dayMinutes/2 {
		diff -= dayMinutes
	}
	return diff, true
}

func mod(a, b int) int { return (a%b + b) % b }

// OffsetName names a fixed distance from UTC: "UTC+05:30". LoadZone reads it.
func OffsetName(minutesEast int) string {
	sign, m := '+', minutesEast
	if m < 0 {
		sign, m = '-', -m
	}
	return fmt.Sprintf("UTC%c%02d:%02d", sign, m/60, m%60)
}

// LoadZone gives the zone of an IANA name or of a fixed distance from UTC
// ("UTC+05:30", -12:00 to +14:00). The error does not say the name.
func LoadZone(name string) (*time.Location, error) {
	if len(name) == len("UTC+05:30") && name[:3] == "UTC" {
		return fixedZone(name)
	}
	if zone, ok := loaded.Load(name); ok {
		return zone.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, fmt.Errorf("hours: not a time zone; examples: America/Chicago, UTC+05:30")
	}
	loaded.Store(name, zone)
	return zone, nil
}

// loaded keeps the zones that were asked for, by name: to read one again costs
// more than a whole plan. There are some six hundred names.
var loaded sync.Map

func fixedZone(name string) (*time.Location, error) {
	minutes, err := minuteOf(name[4:])
	if name[3] == '-' {
		minutes = -minutes
	}
	if err != nil || (name[3] != '-' && name[3] != '+') || minutes < -12*60 || minutes > 14*60 {
		return nil, fmt.Errorf("hours: not a distance from UTC; an example: UTC+05:30")
	}
	return time.FixedZone(name, minutes*60), nil
}
