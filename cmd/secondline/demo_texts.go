package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"secondline/internal/twilio"
	"secondline/internal/twiliosim"
	"secondline/internal/twiliosim/phone"
)

var _ phone.Texter = (*demoPhone)(nil)

// written is a text that the visitor sent.
type written struct {
	from, words string
	at          time.Time
}

// Text sends words from the caller's number, or from the first telephone while
// none has called yet.
func (x *demoPhone) Text(ctx context.Context, words string) (phone.View, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	from := x.number()
	if from == "" || strings.TrimSpace(words) == "" {
		return phone.View{}, phone.ErrNotNow
	}
	x.written = append(x.written, written{from, words, x.w.clock.Now()})
	if _, err := x.w.sim.Text(ctx, from, x.settings.Programme.Lines.TollFree.Number, words); err != nil {
		return phone.View{}, err
	}
	return x.view(ctx)
}

// SetCarrier says what becomes of the next texts.
func (x *demoPhone) SetCarrier(ctx context.Context, what string) (phone.View, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	code, ok := map[string]int{phone.CarrierDelivers: 0, phone.CarrierOff: 30003, phone.CarrierLandline: 30006, phone.CarrierFilters: 30007}[what]
	if !ok {
		return phone.View{}, phone.ErrUnknownOption
	}
	x.carrier = what
	x.w.sim.SetCarrier(func(twiliosim.Text) twiliosim.Delivery {
		if code == 0 {
			return twiliosim.Delivery{Status: "delivered"}
		}
		return twiliosim.Delivery{Status: "undelivered", ErrorCode: code}
	})
	return x.view(ctx)
}

// number is the one of the caller's telephone; empty where it is withheld.
func (x *demoPhone) number() string {
	if x.call == nil {
		return demoCallers[0].number
	}
	peer := x.call.From()
	if x.call.Direction() == string(twilio.OutboundAPI) {
		peer = x.call.To()
	}
	if i := slices.IndexFunc(demoCallers, func(c struct{ id, number, label, note string }) bool { return c.number == peer }); i >= 0 {
		return demoCallers[i].number
	}
	return ""
}

// thread is the exchange of texts with the caller's number, oldest first.
func (x *demoPhone) thread() []phone.Text {
	type dated struct {
		phone.Text
		at time.Time
	}
	var all []dated
	number := x.number()
	stamp := func(t time.Time) string { return inWords(t.In(x.w.zone), "Mon 3:04 PM") }
	for _, t := range x.w.sim.TextsTo(number) {
		states := map[string]string{"delivered": "delivered", "undelivered": "did not arrive", "failed": "did not arrive"}
		all = append(all, dated{phone.Text{FromLine: true, Words: t.Body, At: stamp(t.At), State: states[t.Status]}, t.At})
	}
	for _, w := range x.written {
		if w.from == number {
			all = append(all, dated{phone.Text{Words: w.words, At: stamp(w.at)}, w.at})
		}
	}
	slices.SortStableFunc(all, func(a, b dated) int { return a.at.Compare(b.at) })
	out := make([]phone.Text, len(all))
	for i, t := range all {
		out[i] = t.Text
	}
	return out
}
