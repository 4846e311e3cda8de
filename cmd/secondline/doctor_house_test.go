package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondline/internal/hours"
	"secondline/internal/redistest"
	"secondline/internal/twiliosim"
)

// house is a machine that is set up right, which a test spoils.
type house struct {
	t        *testing.T
	redis    *redistest.Server
	data     string
	env      map[string]string
	toml     string
	sim      twiliosim.Config
	tollFree twiliosim.Number
	abroad   twiliosim.Number
	tools    doctorTools
	args     []string
	// leave is a number that the account has not.
	leave string
}

const (
	doctorToken  = "0123456789abcdef0123456789abcdef"
	doctorRoster = `
[[coordinator]]
name = "Alex Rivera"
number = "+16172530001"
languages = ["en", "es"]
pin = "8265"
supervisor = true

[[coordinator]]
name = "Sam Doe"
number = "+16172530002"
languages = ["en"]
pin = "40917"
hours = "09:00-17:00"
`
)

func newHouse(t *testing.T) *house {
	t.Helper()
	keys, err := newPHIKeys(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("s", 32)))
	h := &house{t: t, redis: redistest.Start(t), data: t.TempDir(), toml: doctorRoster}
	h.env = map[string]string{
		"PUBLIC_URL": "https://line.example.org", "TWILIO_ACCOUNT_SID": worldAccount, "TWILIO_AUTH_TOKEN": doctorToken,
		"TWILIO_API_KEY": testKeySID, "TWILIO_API_SECRET": testToken, "PHI_KEYS": keys, "REDIS_URL": h.redis.URL(),
		"EVENTS_SECRET": secret, "EVENTS_OUT": "records https://records.example.org/events " + secret,
	}
	h.abroad = twiliosim.Number{VoiceURL: "/voice/incoming", FallbackURL: "/voice/fallback", StatusCallback: "/voice/status"}
	h.tollFree = h.abroad
	h.tollFree.SMSURL, h.tollFree.Verification = "/sms/incoming", "TWILIO_APPROVED"
	h.sim = twiliosim.Config{AccountSID: worldAccount, AuthToken: doctorToken, APIKeys: map[string]string{testKeySID: testToken},
		AppURL: "https://line.example.org", Transport: http.DefaultTransport, Now: time.Now}
	h.tools = doctorTools{now: time.Now, zone: hours.LoadZone,
		free: func(string) (uint64, error) { return 100 << 30, nil },
		dial: func(context.Context, string) (time.Time, error) { return time.Now().AddDate(0, 2, 0), nil }}
	return h
}

// examine runs the command as an operator does.
func (h *house) examine(args ...string) (status int, out string) {
	h.t.Helper()
	if h.toml != "" {
		h.env["LINE_CONFIG"] = filepath.Join(h.t.TempDir(), "line.toml")
		h.write(h.env["LINE_CONFIG"], h.toml)
	}
	s, _ := LoadSettings(lookup(h.env), os.ReadFile)
	h.sim.Numbers = map[string]twiliosim.Number{s.Programme.Lines.TollFree.Number: h.tollFree, s.Programme.Lines.International.Number: h.abroad}
	maps.DeleteFunc(h.sim.Numbers, func(n string, _ twiliosim.Number) bool { return n == h.leave || !strings.HasPrefix(n, "+") })
	sim, err := twiliosim.New(h.sim)
	if err != nil {
		h.t.Fatal(err)
	}
	api := httptest.NewServer(sim)
	defer api.Close()
	env := map[string]string{"TWILIO_API_URL": api.URL}
	maps.Copy(env, h.env)
	var stdout, stderr bytes.Buffer
	status = runDoctorWith(h.t.Context(), h.tools, append(append([]string{"-data", h.data}, h.args...), args...), lookup(env), &stdout, &stderr)
	if stderr.Len() > 0 {
		h.t.Errorf("stderr: %s", stderr.String())
	}
	return status, stdout.String()
}

func (h *house) write(path, text string) {
	h.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// findings gives what is not fine, by check.
func (h *house) findings() (status int, notFine map[string]finding) {
	h.t.Helper()
	status, out := h.examine("-json")
	var report struct {
		Findings []finding
		OK       bool
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		h.t.Fatalf("%v: %s", err, out)
	}
	notFine = map[string]finding{}
	for _, f := range report.Findings {
		if f.State == fine {
			continue
		}
		if f.Do == "" || f.Found == "" {
			h.t.Errorf("%s says nothing of what to do: %+v", f.Name, f)
		}
		notFine[f.Name] = f
	}
	if report.OK != (status == 0) {
		h.t.Errorf("status %d, and ok is %v", status, report.OK)
	}
	h.wantNoSecrets(out)
	return status, notFine
}

func (h *house) wantNoSecrets(out string) {
	h.t.Helper()
	secrets := []string{doctorToken, testToken, h.env["TWILIO_AUTH_TOKEN"], h.env["PHI_KEYS"], h.env["EVENTS_SECRET"], "whsec_", "8265", "+16172530001", "hunter2"}
	for _, secret := range secrets {
		if secret != "" && strings.Contains(out, secret) {
			h.t.Errorf("it says %q:\n%s", secret, out)
		}
	}
}
