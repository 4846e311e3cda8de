package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// Made up, and shaped like the real ones.
var (
	testSID    = "AC" + strings.Repeat("0123456789abcdef", 2)
	testKeySID = "SK" + strings.Repeat("0123456789abcdef", 2)
	testToken  = strings.Repeat("5ecre7", 5) + "to"
	testKeys   = "index:" + key64('i') + ",k2:" + key64('b') + ",k1:" + key64('a')
)

func key64(c byte) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(c), 32)))
}

func serveEnv(change map[string]string) map[string]string {
	env := map[string]string{
		"PUBLIC_URL":         "https://line.example.org",
		"TWILIO_ACCOUNT_SID": testSID,
		"TWILIO_AUTH_TOKEN":  testToken,
		"PHI_KEYS":           testKeys,
	}
	maps.Copy(env, change)
	return env
}

func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := env[name]; return v, ok }
}

// load reads settings; line is the text of the file that LINE_CONFIG names.
func load(env map[string]string, line string) (Settings, error) {
	env = maps.Clone(env)
	if line != "" {
		if env == nil {
			env = map[string]string{}
		}
		env["LINE_CONFIG"] = "my.toml"
	}
	return LoadSettings(lookup(env), func(name string) ([]byte, error) {
		if name == "my.toml" {
			return []byte(line), nil
		}
		return nil, fs.ErrNotExist
	})
}

func names(err error) []string {
	var out []string
	for _, f := range faultsOf(err) {
		out = append(out, f.Name)
	}
	slices.Sort(out)
	return out
}

