package phone

import (
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// aVoice is a browser's voice that never comes to the end of a sentence.
const aVoice = `Object.defineProperty(window, "speechSynthesis", { value: {
	said: [], cut: 0,
	getVoices: () => [{ lang: "en-US" }],
	addEventListener() {},
	speak(u) { this.said.push(u.lang + " " + u.text); },
	cancel() { this.cut = this.said.length; },
} });`

func TestKeysInterruptTheVoice(t *testing.T) {
	b := open(t, 1280, 900, newFake())
	if b == nil {
		return
	}
	if _, err := chromedp.Call(b.Ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: aVoice}); err != nil {
		t.Fatalf("give the browser a voice: %v", err)
	}
	b.Do(chromedp.Reload())
	b.Until(`document.getElementById("aloud").checked`)
	b.Click("#ring")
	b.Until(`speechSynthesis.said.join() === "en-US Thank you for calling the Online Second Opinion program."`)
	b.Do(chromedp.KeyEvent("1"))
	b.Until(`speechSynthesis.cut >= 1 && speechSynthesis.said.length === 2`)
	b.Sees("#captions .saying", "I will ask a few short questions.")
	if got := b.Eval(`speechSynthesis.said[1]`); got != "en-US I will ask a few short questions." {
		t.Errorf("after the key the voice says %q", got)
	}
	if got := b.Eval(`document.getElementById("captions").getAttribute("aria-live")`); got != "off" {
		t.Errorf("a screen reader reads the captions over the voice: aria-live is %q", got)
	}
	b.Click("#hangup")
	b.Until(`speechSynthesis.cut === 2`)
}
