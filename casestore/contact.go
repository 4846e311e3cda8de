package casestore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"secondline/internal/private"
)

// Channel is a way in which a machine of ours reaches somebody.
type Channel string

// The channels that need consent.
const (
	ByText          Channel = "texts"
	ByAutomatedCall Channel = "calls"
)

// Permission is a consent given or refused for one number and channel, with what
// is needed to show it was.
type Permission struct {
	// Given says yes or no.
	Given bool
	At    time.Time
	// How is "call", "text" or "coordinator"; Ref the SID of the call or message.
	How, Ref string
	// Prompt and Version are the wording that asked, Key what was pressed or typed
	// in answer to a menu.
	Prompt, Version, Key string
}

// Contact is what is known of how one number may be reached.
type Contact struct {
	// Permissions by channel; none where nobody was asked.
	Permissions map[Channel]Permission
	// OptedOut holds the last opt-out; its time is zero where there is none. It
	// stops texts and automated calls, whatever was permitted before.
	OptedOut OptOut
	// TextsBack is when START restored texts after the last opt-out; automated
	// calls need a new permission.
	TextsBack time.Time
	// Suspended is when a message came that may mean stop: nothing is sent
	// until a person has looked.
	Suspended time.Time
	// NotTextable is why texts cannot reach the number, Wrong when its holder said
	// that it is not the patient's.
	NotTextable string
	Wrong       time.Time
	// Language is the one that was last chosen; empty for none.
	Language string
}

// Reason says why something may be done or not. "" means that it may.
type Reason string

// The reasons for which nothing is sent to a number.
const (
	OK                Reason = ""
	ReasonOptedOut    Reason = "opted_out"
	ReasonNoConsent   Reason = "no_consent"
	ReasonSuspended   Reason = "suspended"
	ReasonNotTextable Reason = "not_textable"
	ReasonWrongNumber Reason = "wrong_number"
)

// May says whether a machine may reach the number on a channel, and if not, why.
// Every way out asks it; nothing else decides. reply says that the person has just
// written to us: an answer needs no consent, and is stopped by an opt-out
// and by a number that cannot be texted all the same.
func (c Contact) May(by Channel, reply bool) Reason {
	p, asked := c.Permissions[by]
	stopped := !c.OptedOut.At.IsZero()
	switch {
	case stopped && by == ByText && c.TextsBack.After(c.OptedOut.At):
	case stopped && (by == ByText || !p.Given || !p.At.After(c.OptedOut.At)):
		return ReasonOptedOut
	}
	switch {
	case by == ByText && c.NotTextable != "":
		return ReasonNotTextable
	case reply:
		return OK
	case !c.Wrong.IsZero():
		return ReasonWrongNumber
	case !c.Suspended.IsZero():
		return ReasonSuspended
	case !asked || !p.Given:
		return ReasonNoConsent
	}
	return OK
}

// contactKey: hash texts, calls (JSON), back, suspended, wrong (ms), notext, language,
// case (that there is one). How a number may be reached.
func contactKey(id PersonID) string { return key(id.Partition(), "contact", string(id)) }

// Contact reads how a number may be reached, in one round trip.
func (s *Store) Contact(ctx context.Context, id PersonID) (Contact, error) {
	var contact, stop *redis.MapStringStringCmd
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		contact, stop = readContact(ctx, pipe, id)
		return nil
	})
	if err != nil {
		return Contact{}, fmt.Errorf("casestore: contact: %w", err)
	}
	return contactOf(contact.Val(), stop.Val())
}

func readContact(ctx context.Context, pipe redis.Pipeliner, id PersonID) (contact, stop *redis.MapStringStringCmd) {
	return pipe.HGetAll(ctx, contactKey(id)), pipe.HGetAll(ctx, optOutKey(id))
}

func contactOf(m, stop map[string]string) (Contact, error) {
	c := Contact{Permissions: map[Channel]Permission{}, NotTextable: m["notext"], Language: m["language"], TextsBack: parseMilli(m["back"]), Suspended: parseMilli(m["suspended"]), Wrong: parseMilli(m["wrong"])}
	for _, by := range []Channel{ByText, ByAutomatedCall} {
		text, ok := m[string(by)]
		if !ok {
			continue
		}
		var p Permission
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			return Contact{}, fmt.Errorf("casestore: permission: %w", err)
		}
		c.Permissions[by] = p
	}
	if len(stop) > 0 {
		c.OptedOut = OptOut{At: parseMilli(stop["at"]), How: stop["how"], Call: stop["call"]}
	}
	return c, nil
}

// ContactChange is what changes of how a number may be reached. The zero value
// changes nothing.
type ContactChange struct {
	Permissions map[Channel]Permission
	OptOut      *OptOut
	// TextsBack restores texts, Suspended stops everything until a person has
	// looked, Wrong marks the number as not the patient's; zero leaves each.
	TextsBack, Suspended, Wrong time.Time
	NotTextable                 string
	// Language is remembered for the next time.
	Language string
}

func (ops *operations) addContact(id PersonID, c ContactChange) {
	ops.didContact(Deed{}, c)
	set := func(field string, value any) { ops.add("HSET", contactKey(id), field, value) }
	for by, p := range c.Permissions {
		text, err := json.Marshal(p)
		if err != nil {
			panic("casestore: a permission cannot be written: " + err.Error())
		}
		set(string(by), text)
	}
	if o := c.OptOut; o != nil {
		ops.addStop(id, *o)
	}
	when := func(field string, at time.Time) {
		if !at.IsZero() {
			set(field, at.UnixMilli())
		}
	}
	when("back", c.TextsBack)
	when("suspended", c.Suspended)
	when("wrong", c.Wrong)
	if c.NotTextable != "" {
		set("notext", c.NotTextable)
	}
	if c.Language != "" {
		set("language", c.Language)
	}
}

// addStop writes an opt-out.
func (ops *operations) addStop(id PersonID, o OptOut) {
	ops.durable = max(ops.durable, toldOf)
	ops.add("HSET", optOutKey(id), "at", o.At.UnixMilli(), "how", o.How, "call", o.Call)
}

// ChangeContact changes how a number may be reached.
func (s *Store) ChangeContact(ctx context.Context, id PersonID, change ContactChange) error {
	ops := operations{}
	ops.addContact(id, change)
	if len(ops.keys) == 0 {
		return nil
	}
	return s.runPlain(ctx, ops)
}

// Agree keeps what was agreed to elsewhere, by channel. What is known and as new stays:
// what the patient has told us since counts.
func (s *Store) Agree(ctx context.Context, id PersonID, agreed map[Channel]Permission) error {
	if len(agreed) == 0 {
		return nil
	}
	known, err := s.Contact(ctx, id)
	if err != nil {
		return err
	}
	return s.ChangeContact(ctx, id, known.change(agreed))
}

// change is what is news of what was agreed to.
func (c Contact) change(agreed map[Channel]Permission) ContactChange {
	news := map[Channel]Permission{}
	for by, p := range agreed {
		if c.Permissions[by].At.Before(p.At) {
			news[by] = p
		}
	}
	return ContactChange{Permissions: news}
}

// ContactOf reads how a number in E.164 may be reached.
func (s *Store) ContactOf(ctx context.Context, number private.Text) (Contact, error) {
	return s.Contact(ctx, s.ring.Person(number))
}
