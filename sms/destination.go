package sms

// Destination is what is known of where a text would go, by the number alone.
type Destination struct {
	// Country is an ISO 3166-1 code; "" for a number of none.
	Country string
	// Never is why nothing is texted there, an answer neither; "" where it may be.
	Never Refusal
	// Unasked says that texts may go there that answer nothing; otherwise only
	// answers may.
	Unasked bool
}

// Refusal is why a number is never texted.
type Refusal string

// The refusals.
const (
	RefusedCountry   Refusal = "country"          // a country that is not listed
	RefusedPremium   Refusal = "premium_number"   // whoever texts it pays for more than a text
	RefusedSatellite Refusal = "satellite_number" // of a satellite network
	RefusedNoCountry Refusal = "no_country"       // of no country, or no number at all
	RefusedOurs      Refusal = "our_own_number"   // a line of ours would answer itself
)

// refuses gives why a text may not go there; "" where it may.
func (d Destination) refuses(reply bool) string {
	if d.Never == "" && !d.Unasked && !reply {
		return string(RefusedCountry)
	}
	return string(d.Never)
}
