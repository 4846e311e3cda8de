package wording

import (
	"strconv"
	"strings"
	"time"
)

// spanish makes words of raw values for es.toml. What english says of the raw
// values holds here, too; the words are other ones:
//
//	DUE, OPENS        → "el martes 2 de marzo, a las cinco de la tarde, hora del Este"
//	DAY, ETA, ETALAST → "el martes 2 de marzo"
//	WHEN              → "mar 2 mar 5 PM ET"
//	DATE              → "el 4 de marzo de 1960"
//	TIME              → "las dos y media de la tarde"
//	HOURS             → "de lunes a viernes, de las nueve de la mañana a las nueve de la noche, hora del Este"
//	HRS               → "lun-vie 9am-9pm ET"
//	LOCALHOURS        → "de las dos de la tarde a las dos de la madrugada"
//	MIN               → "5 minutos"
//	KEY               → "ocho"
//
// Days and times bring their article, so that a sentence can go on with "a más
// tardar {DUE}" or "entre {ETA} y {ETALAST}" whatever the hour: "a la una", "al
// mediodía". Hours are spelled, because a voice would read "la 1" as "la uno".
// WHEN and HRS hold only characters of GSM-7, and name the month: in Spanish 3/2
// is the third of February.
var spanish = besides(map[string]formatter{
	"SPOKENPHONE": spokenPhone("más"), "VISITPHONE": spokenPhone("más"),
	"DUE": at(momentEs), "OPENS": at(momentEs), "DAY": at(dayEs), "ETA": at(dayEs), "ETALAST": at(dayEs), "WHEN": at(shortMomentEs),
	"DATE": dateEs, "TIME": timeEs, "LOCALHOURS": span(spanEs),
	"HOURS": openHours("; y ", openingEs, func(zone string) string { return ", " + zoneEs(zone) }),
	"HRS":   openHours(", ", shortOpening(shortDayEs, "diario", shortHourEs), func(zone string) string { return " " + zoneShortEs(zone) }),
	"MIN":   minutesEs, "KEY": keyEs,
})

var (
	daysEs      = strings.Fields("domingo lunes martes miércoles jueves viernes sábado")
	monthsEs    = strings.Fields("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre")
	shortDaysEs = strings.Fields("dom lun mar mié jue vie sab") // á is not in GSM-7
	hourNamesEs = strings.Fields("las·doce la·una las·dos las·tres las·cuatro las·cinco las·seis las·siete las·ocho las·nueve las·diez las·once")
)

// zonesEs gives the Spanish names of zones and cities that have one. Those of
// zones without a short form go into texts, and stay in GSM-7.
var zonesEs = map[string]string{
	"Eastern": "del Este", "Central": "del Centro", "Mountain": "de la Montaña", "Pacific": "del Pacífico", "Atlantic": "del Atlántico",
	"Hawaii": "de Hawái", "Virgin Islands": "de las Islas Vírgenes", "American Samoa": "de Samoa Americana",
	"London": "de Londres", "Mexico City": "de la Ciudad de México", "UTC": "universal",
}

func zoneEs(name string) string {
	spoken := spokenZone(name)
	if words, ok := zonesEs[spoken]; ok {
		return "hora " + words
	}
	return "hora de " + spoken
}

func zoneShortEs(name string) string {
	switch z, ok := zones[name]; {
	case name == "":
		return "hora local"
	case ok:
		return z.short
	}
	return zoneEs(name)
}

func dayEs(t time.Time) string { return "el " + daysEs[t.Weekday()] + " " + dayOfMonthEs(t) }

// dayOfMonthEs says "2 de marzo", and the first as a voice should: "primero de
// marzo".
func dayOfMonthEs(t time.Time) string {
	n := strconv.Itoa(t.Day())
	if n == "1" {
		n = "primero"
	}
	return n + " de " + monthsEs[t.Month()-1]
}

func momentEs(t time.Time) string {
	zone := "su hora local"
	if name := zoneName(t); name != "" {
		zone = zoneEs(name)
	}
	return dayEs(t) + ", a " + clockEs(t) + ", " + zone
}

func shortMomentEs(t time.Time) string {
	return shortDayEs(t.Weekday()) + " " + strconv.Itoa(t.Day()) + " " + monthsEs[t.Month()-1][:3] + " " +
		shortClock(t, " ") + " " + zoneShortEs(zoneName(t))
}

func dateEs(raw string) (string, error) {
	t, err := parseDate(raw)
	if err != nil {
		return "", err
	}
	return "el " + dayOfMonthEs(t) + " de " + strconv.Itoa(t.Year()), nil
}

func timeEs(raw string) (string, error) {
	t, err := parseClock(raw)
	if err != nil {
		return "", err
	}
	return clockEs(t), nil
}

// clockEs says a time of day with its article: "la una y cuarto de la tarde",
// "las doce del mediodía".
func clockEs(t time.Time) string {
	words := strings.ReplaceAll(hourNamesEs[t.Hour()%12], "·", " ")
	switch m := t.Minute(); m {
	case 0:
		if t.Hour() == 12 {
			return words + " del mediodía"
		}
	case 15:
		words += " y cuarto"
	case 30:
		words += " y media"
	default:
		words += " y " + countEs(m)
	}
	return words + " " + partOfDayEs(t.Hour())
}

func partOfDayEs(hour int) string {
	switch {
	case hour == 0 || hour >= 19:
		return "de la noche"
	case hour < 6:
		return "de la madrugada"
	case hour < 12:
		return "de la mañana"
	}
	return "de la tarde"
}

var (
	onesEs = strings.Fields("cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve " +
		"veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve")
	tensEs = strings.Fields("treinta cuarenta cincuenta")
)

// countEs spells a number from 0 to 59.
func countEs(n int) string {
	if n < len(onesEs) {
		return onesEs[n]
	}
	if n%10 == 0 {
		return tensEs[n/10-3]
	}
	return tensEs[n/10-3] + " y " + onesEs[n%10]
}

func keyEs(raw string) (string, error) {
	words, err := number(raw)
	if n, bad := strconv.Atoi(words); err == nil && bad == nil && n < 10 {
		return countEs(n), nil
	}
	return words, err
}

func minutesEs(raw string) (string, error) {
	n, err := number(raw)
	if err != nil {
		return "", err
	}
	if n == "1" {
		return "un minuto", nil
	}
	return n + " minutos", nil
}

func spanEs(opens, closes time.Time) string { return "de " + clockEs(opens) + " a " + clockEs(closes) }

func openingEs(o opening) string {
	days := "los " + pluralDayEs(o.first)
	switch {
	case o.everyDay():
		days = "todos los días"
	case o.last != o.first:
		days = "de " + daysEs[o.first] + " a " + daysEs[o.last]
	}
	if o.allDay {
		return days + ", de día y de noche"
	}
	return days + ", " + spanEs(o.opens, o.closes)
}

// pluralDayEs says "lunes", "sábados".
func pluralDayEs(d time.Weekday) string { return strings.TrimSuffix(daysEs[d], "s") + "s" }

func shortDayEs(d time.Weekday) string { return shortDaysEs[d] }

func shortHourEs(t time.Time) string { return strings.ToLower(shortClock(t, "")) }
