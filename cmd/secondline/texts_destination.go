package main

import (
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"secondline/sms"
)

// destinationOf says where the programme's texts may go.
func destinationOf(p Programme) func(e164 string) sms.Destination {
	ours := []string{p.Lines.TollFree.Number, p.Lines.International.Number, p.InPerson.Number}
	return func(e164 string) sms.Destination {
		d := sms.Destination{Country: countryOf(e164)}
		d.Unasked = among(p.Countries.Textable, d.Country)
		switch {
		case slices.Contains(ours, e164):
			d.Never = sms.RefusedOurs
		default:
			d.Never = kindRefused(e164)
		}
		if d.Never == "" && !d.Unasked && !among(p.Countries.Callable, d.Country) {
			d.Never = sms.RefusedCountry
		}
		return d
	}
}

// countryOf gives the country of a number, and for a number that nobody has the
// country that its code is of, as far as there is one: whether it works is the
// networks' to say. It is "" where there is none.
func countryOf(e164 string) string {
	region := regionOf(e164)
	if n, err := phonenumbers.Parse(e164, ""); err == nil && region == "" {
		region = phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode()))
	}
	if region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY || region == phonenumbers.UNKNOWN_REGION {
		return ""
	}
	return region
}

// among counts the territories of the United States as the United States.
func among(countries []string, country string) bool {
	return slices.Contains(countries, country) || country != "" && strings.Contains(domestic, country) && slices.Contains(countries, "US")
}

// satellites are the country codes of satellite networks (ITU-T E.164, list of
// country codes): Inmarsat, and Globalstar, Iridium, Thuraya and others, who share
// two.
var satellites = []int32{870, 881, 882}

// kindRefused looks at what kind of number it is, in whatever country.
func kindRefused(e164 string) sms.Refusal {
	n, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return sms.RefusedNoCountry
	}
	if slices.Contains(satellites, n.GetCountryCode()) {
		return sms.RefusedSatellite
	}
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.PREMIUM_RATE, phonenumbers.SHARED_COST:
		return sms.RefusedPremium
	}
	if countryOf(e164) == "" {
		return sms.RefusedNoCountry
	}
	return ""
}
