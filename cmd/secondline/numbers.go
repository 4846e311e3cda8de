package main

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nyaruka/phonenumbers"

	"secondline/internal/hours"
	"secondline/sms"
)

// parsedNumber is a telephone number in E.164 that was read once: reading it is most of
// what its questions cost.
type parsedNumber struct {
	n *phonenumbers.PhoneNumber // nil where it is no number
	// region is its country (ISO 3166-1); "" where it has none. Toll-free numbers of
	// the North American plan count as the United States.
	region string
	// kind is premium, mobile and the like.
	kind phonenumbers.PhoneNumberType
}

func parseNumber(e164 string) parsedNumber { return lately.parse(e164) }

func parseNumberAnew(e164 string) parsedNumber {
	n, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return parsedNumber{}
	}
	region := phonenumbers.GetRegionCodeForNumber(n)
	if region == "" && n.GetCountryCode() == 1 {
		region = "US"
	}
	return parsedNumber{n, region, phonenumbers.GetNumberType(n)}
}

// lately has the numbers that were read last: one call asks about the same number from
// ten places, and each would cost as much as the turn's seal.
var lately = recentNumbers{read: map[string]parsedNumber{}}

// mostRecent is how many numbers are remembered before all are forgotten.
const mostRecent = 1024

type recentNumbers struct {
	mu   sync.Mutex
	read map[string]parsedNumber
}

func (r *recentNumbers) parse(e164 string) parsedNumber {
	r.mu.Lock()
	d, known := r.read[e164]
	r.mu.Unlock()
	if known {
		return d
	}
	e164 = strings.Clone(e164) // it may be a part of all that is known of a person
	d = parseNumberAnew(e164)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.read) >= mostRecent {
		clear(r.read)
	}
	r.read[e164] = d
	return d
}

// country gives the country of a number, and for a number that nobody has the
// country that its code is of, as far as there is one: whether it works is the
// networks' to say. It is "" where there is none.
func (d parsedNumber) country() string {
	region := d.region
	if d.n != nil && region == "" {
		region = phonenumbers.GetRegionCodeForCountryCode(int(d.n.GetCountryCode()))
	}
	if region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY || region == phonenumbers.UNKNOWN_REGION {
		return ""
	}
	return region
}

// satellites are the country codes of satellite networks (ITU-T E.164, list of
// country codes): Inmarsat, and Globalstar, Iridium, Thuraya and others, who share
// two.
var satellites = []int32{870, 881, 882}

// refused looks at what kind of number it is, in whatever country.
func (d parsedNumber) refused() sms.Refusal {
	if d.n == nil {
		return sms.RefusedNoCountry
	}
	if slices.Contains(satellites, d.n.GetCountryCode()) {
		return sms.RefusedSatellite
	}
	switch d.kind {
	case phonenumbers.PREMIUM_RATE, phonenumbers.SHARED_COST:
		return sms.RefusedPremium
	}
	if d.country() == "" {
		return sms.RefusedNoCountry
	}
	return ""
}

// domestic lists the regions whose people live in the United States, write
// dates month first and have zip codes (ISO 3166-1).
const domestic = "US PR GU VI AS MP"

func (d parsedNumber) domestic() bool { return d.region != "" && strings.Contains(domestic, d.region) }

// listed says whether a list of countries holds the number's.
func (d parsedNumber) listed(countries []string) bool {
	return d.region != "" && slices.Contains(countries, d.region) || d.domestic() && slices.Contains(countries, "US")
}

// regionOf gives the country of a number; "" where it has none.
func regionOf(e164 string) string { return parseNumber(e164).region }

func countryOf(e164 string) string { return parseNumber(e164).country() }

func isDomestic(e164 string) bool { return parseNumber(e164).domestic() }

// callable says whether the country of a number is one that we call.
func callable(countries []string) func(string) bool {
	return func(e164 string) bool { return parseNumber(e164).listed(countries) }
}

// dialable says whether a number is one that the line dials: of a country that is
// listed, no premium and no satellite number, and none of our own lines.
func dialable(p Programme) func(string) bool {
	ours := ourNumbers(p)
	return func(e164 string) bool {
		d := parseNumber(e164)
		return d.listed(p.Countries.Callable) && !slices.Contains(ours, e164) && d.refused() == ""
	}
}

func ourNumbers(p Programme) []string {
	return []string{p.Lines.TollFree.Number, p.Lines.International.Number, p.InPerson.Number}
}

// zoneOf gives the time zone of a number where its country code and area leave
// one; nil otherwise. It is a courtesy of speech, never a window for calling.
func zoneOf(e164 string) *time.Location { return parseNumber(e164).zone() }

func (d parsedNumber) zone() *time.Location {
	if d.n == nil {
		return nil
	}
	zones, err := phonenumbers.GetTimezonesForNumber(d.n)
	if err != nil || len(zones) != 1 {
		return nil
	}
	zone, err := hours.LoadZone(zones[0]) // reads each from disk once
	if err != nil {
		return nil
	}
	return zone
}

// zonesOf gives the time zones that a number leaves possible: the one that it
// tells, else those of its country; none for the United States, where an area
// code is never a zone.
func zonesOf(e164 string) []*time.Location {
	d := parseNumber(e164)
	if d.domestic() {
		return nil
	}
	if zone := d.zone(); zone != nil {
		return []*time.Location{zone}
	}
	var out []*time.Location
	for _, name := range hours.ZonesOfCountry(d.region) {
		if zone, err := hours.LoadZone(name); err == nil {
			out = append(out, zone)
		}
	}
	return out
}
