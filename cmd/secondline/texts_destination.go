package main

import (
	"slices"
	"strings"

	"secondline/sms"
)

// destinationOf says where the programme's texts may go.
func destinationOf(p Programme) func(e164 string) sms.Destination {
	ours := ourNumbers(p)
	return func(e164 string) sms.Destination {
		number := parseNumber(e164)
		d := sms.Destination{Country: number.country()}
		d.Unasked = among(p.Countries.Textable, d.Country)
		switch {
		case slices.Contains(ours, e164):
			d.Never = sms.RefusedOurs
		default:
			d.Never = number.refused()
		}
		if d.Never == "" && !d.Unasked && !among(p.Countries.Callable, d.Country) {
			d.Never = sms.RefusedCountry
		}
		return d
	}
}

// among counts the territories of the United States as the United States.
func among(countries []string, country string) bool {
	return slices.Contains(countries, country) || country != "" && strings.Contains(domestic, country) && slices.Contains(countries, "US")
}
