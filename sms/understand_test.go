package sms

import (
	"strings"
	"testing"

	"secondline/internal/private"
)

var understood = []struct {
	text    string
	media   int
	pending Pending
	want    Meaning
}{
	// Keywords.
	{"START", 0, Nothing, Meaning{Kind: Start}},
	{"unstop please", 0, Nothing, Meaning{Kind: Start}},
	{"Start texts again", 0, AskedWhen, Meaning{Kind: Start}},
	{"YES", 0, Nothing, Meaning{Kind: Other}},
	{"YES", 0, AskedWhen, Meaning{Kind: Other}},
	{"HELP", 0, Nothing, Meaning{Kind: Help}},
	{"info", 0, AskedAddress, Meaning{Kind: Help}},
	{"¿Ayuda?", 0, Nothing, Meaning{Kind: Help}},
	{"I need help please", 0, Nothing, Meaning{Kind: Help}},
	{"Later", 0, Nothing, Meaning{Kind: Later}},
	{"call me tomorrow", 0, Nothing, Meaning{Kind: Later}},
	{"más tarde por favor", 0, Nothing, Meaning{Kind: Later}},
	{"CALL", 0, Nothing, Meaning{Kind: Call}},
	{"Please call me", 0, AskedFree, Meaning{Kind: Call}},
	{"¡Llámame!", 0, Nothing, Meaning{Kind: Call}},
	{"Begin", 0, Nothing, Meaning{Kind: Begin}},
	{"EMPEZAR", 0, Nothing, Meaning{Kind: Begin}},

	// The wrong number.
	{"Wrong number", 0, Nothing, Meaning{Kind: WrongNumber}},
	{"Sorry, you have the wrong number", 0, AskedConfirm, Meaning{Kind: WrongNumber}},
	{"not me", 0, Nothing, Meaning{Kind: WrongNumber}},
	{"Número equivocado", 0, Nothing, Meaning{Kind: WrongNumber}},
	{"wrong number, stop texting", 0, Nothing, Meaning{Kind: OptOut}},

	// Two things in one text.
	{"Stop texting me or I will kill myself", 0, Nothing, Meaning{Kind: OptOut, Also: Emergency}},
	{"Emergency! And you have the wrong number", 0, Nothing, Meaning{Kind: Emergency, Also: WrongNumber}},
	{"Should we stop? I can't breathe", 0, Nothing, Meaning{Kind: Emergency, Also: Ambiguous}},
	{"Please don't text, call me instead", 0, Nothing, Meaning{Kind: OptOut, Also: Call}},
	{"Don't text or call me", 0, Nothing, Meaning{Kind: OptOut}},

	// Pictures.
	{"", 1, Nothing, Meaning{Kind: Media}},
	{"my scan", 2, Nothing, Meaning{Kind: Media}},
	{"STOP", 1, Nothing, Meaning{Kind: OptOut}},
	{"🙂", 1, AskedFree, Meaning{Kind: Media}},

	// Nothing said.
	{"", 0, Nothing, Meaning{Kind: Empty}},
	{" \u200b\n\t", 0, Nothing, Meaning{Kind: Empty}},
	{"👍🏽❤️", 0, Nothing, Meaning{Kind: Empty}},
	{"...", 0, AskedFree, Meaning{Kind: Empty}},
	{"?", 0, Nothing, Meaning{Kind: Other}},
	{"Liked “Org: Thank you. Emergency? Call 911. STOP to stop.”", 0, AskedConfirm, Meaning{Kind: Empty}},
	{"👍 to “Org: Reply STOP to stop.”", 0, Nothing, Meaning{Kind: Empty}},
	{"Le encantó «Responda STOP»", 0, Nothing, Meaning{Kind: Empty}},
	{"He wrote “call 911”", 0, Nothing, Meaning{Kind: Emergency}},

	// A conversation.
	{"I had to stop chemo in May", 0, AskedFree, Meaning{Kind: Answer, Detail: Free}},
	{"yes", 0, AskedFree, Meaning{Kind: Answer, Detail: Free}},
	{"02139", 0, AskedFree, Meaning{Kind: Answer, Detail: Free}},
	{"stop the process", 0, AskedFree, Meaning{Kind: Ambiguous}},
	{"QUIT", 0, AskedFree, Meaning{Kind: OptOut}},
}

func TestUnderstand(t *testing.T) {
	for _, tt := range understood {
		if m := Understand(tt.text, tt.media, tt.pending); m != tt.want {
			t.Errorf("%q after %q: %+v, wanted %+v", tt.text, tt.pending, m, tt.want)
		}
	}
}

func TestConfirmingAnAddress(t *testing.T) {
	for want, all := range map[Detail]string{
		Right: "OK|ok!|Okay thanks|YES|yes.|Yes please|y|Yep|correct|That is right|that's right|It is correct|Right|sure|Sí|si, gracias|correcto|está bien|así es|👍|👍🏾|✅|Ok 👍",
		Wrong: "no|No.|NO!!|nope|wrong|That's wrong|that is not right|It is not correct|not right|incorrect|no, that is wrong|no es correcto|está mal|👎|❌",
		"":    "yes and no|👍👎|maybe|what is this|who are you|I do not know|yes but change it|OK and what does it cost",
	} {
		for text := range strings.SplitSeq(all, "|") {
			m := Understand(text, 0, AskedConfirm)
			if want == "" && m.Kind == Answer || want != "" && (m.Kind != Answer || m.Detail != want) {
				t.Errorf("%q is %q %q, wanted %q", text, m.Kind, m.Detail, want)
			}
		}
	}
	want := Meaning{Kind: Answer, Detail: Address, Address: private.Of("ana@example.org")}
	if m := Understand("no, it is ana@Example.ORG", 0, AskedConfirm); m != want {
		t.Errorf("a corrected address is %q %q", m.Kind, m.Detail)
	}
}

func TestChoosingATime(t *testing.T) {
	for want, all := range map[Detail]string{
		When1:   "1|1.|#1|(1)|option 1|one|1 please|today|1 today|Uno|hoy por favor|１|1️⃣|①|١|first",
		When2:   "2|two|tomorrow morning|2 tomorrow morning|mañana por la mañana|number 2 thanks",
		When3:   "3|Three!|tomorrow afternoon|mañana por la tarde|3 is good",
		When4:   "4|four|tomorrow evening|Tomorrow night please|mañana por la noche|I'll take 4",
		Unclear: "5|0|12|2 or 3|1 2|tomorrow|any time|mañana|1 tomorrow morning|3 4",
		"":      "at 10am|when my daughter is here|I do not know|yes",
	} {
		for text := range strings.SplitSeq(all, "|") {
			m := Understand(text, 0, AskedWhen)
			if want == "" && m.Kind == Answer || want != "" && (m.Kind != Answer || m.Detail != want) {
				t.Errorf("%q is %q %q, wanted %q", text, m.Kind, m.Detail, want)
			}
		}
	}
}
