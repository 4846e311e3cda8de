package main

import (
	"net/netip"
	"time"

	"secondline/internal/private"
)

// Settings is everything an operator decides: what the programme is, and where
// this copy of the program runs. LoadSettings is the only place that makes one.
type Settings struct {
	Programme Programme
	Deploy    Deploy

	from map[string]string
}

// Programme is what callers notice. line.toml holds every default; the file
// that LINE_CONFIG names changes what it mentions.
type Programme struct {
	// Organisation is said in every call and text that we start. It is a
	// neutral legal name: a name that tells of the illness tells it to whoever
	// picks up (45 CFR 164.510(b), R-41).
	Organisation string        `toml:"organisation"`
	Lines        Lines         `toml:"lines"`
	InPerson     InPerson      `toml:"in_person"`
	Opening      Opening       `toml:"opening"`
	SpecialDays  []SpecialDay  `toml:"special_day" eg:"a [[special_day]] block with date, hours and say"`
	Coordinators []Coordinator `toml:"coordinator" eg:"a [[coordinator]] block with name, number and languages"`
	Voice        Voice         `toml:"voice"`
	Countries    Countries     `toml:"countries"`
	Caps         Caps          `toml:"caps"`
	Transfer     Transfer      `toml:"transfer"`
	Retention    Retention     `toml:"retention"`
	Promise      Promise       `toml:"promise"`
	Recording    Recording     `toml:"recording"`
}

// Lines are the two numbers that callers ring.
type Lines struct {
	TollFree      Line `toml:"tollfree"`
	International Line `toml:"international"`
}

// Line is one number that callers ring.
type Line struct {
	Name     string   `toml:"name"`     // for operators; callers never hear it
	Number   string   `toml:"number"`   // E.164
	Greeting Greeting `toml:"greeting"` // what a caller hears first
}

// Greeting is how a line begins: which emergency number it names and whether
// it speaks of what the call costs.
type Greeting string

// The greetings that the call script knows (A1 and B1).
const (
	GreetDomestic      Greeting = "domestic"
	GreetInternational Greeting = "international"
)

// InPerson is the consult line for a first visit in person.
type InPerson struct {
	Number string `toml:"number"` // E.164
}

// Opening is when people answer, in wall-clock times of Zone. A day is
// "09:00-21:00" or "closed"; a holiday is a name or a date, "2027-12-24".
type Opening struct {
	Zone      string   `toml:"zone"` // IANA name
	Monday    string   `toml:"monday"`
	Tuesday   string   `toml:"tuesday"`
	Wednesday string   `toml:"wednesday"`
	Thursday  string   `toml:"thursday"`
	Friday    string   `toml:"friday"`
	Saturday  string   `toml:"saturday"`
	Sunday    string   `toml:"sunday"`
	Holidays  []string `toml:"holidays"`
}

// SpecialDay is one day with hours, and a sentence to callers, of its own.
type SpecialDay struct {
	Date  string            `toml:"date" eg:"2027-01-05"`
	Hours string            `toml:"hours" eg:"09:00-12:00"`                                                      // or "closed"
	Say   map[string]string `toml:"say" eg:"{ en = \"We are closed today because of the storm.\", es = \"…\" }"` // by language
}

// Coordinator is a person who takes transferred calls.
type Coordinator struct {
	Name      string       `toml:"name" eg:"Alex Rivera"`
	Number    string       `toml:"number" eg:"+16175550123"` // E.164
	Languages []string     `toml:"languages" eg:"en"`        // BCP 47
	PIN       private.Text `toml:"pin" eg:"4 to 8 digits"`   // opens the coordinators' own line; none keeps it closed
	Hours     string       `toml:"hours" eg:"09:00-17:00"`   // on the days that the line is open; empty for all its hours
	// Supervisor is one to whom promises at risk go.
	Supervisor bool `toml:"supervisor" eg:"true"`
	// Account is what the issuer of the console's sign-ins calls the person: the
	// subject, or a verified e-mail address.
	Account string `toml:"account" eg:"alex@example.org"`
}

// Voice is the voice that reads prompts out (the attributes voice and language
// of TwiML's Say), by language.
type Voice struct {
	English string `toml:"en"`
	Spanish string `toml:"es"`
	Speech  bool   `toml:"speech"` // hear a few words beside the keys
}

// Countries are the ISO 3166-1 codes that the line may reach.
// Every textable country is callable.
type Countries struct {
	Callable []string `toml:"callable"`
	Textable []string `toml:"textable"`
}

