package main

import "strings"

// atNight, onHoliday and so on are the options for a moment.
const (
	atNight   = "-at " + evening
	onHoliday = "-at " + holiday
	onWeekend = "-at " + weekend
	abroad    = "-line international -from " + londoner
)

// transcripts are the calls of the golden transcripts: between them they say
// every line of the call sheet that is said (TestEveryRowIsHeard).
var transcripts = []transcript{
	{name: "intake", tokens: wholeIntake},
	{name: "intake-with-texts", tokens: strings.Replace(wholeIntake, "#", `text:"it is ana@gmial.com"`, 1) + ` text:"OK"`},
	{name: "intake-for-someone-else", tokens: `1 2 1 2 2 2 1 03041960 1 2 6175550177 1 2 2 2 83501 4 3 4 "Ana" _ # # `},
	{name: "intake-heard-again", tokens: `1 1 1 2 2 1 13452060 03041960 2 03041960 1 1 1 1 1 10001 1 "Ana" # # "Why?" 1 2 "Why me?" 3 *`},
	{name: "intake-abroad", options: abroad, tokens: `1 1 1 2 2 1 1 1960 03 04 1 1 1 1 1512 1 2 "Ana Ruiz" "London" "Why?" 3`},
	{name: "intake-at-night", options: atNight, tokens: wholeIntake},
	{name: "resume", tokens: `1 1 1 2 2 1 03041960 1 1 1 hangup +2h 1 03041961 03041960 1 1 10001 1 "Ana" _ _ # # `},
	{name: "adults-only", tokens: `1 1 2 _`},
	{name: "massachusetts", tokens: `1 1 1 1 1`},
	{name: "massachusetts-by-zip", tokens: `1 1 1 2 2 1 03041960 1 1 1 1 1 02139 _ _`},
	{name: "in-hospital", tokens: `1 1 1 2 1 _`},
	{name: "minor-by-date", tokens: `1 1 1 2 2 1 03042012 1 _`},
	{name: "no-consent-abroad", options: abroad, tokens: `1 1 1 2 2 2 _`},
	{name: "silence-at-a-recording", tokens: `1 1 1 2 2 1 03041960 1 1 1 1 1 10001 1 _ _ 1 "Ana" 0`},

	{name: "information", tokens: `3 1 2 3 4 # # 0`},
	{name: "in-person", tokens: `3 4 1 _`},
	{name: "silence", tokens: `_ _ _`},
	{name: "wrong-keys", tokens: `7 7 7`},
	{name: "recorded", tokens: `*`, settings: "[recording]\nannounce = true\n"},
	{name: "stop-calls", tokens: `9 1`},
	{name: "stop-calls-hidden", options: "-from withheld", tokens: `9`},
	{name: "emergency", tokens: `"I have chest pain" 0`, settings: "[voice]\nspeech = true\n"},
	{name: "spoken-words", tokens: `1 1 "yes" "no" "something else" "No." "a person please"`, settings: "[voice]\nspeech = true\n"},
	{name: "special-day", tokens: `2`, settings: "[[special_day]]\ndate = \"2027-03-02\"\nhours = \"closed\"\nsay = { en = \"We are closed today because of the storm.\", es = \"Hoy estamos cerrados por la tormenta.\" }\n"},
	{name: "special-hours", tokens: `_`, settings: "[[special_day]]\ndate = \"2027-03-02\"\nhours = \"09:00-12:00\"\nsay = { en = \"Today we close at noon.\", es = \"Hoy cerramos al mediodía.\" }\n"},
	{name: "special-day-abroad", options: abroad, tokens: ``, settings: "[[special_day]]\ndate = \"2027-03-02\"\nhours = \"closed\"\nsay = { en = \"We are closed today because of the storm.\" }\n"},

	{name: "closed", options: atNight, tokens: `3 1`},
	{name: "closed-abroad", options: abroad + " " + atNight, tokens: `0 "Please call me, this is Ana"`},
	{name: "holiday", options: onHoliday, tokens: `0 "Please call me"`},
	{name: "holiday-abroad", options: abroad + " " + onHoliday, tokens: `_`},
	{name: "weekend", options: onWeekend, tokens: `4 1 # _ _ _`},
	{name: "another-language-at-night", options: atNight, tokens: `8 3 1 1`},

	{name: "status-received", options: "-case requested", tokens: `2 12345674 03041960 _ _`},
	{name: "status-received-late", options: "-case requested:late", tokens: `2 12345674 03041960 1 _`},
	{name: "status-collecting", options: "-case collecting_records:3", tokens: `2 12345674 03041960 #`},
	{name: "status-collecting-plain", options: "-case collecting_records", tokens: `2 12345674 03041960 1 _`},
	{name: "status-needs-help", options: "-case collecting_records:help", tokens: `2 12345674 03041960 1 _`},
	{name: "status-complete", options: "-case records_complete", tokens: `2 12345674 03041960 _`},
	{name: "status-in-review", options: "-case in_review", tokens: `2 12345674 03041960 _`},
	{name: "status-taking-long", options: "-case in_review:late", tokens: `2 12345674 03041960 1 _`},
	{name: "status-delivered", options: "-case delivered", tokens: `2 12345674 03041960 1 _`},
	{name: "status-delivered-late", options: "-case delivered:late", tokens: `2 12345674 03041960 _`},
	{name: "status-followed-up", options: "-case followed_up", tokens: `2 12345674 03041960 _`},
	{name: "status-closed", options: "-case closed", tokens: `2 12345674 03041960 _`},
	{name: "status-on-hold", options: "-case on_hold", tokens: `2 12345674 03041960 _`},
	{name: "status-wrong-date", options: "-case in_review", tokens: `2 12345674 03041961 12345674 03041962 12345674 03041963 0 _`},
	{name: "status-no-such-request", tokens: `2 12345675 12345674 03041960 12345674 03041960 12345674 03041960`},
	{name: "status-abroad", options: "-case in_review " + abroad, tokens: `2 12345674 1960 02 31 12345674 1960 03 04 _`},
	{name: "returned-call", options: "-case delivered", tokens: `4 12345674 03041960 _`},
	{name: "returned-call-not-known", options: "-case delivered", tokens: `4 0# _`},

	{name: "person", tokens: `0 _`},
	{name: "person-at-third-try", options: "-team no-answer,passes,answers", tokens: `0 _`},
	{name: "nobody", options: "-team no-answer", tokens: `0 _ _ _ _ 1 1`},
	{name: "nobody-message", options: "-team busy", tokens: `0 _ 2 "This is Ana, 617 555 0123"`},
	{name: "nobody-for-long", options: "-team busy", tokens: `0` + tokensOf(24, " _") + ` _ _ _`},
	{name: "voicemail-answers", options: "-team voicemail", tokens: `0 _ hangup`},
	{name: "empty-roster", options: "-team nobody", tokens: `0 1 1`},
	{name: "person-takes-time", options: "-team rings", tokens: `0 _ _ hangup`},
	{name: "another-language", tokens: `8 3 _`},

	{name: "call-back-another-time", options: "-team nobody", tokens: `0 1 3 2 2 3 1`},
	{name: "call-back-no-such-time", options: "-team nobody", tokens: `0 1 3 7 # 1`},
	{name: "call-back-another-number", options: atNight, tokens: `3 2 6175550177 1 1`},
	{name: "call-me-abroad", options: abroad, tokens: `5 1`},
	{name: "call-me-elsewhere-abroad", options: abroad, tokens: `5 2 44# 442079460958# 1 1`},
	{name: "not-callable", options: "-line international -from +8613912345678 " + atNight, tokens: `3 "Please write to me"`},
	{name: "withheld", options: "-from withheld", tokens: `1 1 1 2 2 1 03041960 1 6175550177 1 1 2 1 10001 1 "Ana" # # _`},
}

func tokensOf(n int, token string) string {
	out := ""
	for range n {
		out += token
	}
	return out
}