func TestWithoutAnySettingTheProgrammeIsWhole(t *testing.T) {
	s, err := load(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	eachDefault := s.shown()
	for _, one := range eachDefault {
		if one.From != "default" || one.Value == `""` || one.Value == "" {
			t.Errorf("%s = %q from %s", one.Name, one.Value, one.From)
		}
	}
	if s.Deploy.Listen != ":8080" || s.Deploy.AdminListen != "127.0.0.1:8081" {
		t.Errorf("listens on %s and %s", s.Deploy.Listen, s.Deploy.AdminListen)
	}
	if got := s.Programme.Lines.TollFree.Number; got != "+18009419309" {
		t.Errorf("toll-free line %s", got)
	}
	if got := s.Programme.Promise.FirstCall; got != 12*time.Hour {
		t.Errorf("first call within %s", got)
	}
	want := map[string][2]string{}
	for _, day := range weekdays[:5] {
		want[day] = [2]string{"09:00", "21:00"}
	}
	if got := s.Programme.Opening.Days(); !maps.Equal(got, want) {
		t.Errorf("open on %v", got)
	}
}

func TestDefaultsSayEverySetting(t *testing.T) {
	for _, key := range programmeKeys() {
		if key != "coordinator" && exampleOf(key) == "" && !isTable(key) {
			t.Errorf("line.toml does not say %s", key)
		}
	}
	eachEnv := serveEnv(nil)
	for name := range eachEnv {
		if exampleOf(name) == "" {
			t.Errorf("%s has no example", name)
		}
	}
}

func isTable(key string) bool {
	return slices.ContainsFunc(programmeKeys(), func(k string) bool { return strings.HasPrefix(k, key+".") })
}

func TestAFileChangesOnlyWhatItMentions(t *testing.T) {
	before, _ := load(nil, "")
	s, err := load(nil, `
organisation = "Harbor Care Services"
[lines.international]
name = "Abroad"
[opening]
friday = "closed"
holidays = ["2027-12-24"]
[transfer]
ring = "25s"
[recording]
announce = true
[[coordinator]]
name = "Alex Rivera"
number = "+16175550123"
languages = ["en", "es"]
`)
	if err != nil {
		t.Fatal(err)
	}
	want := before.Programme
	want.Organisation = "Harbor Care Services"
	want.Lines.International.Name = "Abroad"
	want.Opening.Friday = "closed"
	want.Opening.Holidays = []string{"2027-12-24"}
	want.Transfer.Ring = 25 * time.Second
	want.Recording.Announce = true
	want.Coordinators = []Coordinator{{Name: "Alex Rivera", Number: "+16175550123", Languages: []string{"en", "es"}}}
	if got, want := fmt.Sprintf("%+v", s.Programme), fmt.Sprintf("%+v", want); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	for key, want := range map[string]string{"opening.friday": "my.toml", "opening.monday": "default", "coordinator": "my.toml", "LINE_CONFIG": "environment"} {
		if got := s.source(key); got != want {
			t.Errorf("%s comes from %q, want %q", key, got, want)
		}
	}
}

func TestFaultsInTheFile(t *testing.T) {
	tests := []struct{ line, name, says string }{
		{`organization = "X"`, "organization", "did you mean organisation?"},
		{"[opening]\nmonady = \"closed\"", "opening.monady", "did you mean opening.monday?"},
		{`zone = "Europe/Dublin"`, "zone", "did you mean opening.zone?"},
		{"[qqqqqqqqqq]\nx = 1", "qqqqqqqqqq", "is not a setting"},
		{"[[coordinator]]\nname = \"A\"\nnumbr = \"+16175550123\"\nlanguages = [\"en\"]\nnumber = \"+16175550123\"", "coordinator[1].numbr", "did you mean coordinator[1].number?"},
		{"coordinator = 3", "coordinator", "[[coordinator]]"},
		{"opening = 3", "opening", "must be a table"},
		{"[transfer]\nring = 20", "transfer.ring", "length of time"},
		{"[transfer]\nring = \"2s\"", "transfer.ring", "it is 5s to 1m"},
		{"[transfer]\nring = \"40s\"\ntotal = \"30s\"", "transfer.total", "it is 40s to 10m"},
		{"[caps]\ntexts_a_day = \"many\"", "caps.texts_a_day", "whole number"},
		{"[caps]\ntexts_a_day = 0", "caps.texts_a_day", "it is 1 to 1000000"},
		{"[recording]\nannounce = \"yes\"", "recording.announce", "true or false"},
		{"[opening]\nholidays = \"christmas\"", "opening.holidays", "a list"},
		{"[opening]\nholidays = [\"2027-02-30\"]", "opening.holidays", "2027-02-30"},
		{"[opening]\nzone = \"EST5\"", "opening.zone", "EST5"},
		{"[opening]\nzone = \"Local\"", "opening.zone", "not a time zone"},
		{"[opening]\nmonday = \"9-5\"", "opening.monday", "two times"},
		{"[opening]\nmonday = \"21:00-09:00\"", "opening.monday", "closes before it opens"},
		{"[opening]\nmonday = \"\"", "opening.monday", "two times"},
		{"[lines.tollfree]\nnumber = \"800-941-9309\"", "lines.tollfree.number", "E.164"},
		{"[lines.tollfree]\nnumber = \"+1800555012\"", "lines.tollfree.number", "ten digits"},
		{"[lines.tollfree]\ngreeting = \"loud\"", "lines.tollfree.greeting", "loud"},
		{"[in_person]\nnumber = \"+18009419309\"", "in_person.number", "same number as lines.tollfree.number"},
		{"[[coordinator]]\nname = \"A\"\nlanguages = [\"en\"]\nnumber = \"+18774423324\"", "coordinator[1].number", "same number as in_person.number"},
		{"[[coordinator]]\nname = \"A\"\nnumber = \"+16175550123\"", "coordinator[1].languages", "at least one language"},
		{"[voice]\nen = \"Polly Joanna\"", "voice.en", "voice"},
		{"[voice]\nlanguage = \"english\"", "voice.language", "not a setting"},
		{"[[special_day]]\ndate = \"5 January\"\nhours = \"closed\"\nsay = { en = \"Closed.\" }", "special_day[1].date", "no date"},
		{"[[special_day]]\ndate = \"2027-01-05\"\nhours = \"noon\"\nsay = { en = \"Closed.\" }", "special_day[1].hours", "two times"},
		{"[[special_day]]\ndate = \"2027-01-05\"\nhours = \"closed\"", "special_day[1].say", "no English sentence"},
		{"[[special_day]]\ndate = \"2027-01-05\"\nhours = \"closed\"\nsay = { en = \"Closed.\" }\ndates = \"2027-01-05\"", "special_day[1].dates", "did you mean special_day[1].date"},
		{"[[coordinator]]\nname = \"A\"\nnumber = \"+16175550123\"\nlanguages = [\"en\"]\npin = \"abc\"", "coordinator[1].pin", "4 to 8 digits"},
		{"[[coordinator]]\nname = \"A\"\nnumber = \"+16175550123\"\nlanguages = [\"en\"]\nhours = \"closed\"", "coordinator[1].hours", "two times"},
		{"[countries]\ncallable = [\"US\", \"UK\"]\ntextable = [\"US\"]", "countries.callable", `"UK"`},
		{"[countries]\ntextable = [\"JP\"]", "countries.textable", "countries.callable"},
		{"organisation = ", "LINE_CONFIG", "line 1"},
	}
	for _, tt := range tests {
		_, err := load(nil, tt.line)
		faults := faultsOf(err)
		if len(faults) != 1 || faults[0].Name != tt.name || !strings.Contains(faults[0].Problem+faults[0].Example, tt.says) {
			t.Errorf("%q:\n got %v\nwant %s … %s", tt.line, err, tt.name, tt.says)
		}
	}
}

func TestEveryFaultIsTold(t *testing.T) {
	_, err := load(map[string]string{"LISTEN": "8080", "PUBLIC_URL": "ftp://x", "PHI_KEYS": "nonsense,x:y", "TRUSTED_PROXIES": "10.0.0.0/8, proxy, ::/0"},
		"organisation = \"Dana Cancer Line\"\nvoise = 1\n[caps]\ntexts_a_day = true\n[transfer]\nring = \"a while\"\n")
	want := []string{"LISTEN", "PHI_KEYS", "PHI_KEYS", "PUBLIC_URL", "TRUSTED_PROXIES", "TRUSTED_PROXIES", "caps.texts_a_day", "organisation", "transfer.ring", "voise"}
	if got := names(err); !slices.Equal(got, want) {
		t.Errorf("\n got %v\nwant %v", got, want)
	}
	if lines := strings.Split(err.Error(), "\n"); len(lines) != len(want)+1 || lines[0] != "10 settings are wrong:" {
		t.Errorf("printed as\n%s", err)
	}
}

func TestOrganisationTellsNothing(t *testing.T) {
	for _, name := range []string{"Care Team Services", "Harbor & Sons, Inc.", "Danaher Road Office", "Concord 24-7"} {
		problem := organisationProblem(name)
		if wrong := strings.HasPrefix(name, "Danaher"); (problem != "") != wrong {
			t.Errorf("%q: %q", name, problem)
		}
	}
	for _, name := range []string{
		"", "  ", "Cancer Care", "CANCER care", "Oncology Partners", "Dana-Farber", "DanaFarber Line", "Dana", "The Tumor Board",
		"Second-Opinion Team", "second  opinion", "Lymphoma Line", "Équipe", "Team\nOne", "Team <b>", strings.Repeat("Care ", 7),
	} {
		if organisationProblem(name) == "" {
			t.Errorf("%q is accepted", name)
		}
	}
}

func TestWhatServeNeeds(t *testing.T) {
	s, err := load(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"PHI_KEYS", "PUBLIC_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"}
	if got := names(s.ValidateServe()); !slices.Equal(got, want) {
		t.Errorf("missing: %v", got)
	}
	s, err = load(serveEnv(nil), "")
	if err = errors.Join(err, s.ValidateServe()); err != nil {
		t.Error(err)
	}
}

func TestEnvironmentValues(t *testing.T) {
	tests := []struct{ name, value, says string }{
		{"PUBLIC_URL", "https://line.example.org/", ""},
		{"PUBLIC_URL", "https://line.example.org:8443/second", ""},
		{"PUBLIC_URL", "http://localhost:8080", ""},
		{"PUBLIC_URL", "http://[::1]:8080", ""},
		{"PUBLIC_URL", "http://line.example.org", "must begin with https://"},
		{"PUBLIC_URL", "line.example.org", "not an address"},
		{"PUBLIC_URL", "https://my_line.example.org", "underscore"},
		{"PUBLIC_URL", "https://a:b@line.example.org", "password"},
		{"PUBLIC_URL", "https://line.example.org/#x", "without ? or #"},
		{"PUBLIC_URL", "https://line.example.org/?a=b", "without ? or #"},
		{"PUBLIC_URL", "https://%zz", "not an address"},
		{"LISTEN", "127.0.0.1:0", ""},
		{"LISTEN", "[::]:80", ""},
		{"LISTEN", ":99999", "port"},
		{"LISTEN", ":http-ish", "port"},
		{"ADMIN_LISTEN", ":8080", "same address as LISTEN"},
		{"REDIS_URL", "rediss://u:p@h1:6379,h2:6379/0", ""},
		{"REDIS_URL", "unix:///run/redis.sock", ""},
		{"REDIS_URL", "redis+sentinel://u:p@one:26379,two/master", ""},
		{"REDIS_URL", "rediss+cluster://u:p@one,two:6379", ""},
		{"REDIS_URL", "localhost:6379", "redis://"},
		{"REDIS_URL", "redis://", "redis://"},
		{"TWILIO_API_URL", "http://127.0.0.1:9", ""},
		{"TWILIO_API_URL", "http://twilio.example", "https://"},
		{"TWILIO_ACCOUNT_SID", testKeySID, "not an account SID"},
		{"TWILIO_AUTH_TOKEN", "short", "5 characters"},
		{"TWILIO_AUTH_TOKEN_NEXT", testToken + "x", "33 characters"},
		{"TWILIO_API_KEY", testKeySID, "TWILIO_API_KEY is"},
		{"TWILIO_API_SECRET", testToken, "TWILIO_API_SECRET is"},
		{"TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7,2001:db8::/32,", ""},
		{"TRUSTED_PROXIES", "0.0.0.0/0", "trusts everybody"},
		{"TRUSTED_PROXIES", "nginx", "neither a network nor an address"},
		{"PHI_KEYS", testKeys, ""},
		{"PHI_KEYS", "", ""},
		{"LINE_CONFIG", "away.toml", "cannot be read"},
	}
	for _, tt := range tests {
		_, err := load(serveEnv(map[string]string{tt.name: tt.value}), "")
		if tt.says == "" {
			if err != nil {
				t.Errorf("%s=%s: %v", tt.name, tt.value, err)
			}
			continue
		}
		if faults := faultsOf(err); len(faults) != 1 || !strings.Contains(faults[0].Problem, tt.says) {
			t.Errorf("%s=%s: %v, want %q", tt.name, tt.value, err, tt.says)
		}
	}
}

func TestEnvironmentAsRead(t *testing.T) {
	s, err := load(serveEnv(map[string]string{
		"PUBLIC_URL": " https://line.example.org/ ", "LISTEN": "", "TRUSTED_PROXIES": "10.1.2.3/8, 192.0.2.7", "TWILIO_API_KEY": testKeySID, "TWILIO_API_SECRET": testToken,
	}), "")
	if err != nil {
		t.Fatal(err)
	}
	if d := s.Deploy; d.PublicURL != "https://line.example.org" || d.Listen != ":8080" || d.AuthToken.Reveal() != testToken || d.APISecret.Reveal() != testToken {
		t.Errorf("read as %+v", d)
	}
	if got := fmt.Sprint(s.Deploy.TrustedProxies); got != "[10.0.0.0/8 192.0.2.7/32]" {
		t.Errorf("trusts %s", got)
	}
	if got := s.Deploy.PHIKeys.String(); got != "index, k2, k1" {
		t.Errorf("keys %s", got)
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	secrets := []string{testToken, key64('a'), key64('i'), "hunter2"}
	right := serveEnv(map[string]string{"REDIS_URL": "redis://u:hunter2@h/0", "TWILIO_API_KEY": testKeySID, "TWILIO_API_SECRET": testToken})
	wrong := map[string]string{
		"PUBLIC_URL": "https://a:hunter2@h.example", "REDIS_URL": "hunter2", "TWILIO_ACCOUNT_SID": testToken, "TWILIO_AUTH_TOKEN": testToken + "-",
		"TWILIO_API_KEY": testToken, "PHI_KEYS": key64('a') + ",x:" + key64('i') + "=,y:hunter2", "TWILIO_AUTH_TOKEN_NEXT": "hunter2",
	}
	for _, env := range []map[string]string{right, wrong} {
		s, err := load(env, "")
		var out strings.Builder
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "err", err)
		if err == nil {
			slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "settings", s)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "keys", s.Deploy.PHIKeys)
		fmt.Fprintf(&out, "%v %+v %#v %s %v", s.Deploy.PHIKeys, s.Deploy.AuthToken, s.Deploy.PHIKeys, err, faultsOf(err))
		runConfig(nil, lookup(env), &out, &out)
		runConfig([]string{"-json"}, lookup(env), &out, &out)
		for i, secret := range secrets {
			if at := strings.Index(out.String(), secret); at >= 0 && !(secret == "hunter2" && strings.HasSuffix(out.String()[:at], "https://a:")) {
				t.Errorf("secret %d is printed after %q", i, out.String()[max(0, at-40):at])
			}
		}
	}
}

