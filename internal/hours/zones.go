package hours

import (
	"slices"
	"strconv"
)

// The time zones of the United States by the names of the tz database.
const (
	eastern  = "America/New_York"
	central  = "America/Chicago"
	mountain = "America/Denver"
	pacific  = "America/Los_Angeles"
	arizona  = "America/Phoenix"
	alaska   = "America/Anchorage"
	aleutian = "America/Adak"
	hawaii   = "Pacific/Honolulu"
)

// prefixes gives the state of a zip code by its first three digits (USPS,
// L002 3-Digit ZIP Code Prefix Matrix): from, to, state.
var prefixes = []struct {
	from, to int
	state    string
}{
	{5, 5, "NY"}, {6, 7, "PR"}, {8, 8, "VI"}, {9, 9, "PR"}, {10, 27, "MA"}, {28, 29, "RI"}, {30, 38, "NH"}, {39, 49, "ME"},
	{50, 54, "VT"}, {55, 55, "MA"}, {56, 59, "VT"}, {60, 69, "CT"}, {70, 89, "NJ"}, {90, 99, "AE"}, {100, 149, "NY"},
	{150, 196, "PA"}, {197, 199, "DE"}, {200, 200, "DC"}, {201, 201, "VA"}, {202, 205, "DC"}, {206, 212, "MD"}, {214, 219, "MD"},
	{220, 246, "VA"}, {247, 268, "WV"}, {270, 289, "NC"}, {290, 299, "SC"}, {300, 319, "GA"}, {320, 339, "FL"}, {340, 340, "AA"},
	{341, 342, "FL"}, {344, 344, "FL"}, {346, 347, "FL"}, {349, 349, "FL"}, {350, 352, "AL"}, {354, 369, "AL"}, {370, 385, "TN"},
	{386, 397, "MS"}, {398, 399, "GA"}, {400, 427, "KY"}, {430, 459, "OH"}, {460, 479, "IN"}, {480, 499, "MI"}, {500, 516, "IA"},
	{520, 528, "IA"}, {530, 532, "WI"}, {534, 535, "WI"}, {537, 549, "WI"}, {550, 551, "MN"}, {553, 567, "MN"}, {569, 569, "DC"},
	{570, 577, "SD"}, {580, 588, "ND"}, {590, 599, "MT"}, {600, 620, "IL"}, {622, 629, "IL"}, {630, 631, "MO"}, {633, 641, "MO"},
	{644, 658, "MO"}, {660, 662, "KS"}, {664, 679, "KS"}, {680, 681, "NE"}, {683, 693, "NE"}, {700, 701, "LA"}, {703, 708, "LA"},
	{710, 714, "LA"}, {716, 729, "AR"}, {730, 731, "OK"}, {733, 733, "TX"}, {734, 741, "OK"}, {743, 749, "OK"}, {750, 799, "TX"},
	{800, 816, "CO"}, {820, 831, "WY"}, {832, 838, "ID"}, {840, 847, "UT"}, {850, 853, "AZ"}, {855, 857, "AZ"}, {859, 860, "AZ"},
	{863, 865, "AZ"}, {870, 871, "NM"}, {873, 875, "NM"}, {877, 884, "NM"}, {885, 885, "TX"}, {889, 891, "NV"}, {893, 895, "NV"},
	{897, 898, "NV"}, {900, 908, "CA"}, {910, 928, "CA"}, {930, 961, "CA"}, {962, 966, "AP"}, {967, 968, "HI"}, {969, 969, "GU"},
	{970, 979, "OR"}, {980, 986, "WA"}, {988, 994, "WA"}, {995, 999, "AK"},
}

// stateZones gives the zones of a state. Where there are two, a part of the
// state keeps the second.
var stateZones = map[string][]string{
	"AL": {central}, "AK": {alaska, aleutian}, "AZ": {arizona, mountain}, "AR": {central}, "CA": {pacific}, "CO": {mountain},
	"CT": {eastern}, "DE": {eastern}, "DC": {eastern}, "FL": {eastern, central}, "GA": {eastern}, "HI": {hawaii},
	"ID": {mountain, pacific}, "IL": {central}, "IN": {eastern, central}, "IA": {central}, "KS": {central, mountain},
	"KY": {eastern, central}, "LA": {central}, "ME": {eastern}, "MD": {eastern}, "MA": {eastern}, "MI": {eastern, central},
	"MN": {central}, "MS": {central}, "MO": {central}, "MT": {mountain}, "NE": {central, mountain}, "NV": {pacific, mountain},
	"NH": {eastern}, "NJ": {eastern}, "NM": {mountain}, "NY": {eastern}, "NC": {eastern}, "ND": {central, mountain},
	"OH": {eastern}, "OK": {central}, "OR": {pacific, mountain}, "PA": {eastern}, "RI": {eastern}, "SC": {eastern},
	"SD": {central, mountain}, "TN": {central, eastern}, "TX": {central, mountain}, "UT": {mountain}, "VT": {eastern},
	"VA": {eastern}, "WA": {pacific}, "WV": {eastern}, "WI": {central}, "WY": {mountain},
	"PR": {"America/Puerto_Rico"}, "VI": {"America/St_Thomas"}, "GU": {"Pacific/Guam"}, "MP": {"Pacific/Guam"}, "AS": {"Pacific/Pago_Pago"},
	"PW": {"Pacific/Palau"}, "MH": {"Pacific/Majuro"}, "FM": {"Pacific/Chuuk", "Pacific/Pohnpei"},
}

