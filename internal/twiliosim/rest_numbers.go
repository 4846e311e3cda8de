package twiliosim

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// account answers with the account as Twilio shows it to its own token. A standard API
// key may not ask for it.
func (s *Sim) account(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		writeError(w, errMethod)
		return
	}
	if user, _, _ := r.BasicAuth(); user != s.cfg.AccountSID {
		writeError(w, errAuth)
		return
	}
	uri := "/2010-04-01/Accounts/" + s.cfg.AccountSID
	writeJSON(w, http.StatusOK, map[string]any{
		"sid": s.cfg.AccountSID, "owner_account_sid": s.cfg.AccountSID, "friendly_name": "stand-in", "auth_token": s.cfg.AuthToken,
		"status": cmp.Or(s.cfg.AccountStatus, "active"), "type": cmp.Or(s.cfg.AccountType, "Full"),
		"date_created": stamp(s.cfg.Now()), "date_updated": stamp(s.cfg.Now()), "subresource_uris": map[string]any{}, "uri": uri + ".json",
	})
}

var listNumberParams = map[string]param{
	"PhoneNumber": {}, "FriendlyName": {}, "Beta": boolParam(), "Origin": {},
	"PageSize": within(1, 1000, errParameter), "Page": within(0, 1<<30, errParameter), "PageToken": {},
}

// listNumbers gives the account's numbers, in order.
func (s *Sim) listNumbers(w http.ResponseWriter, r *http.Request) *restError {
	q := r.URL.Query()
	if bad := checkParams(q, listNumberParams); bad != nil {
		return bad
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []any{}
	for _, number := range slices.Sorted(maps.Keys(s.numbers)) {
		if want := q.Get("PhoneNumber"); want == "" || want == number {
			all = append(all, s.numberJSON(number, s.numbers[number]))
		}
	}
	items, body := pageOf(q, all, "/2010-04-01/Accounts/"+s.cfg.AccountSID+"/IncomingPhoneNumbers.json")
	body["incoming_phone_numbers"] = items
	writeJSON(w, http.StatusOK, body)
	return nil
}

// NumberSID is the SID of a number of the account: the same in every run.
func NumberSID(number string) string {
	h := fnv.New128a()
	_, _ = h.Write([]byte(number)) // never fails
	return fmt.Sprintf("PN%x", h.Sum(nil))
}

func (s *Sim) numberJSON(number string, n Number) map[string]any {
	sid := NumberSID(number)
	return map[string]any{
		"sid": sid, "account_sid": s.cfg.AccountSID, "phone_number": number, "friendly_name": number, "api_version": "2010-04-01",
		"capabilities": map[string]bool{"voice": !n.NoVoice, "sms": !n.NoText, "mms": !n.NoText, "fax": false},
		"voice_url":    s.absolute(n.VoiceURL), "voice_method": methodOr(n.VoiceMethod),
		"voice_fallback_url": s.absolute(n.FallbackURL), "voice_fallback_method": methodOr(n.FallbackMethod),
		"status_callback": s.absolute(n.StatusCallback), "status_callback_method": methodOr(n.StatusMethod),
		"sms_url": s.absolute(n.SMSURL), "sms_method": methodOr(n.SMSMethod),
		"sms_fallback_url": s.absolute(n.SMSFallbackURL), "sms_fallback_method": methodOr(n.SMSFallbackMethod),
		"voice_application_sid": orNull(n.VoiceApplication), "sms_application_sid": orNull(n.SMSApplication), "trunk_sid": orNull(n.Trunk),
		"voice_receive_mode": "voice", "voice_caller_id_lookup": false, "address_requirements": "none", "address_sid": nil,
		"beta": false, "origin": "twilio", "identity_sid": nil, "bundle_sid": nil, "status": "in-use", "type": nil,
		"emergency_status": "Inactive", "emergency_address_sid": nil, "emergency_address_status": "unregistered",
		"date_created": stamp(s.cfg.Now()), "date_updated": stamp(s.cfg.Now()),
		"uri": "/2010-04-01/Accounts/" + s.cfg.AccountSID + "/IncomingPhoneNumbers/" + sid + ".json",
	}
}

func orNull(v string) any {
	if v == "" {
		return nil
	}
	return v
}

// verifications is the list of toll-free verifications, which Twilio keeps at
// messaging.twilio.com.
func (s *Sim) verifications(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		writeError(w, errMethod)
		return
	}
	sid := r.URL.Query().Get("TollfreePhoneNumberSid")
	found := []any{}
	s.mu.Lock()
	for number, n := range s.numbers {
		if n.Verification != "" && (sid == "" || sid == NumberSID(number)) {
			found = append(found, map[string]any{
				"sid": "HH" + strings.TrimPrefix(NumberSID(number), "PN"), "account_sid": s.cfg.AccountSID,
				"tollfree_phone_number_sid": NumberSID(number), "tollfree_phone_number": number, "status": n.Verification,
			})
		}
	}
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"verifications": found, "meta": map[string]any{"key": "verifications", "page": 0}})
}