func FuzzLineConfig(f *testing.F) {
	f.Add(lineTOML)
	f.Add("[[coordinator]]\nname = 1\n[[coordinator]]\n[opening]\nmonday = [1]")
	f.Add("coordinator = [{}, 1]\nlines = [1]\nvoice.name.x = 2\n\"a.b\" = 1")
	f.Fuzz(func(t *testing.T, line string) {
		s, err := load(nil, line+"\n")
		if err == nil && len(s.Programme.check()) > 0 {
			t.Error("accepted and yet faulty")
		}
		if err != nil && len(faultsOf(err)) == 0 {
			t.Errorf("an error that is no fault: %v", err)
		}
	})
}

func FuzzEnvironment(f *testing.F) {
	f.Add("https://line.example.org", "10.0.0.0/8", "redis://x", ":1")
	f.Fuzz(func(t *testing.T, public, proxies, redis, listen string) {
		_, err := load(map[string]string{"PUBLIC_URL": public, "TRUSTED_PROXIES": proxies, "REDIS_URL": redis, "LISTEN": listen}, "")
		if err != nil && len(faultsOf(err)) == 0 {
			t.Errorf("an error that is no fault: %v", err)
		}
	})
}

func TestLineTOMLIsReadFromDisk(t *testing.T) {
	name := t.TempDir() + "/line.toml"
	if err := os.WriteFile(name, []byte("organisation = \"Harbor Care\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := LoadSettings(lookup(map[string]string{"LINE_CONFIG": name}), os.ReadFile)
	if err != nil || s.Programme.Organisation != "Harbor Care" || s.source("organisation") != name {
		t.Errorf("%v: %q from %q", err, s.Programme.Organisation, s.source("organisation"))
	}
}
