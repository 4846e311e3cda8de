package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"secondline/internal/hours"
)

// misconfigurations are what people do wrong, and the check that must find each.
var misconfigurations = []struct {
	name  string
	spoil func(t *testing.T, h *house)
	check string
	state state
	says  string
}{
	// Settings.
	{"no public address", func(_ *testing.T, h *house) { delete(h.env, "PUBLIC_URL") }, "settings", bad, "PUBLIC_URL"},
	{"a public address on this machine", func(_ *testing.T, h *house) { h.env["PUBLIC_URL"] = "http://localhost:8080" }, "public_address", bad, "cannot reach"},
	{"metrics for everybody", func(_ *testing.T, h *house) { h.env["ADMIN_LISTEN"] = "0.0.0.0:8081" }, "admin_address", warn, "not loopback"},
	{"a setting that is none", func(_ *testing.T, h *house) { h.toml += "\n[transfer]\nrong = \"20s\"\n" }, "settings", bad, "transfer.rong"},
	{"the second token left behind", func(_ *testing.T, h *house) {
		h.env["TWILIO_AUTH_TOKEN_NEXT"], h.sim.NextToken = testToken, testToken
	}, "auth_token_next", warn, "either"},
	// Roster.
	{"nobody in the roster", func(_ *testing.T, h *house) { h.toml = "" }, "roster", bad, "nobody"},
	{"a number that no telephone has", func(_ *testing.T, h *house) { h.toml = strings.Replace(h.toml, "+16172530002", "+16170530002", 1) }, "roster.numbers", bad, "coordinator[2]"},
	{"a coordinator abroad", func(_ *testing.T, h *house) { h.toml = strings.Replace(h.toml, "+16172530002", "+390612345678", 1) }, "roster.countries", bad, "coordinator[2]"},
	{"no supervisor", func(_ *testing.T, h *house) {
		h.toml = strings.Replace(h.toml, "supervisor = true", "supervisor = false", 1)
	}, "roster.supervisor", bad, "at risk"},
	{"nobody speaks Spanish", func(_ *testing.T, h *house) { h.toml = strings.Replace(h.toml, `"en", "es"`, `"en"`, 1) }, "roster.languages", warn, "es"},
	{"nobody works in the evening", func(_ *testing.T, h *house) {
		h.toml = strings.Replace(h.toml, "supervisor = true", "supervisor = true\nhours = \"09:00-18:00\"", 1)
	}, "roster.hours", warn, "monday 18:00-21:00"},
	{"a coordinator without a PIN", func(_ *testing.T, h *house) { h.toml = strings.Replace(h.toml, `pin = "8265"`, "", 1) }, "roster.pin", warn, "coordinator[1]"},
	{"a PIN that everybody guesses", func(_ *testing.T, h *house) { h.toml = strings.Replace(h.toml, "40917", "1234", 1) }, "roster.pin_easy", bad, "coordinator[2]"},
	{"one PIN for two", func(_ *testing.T, h *house) { h.toml = strings.Replace(h.toml, "40917", "8265", 1) }, "roster.pin_same", warn, "coordinator[2]"},
	{"a toll-free line that is not", func(_ *testing.T, h *house) { h.toml += "\n[lines.tollfree]\nnumber = \"+16172530009\"\n" }, "tollfree.number", warn, "not toll-free"},
	{"a line that is no number", func(_ *testing.T, h *house) { h.toml += "\n[lines.international]\nnumber = \"+10000000000\"\n" }, "international.number", bad, "no telephone number"},
	// Time.
	{"old time-zone data", func(_ *testing.T, h *house) {
		h.tools.zone = func(name string) (*time.Location, error) {
			if name == "Asia/Almaty" {
				return time.FixedZone("+06", 6*3600), nil
			}
			return hours.LoadZone(name)
		}
	}, "zones.data", bad, "older than 2024a"},
	{"zones that are missing", func(_ *testing.T, h *house) {
		h.tools.zone = func(name string) (*time.Location, error) {
			if strings.HasPrefix(name, "America/") {
				return nil, errors.New("unknown")
			}
			return hours.LoadZone(name)
		}
	}, "zones", bad, "cannot be loaded"},
	// Redis.
	{"no Redis", func(_ *testing.T, h *house) { h.redis.Kill() }, "redis", bad, "nobody listens"},
	{"a Redis that wants a password", func(t *testing.T, h *house) { h.redis.Do(t, "CONFIG", "SET", "requirepass", "hunter2") }, "redis", bad, "password"},
	{"a wrong password", func(_ *testing.T, h *house) {
		h.env["REDIS_URL"] = strings.Replace(h.redis.URL(), "unix://", "unix://line:hunter2@", 1)
	}, "redis", bad, "user and password"},
	{"no append-only file", func(t *testing.T, h *house) { h.redis.Do(t, "CONFIG", "SET", "appendonly", "no") }, "redis.persistence", bad, "every case"},
	{"a write a second", func(t *testing.T, h *house) { h.redis.Do(t, "CONFIG", "SET", "appendfsync", "everysec") }, "redis.fsync", warn, "everysec"},
	{"CONFIG is not allowed", func(t *testing.T, h *house) { h.redis.Do(t, "ACL", "SETUSER", "default", "-config") }, "redis.fsync", warn, "cannot be read"},
	{"cases are thrown away", func(t *testing.T, h *house) { h.redis.Do(t, "CONFIG", "SET", "maxmemory-policy", "allkeys-lru") }, "redis.eviction", bad, "allkeys-lru"},
	{"no memory left", func(t *testing.T, h *house) { h.redis.Do(t, "CONFIG", "SET", "maxmemory", "1mb") }, "redis.memory", bad, "are used"},
	{"a replica in place of the primary", func(t *testing.T, h *house) { h.redis.Do(t, "REPLICAOF", "127.0.0.1", "1") }, "redis.role", bad, "replica"},
	{"replicas that are not there", func(_ *testing.T, h *house) { h.env["REDIS_REPLICAS"] = "1" }, "redis.replicas", bad, "no event"},
	{"scripts are not allowed", func(t *testing.T, h *house) { h.redis.Do(t, "ACL", "SETUSER", "default", "-eval") }, "redis.scripts", bad, "scripts"},
	{"a clock that is two minutes off", func(_ *testing.T, h *house) {
		h.tools.now = func() time.Time { return time.Now().Add(-2 * time.Minute) }
	}, "redis.clock", bad, "2m"},
	{"a clock that is five seconds off", func(_ *testing.T, h *house) {
		h.tools.now = func() time.Time { return time.Now().Add(5 * time.Second) }
	}, "redis.clock", warn, "5"},
	// Keys.
	{"keys of another line", func(t *testing.T, h *house) {
		keysOf(t, h, func(string, string) string { index, seal := fresh(t); return index + "," + seal })
	}, "keys", bad, "PHI_KEYS does not open"},
	{"the old key thrown away", func(t *testing.T, h *house) {
		keysOf(t, h, func(index, _ string) string { _, seal := fresh(t); return index + "," + seal })
	}, "keys", bad, "not in the ring"},
	{"another index key", func(t *testing.T, h *house) {
		keysOf(t, h, func(_, seal string) string { index, _ := fresh(t); return index + "," + seal })
	}, "keys", bad, "index"},
	// The machine.
	{"a full disk", func(_ *testing.T, h *house) { h.tools.free = func(string) (uint64, error) { return 100 << 20, nil } }, "disk", bad, "100 MB"},
	{"recordings where a file is", func(_ *testing.T, h *house) {
		h.env["RECORDINGS_DIR"] = filepath.Join(h.data, "taken")
		h.write(h.env["RECORDINGS_DIR"], "x")
	}, "recordings", bad, "no directory"},
	{"a journal where a file is", func(_ *testing.T, h *house) {
		h.write(filepath.Join(h.data, "taken"), "x")
		h.env["OPTOUT_JOURNAL"] = filepath.Join(h.data, "taken", "optouts.journal")
	}, "journal", bad, "no directory"},
	{"a journal that others read", func(t *testing.T, h *house) {
		path := filepath.Join(h.data, "optouts.journal")
		h.write(path, "")
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}, "journal.mode", warn, "others"},
	// Twilio.
	{"a wrong token", func(_ *testing.T, h *house) { h.env["TWILIO_AUTH_TOKEN"] = strings.Repeat("x", 32) }, "twilio.token", bad, "does not accept"},
	{"another account", func(_ *testing.T, h *house) { h.env["TWILIO_ACCOUNT_SID"] = "AC" + strings.Repeat("1", 32) }, "twilio.token", bad, ""},
	{"Twilio cannot be reached", func(_ *testing.T, h *house) { h.env["TWILIO_API_URL"] = "http://127.0.0.1:1" }, "twilio.token", bad, "cannot be reached"},
	{"a suspended account", func(_ *testing.T, h *house) { h.sim.AccountStatus = "suspended" }, "twilio.account", bad, "suspended"},
	{"a trial account", func(_ *testing.T, h *house) { h.sim.AccountType = "Trial" }, "twilio.account", bad, "trial"},
	{"a wrong second token", func(_ *testing.T, h *house) { h.env["TWILIO_AUTH_TOKEN_NEXT"] = strings.Repeat("x", 32) }, "twilio.token_next", bad, "does not accept"},
	{"a wrong API key", func(_ *testing.T, h *house) { h.env["TWILIO_API_SECRET"] = strings.Repeat("x", 32) }, "twilio.api_key", bad, "does not accept"},
	{"no API key", func(_ *testing.T, h *house) { delete(h.env, "TWILIO_API_KEY"); delete(h.env, "TWILIO_API_SECRET") }, "twilio.api_key", warn, "anything"},
	{"a number of somebody else", func(_ *testing.T, h *house) { h.leave = "+18009419309" }, "tollfree.owned", bad, "not a number of this account"},
	{"a number that cannot take texts", func(_ *testing.T, h *house) { h.tollFree.NoText = true }, "tollfree.can_text", bad, "texts"},
	{"a number that cannot take calls", func(_ *testing.T, h *house) { h.abroad.NoVoice = true }, "international.can_call", bad, "calls"},
	{"calls go elsewhere", func(_ *testing.T, h *house) { h.tollFree.VoiceURL = "https://demo.twilio.com/welcome/voice/" }, "tollfree.voice", bad, "demo.twilio.com"},
	{"calls by GET", func(_ *testing.T, h *house) { h.abroad.VoiceMethod = "GET" }, "international.voice", bad, "GET"},
	{"calls go to a trunk", func(_ *testing.T, h *house) { h.tollFree.Trunk = "TK" + strings.Repeat("0", 32) }, "tollfree.voice", bad, "trunk"},
	{"calls go to an application", func(_ *testing.T, h *house) { h.tollFree.VoiceApplication = "AP" + strings.Repeat("0", 32) }, "tollfree.voice", bad, "application"},
	{"no fallback", func(_ *testing.T, h *house) { h.tollFree.FallbackURL = "" }, "tollfree.fallback", bad, "cut off"},
	{"a fallback without TLS", func(_ *testing.T, h *house) { h.tollFree.FallbackURL = "http://files.example.org/f.xml" }, "tollfree.fallback", bad, "https"},
	{"a hosted fallback by POST", func(_ *testing.T, h *house) { h.tollFree.FallbackURL = "https://files.example.org/f.xml" }, "tollfree.fallback", warn, "POST"},
	{"a fallback by GET", func(_ *testing.T, h *house) { h.abroad.FallbackMethod = "GET" }, "international.fallback", bad, "GET"},
	{"nobody hears how calls go", func(_ *testing.T, h *house) { h.abroad.StatusCallback = "" }, "international.status", bad, "empty"},
	{"texts go nowhere", func(_ *testing.T, h *house) { h.tollFree.SMSURL = "" }, "tollfree.texts", bad, "empty"},
	{"texts by GET", func(_ *testing.T, h *house) { h.tollFree.SMSMethod = "GET" }, "tollfree.texts", bad, "GET"},
	{"texts go to an application", func(_ *testing.T, h *house) { h.tollFree.SMSApplication = "AP" + strings.Repeat("0", 32) }, "tollfree.texts", bad, "STOP"},
	{"a toll-free number that is not verified", func(_ *testing.T, h *house) { h.tollFree.Verification = "" }, "tollfree.verified", bad, "30032"},
	{"a toll-free number that was refused", func(_ *testing.T, h *house) { h.tollFree.Verification = "TWILIO_REJECTED" }, "tollfree.verified", bad, "refused"},
	{"a toll-free number that is looked at", func(_ *testing.T, h *house) { h.tollFree.Verification = "IN_REVIEW" }, "tollfree.verified", warn, "IN_REVIEW"},
	// Events.
	{"no secret for events", func(_ *testing.T, h *house) { delete(h.env, "EVENTS_SECRET") }, "events.in", warn, "by hand"},
	{"nobody is told", func(_ *testing.T, h *house) { delete(h.env, "EVENTS_OUT") }, "events.out", warn, "nobody"},
	{"an endpoint that is down", func(_ *testing.T, h *house) {
		h.tools.dial = func(_ context.Context, address string) (time.Time, error) {
			if strings.Contains(address, "records") {
				return time.Time{}, syscall.ECONNREFUSED
			}
			return time.Time{}, nil
		}
	}, "events.out", bad, "records cannot be connected to: nobody listens"},
	{"a certificate that ends", func(_ *testing.T, h *house) {
		h.tools.dial = func(context.Context, string) (time.Time, error) { return time.Now().Add(75 * time.Hour), nil }
	}, "public_address.connect", warn, "3 days"},
}
