package twilio

import (
	"errors"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const calledNumber = "+16175550123"

// golden is a document and exactly what is written between <Response> and
// </Response>.
type golden struct {
	name string
	ctx  Context
	doc  Document
	want string
}

var goldens = []golden{
	{"words", Voice, Document{Say{Text: `Dr. O'Neill & "friends" <3`}},
		`<Say>Dr. O'Neill &amp; "friends" &lt;3</Say>`},
	{"all of Say", Voice, Document{Say{Voice: "Polly.Lupe-Neural", Language: "es-US", Loop: new(0), Text: "Mañana"}},
		`<Say language="es-US" loop="0" voice="Polly.Lupe-Neural">Mañana</Say>`},
	{"a Google voice", Voice, Document{Say{Voice: "Google.es-US-Chirp3-HD-Aoede", Text: "Hola"}},
		`<Say voice="Google.es-US-Chirp3-HD-Aoede">Hola</Say>`},
	{"pause between words", Voice, Document{Say{Voice: "Polly.Joanna", Nodes: []SSML{Text("One."), Break{Time: 400 * time.Millisecond}, Text("Two.")}}},
		`<Say voice="Polly.Joanna">One.<break time="400ms"/>Two.</Say>`},
	{"every SSML element", Voice, Document{Say{Text: "Start ", Nodes: []SSML{
		P{[]SSML{S{[]SSML{Text("A"), Emphasis{"strong", []SSML{Text("B")}}}}}},
		Prosody{Rate: "80%", Volume: "+6dB", Pitch: "x-low", Nodes: []SSML{P{[]SSML{Text("slow")}}, Break{Strength: "x-strong"}}},
		SayAs{InterpretAs: "telephone", Text: calledNumber}, SayAs{"date", "mdy", "03/04/1960"},
		Sub{Alias: "National Cancer Institute", Text: "NCI"},
		Lang{"es-US", []SSML{Text("Gracias"), W{"amazon:VB", []SSML{Text("read")}}}},
		Phoneme{"ipa", "pɪˈkɑːn", "pecan"}, Break{}}}},
		`<Say>Start <p><s>A<emphasis level="strong">B</emphasis></s></p>` +
			`<prosody pitch="x-low" rate="80%" volume="+6dB"><p>slow</p><break strength="x-strong"/></prosody>` +
			`<say-as interpret-as="telephone">+16175550123</say-as><say-as format="mdy" interpret-as="date">03/04/1960</say-as>` +
			`<sub alias="National Cancer Institute">NCI</sub>` +
			`<lang xml:lang="es-US">Gracias<w role="amazon:VB">read</w></lang>` +
			`<phoneme alphabet="ipa" ph="pɪˈkɑːn">pecan</phoneme><break/></Say>`},
	{"sound", Voice, Document{Play{URL: "https://line.example.org/a.wav?x=1&y=2", Loop: new(2)}, Play{Digits: "1w2W#"}},
		`<Play loop="2">https://line.example.org/a.wav?x=1&amp;y=2</Play><Play digits="1w2W#"></Play>`},
	{"silence", Voice, Document{Pause{}, Pause{Seconds: 3}}, `<Pause/><Pause length="3"/>`},
	{"a question", Voice, Document{
		Gather{Action: "/voice/answer?at=birth_date", NumDigits: 8, FinishOnKey: new("#"), Timeout: "10", ActionOnEmptyResult: true, Prompts: []Prompt{Say{Text: "Your date of birth?"}, Pause{Seconds: 1}, Play{URL: "/a.wav"}}},
		Redirect{URL: "/voice/start", Method: "POST"}},
		`<Gather action="/voice/answer?at=birth_date" actionOnEmptyResult="true" finishOnKey="#" numDigits="8" timeout="10">` +
			`<Say>Your date of birth?</Say><Pause length="1"/><Play>/a.wav</Play></Gather><Redirect method="POST">/voice/start</Redirect>`},
	{"no finish key at all", Voice, Document{Gather{Action: "/a", FinishOnKey: new(""), NumDigits: 1, BargeIn: new(false), ActionOnEmptyResult: true}},
		`<Gather action="/a" actionOnEmptyResult="true" bargeIn="false" finishOnKey="" numDigits="1"></Gather>`},
	{"speech", Voice, Document{Gather{Action: "/a", Method: "POST", Input: InputKeysAndSpeech, Hints: []string{"yes", "no thanks"}, Language: "en-US", SpeechModel: "phone_call", SpeechTimeout: "3", Timeout: Auto, ProfanityFilter: new(false), ActionOnEmptyResult: true}},
		`<Gather action="/a" actionOnEmptyResult="true" hints="yes,no thanks" input="dtmf speech" language="en-US" method="POST" profanityFilter="false" speechModel="phone_call" speechTimeout="3" timeout="auto"></Gather>`},
	{"recording", Voice, Document{
		Record{Action: "/voice/recorded", FinishOnKey: new("#"), MaxLength: 120, Timeout: new(0), PlayBeep: new(true), Trim: "do-not-trim", StatusCallback: "https://line.example.org/voice/recording", StatusCallbackMethod: "POST", StatusCallbackEvents: []string{"completed", "absent"}},
		Say{Text: "We heard nothing."}},
		`<Record action="/voice/recorded" finishOnKey="#" maxLength="120" playBeep="true" recordingStatusCallback="https://line.example.org/voice/recording" recordingStatusCallbackEvent="completed absent" recordingStatusCallbackMethod="POST" timeout="0" trim="do-not-trim"/><Say>We heard nothing.</Say>`},
	{"transfer", Voice, Document{Dial{Action: "/voice/dialed", Method: "POST", CallerID: "+16175550100", Timeout: 20, TimeLimit: 3600, AnswerOnBridge: true, HangupOnStar: true, Sequential: true, Record: "do-not-record",
		Nouns: []Noun{
			Number{To: Redacted(calledNumber), URL: "/voice/whisper", Method: "POST", SendDigits: "wW1#", StatusCallback: "https://line.example.org/voice/status", StatusCallbackEvents: []string{"initiated", "ringing", "answered", "completed"}, StatusCallbackMethod: "POST", MachineDetection: "Enable", MachineTimeout: 30, MachineCallback: "https://line.example.org/voice/machine", MachineCallbackMethod: "POST"},
			Number{To: Redacted("+16175550124")}}}},
		`<Dial action="/voice/dialed" answerOnBridge="true" callerId="+16175550100" hangupOnStar="true" method="POST" record="do-not-record" sequential="true" timeLimit="3600" timeout="20">` +
			`<Number amdStatusCallback="https://line.example.org/voice/machine" amdStatusCallbackMethod="POST" machineDetection="Enable" machineDetectionTimeout="30" method="POST" sendDigits="wW1#" statusCallback="https://line.example.org/voice/status" statusCallbackEvent="initiated ringing answered completed" statusCallbackMethod="POST" url="/voice/whisper">+16175550123</Number>` +
			`<Number>+16175550124</Number></Dial>`},
	{"a recorded transfer to a queue", Voice, Document{Dial{Record: "record-from-answer-dual", RecordingStatusCallback: "/r", RecordingStatusCallbackEvents: []string{"completed"}, Nouns: []Noun{Queue{Name: "line", URL: "/q", Method: "GET"}}}},
		`<Dial record="record-from-answer-dual" recordingStatusCallback="/r" recordingStatusCallbackEvent="completed"><Queue method="GET" url="/q">line</Queue></Dial>`},
	{"conference", Voice, Document{Dial{Nouns: []Noun{Conference{Name: "c1", StartOnEnter: new(false), EndOnExit: true, Muted: true, Beep: "onEnter", Label: "coordinator", MaxParticipants: 3, Record: "do-not-record", WaitURL: new(""), WaitMethod: "GET", StatusCallback: "/c", StatusCallbackMethod: "POST", StatusCallbackEvents: []string{"join", "leave", "end"}}}}},
		`<Dial><Conference beep="onEnter" endConferenceOnExit="true" maxParticipants="3" muted="true" participantLabel="coordinator" record="do-not-record" startConferenceOnEnter="false" statusCallback="/c" statusCallbackEvent="join leave end" statusCallbackMethod="POST" waitMethod="GET" waitUrl="">c1</Conference></Dial>`},
	{"queue", Voice, Document{Enqueue{Name: "line", Action: "/voice/left", Method: "POST", MaxSize: 20, WaitURL: new("/voice/wait"), WaitURLMethod: "POST"}},
		`<Enqueue action="/voice/left" maxQueueSize="20" method="POST" waitUrl="/voice/wait" waitUrlMethod="POST">line</Enqueue>`},
	{"queue in silence", Voice, Document{Enqueue{Name: "line", WaitURL: new("")}}, `<Enqueue waitUrl="">line</Enqueue>`},
	{"refused call", Voice, Document{Reject{Reason: "busy"}}, `<Reject reason="busy"/>`},
	{"end", Voice, Document{Hangup{}}, `<Hangup/>`},
	{"inline", Inline, Document{Gather{Action: "https://line.example.org/a", Prompts: []Prompt{Say{Text: "Hello"}, Play{Digits: "1"}}}, Hangup{}},
		`<Gather action="https://line.example.org/a"><Say>Hello</Say><Play digits="1"></Play></Gather><Hangup/>`},
	{"whisper", Whisper, Document{Gather{Action: "/voice/accept", NumDigits: 1, Prompts: []Prompt{Say{Text: "Press 1."}}}, Hangup{}},
		`<Gather action="/voice/accept" numDigits="1"><Say>Press 1.</Say></Gather><Hangup/>`},
	{"whisper accepted", Whisper, nil, ``},
	{"in the queue", Wait, Document{Say{Text: "Please wait."}, Gather{Action: "/voice/wait", Prompts: []Prompt{Pause{Seconds: 20}}}, Leave{}},
		`<Say>Please wait.</Say><Gather action="/voice/wait"><Pause length="20"/></Gather><Leave/>`},
	{"before the conference", ConferenceWait, Document{Say{Text: "Please wait."}, Pause{Seconds: 20}, Redirect{URL: "/voice/wait"}},
		`<Say>Please wait.</Say><Pause length="20"/><Redirect>/voice/wait</Redirect>`},
	{"reply", Messaging, Document{Message{Body: Redacted("Thanks & bye"), MediaURLs: []string{"https://line.example.org/m.png"}, Action: "/sms/sent", Method: "POST", StatusCallback: "/sms/status"}},
		`<Message action="/sms/sent" method="POST" statusCallback="/sms/status"><Body>Thanks &amp; bye</Body><Media>https://line.example.org/m.png</Media></Message>`},
	{"no reply", Messaging, Document{}, ``},
}

func TestGoldenDocuments(t *testing.T) {
	for _, g := range goldens {
		t.Run(g.name, func(t *testing.T) {
			for range 3 {
				got, err := g.doc.Encode(g.ctx)
				if err != nil {
					t.Fatal(err)
				}
				want := `<?xml version="1.0" encoding="UTF-8"?>` + "\n<Response>" + g.want + "</Response>"
				if string(got) != want {
					t.Fatalf("got  %s\nwant %s", got, want)
				}
			}
		})
	}
}

// checkerFlags are how the conformance checker calls a context.
var checkerFlags = map[Context]string{Voice: "--voice", Inline: "--inline", Whisper: "--whisper", Wait: "--wait", ConferenceWait: "--confwait", Messaging: "--messaging"}

// conforms runs the independent checker over a document.
func conforms(t *testing.T, checker string, ctx Context, xml []byte) {
	t.Helper()
	cmd := exec.Command("python3", checker, checkerFlags[ctx])
	cmd.Stdin = strings.NewReader(string(xml))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s%.300s", err, out, xml)
	}
}

