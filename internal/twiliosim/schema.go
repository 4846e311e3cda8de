package twiliosim

// valueKind is the kind of value an attribute takes.
type valueKind int

const (
	anyText valueKind = iota
	boolean
	httpMethod
	address // relative or absolute
	integer // between low and high
	oneOf   // of words
	someOf  // blank-separated, of words
)

// rule is what an attribute may hold, and Twilio's code when it does not. A
// code of 0 stands for 12200.
type rule struct {
	kind      valueKind
	low, high int
	words     []string
	code      int
	auto      bool // "auto" is allowed beside the number
	empty     bool // the empty string is allowed
}

// shape is an element: its attributes, its children, whether it has text.
type shape struct {
	attrs    map[string]rule
	children []string
	text     bool
}

const unlimited = 1 << 30

func word(code int, words ...string) rule { return rule{kind: oneOf, words: words, code: code} }
func list(words ...string) rule           { return rule{kind: someOf, words: words} }
func between(low, high, code int) rule    { return rule{kind: integer, low: low, high: high, code: code} }
func flag(code int) rule                  { return rule{kind: boolean, code: code} }
func method(code int) rule                { return rule{kind: httpMethod, code: code} }
func link(code int) rule                  { return rule{kind: address, code: code} }

var (
	legEvents       = list("initiated", "ringing", "answered", "completed")
	recordingEvents = list("in-progress", "completed", "absent")
	trim            = word(0, "trim-silence", "do-not-trim")
	ssmlInline      = []string{"break", "emphasis", "lang", "phoneme", "prosody", "say-as", "sub", "w"}
	ssmlBlock       = append([]string{"p", "s"}, ssmlInline...)
	ssmlInSentence  = ssmlInline
	ssmlInParagraph = append([]string{"s"}, ssmlInline...)
)

