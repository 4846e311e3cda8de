package twilio

import (
	"context"
	"strconv"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// NewMessage is a text message to send
// (https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource).
type NewMessage struct {
	// To is E.164.
	To Private
	// One of From, a number of ours, and ServiceSID, a Messaging Service.
	From, ServiceSID string
	// Body has 1 to MaxBodyCharacters characters.
	Body           Private
	StatusCallback string
	// Validity is how long Twilio and the carriers may try, 1 second to 10 hours;
	// 0 is 10 hours. A text that must not arrive in the night needs it.
	Validity time.Duration
}

// MessageInfo is what Twilio knows of a message.
type MessageInfo struct {
	SID      string
	Status   MessageStatus
	From, To Private
	Body     Private
	// ErrorCode is why it failed: see ClassOf. 0 otherwise.
	ErrorCode int
	// Segments is 0 before a Messaging Service has chosen a sender, and NotGiven
	// when Twilio does not say.
	Segments int
	// Created and Sent are in UTC, or zero.
	Created, Sent time.Time
}

// CreateMessage asks Twilio to send a text. An *Error of class Unknown means that
// it may be on its way: find it with FindMessages before trying again.
func (c *Client) CreateMessage(ctx context.Context, n NewMessage) (MessageInfo, error) {
	const op = "create message"
	if why := n.problem(); why != "" {
		return MessageInfo{}, invalid(op, why)
	}
	params := &api.CreateMessageParams{
		To: optional(n.To.Reveal()), From: optional(n.From), MessagingServiceSid: optional(n.ServiceSID),
		Body: optional(n.Body.Reveal()), StatusCallback: optional(n.StatusCallback),
		ValidityPeriod: optional(wholeSeconds(n.Validity)),
	}
	var made *api.ApiV2010Message
	err := c.ask(ctx, op, true, func(s *api.ApiService) (err error) {
		made, err = s.CreateMessage(params)
		return sidOrMalformed(err, func() *string { return made.Sid }, "SM", "MM")
	})
	if err != nil {
		return MessageInfo{}, err
	}
	return messageOf(made), nil
}

func (n NewMessage) problem() string {
	switch {
	case !isE164(n.To.Reveal()):
		return "To must be E.164"
	case (n.From == "") == (n.ServiceSID == ""):
		return "one of From and ServiceSID must be given"
	case n.From != "" && !isSender(n.From):
		return "From must be E.164 or a short code"
	case n.ServiceSID != "" && !isSID(n.ServiceSID, "MG"):
		return "not a Messaging Service SID"
	case n.From == n.To.Reveal():
		return "To and From are the same number"
	case blank(n.Body.Reveal()):
		return "no text"
	case utf16Length(n.Body.Reveal()) > MaxBodyCharacters:
		return "longer than 1600 characters"
	case n.Validity != 0 && (n.Validity < time.Second || n.Validity > 10*time.Hour):
		return "Validity is outside 1 second to 10 hours"
	}
	return addressesProblem(n.StatusCallback)
}

// isSender: E.164, or a short code of 3 to 8 digits.
func isSender(s string) bool {
	if isE164(s) {
		return true
	}
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil && len(s) >= 3 && len(s) <= 8
}

// FetchMessage gives a message as it is now.
func (c *Client) FetchMessage(ctx context.Context, sid string) (MessageInfo, error) {
	const op = "fetch message"
	if !isSID(sid, "SM") && !isSID(sid, "MM") {
		return MessageInfo{}, invalid(op, "not a message SID")
	}
	var got *api.ApiV2010Message
	err := c.ask(ctx, op, false, func(s *api.ApiService) (err error) {
		got, err = s.FetchMessage(sid, nil)
		return sidOrMalformed(err, func() *string { return got.Sid }, "SM", "MM")
	})
	if err != nil {
		return MessageInfo{}, err
	}
	return messageOf(got), nil
}

// FindMessages gives the messages to a number, from a sender of ours (any when
// empty, as for a Messaging Service), that were created at since or later. It
// promises what FindCalls promises.
func (c *Client) FindMessages(ctx context.Context, to Private, from string, since time.Time) ([]MessageInfo, error) {
	const op = "find messages"
	if !isE164(to.Reveal()) || from != "" && !isSender(from) {
		return nil, invalid(op, "To and From must be telephone numbers")
	}
	params := &api.ListMessageParams{To: optional(to.Reveal()), From: optional(from), PageSize: optional(pageSize)}
	return search(op, since, func(at page) ([]MessageInfo, *string, error) {
		var list *api.ListMessageResponse
		err := c.ask(ctx, op, false, func(s *api.ApiService) (err error) {
			list, err = s.PageMessage(params, at.token, at.number)
			return err
		})
		if err != nil {
			return nil, nil, err
		}
		messages := make([]MessageInfo, len(list.Messages))
		for i := range list.Messages {
			messages[i] = messageOf(&list.Messages[i])
		}
		return messages, list.NextPageUri, nil
	}, func(m MessageInfo) time.Time { return m.Created })
}

func messageOf(m *api.ApiV2010Message) MessageInfo {
	return MessageInfo{
		SID: value(m.Sid), Status: MessageStatus(value(m.Status)),
		From: Redacted(value(m.From)), To: Redacted(value(m.To)), Body: Redacted(value(m.Body)),
		ErrorCode: value(m.ErrorCode), Segments: parseCount(value(m.NumSegments)),
		Created: parseStamp(value(m.DateCreated)), Sent: parseStamp(value(m.DateSent)),
	}
}
