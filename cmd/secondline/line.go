package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"
	"github.com/nyaruka/phonenumbers"
	"github.com/prometheus/client_golang/prometheus"

	"secondline/casestore"
	"secondline/internal/hours"
	"secondline/internal/twilio"
	"secondline/internal/wording"
	"secondline/ivr"
)

// line is the program put together: what serve, demo and call all run.
type line struct {
	store   *casestore.Store
	voice   *ivr.Server
	handler http.Handler
	metrics *prometheus.Registry
	refused *prometheus.CounterVec
}

// parts are what differs between serve, demo and call.
type parts struct {
	settings Settings
	store    *casestore.Store
	fetch    ivr.Fetcher
	now      func() time.Time
	log      *slog.Logger
}

// newLine puts the program together. It does not touch the network.
func newLine(p parts) (*line, error) {
	calendar, err := newCalendar(p.settings.Programme.Opening)
	if err != nil {
		return nil, err
	}
	words, err := wording.Load()
	if err != nil {
		return nil, err
	}
	l := &line{store: p.store, metrics: prometheus.NewRegistry()}
	m := ivr.NewMetrics()
	m.Register(l.metrics)
	l.refused = prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "secondline", Name: "webhooks_refused_total",
		Help: "Requests to the public listener that were not answered, by HTTP status and reason."}, []string{"status", "reason"})
	l.metrics.MustRegister(l.refused)
	l.voice, err = ivr.New(ivr.Parts{
		Config: voiceConfig(p.settings, calendar), Calendar: calendar, Words: words, Store: p.store, Fetch: p.fetch, Now: p.now, Log: p.log, Metrics: m,
	})
	if err != nil {
		return nil, err
	}
	l.handler, err = l.routes(p)
	return l, err
}

// routes mounts the webhooks behind the check of Twilio's signature.
func (l *line) routes(p parts) (http.Handler, error) {
	d := p.settings.Deploy
	tokens := []string{d.AuthToken.Reveal()}
	if next := d.AuthTokenNext.Reveal(); next != "" {
		tokens = append(tokens, next)
	}
	verifier, err := twilio.NewVerifier(twilio.VerifierConfig{PublicURL: d.PublicURL, Tokens: tokens, TrustedProxies: d.TrustedProxies})
	if err != nil {
		return nil, err
	}
	router := mux.NewRouter()
	hooks := router.NewRoute().Subrouter()
	hooks.Use(verifier.Middleware(func(r *http.Request, status int, reason string) {
		l.refused.WithLabelValues(fmt.Sprint(status), reason).Inc()
		p.log.Warn("a webhook is refused", "status", status, "reason", reason, "path", r.URL.Path)
	}))
	l.voice.Routes(hooks)
	return router, nil
}

func newCalendar(o Opening) (calendar, error) {
	c, err := hours.NewCalendar(hours.CalendarConfig{Zone: o.Zone, Days: o.Days(), Holidays: o.Holidays})
	return calendar{c}, err
}

// calendar gives the telephone the words it decides by.
type calendar struct{ *hours.Calendar }

// State is "open", "closed" or "holiday".
func (c calendar) State(t time.Time) string {
	state, _ := c.Calendar.State(t)
	switch state {
	case hours.Open:
		return "open"
	case hours.Holiday:
		return "holiday"
	}
	return "closed"
}

// voiceConfig gives the telephone what the programme decided.
func voiceConfig(s Settings, c calendar) ivr.Config {
	p := s.Programme
	cfg := ivr.Config{
		PublicURL: s.Deploy.PublicURL,
		Lines: []ivr.Line{
			{Name: "tollfree", Number: p.Lines.TollFree.Number},
			{Name: "international", Number: p.Lines.International.Number},
		},
		InPerson: p.InPerson.Number, Organisation: p.Organisation, Hours: c.Spec(), Zone: c.Zone(),
		Voice: p.Voice.Name, Language: p.Voice.Language, SpanishVoice: "Polly.Lupe-Neural",
		RingSeconds: int(p.Transfer.Ring.Seconds()), Record: p.Recording.Announce,
		FirstCall: p.Promise.FirstCall, CallBack: p.Promise.CallBack,
		Home: isDomestic, Callable: callable(p.Countries.Callable), ZoneOf: zoneOf,
		Zips: ivr.ZipRules{State: hours.StateOfZip, Zones: hours.ZonesOfZip, Offset: hours.OffsetFromLocal, OffsetName: hours.OffsetName},
	}
	for _, c := range p.Coordinators {
		cfg.Coordinators = append(cfg.Coordinators, ivr.Coordinator{Name: c.Name, Number: c.Number, Languages: c.Languages})
	}
	return cfg
}

// domestic lists the regions whose people live in the United States, write
// dates month first and have zip codes (ISO 3166-1).
const domestic = "US PR GU VI AS MP"

func isDomestic(e164 string) bool {
	return strings.Contains(domestic, regionOf(e164)) && regionOf(e164) != ""
}

// callable says whether the country of a number is one that we call.
func callable(countries []string) func(string) bool {
	return func(e164 string) bool {
		region := regionOf(e164)
		for _, c := range countries {
			if c == region || (c == "US" && isDomestic(e164)) {
				return true
			}
		}
		return false
	}
}

// regionOf gives the country of a number; "" where it has none. Toll-free
// numbers of the North American plan count as the United States.
func regionOf(e164 string) string {
	n, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return ""
	}
	region := phonenumbers.GetRegionCodeForNumber(n)
	if region == "" && n.GetCountryCode() == 1 {
		return "US"
	}
	return region
}

// zoneOf gives the time zone of a number where its country code and area leave
// one; nil otherwise. It is a courtesy of speech, never a window for calling.
func zoneOf(e164 string) *time.Location {
	n, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return nil
	}
	zones, err := phonenumbers.GetTimezonesForNumber(n)
	if err != nil || len(zones) != 1 {
		return nil
	}
	zone, err := time.LoadLocation(zones[0])
	if err != nil {
		return nil
	}
	return zone
}

// newRing makes the store's key ring of PHI_KEYS.
func newRing(k keyring) (*casestore.KeyRing, error) {
	keys := make([]casestore.Key, len(k.Sealing))
	for i, s := range k.Sealing {
		keys[i] = casestore.Key{ID: s.ID, Secret: s.Key}
	}
	return casestore.NewKeyRing(k.Index, keys...)
}

// passingKeys makes a key ring for data that end with the process.
func passingKeys() (keyring, error) {
	text, err := newPHIKeys(rand.Reader)
	if err != nil {
		return keyring{}, err
	}
	return parsePHIKeys(text)
}

// newLog writes one line an event, for machines.
func newLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelInfo}))
}

// twilioFetcher gets recordings from Twilio.
type twilioFetcher struct{ client *twilio.Client }

// FetchRecording gets a recording's sound.
func (f twilioFetcher) FetchRecording(ctx context.Context, sid string) (io.ReadCloser, string, error) {
	return f.client.FetchRecording(ctx, sid)
}
