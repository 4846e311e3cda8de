package twilio

import (
	"slices"
	"strings"
)

// voiceKind is who makes a voice; lengths and SSML depend on it.
type voiceKind uint8

const (
	unknownVoice voiceKind = iota
	basicVoice
	pollyVoice
	googleVoice
)

// lookVoice finds a voice of Twilio's list
// (https://www.twilio.com/docs/voice/twiml/say/text-speech#available-voices-and-languages)
// and the one language it speaks, if it is known to speak only one.
func lookVoice(name string) (kind voiceKind, language string) {
	if polly, ok := strings.CutPrefix(name, "Polly."); ok {
		return lookPolly(polly)
	}
	if google, ok := strings.CutPrefix(name, "Google."); ok {
		return lookGoogle(google)
	}
	if name == "man" || name == "woman" || name == "alice" {
		return basicVoice, ""
	}
	return unknownVoice, ""
}

func lookPolly(name string) (voiceKind, string) {
	engine := "S"
	if n, ok := strings.CutSuffix(name, "-Neural"); ok {
		name, engine = n, "N"
	} else if n, ok := strings.CutSuffix(name, "-Generative"); ok {
		name, engine = n, "G"
	}
	i, ok := slices.BinarySearchFunc(pollyVoices, name, func(v pollyEntry, n string) int { return strings.Compare(v.name, n) })
	if !ok || !strings.Contains(pollyVoices[i].engines, engine) {
		return unknownVoice, ""
	}
	return pollyVoice, pollyVoices[i].language
}

func lookGoogle(name string) (voiceKind, string) {
	for _, v := range googleVoices {
		rest, ok := strings.CutPrefix(name, v.locale+"-")
		if !ok {
			continue
		}
		family, letter, _ := strings.Cut(rest, "-")
		var letters string
		switch family {
		case "Standard":
			letters = v.standard
		case "Wavenet":
			letters = v.wavenet
		case "Neural2":
			letters = v.neural2
		case "Chirp3":
			if v.chirp && slices.Contains(chirpVoices, letter) {
				return googleVoice, v.locale
			}
		}
		if len(letter) == 1 && strings.Contains(letters, letter) {
			return googleVoice, v.locale
		}
	}
	return unknownVoice, ""
}

// speaks says whether a voice of kind whose one language is own may be asked for
// language. Basic voices know a few European ones.
func (k voiceKind) speaks(own, language string) bool {
	switch {
	case language == "":
		return true
	case k == basicVoice:
		return slices.Contains(basicLanguages, language)
	}
	return own == "" || own == language
}

var basicLanguages = []string{"de-DE", "en-GB", "en-US", "es-ES", "fr-FR", "it-IT"}

// sayLanguages are the values of a Say's language, sorted.
var sayLanguages = []string{
	"af-ZA", "am-ET", "ar-AE", "ar-XA", "arb", "bg-BG", "bn-IN", "ca-ES", "cmn-CN", "cmn-TW", "cs-CZ",
	"cy-GB", "da-DK", "de-AT", "de-DE", "el-GR", "en-AU", "en-CA", "en-GB", "en-GB-WLS", "en-IE",
	"en-IN", "en-NZ", "en-US", "en-ZA", "es-ES", "es-MX", "es-US", "fi-FI", "fil-PH", "fr-BE",
	"fr-CA", "fr-FR", "gu-IN", "he-IL", "hi-IN", "hu-HU", "id-ID", "is-IS", "it-IT", "ja-JP", "kn-IN",
	"ko-KR", "lv-LV", "ml-IN", "mr-IN", "ms-MY", "nb-NO", "nl-BE", "nl-NL", "pa-IN", "pl-PL", "pt-BR",
	"pt-PT", "ro-RO", "ru-RU", "sk-SK", "sr-RS", "sv-SE", "ta-IN", "te-IN", "th-TH", "tr-TR", "uk-UA",
	"vi-VN", "yue-HK", "zh-CN", "zh-HK", "zh-TW",
}

// pollyEntry is an Amazon Polly voice: its engines (S standard, N neural,
// G generative), and its language where that is English or Spanish.
type pollyEntry struct{ name, engines, language string }

