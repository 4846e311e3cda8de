package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// config runs the command and gives its exit code and what it printed.
func config(env map[string]string, args ...string) (code int, stdout, stderr string) {
	var out, errs strings.Builder
	code = runConfig(args, lookup(env), &out, &errs)
	return code, out.String(), errs.String()
}

func rosterFile(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "my.toml")
	text := "[[coordinator]]\nname = \"Alex Rivera\"\nnumber = \"+16175550123\"\nlanguages = [\"en\", \"es\"]\n[transfer]\nring = \"25s\"\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// row gives the words of the line that begins with name.
func row(table, name string) string {
	for line := range strings.Lines(table) {
		if words := strings.Fields(line); len(words) > 0 && words[0] == name {
			return strings.Join(words, " ")
		}
	}
	return ""
}

func TestConfigShowsValuesAndWhereTheyComeFrom(t *testing.T) {
	file := rosterFile(t)
	code, out, errs := config(serveEnv(map[string]string{
		"LINE_CONFIG": file, "REDIS_URL": "redis://user:hunter2@db.example:6379/0?password=hunter2",
		"TWILIO_API_KEY": testKeySID, "TWILIO_API_SECRET": testToken, "TRUSTED_PROXIES": "10.0.0.0/8,192.0.2.7", "LISTEN": "[::]:8080",
	}))
	if code != 0 || errs != "" {
		t.Fatalf("exit code %d\n%s", code, errs)
	}
	for _, want := range []string{
		"organisation \"Care Team Services\" default",
		"transfer.ring \"25s\" " + file,
		"transfer.total \"1m15s\" default",
		"promise.first_call \"12h\" default",
		"coordinator[1] Alex Rivera, …0123, en es " + file,
		"LISTEN [::]:8080 environment",
		"ADMIN_LISTEN 127.0.0.1:8081 default",
		"PUBLIC_URL https://line.example.org environment",
		"REDIS_URL redis://***@db.example:6379/0 environment",
		"TWILIO_ACCOUNT_SID …cdef environment",
		"TWILIO_API_KEY …cdef environment",
		"TWILIO_AUTH_TOKEN set, not shown environment",
		"TWILIO_AUTH_TOKEN_NEXT not set default",
		"PHI_KEYS index, k2, k1 environment",
		"TRUSTED_PROXIES 10.0.0.0/8, 192.0.2.7/32 environment",
	} {
		if got := row(out, strings.Fields(want)[0]); got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
}

func TestConfigTellsWhatIsWrongAndMissing(t *testing.T) {
	code, out, errs := config(map[string]string{"PUBLIC_URL": "http://line.example.org", "PHI_KEYS": "x"})
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	if row(out, "organisation") == "" {
		t.Error("the settings are not shown beside the faults")
	}
	for _, want := range []string{
		"note: coordinator: the roster is empty",
		"4 settings are wrong:",
		"  PUBLIC_URL must begin with https://; for example: https://line.example.org",
		"  PHI_KEYS entry 1 has no id in front of its key; for example: what secondline config -new-keys prints",
		"  TWILIO_ACCOUNT_SID is not set",
		"  TWILIO_AUTH_TOKEN is not set",
	} {
		if !strings.Contains(errs, want) {
			t.Errorf("does not say %q:\n%s", want, errs)
		}
	}
}

func TestConfigAsJSON(t *testing.T) {
	code, out, errs := config(serveEnv(map[string]string{"LINE_CONFIG": rosterFile(t)}), "-json")
	if code != 0 || errs != "" {
		t.Fatalf("exit code %d\n%s", code, errs)
	}
	var got struct {
		Settings []struct{ Name, Value, From string }
		Faults   []Fault
		Warnings []string
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Settings) < 40 || got.Settings[0].Name != "organisation" || len(got.Faults) != 0 || !strings.Contains(out, `"faults": []`) {
		t.Errorf("printed\n%s", out)
	}
	code, out, _ = config(nil, "-json")
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != 1 || len(got.Faults) != 4 || len(got.Warnings) != 1 {
		t.Errorf("exit code %d, %v, printed\n%s", code, err, out)
	}
}

func TestConfigFlags(t *testing.T) {
	tests := []struct {
		args []string
		code int
		errs string
	}{
		{[]string{"-h"}, 0, "Usage: secondline config"},
		{[]string{"-x"}, 2, "Usage: secondline config"},
		{[]string{"all"}, 2, `takes no argument "all"`},
	}
	for _, tt := range tests {
		if code, out, errs := config(nil, tt.args...); code != tt.code || out != "" || !strings.Contains(errs, tt.errs) {
			t.Errorf("%v: exit code %d, %q, %q", tt.args, code, out, errs)
		}
	}
}

func TestNewKeysCanBeUsedAtOnce(t *testing.T) {
	code, out, errs := config(nil, "-new-keys")
	if code != 0 || strings.Count(out, "\n") != 1 || !strings.Contains(errs, "keep a copy") {
		t.Fatalf("exit code %d, %d lines, %q", code, strings.Count(out, "\n"), errs)
	}
	if code, _, errs := config(serveEnv(map[string]string{"PHI_KEYS": out})); code != 0 {
		t.Errorf("exit code %d: %s", code, errs)
	}
}