// checker finds the conformance checker and what it runs on.
func checker(t *testing.T) (string, bool) {
	t.Helper()
	path, ok := conformance(t, "twiml_check.py")
	if !ok {
		return "", false
	}
	for _, tool := range []string{"python3", "xmllint"} {
		if _, err := exec.LookPath(tool); err != nil {
			conformanceToolMissing(t, tool)
			return "", false
		}
	}
	return path, true
}

// TestDocumentsConform joins the goldens of a context to one document, because
// each run of the checker takes its time.
func TestDocumentsConform(t *testing.T) {
	path, ok := checker(t)
	if !ok {
		return
	}
	joined := map[Context]Document{}
	for _, g := range goldens {
		if len(g.doc) > 0 && g.doc[0].kind() == kindReject {
			joined[g.ctx] = append(slices.Clone(g.doc), joined[g.ctx]...)
		} else {
			joined[g.ctx] = append(joined[g.ctx], g.doc...)
		}
	}
	for ctx, doc := range joined {
		xml, err := doc.Encode(ctx)
		if err != nil {
			t.Fatal(err)
		}
		conforms(t, path, ctx, xml)
	}
	for _, ctx := range []Context{Whisper, Messaging} {
		xml, err := Document{}.Encode(ctx)
		if err != nil {
			t.Fatal(err)
		}
		conforms(t, path, ctx, xml)
	}
}