// pollyVoices is sorted by name.
var pollyVoices = []pollyEntry{
	{"Aditi", "S", ""},
	{"Adriano", "N", ""},
	{"Amy", "SNG", "en-GB"},
	{"Andres", "NG", "es-MX"},
	{"Aria", "N", "en-NZ"},
	{"Arlet", "N", ""},
	{"Arthur", "N", "en-GB"},
	{"Astrid", "S", ""},
	{"Ayanda", "NG", "en-ZA"},
	{"Bianca", "SNG", ""},
	{"Brian", "SN", "en-GB"},
	{"Burcu", "N", ""},
	{"Camila", "SN", ""},
	{"Carla", "S", ""},
	{"Carmen", "S", ""},
	{"Celine", "S", ""},
	{"Chantal", "S", ""},
	{"Conchita", "S", "es-ES"},
	{"Cristiano", "S", ""},
	{"Daniel", "NG", ""},
	{"Danielle", "NG", "en-US"},
	{"Dora", "S", ""},
	{"Elin", "N", ""},
	{"Emma", "SN", "en-GB"},
	{"Enrique", "S", "es-ES"},
	{"Ewa", "S", ""},
	{"Filiz", "S", ""},
	{"Gabrielle", "N", ""},
	{"Geraint", "S", "en-GB-WLS"},
	{"Giorgio", "S", ""},
	{"Gregory", "N", "en-US"},
	{"Gwyneth", "S", ""},
	{"Hala", "N", ""},
	{"Hannah", "N", ""},
	{"Hans", "S", ""},
	{"Hiujin", "N", ""},
	{"Ida", "N", ""},
	{"Ines", "SN", ""},
	{"Isabelle", "N", ""},
	{"Ivy", "SN", "en-US"},
	{"Jacek", "S", ""},
	{"Jan", "S", ""},
	{"Joanna", "SNG", "en-US"},
	{"Joey", "SN", "en-US"},
	{"Justin", "SN", "en-US"},
	{"Kajal", "NG", ""},
	{"Karl", "S", ""},
	{"Kazuha", "N", ""},
	{"Kendra", "SN", "en-US"},
	{"Kevin", "SN", "en-US"},
	{"Kimberly", "SN", "en-US"},
	{"Laura", "N", ""},
	{"Lea", "SNG", ""},
	{"Liam", "N", ""},
	{"Lisa", "N", ""},
	{"Liv", "S", ""},
	{"Lotte", "S", ""},
	{"Lucia", "SNG", "es-ES"},
	{"Lupe", "SNG", "es-US"},
	{"Mads", "S", ""},
	{"Maja", "S", ""},
	{"Marlene", "S", ""},
	{"Mathieu", "S", ""},
	{"Matthew", "SNG", "en-US"},
	{"Maxim", "S", ""},
	{"Mia", "SN", "es-MX"},
	{"Miguel", "S", "es-US"},
	{"Mizuki", "S", ""},
	{"Mía", "G", "es-MX"},
	{"Naja", "S", ""},
	{"Niamh", "N", "en-IE"},
	{"Nicole", "S", "en-AU"},
	{"Ola", "N", ""},
	{"Olivia", "NG", "en-AU"},
	{"Pedro", "NG", "es-US"},
	{"Penelope", "S", "es-US"},
	{"Raveena", "S", ""},
	{"Remi", "N", ""},
	{"Ricardo", "S", ""},
	{"Ruben", "S", ""},
	{"Russell", "S", "en-AU"},
	{"Ruth", "NG", "en-US"},
	{"Rémi", "G", ""},
	{"Salli", "SN", "en-US"},
	{"Seoyeon", "SN", ""},
	{"Sergio", "NG", "es-ES"},
	{"Sofie", "N", ""},
	{"Stephen", "NG", "en-US"},
	{"Suvi", "N", ""},
	{"Takumi", "SN", ""},
	{"Tatyana", "S", ""},
	{"Thiago", "N", ""},
	{"Tomoko", "N", ""},
	{"Vicki", "SNG", ""},
	{"Vitoria", "SN", ""},
	{"Zayd", "N", ""},
	{"Zeina", "S", ""},
	{"Zhiyu", "SN", ""},
}

var chirpVoices = []string{"HD-Aoede", "HD-Charon", "HD-Fenrir", "HD-Kore", "HD-Leda", "HD-Orus", "HD-Puck", "HD-Zephyr"}

