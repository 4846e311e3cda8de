package hours

import (
	"slices"
	"time"
)

const (
	// preCall is how long before a call its text is sent.
	preCall = 30 * time.Minute
	// textApart is the time between two texts at least.
	textApart = 10 * time.Minute
	// mostVoicemails is how many messages are left at most in all.
	mostVoicemails = 3
)

// voicemails says at which attempts a message may be left, if each that may be
// is.
func (d *day) voicemails() {
	if !d.p.Consents.Voicemail {
		return
	}
	var left []time.Time
	for _, m := range d.made {
		if m.Voicemail {
			left = append(left, m.At)
		}
	}
	for _, list := range [][]Attempt{d.plan.Attempts, d.plan.After} {
		for i, a := range list {
			n := len(left)
			if n >= mostVoicemails || n > 0 && a.At.Sub(left[n-1]) < 24*time.Hour {
				continue
			}
			list[i].Voicemail = true
			left = append(left, a.At)
		}
	}
}

// texts plans the text messages: that there is an update, and that a call comes,
// never before the call that comes before it.
func (d *day) texts() {
	if !d.p.Consents.Texts {
		return
	}
	update, ok := d.updateText()
	if ok {
		d.plan.Texts = append(d.plan.Texts, update)
	}
	before := d.plan.Delivered
	if n := len(d.today()) - len(d.plan.Attempts) - len(d.plan.After); n > 0 {
		before = d.today()[n-1].At.Truncate(time.Minute).Add(time.Minute)
	}
	for _, a := range slices.Concat(d.plan.Attempts, d.plan.After) {
		at := a.At.Add(-preCall)
		tooSoon := at.Before(before) || ok && at.Before(update.At.Add(textApart))
		before = a.At.Add(time.Minute)
		if a.Kind == ByHand || tooSoon || len(d.p.Legal.Texts(at, at.Add(time.Minute))) == 0 {
			continue
		}
		d.plan.Texts = append(d.plan.Texts, Text{At: at, Kind: PreCallText, Why: HalfHourBefore})
	}
	slices.SortStableFunc(d.plan.Texts, func(a, b Text) int { return a.At.Compare(b.At) })
}

// updateText gives the text of the update: at once, or as soon as a text is
// allowed, if the first call does not come before that.
func (d *day) updateText() (Text, bool) {
	at, ok := firstStart(d.p.Legal.Texts, d.plan.Delivered, time.Minute)
	switch made := d.today(); {
	case !ok:
		return Text{}, false
	case at.Equal(d.plan.Delivered):
		return Text{at, UpdateText, UpdateAtOnce}, true
	case len(made) > 0 && made[0].At.Before(at.Add(textApart)):
		d.noteIf(true, UpdateTooLate)
		return Text{}, false
	}
	return Text{at, UpdateText, UpdateWhenAllowed}, true
}