func TestLongestSayConforms(t *testing.T) {
	path, ok := checker(t)
	if !ok {
		return
	}
	var doc Document
	for _, voice := range []string{"", "Polly.Joanna", "Google.en-US-Neural2-A"} {
		for _, letter := range []string{"a", "é", "’", "😀", "&", "\x01"} {
			doc = append(doc, Say{Voice: voice, Text: strings.Repeat(letter, longestSay(voice, letter))})
		}
	}
	xml, err := doc.Encode(Voice)
	if err != nil {
		t.Fatal(err)
	}
	conforms(t, path, Voice, xml)
}

func longestSay(voice, letter string) int {
	low, high := 0, 6000
	for low < high {
		middle := (low + high + 1) / 2
		if _, err := (Document{Say{Voice: voice, Text: strings.Repeat(letter, middle)}}).Encode(Voice); err == nil {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low
}

func TestLongestSay(t *testing.T) {
	tests := []struct {
		voice, letter string
		want          int
	}{
		{"", "a", 4096}, {"Polly.Joanna", "a", 3000}, {"Google.en-US-Neural2-A", "a", 5000 - len(`<Say voice="Google.en-US-Neural2-A"></Say>`)},
		{"", "é", 750}, {"", " ", 0}, {"Polly.Joanna", "’", 500},
	}
	for _, test := range tests {
		want := test.want
		if test.voice == "Google.en-US-Neural2-A" {
			want = min(want, maxSayEncoded)
		}
		if got := longestSay(test.voice, test.letter); got != want {
			t.Errorf("%q in %q: %d, expected %d", test.letter, test.voice, got, want)
		}
	}
}

func TestWhatTwilioRefusesIsNotWritten(t *testing.T) {
	say := Say{Text: "x"}
	tests := []struct {
		name string
		ctx  Context
		doc  Document
		code int
	}{
		{"nothing in a call", Voice, Document{}, 0},
		{"nothing in a queue: it would be asked for again at once", Wait, Document{}, 0},
		{"a question that silence ends the call at", Voice, Document{Gather{Action: "/a"}}, 0},
		{"a whisper that silence connects", Whisper, Document{Gather{Action: "/a"}}, 0},
		{"a nil verb", Voice, Document{nil}, 0},
		{"a message in a call", Voice, Document{Message{Body: Redacted("x")}}, 12200},
		{"words in a message", Messaging, Document{say}, 12200},
		{"Leave outside a queue", Voice, Document{Leave{}}, 12200},
		{"Pause in a whisper", Whisper, Document{Pause{}}, 12200},
		{"Dial in a whisper", Whisper, Document{Dial{Nouns: []Noun{Queue{Name: "q"}}}}, 12200},
		{"Record in a queue", Wait, Document{Record{Action: "/a"}}, 12200},
		{"Gather before a conference", ConferenceWait, Document{Gather{Action: "/a"}}, 12200},
		{"Reject after words", Voice, Document{say, Reject{}}, 0},
		{"an unknown context", Context(99), Document{say}, 12200},
		{"an empty Say", Voice, Document{Say{Text: " \n"}}, 13520},
		{"an unknown voice", Voice, Document{Say{Text: "x", Voice: "Polly.Nobody"}}, 13511},
		{"an engine the voice does not have", Voice, Document{Say{Text: "x", Voice: "Polly.Penelope-Neural"}}, 13511},
		{"a Google voice that does not exist", Voice, Document{Say{Text: "x", Voice: "Google.es-MX-Neural2-A"}}, 13511},
		{"an English voice in Spanish", Voice, Document{Say{Text: "x", Voice: "Polly.Joanna", Language: "es-US"}}, 13511},
		{"a Google voice in another language", Voice, Document{Say{Text: "x", Voice: "Google.es-US-Neural2-A", Language: "es-MX"}}, 13511},
		{"a basic voice in Mexican Spanish", Voice, Document{Say{Text: "x", Voice: "woman", Language: "es-MX"}}, 13511},
		{"SSML with a basic voice", Voice, Document{Say{Voice: "man", Nodes: []SSML{Text("x"), Break{}}}}, 13511},
		{"an unknown language", Voice, Document{Say{Text: "x", Language: "en-XX"}}, 13512},
		{"a Say 1001 times", Voice, Document{Say{Text: "x", Loop: new(1001)}}, 13510},
		{"a Say that is too long", Voice, Document{Say{Text: strings.Repeat("a", 4097)}}, 13521},
		{"a Polly Say that is too long", Voice, Document{Say{Voice: "Polly.Joanna", Text: strings.Repeat("a", 3001)}}, 13521},
		{"a paragraph in a sentence", Voice, Document{Say{Nodes: []SSML{S{[]SSML{P{[]SSML{Text("x")}}}}}}}, 12200},
		{"language in a word", Voice, Document{Say{Nodes: []SSML{W{"", []SSML{Lang{"es-US", []SSML{Text("x")}}}}}}}, 12200},
		{"a nil node", Voice, Document{Say{Text: "x", Nodes: []SSML{nil}}}, 12200},
		{"a break of 11 seconds", Voice, Document{Say{Text: "x", Nodes: []SSML{Break{Time: 11 * time.Second}}}}, 12200},
		{"a break of a microsecond", Voice, Document{Say{Text: "x", Nodes: []SSML{Break{Time: time.Microsecond}}}}, 12200},
		{"an unknown strength", Voice, Document{Say{Text: "x", Nodes: []SSML{Break{Strength: "huge"}}}}, 12200},
		{"an unknown rate", Voice, Document{Say{Nodes: []SSML{Prosody{Rate: "slowly", Nodes: []SSML{Text("x")}}}}}, 12200},
		{"prosody of nothing", Voice, Document{Say{Nodes: []SSML{Prosody{Nodes: []SSML{Text("x")}}}}}, 12200},
		{"an unknown interpretation", Voice, Document{Say{Nodes: []SSML{SayAs{InterpretAs: "phone", Text: "x"}}}}, 12200},
		{"a date format on digits", Voice, Document{Say{Nodes: []SSML{SayAs{"digits", "mdy", "1"}}}}, 12200},
		{"no alias", Voice, Document{Say{Nodes: []SSML{Sub{Text: "x"}}}}, 12200},
		{"no text in a sub", Voice, Document{Say{Text: "x", Nodes: []SSML{Sub{Alias: "a"}}}}, 12200},
		{"Play of nothing", Voice, Document{Play{}}, 0},
		{"Play of odd keys", Voice, Document{Play{Digits: "1a"}}, 13420},
		{"Play for ever and a day", Voice, Document{Play{URL: "/a", Loop: new(-1)}}, 13410},
		{"a blank in a URL", Voice, Document{Play{URL: "/a b"}}, 11100},
		{"a line end in a URL", Voice, Document{Redirect{URL: "/a\n"}}, 11100},
		{"an accent in a URL", Voice, Document{Play{URL: "/á"}}, 11100},
		{"an underscore in a host name", Voice, Document{Play{URL: "https://my_host.example.org/a"}}, 11100},
		{"a script", Voice, Document{Redirect{URL: "javascript:alert(1)"}}, 11100},
		{"a host without a scheme", Voice, Document{Redirect{URL: "//other.example.org/a"}}, 11100},
		{"a bad escape", Voice, Document{Redirect{URL: "/a%zz"}}, 11100},
		{"a relative URL inline", Inline, Document{Redirect{URL: "/a"}}, 11100},
		{"a relative action inline", Inline, Document{Gather{Action: "/a"}, Hangup{}}, 11100},
		{"inline and too long", Inline, Document{Say{Text: strings.Repeat("a", 3999)}}, 32018},
		{"a pause of -1", Voice, Document{Pause{Seconds: -1}}, 13910},
		{"Gather that answers itself", Voice, Document{Gather{}, say}, 0},
		{"two finish keys", Voice, Document{Gather{Action: "/a", FinishOnKey: new("*#")}, say}, 13310},
		{"a letter as finish key", Voice, Document{Gather{Action: "/a", FinishOnKey: new("a")}, say}, 13310},
		{"no digits wanted", Voice, Document{Gather{Action: "/a", NumDigits: -1}, say}, 13314},
		{"no time to answer", Voice, Document{Gather{Action: "/a", Timeout: "0"}, say}, 13313},
		{"time in words", Voice, Document{Gather{Action: "/a", Timeout: "5s"}, say}, 13313},
		{"an unknown input", Voice, Document{Gather{Action: "/a", Input: "smoke"}, say}, 13312},
		{"auto with a model", Voice, Document{Gather{Action: "/a", SpeechModel: "phone_call", SpeechTimeout: Auto}, say}, 13335},
		{"an unknown model", Voice, Document{Gather{Action: "/a", SpeechModel: "best"}, say}, 13334},
		{"a hint with a comma", Voice, Document{Gather{Action: "/a", Hints: []string{"a,b"}}, say}, 13330},
		{"a hint that is too long", Voice, Document{Gather{Action: "/a", Hints: []string{strings.Repeat("a", 101)}}, say}, 13330},
		{"501 hints", Voice, Document{Gather{Action: "/a", Hints: make([]string, 501)}, say}, 13330},
		{"a language that is none", Voice, Document{Gather{Action: "/a", Language: "en US"}, say}, 13335},
		{"an unknown method", Voice, Document{Gather{Action: "/a", Method: "PUT"}, say}, 12200},
		{"an empty Say in a Gather", Voice, Document{Gather{Action: "/a", Prompts: []Prompt{Say{}}}, say}, 13520},
		{"a nil prompt", Voice, Document{Gather{Action: "/a", Prompts: []Prompt{nil}}, say}, 0},
		{"Record that answers itself", Voice, Document{Record{}}, 0},
		{"a recording of a second", Voice, Document{Record{Action: "/a", MaxLength: 1}}, 13612},
		{"a recording of five hours", Voice, Document{Record{Action: "/a", MaxLength: 18000}}, 13612},
		{"negative silence", Voice, Document{Record{Action: "/a", Timeout: new(-1)}}, 13611},
		{"a letter ends the recording", Voice, Document{Record{Action: "/a", FinishOnKey: new("x")}}, 13613},
		{"an unknown event", Voice, Document{Record{Action: "/a", StatusCallback: "/b", StatusCallbackEvents: []string{"done"}}}, 12200},
		{"nobody to dial", Voice, Document{Dial{}}, 13223},
		{"a nil noun", Voice, Document{Dial{Nouns: []Noun{nil}}}, 0},
		{"a number as people write it", Voice, Document{Dial{Nouns: []Noun{Number{To: Redacted("(617) 555-0123")}}}}, 13223},
		{"a withheld number", Voice, Document{Dial{Nouns: []Noun{Number{To: Redacted("anonymous")}}}}, 13223},
		{"a caller ID as people write it", Voice, Document{Dial{CallerID: "617-555-0100", Nouns: []Noun{Queue{Name: "q"}}}}, 13214},
		{"11 numbers", Voice, Document{Dial{Nouns: make([]Noun, 11)}}, 0},
		{"a queue beside a number", Voice, Document{Dial{Nouns: []Noun{Number{To: Redacted(calledNumber)}, Queue{Name: "q"}}}}, 13000},
		{"two conferences", Voice, Document{Dial{Nouns: []Noun{Conference{Name: "a"}, Conference{Name: "b"}}}}, 13000},
		{"four seconds of ringing", Voice, Document{Dial{Timeout: 4, Nouns: []Noun{Queue{Name: "q"}}}}, 13212},
		{"eleven minutes of ringing", Voice, Document{Dial{Timeout: 660, Nouns: []Noun{Queue{Name: "q"}}}}, 13212},
		{"five hours of talk", Voice, Document{Dial{TimeLimit: 18000, Nouns: []Noun{Queue{Name: "q"}}}}, 13216},
		{"an unknown way to record", Voice, Document{Dial{Record: "yes", Nouns: []Noun{Queue{Name: "q"}}}}, 13218},
		{"a queue without a name", Voice, Document{Enqueue{}}, 0},
		{"a queue with a long name", Voice, Document{Enqueue{Name: strings.Repeat("q", 65)}}, 0},
		{"a queue of 1001", Voice, Document{Enqueue{Name: "q", MaxSize: 1001}}, 12200},
		{"a conference of 251", Voice, Document{Dial{Nouns: []Noun{Conference{Name: "c", MaxParticipants: 251}}}}, 12200},
		{"a long label", Voice, Document{Dial{Nouns: []Noun{Conference{Name: "c", Label: strings.Repeat("l", 129)}}}}, 16025},
		{"Redirect to itself", Voice, Document{Redirect{}}, 0},
		{"an unknown reason", Voice, Document{Reject{Reason: "tired"}}, 12200},
		{"an empty message", Messaging, Document{Message{}}, 14103},
		{"a message of blanks", Messaging, Document{Message{Body: Redacted("  "), MediaURLs: []string{"https://line.example.org/a"}}}, 14103},
		{"a message that is too long", Messaging, Document{Message{Body: Redacted(strings.Repeat("a", 1601))}}, 21617},
		{"a message that is too long in emoji", Messaging, Document{Message{Body: Redacted(strings.Repeat("😀", 801))}}, 21617},
		{"11 pictures", Messaging, Document{Message{MediaURLs: make([]string, 11)}}, 21623},
		{"a relative picture", Messaging, Document{Message{MediaURLs: []string{"/a.png"}}}, 12200},
		{"a document over 64 kB", Voice, Document{manySays(), Hangup{}}, 11750},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			xml, err := test.doc.Encode(test.ctx)
			var problem *DocumentError
			if !errors.As(err, &problem) || problem.Code != test.code || xml != nil {
				t.Errorf("got %d bytes, %v; expected a refusal with code %d", len(xml), err, test.code)
			}
		})
	}
}

