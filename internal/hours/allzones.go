package hours

import (
	_ "embed"
	"strings"
)

// zoneNames lists the names of the tz database, 2025b, old ones included.
//
//go:embed zones.txt
var zoneNames string

// AllZones gives the name of every IANA time zone, in order.
func AllZones() []string { return strings.Fields(zoneNames) }
