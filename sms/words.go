package sms

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"secondline/casestore"
	"secondline/internal/intake"
	"secondline/internal/segments"
)

// texted lists every text that this package sends, and S-st1b, which tells of the
// coordinator that a request was given: nothing gives it one yet.
var texted = []string{
	"S-welcome", "S-req", "S-email-ask", "S-email-c", "S-email-again", "S-email-ok", "S-email-bad", "S-resume",
	"S-st1", "S-st1b", "S-st2", "S-st2a", "S-st3", "S-st4", "S-st5", "S-closed",
	"S-pre", "S-miss", "S-last", "S-later", "S-later-c", "S-later-no", "S-call-ok",
	"S-expired", "S-gone", "S-visit", "S-st1-write", "S-st5-write",
	"S-help", "S-stop", "S-start", "S-unknown", "S-emerg", "S-emerg-intl", "S-media", "S-nopii", "S-notpatient",
}

// banned are words that tell whoever looks at a telephone what its owner is
// treated for (call-script.md 6.10). Each matches the beginning of a word.
var banned = regexp.MustCompile(`(?i)\b(cancer|cáncer|oncolog|onc[oó]log|tumou?r|dana|farber|diagn[oó]s|chemo|quimio|radiot|segunda opini|second opinion|opini[oó]n|specialist|especialista|record|expediente|hospital|doctor|m[eé]dico)`)

// checkWords proves before the first call that every text can be sent: there are
// words for it in every language, it is one segment at its longest, and it holds
// nothing that must not be read over a shoulder.
func checkWords(words Words, cfg Config, asked []string) error {
	var faults []error
	for _, language := range words.Languages() {
		for _, id := range slices.Concat(texted, asked) {
			text, err := words.Text(language, id, longest(cfg))
			switch {
			case err != nil:
				faults = append(faults, fmt.Errorf("sms: %s in %s: %w", id, language, err))
			case !sendable(text):
				faults = append(faults, fmt.Errorf("sms: %s in %s is more than one segment, or not GSM-7: %q", id, language, text))
			case banned.MatchString(text):
				faults = append(faults, fmt.Errorf("sms: %s in %s says %q", id, language, banned.FindString(text)))
			}
		}
	}
	return errors.Join(faults...)
}

// longest gives every variable its longest value.
func longest(cfg Config) map[string]string {
	return map[string]string{
		"ORG": cfg.Organisation, "PHONE": cfg.Phone, "HRS": cfg.Hours, "WHEN": "2027-12-29T12:30:00-05:00 America/New_York",
		"VISIT": cfg.InPerson, "DATE": "1977-09-27", "TIME": "11:27", "REQ": "77777777", "MASK": "m***@" + strings.Repeat("w", 26), "CO": "Christopher", "CODE": "777777", "LINK": "https://link.example.org/a1b2c3",
	}
}

func sendable(text string) bool {
	n, encoding := segments.Count(text)
	return n == 1 && encoding == segments.GSM7
}

// body writes a text. What may not be sent is an error: nothing leaves that was
// not proved at start.
func (s *Server) body(t *casestore.Text) (string, error) {
	vars := map[string]string{"ORG": s.Config.Organisation, "PHONE": s.Config.Phone, "HRS": s.Config.Hours}
	for name, value := range t.Vars {
		vars[name] = value.Reveal()
	}
	var parts []string
	for _, id := range strings.Fields(t.Prompt) {
		part, err := s.Words.Text(t.Language, id, vars)
		if err != nil {
			return "", fmt.Errorf("sms: %s: %w", id, err)
		}
		parts = append(parts, part)
	}
	text := strings.Join(parts, " ")
	switch {
	case !sendable(text):
		return "", fmt.Errorf("sms: %s would be more than one segment", t.Prompt)
	case banned.MatchString(text):
		return "", fmt.Errorf("sms: %s says what must not be texted", t.Prompt)
	}
	return text, nil
}

// updateFor gives the text of a stage, and what it says besides; "" where a stage
// is told by a person only.
func updateFor(c *casestore.Case, promised time.Time) (prompt string, when time.Time) {
	switch c.Stage {
	case casestore.StageRequested:
		return toldOf(c, "S-st1"), c.CallBy
	case casestore.StageCollectingRecords:
		if c.ActionNeeded {
			return "S-st2a", time.Time{}
		}
		return "S-st2", time.Time{}
	case casestore.StageRecordsComplete:
		return "S-st3", time.Time{}
	case casestore.StageInReview:
		return "S-st4", time.Time{}
	case casestore.StageDelivered:
		return toldOf(c, "S-st5"), promised
	case casestore.StageClosed:
		return "S-closed", time.Time{}
	}
	return "", time.Time{}
}

// toldOf gives the text that promises a call, or that something is written to who
// cannot talk.
func toldOf(c *casestore.Case, prompt string) string {
	if intake.Writes(c.Answers) {
		return prompt + "-write"
	}
	return prompt
}