// voiceShapes is the part of TwiML for voice that the stand-in plays.
var voiceShapes = map[string]shape{
	"Response": {children: []string{"Dial", "Enqueue", "Gather", "Hangup", "Leave", "Pause", "Play",
		"Record", "Redirect", "Reject", "Say"}},
	"Say": {text: true, children: ssmlBlock, attrs: map[string]rule{
		"loop": between(0, unlimited, 13510), "voice": {}, "language": {kind: oneOf, words: sayLanguages, code: 13512}}},
	"Play":  {text: true, attrs: map[string]rule{"loop": between(0, 1000, 13410), "digits": {}}},
	"Pause": {attrs: map[string]rule{"length": between(1, unlimited, 13910)}},
	"Gather": {children: []string{"Say", "Play", "Pause"}, attrs: map[string]rule{
		"action": link(11100), "actionOnEmptyResult": flag(0), "bargeIn": flag(0), "debug": flag(0),
		"enhanced": flag(0), "finishOnKey": word(13310, "", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "#", "*"),
		"hints": {}, "input": list("dtmf", "speech"), "language": {}, "maxSpeechTime": between(1, 60, 0),
		"method": method(13312), "numDigits": between(1, unlimited, 13314),
		"partialResultCallback": link(11100), "partialResultCallbackMethod": method(0),
		"profanityFilter": flag(0), "speechModel": {},
		"speechTimeout": {kind: integer, low: 1, high: unlimited, code: 13327, auto: true},
		"timeout":       {kind: integer, low: 1, high: unlimited, code: 13313, auto: true}}},
	"Record": {attrs: map[string]rule{
		"action": link(11100), "method": method(13610), "timeout": between(0, unlimited, 13611),
		"maxLength": between(2, 14400, 13612), "finishOnKey": {}, "playBeep": flag(13616),
		"recordingConfigurationId": {}, "recordingStatusCallback": link(11100),
		"recordingStatusCallbackEvent": recordingEvents, "recordingStatusCallbackMethod": method(0),
		"transcribe": flag(13614), "transcribeCallback": link(11100), "trim": trim}},
	"Dial": {text: true, children: []string{"Number", "Conference", "Queue"}, attrs: map[string]rule{
		"action": link(11100), "method": method(13210), "answerOnBridge": flag(0), "callerId": {},
		"callReason": {}, "events": word(0, "call-progress-event"), "hangupOnStar": flag(13213),
		"record": word(13217, "do-not-record", "record-from-answer", "record-from-ringing",
			"record-from-answer-dual", "record-from-ringing-dual", "true", "false"),
		"recordingConfigurationId": {}, "recordingStatusCallback": link(11100),
		"recordingStatusCallbackEvent": recordingEvents, "recordingStatusCallbackMethod": method(0),
		"recordingTrack": word(0, "both", "inbound", "outbound"), "referMethod": method(0), "referUrl": link(11100),
		"ringTone": {}, "sequential": flag(0), "timeLimit": between(1, 86400, 13216),
		"timeout": between(5, 600, 13212), "trim": trim}},
	"Number": {text: true, attrs: map[string]rule{
		"url": link(11100), "method": method(13221), "sendDigits": {}, "byoc": {},
		"statusCallback": link(11100), "statusCallbackEvent": legEvents, "statusCallbackMethod": method(0),
		"amdStatusCallback": link(11100), "amdStatusCallbackMethod": method(0),
		"machineDetection":                   word(0, "Enable", "DetectMessageEnd"),
		"machineDetectionTimeout":            between(3, 60, 0),
		"machineDetectionSpeechThreshold":    between(1000, 6000, 0),
		"machineDetectionSpeechEndThreshold": between(500, 5000, 0),
		"machineDetectionSilenceTimeout":     between(2000, 10000, 0)}},
	"Conference": {text: true, attrs: map[string]rule{
		"beep": word(13235, "true", "false", "onEnter", "onExit"), "coach": {}, "endConferenceOnExit": flag(13231),
		"eventCallbackUrl": link(11100), "jitterBufferSize": word(0, "large", "medium", "small", "off"),
		"maxParticipants": between(2, 250, 0), "muted": flag(13230), "participantLabel": {},
		"record": word(0, "do-not-record", "record-from-start"), "recordingConfigurationId": {},
		"recordingStatusCallback": link(11100), "recordingStatusCallbackEvent": recordingEvents,
		"recordingStatusCallbackMethod": method(0), "region": word(0, "us1", "us2", "ie1", "sg1", "br1", "au1", "jp1", "de1"),
		"startConferenceOnEnter": flag(13232), "statusCallback": link(11100),
		"statusCallbackEvent":  list("start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"),
		"statusCallbackMethod": method(0), "trim": trim, "waitMethod": method(13234),
		"waitUrl": {kind: address, code: 13233, empty: true}}},
	"Queue": {text: true, attrs: map[string]rule{"url": link(11100), "method": method(0)}},
	"Enqueue": {text: true, attrs: map[string]rule{
		"action": link(14203), "maxQueueSize": between(1, 5000, 0), "method": method(14201),
		"waitUrl": {kind: address, code: 14202, empty: true}, "waitUrlMethod": method(14206)}},
	"Leave":    {},
	"Redirect": {text: true, attrs: map[string]rule{"method": method(13710)}},
	"Hangup":   {},
	"Reject":   {attrs: map[string]rule{"reason": word(0, "rejected", "busy")}},
	"break":    {attrs: map[string]rule{"strength": word(0, "none", "x-weak", "weak", "medium", "strong", "x-strong"), "time": {}}},
	"emphasis": {text: true, children: ssmlInSentence, attrs: map[string]rule{"level": word(0, "strong", "moderate", "reduced")}},
	"lang":     {text: true, children: ssmlBlock, attrs: map[string]rule{"xml:lang": {}}},
	"p":        {text: true, children: ssmlInParagraph},
	"s":        {text: true, children: ssmlInSentence},
	"phoneme":  {text: true, attrs: map[string]rule{"alphabet": word(0, "ipa", "x-sampa", "x-amazon-jyutping", "x-amazon-pinyin", "x-amazon-pron-kana", "x-amazon-yomigana"), "ph": {}}},
	"prosody":  {text: true, children: ssmlBlock, attrs: map[string]rule{"pitch": {}, "rate": {}, "volume": {}}},
	"say-as":   {text: true, attrs: map[string]rule{"format": word(0, "mdy", "dmy", "ymd", "md", "dm", "ym", "my", "d", "m", "y", "yyyymmdd"), "interpret-as": word(0, "characters", "spell-out", "cardinal", "number", "ordinal", "digits", "fraction", "unit", "date", "time", "address", "expletive", "telephone")}},
	"sub":      {text: true, attrs: map[string]rule{"alias": {}}},
	"w":        {text: true, children: []string{"break", "emphasis", "phoneme", "prosody", "say-as", "sub"}, attrs: map[string]rule{"role": {}}},
}