func manySays() Verb {
	g := Gather{Action: "/a"}
	for range 30 {
		g.Prompts = append(g.Prompts, Say{Text: strings.Repeat("a", 3000)})
	}
	return g
}

func TestErrorsDoNotRepeatWhatIsSaid(t *testing.T) {
	const secret = "6175550123"
	docs := []Document{
		{Dial{Nouns: []Noun{Number{To: Redacted(secret)}}}},
		{Play{URL: "/ " + secret}},
		{Say{Text: "x", Language: secret}},
		{Dial{CallerID: secret, Nouns: []Noun{Queue{Name: "q"}}}},
	}
	for _, d := range docs {
		if _, err := d.Encode(Voice); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%T: no error, or one that repeats the value", d[0])
		}
	}
}

func TestTheTablesOfVoicesAreSorted(t *testing.T) {
	if !slices.IsSorted(sayLanguages) || !slices.IsSortedFunc(pollyVoices, func(a, b pollyEntry) int { return strings.Compare(a.name, b.name) }) {
		t.Error("a table that is searched by halves is not sorted")
	}
}

func TestEveryPublishedVoiceIsKnown(t *testing.T) {
	path, ok := conformance(t, "twiml_voice_strict.xsd")
	if !ok {
		return
	}
	_, list, _ := strings.Cut(string(mustRead(t, path)), `simpleType name="SayVoice"`)
	list, _, _ = strings.Cut(list, "</xs:simpleType>")
	names := regexp.MustCompile(`value="([^"]+)"`).FindAllStringSubmatch(list, -1)
	if len(names) < 900 {
		t.Fatalf("%d voices in the schema", len(names))
	}
	for _, name := range names {
		if _, err := (Document{Say{Voice: name[1], Text: "x"}}).Encode(Voice); err != nil {
			t.Errorf("%s: %v", name[1], err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		d := Document{
			Gather{Action: "/voice/answer?at=birth_date", NumDigits: 8, Timeout: "10", ActionOnEmptyResult: true, Prompts: []Prompt{
				Say{Voice: "Polly.Joanna-Neural", Language: "en-US", Text: "Please enter the month, day and year of your birth. For example, press zero three, zero four, one nine six zero."}}},
			Redirect{URL: "/voice/start", Method: "POST"},
		}
		if _, err := d.Encode(Voice); err != nil {
			b.Fatal(err)
		}
	}
}