// Caps bound what one caller, one number, or a run-away fault can use up.
type Caps struct {
	CallsPerCaller       int `toml:"calls_per_caller_in_10_minutes"`
	CallsPerCallerAtOnce int `toml:"calls_per_caller_at_once"`
	TextsPerNumber       int `toml:"texts_per_number_in_an_hour"`
	TextsPerNumberADay   int `toml:"texts_per_number_a_day"`
	TextsPerPrefixADay   int `toml:"texts_per_prefix_a_day"`
	TextsPerCountryADay  int `toml:"texts_per_country_a_day"`
	TextsADay            int `toml:"texts_a_day"`
	TextsASecond         int `toml:"texts_a_second"`
	CallsAtOnce          int `toml:"calls_at_once"`
	CallsOutADay         int `toml:"calls_out_a_day"`
	CallsOutPerPrefix    int `toml:"calls_out_per_prefix_a_day"`
	CallsOutPerCountry   int `toml:"calls_out_per_country_a_day"`
	WrongAnswersADay     int `toml:"wrong_answers_a_day"`
}

// Transfer is how long a caller who asked for a person waits.
type Transfer struct {
	Ring  time.Duration `toml:"ring"`  // one coordinator's telephone
	Total time.Duration `toml:"total"` // all of them, before a call back is offered
	// Longest is how long anybody is kept waiting.
	Longest time.Duration `toml:"longest"`
}

// Retention is how long what is personal is kept, in days.
type Retention struct {
	UnfinishedIntakeDays int `toml:"unfinished_intake_days"`
	RecordingsDays       int `toml:"recordings_days"` // from when a recording was stored
	// ClosedRequestsDays counts from when a request that is over last changed,
	// ClosedTasksDays from when what was owed without a request was done, LaidAsideDays
	// from when an event or an effect went wrong.
	ClosedRequestsDays int `toml:"closed_requests_days"`
	ClosedTasksDays    int `toml:"closed_tasks_days"`
	LaidAsideDays      int `toml:"laid_aside_days"`
	// ConsentsDays is how long it can be shown who agreed to what.
	ConsentsDays int `toml:"consents_days"`
}

// Promise is what a caller is told about what comes next.
type Promise struct {
	// FirstCall and CallBack are counted in open time: 12h is one working day
	// of 9 to 9.
	FirstCall time.Duration `toml:"first_call"`
	CallBack  time.Duration `toml:"call_back"`
	// VoiceFirst has the call after delivery begun by an automated voice, for
	// patients who agreed to automated calls; everybody else has a person on the
	// line first.
	VoiceFirst bool `toml:"voice_first"`
}

// Recording says whether callers hear that calls may be recorded.
type Recording struct {
	Announce bool `toml:"announce"`
}