// unplayed is right TwiML that the stand-in cannot play. A call that meets it
// ends with the code 0: the fault is not the application's.
var unplayed = []string{
	"Response>Connect", "Response>Echo", "Response>Pay", "Response>Prompt", "Response>Queue", "Response>Refer",
	"Response>Sms", "Response>Start", "Response>Stop",
	"Dial>Application", "Dial>Client", "Dial>Sim", "Dial>Sip", "Dial>WhatsApp", "Dial.passports",
	"Enqueue>Task", "Enqueue.workflowSid", "Hangup>Parameter", "Reject>Parameter",
	"Queue.reservationSid", "Queue.postWorkActivitySid",
}

// messagingShapes is TwiML for texts.
var messagingShapes = map[string]shape{
	"Response": {children: []string{"Message", "Redirect"}},
	"Message": {text: true, children: []string{"Body", "Media"}, attrs: map[string]rule{
		"to": {}, "from": {}, "action": link(14105), "method": method(14104), "statusCallback": link(14105)}},
	"Body":     {text: true},
	"Media":    {text: true},
	"Redirect": {text: true, attrs: map[string]rule{"method": method(13710)}},
}

// docVerbs limits the top-level verbs of documents that are not a whole call.
var docVerbs = map[docKind][]string{
	whisperDoc: {"Say", "Play", "Gather", "Hangup"},
	joinDoc:    {"Say", "Play", "Pause", "Hangup", "Redirect"},
	waitDoc:    {"Say", "Play", "Pause", "Hangup", "Redirect", "Leave", "Gather"},
	roomDoc:    {"Say", "Play", "Pause", "Redirect"},
}

// sayLanguages are the languages of the Say verb.
var sayLanguages = []string{
	"af-ZA", "am-ET", "ar-AE", "ar-XA", "arb", "bg-BG", "bn-IN", "ca-ES", "cmn-CN", "cmn-TW", "cs-CZ", "cy-GB",
	"da-DK", "de-AT", "de-DE", "el-GR", "en-AU", "en-CA", "en-GB", "en-GB-WLS", "en-IE", "en-IN", "en-NZ",
	"en-US", "en-ZA", "es-ES", "es-MX", "es-US", "fi-FI", "fil-PH", "fr-CA", "fr-FR", "fr-BE", "gu-IN", "he-IL",
	"hi-IN", "hu-HU", "id-ID", "is-IS", "it-IT", "ja-JP", "kn-IN", "ko-KR", "lv-LV", "ml-IN", "mr-IN", "ms-MY",
	"nb-NO", "nl-BE", "nl-NL", "pa-IN", "pl-PL", "pt-BR", "pt-PT", "ro-RO", "ru-RU", "sk-SK", "sr-RS", "sv-SE",
	"ta-IN", "te-IN", "th-TH", "tr-TR", "uk-UA", "vi-VN", "yue-HK", "zh-CN", "zh-HK", "zh-TW",
}