// googleEntry is a locale of Google's voices with the letters of each family.
type googleEntry struct {
	locale, standard, wavenet, neural2 string
	chirp                              bool
}

var googleVoices = []googleEntry{
	{"af-ZA", "A", "", "", false},
	{"am-ET", "AB", "AB", "", false},
	{"ar-XA", "ABCD", "ABCD", "", true},
	{"bg-BG", "AB", "", "", false},
	{"bn-IN", "ABCD", "ABCD", "", true},
	{"ca-ES", "AB", "", "", false},
	{"cmn-CN", "ABCD", "ABCD", "", true},
	{"cmn-TW", "ABC", "ABC", "", false},
	{"cs-CZ", "AB", "AB", "", false},
	{"da-DK", "ACDEFG", "ACDEFG", "DF", false},
	{"de-DE", "ABCDEFGH", "ABCDEFGH", "ABCDFGH", true},
	{"el-GR", "AB", "AB", "", false},
	{"en-AU", "ABCD", "ABCD", "ABCD", true},
	{"en-GB", "ABCDFNO", "ABCDFNO", "ABCDFNO", true},
	{"en-IN", "ABCDEF", "ABCDEF", "ABCD", true},
	{"en-US", "ABCDEFGHIJ", "ABCDEFGHIJ", "ACDEFGHIJ", true},
	{"es-ES", "ABCDEFGH", "BCDEFGH", "ABCDEFGH", true},
	{"es-US", "ABC", "ABC", "ABC", true},
	{"eu-ES", "AB", "", "", false},
	{"fi-FI", "AB", "AB", "", false},
	{"fil-PH", "ABCD", "ABCD", "", false},
	{"fil-ph", "", "", "AD", false},
	{"fr-CA", "ABCD", "ABCD", "ABCD", true},
	{"fr-FR", "ABCDEFG", "ABCDEFG", "ABCDEFG", true},
	{"gl-ES", "AB", "", "", false},
	{"gu-IN", "ABCD", "ABCD", "", true},
	{"he-IL", "ABCD", "ABCD", "", false},
	{"hi-IN", "ABCDEF", "ABCDEF", "ABCD", true},
	{"hu-HU", "AB", "A", "", false},
	{"id-ID", "ABCD", "ABCD", "", true},
	{"is-IS", "AB", "", "", false},
	{"it-IT", "ABCDEF", "ABCDEF", "ACF", true},
	{"ja-JP", "ABCD", "ABCD", "BCD", true},
	{"kn-IN", "ABCD", "ABCD", "", true},
	{"ko-KR", "ABCD", "ABCD", "ABC", true},
	{"lt-LT", "AB", "", "", false},
	{"lv-LV", "AB", "", "", false},
	{"ml-IN", "ABCD", "ABCD", "", true},
	{"mr-IN", "ABC", "ABC", "", true},
	{"ms-MY", "ABCD", "ABCD", "", false},
	{"nb-NO", "ABCDEFG", "ABCDEFG", "", false},
	{"nl-BE", "ABCD", "ABCD", "", false},
	{"nl-NL", "ABCDEFG", "ABCDEFG", "", true},
	{"pa-IN", "ABCD", "ABCD", "", false},
	{"pl-PL", "ABCDEFG", "ABCDEFG", "", true},
	{"pt-BR", "ABCDE", "ABCDE", "ABC", true},
	{"pt-PT", "ABCDEF", "ABCDEF", "", false},
	{"ro-RO", "AB", "AB", "", false},
	{"ru-RU", "ABCDE", "ABCDE", "", true},
	{"sk-SK", "AB", "AB", "", false},
	{"sr-RS", "A", "", "", false},
	{"sv-SE", "ABCDEFG", "ABCDEFG", "", false},
	{"ta-IN", "ABCD", "ABCD", "", true},
	{"te-IN", "ABCD", "", "", true},
	{"th-TH", "A", "", "C", true},
	{"tr-TR", "ABCDE", "ABCDE", "", true},
	{"uk-UA", "A", "A", "", false},
	{"vi-VN", "ABCD", "ABCD", "AD", true},
	{"yue-HK", "ABCD", "", "", false},
}

func isSayLanguage(tag string) bool {
	_, ok := slices.BinarySearch(sayLanguages, tag)
	return ok
}