// Deploy is where and as whom this copy of the program runs. It comes from the
// environment alone; a variable that is set to nothing counts as not set.
// Secrets print as "[redacted]".
type Deploy struct {
	Listen         string         `env:"LISTEN" envDefault:":8080" eg:":8080"`
	AdminListen    string         `env:"ADMIN_LISTEN" envDefault:"127.0.0.1:8081" eg:"127.0.0.1:8081"`
	DrainDelay     time.Duration  `env:"DRAIN_DELAY" envDefault:"5s" eg:"5s"`      // from not being ready any more to taking no more requests
	PublicURL      string         `env:"PUBLIC_URL" eg:"https://line.example.org"` // without a slash at its end
	RedisURL       private.Text   `env:"REDIS_URL" eg:"redis://localhost:6379/0"`
	RedisCA        string         `env:"REDIS_CA" eg:"/etc/secondline/redis-ca.pem"`     // who signs Redis' certificate
	RedisCert      string         `env:"REDIS_CERT" eg:"/etc/secondline/redis-cert.pem"` // ours, for a Redis that asks for one
	RedisKey       string         `env:"REDIS_KEY" eg:"/etc/secondline/redis-key.pem"`
	RedisReplicas  int            `env:"REDIS_REPLICAS" envDefault:"0" eg:"1"`  // that must have an opt-out, an event, and the mark of an attempt
	RedisUnsafe    bool           `env:"REDIS_UNSAFE" envDefault:"no" eg:"yes"` // send although Redis may lose or throw away what it keeps
	AccountSID     string         `env:"TWILIO_ACCOUNT_SID" eg:"AC and 32 hexadecimal digits" mask:"last4"`
	AuthToken      private.Text   `env:"TWILIO_AUTH_TOKEN" eg:"the 32 letters and digits beside the account SID in Twilio's console"`
	AuthTokenNext  private.Text   `env:"TWILIO_AUTH_TOKEN_NEXT" eg:"Twilio's secondary token, while you change tokens"`
	APIKey         string         `env:"TWILIO_API_KEY" eg:"SK and 32 hexadecimal digits" mask:"last4"`
	APISecret      private.Text   `env:"TWILIO_API_SECRET" eg:"the secret that Twilio shows once, with the API key"`
	APIURL         string         `env:"TWILIO_API_URL" envDefault:"https://api.twilio.com" eg:"https://api.twilio.com"`
	PHIKeys        keyring        `env:"PHI_KEYS" eg:"what secondline config -new-keys prints"`
	Recordings     string         `env:"RECORDINGS_DIR" eg:"/var/lib/secondline/recordings"`      // shared by all replicas
	Journal        string         `env:"OPTOUT_JOURNAL" eg:"/var/lib/secondline/optouts.journal"` // one for each replica
	Audit          string         `env:"AUDIT_LOG" eg:"/var/lib/secondline/audit.log"`            // one for each replica
	ConsoleURL     string         `env:"CONSOLE_URL" eg:"https://console.example.org"`            // without a slash at its end
	OIDCIssuer     string         `env:"CONSOLE_OIDC_ISSUER" eg:"https://login.example.org/realms/programme"`
	OIDCClient     string         `env:"CONSOLE_OIDC_CLIENT_ID" eg:"secondline"`
	OIDCSecret     private.Text   `env:"CONSOLE_OIDC_CLIENT_SECRET" eg:"what the issuer gave with the client's ID"`
	RolesClaim     string         `env:"CONSOLE_ROLES_CLAIM" envDefault:"roles" eg:"realm_access.roles"`
	LineConfig     string         `env:"LINE_CONFIG" eg:"/etc/secondline/line.toml"`
	EventsSecret   private.Text   `env:"EVENTS_SECRET" eg:"whsec_ and base64 of 32 bytes"` // signs what the case system posts
	EventsNext     private.Text   `env:"EVENTS_SECRET_NEXT" eg:"the next one, while it is changed"`
	EventsOut      private.Text   `env:"EVENTS_OUT" eg:"records https://records.example.org/events whsec_…"` // name, address, secret; a comma between endpoints
	TrustedProxies []netip.Prefix `env:"TRUSTED_PROXIES" eg:"10.0.0.0/8,192.0.2.7"`
}

// LoadSettings reads line.toml, the file that LINE_CONFIG names, and the
// environment, and checks every value that is given. The error is a Faults
// that holds all that is wrong; the Settings hold what could be read and serve
// only to be shown. What a command needs besides is asked by ValidateServe;
// the demonstration needs nothing besides.
func LoadSettings(env func(string) (string, bool), readFile func(string) ([]byte, error)) (Settings, error) {
	s := Settings{from: map[string]string{}}
	faults := s.readEnvironment(env)
	faults = append(faults, s.readProgramme(readFile)...)
	faults = append(faults, s.checkDeploy()...)
	faults = append(faults, s.Programme.check()...)
	return s, faults.err()
}

// ValidateServe says what is missing for answering real calls. The error is a
// Faults.
func (s Settings) ValidateServe() error {
	var faults Faults
	need := func(name string, missing bool, why string) {
		if missing {
			faults = append(faults, Fault{Name: name, Problem: "is not set: " + why, Example: exampleOf(name)})
		}
	}
	d := s.Deploy
	need("PUBLIC_URL", d.PublicURL == "", "Twilio signs its requests for this address")
	need("TWILIO_ACCOUNT_SID", d.AccountSID == "", "calls and texts are made in this account")
	need("TWILIO_AUTH_TOKEN", d.AuthToken.Empty(), "without it no request can be known to be Twilio's")
	need("PHI_KEYS", len(d.PHIKeys.Sealing) == 0, "what callers tell us is stored only sealed")
	return faults.err()
}

// Warnings are settings that are right and yet may surprise, a sentence each.
func (s Settings) Warnings() []string {
	var out []string
	if len(s.Programme.Coordinators) == 0 {
		out = append(out, "coordinator: the roster is empty, so a caller who asks for a person is offered a call back")
	}
	if !s.Deploy.AuthTokenNext.Empty() {
		out = append(out, "TWILIO_AUTH_TOKEN_NEXT: requests signed with either token are accepted; remove it when the change is done")
	}
	if s.Deploy.RedisUnsafe {
		out = append(out, "REDIS_UNSAFE: texts and calls are sent, and events acknowledged, although Redis may lose or throw away who has opted out and whom we have called")
	}
	return out
}