// islands gives the zip codes that lie far from the rest of their prefix:
// American Samoa in Hawaii's, the other Pacific islands in Guam's.
var islands = map[string]string{
	"96799": "AS", "96939": "PW", "96940": "PW", "96941": "FM", "96942": "FM", "96943": "FM", "96944": "FM",
	"96950": "MP", "96951": "MP", "96952": "MP", "96960": "MH", "96970": "MH",
}

// ownZones gives the zip codes whose clocks are not those of their prefix.
var ownZones = map[string][]string{
	"99546": {aleutian}, "99547": {aleutian}, // Adak, Atka
	"99923": {alaska, pacific}, // Hyder lives by the clock of British Columbia
}

// oneZone lists prefixes of divided states that lie in one zone for certain:
// from, to, zone. Every other prefix of such a state keeps all its zones.
var oneZone = []struct {
	from, to int
	zone     string
}{
	{320, 322, eastern}, {325, 325, central}, {326, 339, eastern}, {341, 349, eastern}, // Florida but the Apalachicola
	{370, 372, central}, {374, 374, eastern}, {376, 376, eastern}, {379, 379, eastern}, {380, 384, central}, // Tennessee
	{400, 400, eastern}, {402, 418, eastern}, {420, 424, central}, // Kentucky
	{460, 462, eastern}, {466, 468, eastern}, {470, 474, eastern}, {478, 478, eastern}, // Indiana
	{480, 497, eastern},                      // Michigan below the straits
	{570, 574, central},                      // eastern South Dakota
	{580, 584, central},                      // eastern North Dakota
	{660, 676, central},                      // Kansas but the west
	{680, 689, central},                      // Nebraska but the west
	{733, 733, central}, {750, 797, central}, // Texas but El Paso
	{832, 834, mountain}, {836, 837, mountain}, {838, 838, pacific}, // Idaho
	{850, 857, arizona}, {863, 864, arizona}, // Arizona but the Navajo Nation
	{889, 897, pacific}, // Nevada but West Wendover
	{970, 978, pacific}, // Oregon but Malheur County
	{995, 999, alaska},  // Alaska but ownZones
}

func prefix(zip string) (int, bool) {
	if len(zip) != 5 {
		return 0, false
	}
	for i := range len(zip) {
		if zip[i] < '0' || zip[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.Atoi(zip[:3])
	return n, err == nil
}

// StateOfZip gives the two letters of the state, district, territory or military
// post (AA, AE, AP) of a five-digit zip code; false for one that is not given
// out or is no zip code. Massachusetts has 010 to 027 and 055.
func StateOfZip(zip string) (string, bool) {
	n, ok := prefix(zip)
	if !ok {
		return "", false
	}
	if state, ok := islands[zip]; ok {
		return state, true
	}
	for _, p := range prefixes {
		if n >= p.from && n <= p.to {
			return p.state, true
		}
	}
	return "", false
}

// ZonesOfState gives the IANA zones that a state's people may live in, the most
// common first; nil for a state that is not known, and for military posts, which
// may be anywhere.
func ZonesOfState(state string) []string { return slices.Clone(stateZones[state]) }

// ZonesOfZip gives the IANA zones that a zip code may lie in, the most common
// first; nil where it is not known.
func ZonesOfZip(zip string) []string {
	state, ok := StateOfZip(zip)
	if !ok {
		return nil
	}
	if zones, ok := ownZones[zip]; ok {
		return slices.Clone(zones)
	}
	n, _ := prefix(zip)
	for _, p := range oneZone {
		if n >= p.from && n <= p.to {
			return []string{p.zone}
		}
	}
	return ZonesOfState(state)
}
