package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus"

	"secondline/casestore"
	"secondline/internal/console"
	"secondline/internal/event"
	"secondline/internal/hours"
	"secondline/internal/intake"
	"secondline/internal/recordings"
	"secondline/internal/twilio"
	"secondline/internal/wording"
	"secondline/ivr"
	"secondline/sms"
)

// line is the program put together: what serve, demo and call all run.
type line struct {
	store   *casestore.Store
	voice   *ivr.Server
	handler http.Handler
	metrics *prometheus.Registry
	refused *prometheus.CounterVec

	recorder  *recorder
	console   *console.Server // nil where nobody looks
	calendar  calendar
	words     *wording.Book
	texts     *sms.Server
	inbox     *event.Inbox
	outbox    *event.Outbox
	journal   *casestore.Journal
	retention casestore.Retention
	replicas  int    // of Redis, that are waited for
	pause     *pause // nil where nothing is to be lost
	now       func() time.Time
	log       *slog.Logger
	// ending says that the program is about to stop: it answers still, and is sent
	// nothing new.
	ending atomic.Bool
}

// parts are what differs between serve, demo and call.
type parts struct {
	settings Settings
	store    *casestore.Store
	client   *twilio.Client
	vault    recordings.Vault
	journal  *casestore.Journal
	now      func() time.Time
	// wait lets time pass; nil is a timer.
	wait func(context.Context, time.Duration)
	// pause says when nothing may be sent; nil never does.
	pause *pause
	log   *slog.Logger
}

// newLine puts the program together. It does not touch the network.
func newLine(p parts) (*line, error) {
	calendar, err := newCalendar(p.settings.Programme)
	if err != nil {
		return nil, err
	}
	words, err := wording.Load()
	if err != nil {
		return nil, err
	}
	l := &line{store: p.store, metrics: prometheus.NewRegistry(), calendar: calendar, words: words, journal: p.journal,
		retention: retentionOf(p.settings.Programme.Retention), replicas: p.settings.Deploy.RedisReplicas, pause: p.pause, now: p.now, log: p.log}
	m := ivr.NewMetrics()
	m.Register(l.metrics)
	l.refused = prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "secondline", Name: "webhooks_refused_total",
		Help: "Requests to the public listener that were not answered, by HTTP status and reason."}, []string{"status", "reason"})
	for _, why := range []twilio.Refusal{twilio.NoSignature, twilio.WrongSignature} {
		l.refused.WithLabelValues("403", string(why)) // a first one that comes out of nothing is no increase
	}
	l.metrics.MustRegister(l.refused)
	l.recorder = newRecorder(p, l.metrics)
	l.voice, err = ivr.New(ivr.Parts{
		Config: voiceConfig(p.settings, calendar), Calendar: calendar, Words: words, Store: p.store, Fetch: l.recorder, Now: p.now, Log: p.log, Metrics: m,
		Dialer: p.client, Journal: p.journal, Paused: p.pause.asked(), Wait: p.wait, Slots: slotsOf(calendar), Legal: legalOf(calendar),
	})
	if err != nil {
		return nil, err
	}
	if l.texts, err = l.newTexts(p, calendar, words); err != nil {
		return nil, err
	}
	if err = l.newEvents(p); err != nil {
		return nil, err
	}
	l.handler, err = l.routes(p)
	return l, err
}

// effects gives the workers of everything that the outbox may hold.
func (l *line) effects() map[casestore.EffectKind]casestore.Handler {
	all := l.voice.Effects()
	maps.Copy(all, l.recorder.effects())
	maps.Copy(all, l.texts.Effects())
	maps.Copy(all, l.textEffects())
	maps.Copy(all, l.outbox.Effects())
	return all
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
	}), actors)
	l.voice.Routes(hooks)
	l.texts.Routes(hooks)
	if len(l.inbox.Secrets) > 0 {
		l.inbox.Routes(router)
	}
	return guarded(router, p.log), nil
}

func newCalendar(p Programme) (calendar, error) {
	special, say := map[string][2]string{}, map[string]map[string]string{}
	for _, d := range p.SpecialDays {
		from, to, _ := strings.Cut(d.Hours, "-")
		if d.Hours == "closed" {
			from, to = "", ""
		}
		special[d.Date], say[d.Date] = [2]string{strings.TrimSpace(from), strings.TrimSpace(to)}, d.Say
	}
	c, err := hours.NewCalendar(hours.CalendarConfig{Zone: p.Opening.Zone, Days: p.Opening.Days(), Holidays: p.Opening.Holidays, Special: special})
	return calendar{c, say}, err
}

// calendar gives the telephone the words it decides by.
type calendar struct {
	*hours.Calendar
	say map[string]map[string]string
}

// Notice is what is said on a special day.
func (c calendar) Notice(t time.Time, language string) string {
	day, special := c.SpecialDay(t)
	if !special {
		return ""
	}
	if text := c.say[day][language]; text != "" {
		return text
	}
	return c.say[day]["en"]
}

// State is "open", "closed", "holiday" or "special".
func (c calendar) State(t time.Time) string {
	state, _ := c.Calendar.State(t)
	return string(state)
}

// zipRules are those of internal/hours.
var zipRules = intake.ZipRules{State: hours.StateOfZip, Zones: hours.ZonesOfZip, Offset: hours.OffsetFromLocal, OffsetName: hours.OffsetName}

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
		Voices: map[string]ivr.Voice{"en": {Name: p.Voice.English, Language: "en-US"}, "es": {Name: p.Voice.Spanish, Language: "es-US"}},
		Speech: p.Voice.Speech, Record: p.Recording.Announce,
		Ring: p.Transfer.Ring, Total: p.Transfer.Total, Longest: p.Transfer.Longest, StatusDelay: 1500 * time.Millisecond,
		FirstCall: p.Promise.FirstCall, CallBack: p.Promise.CallBack, BotFirst: p.Promise.VoiceFirst,
		Home: isDomestic, Callable: dialable(p), Country: countryOf, Bounds: boundsOf(p.Caps), ZoneOf: zoneOf, ZonesOf: zonesOf, LoadZone: hours.LoadZone,
		Zips: zipRules,
	}
	for _, co := range p.Coordinators {
		cfg.Coordinators = append(cfg.Coordinators, ivr.Coordinator{
			ID: coordinatorID(co.Number), Name: co.Name, Number: co.Number, Languages: co.Languages, PIN: co.PIN, Works: works(co.Hours, c.Zone()), Supervisor: co.Supervisor,
		})
	}
	return cfg
}

// slotsOf gives the telephone the times that may be chosen.
func slotsOf(c calendar) ivr.Slots {
	return func(now time.Time, zones []*time.Location) []ivr.Slot {
		var out []ivr.Slot
		for _, s := range c.Slots(now, zones) {
			out = append(out, ivr.Slot{Kind: string(s.Kind), At: s.At, Tomorrow: s.Tomorrow})
		}
		return out
	}
}

// legalOf gives the telephone the time in which somebody may be called: by what was
// answered, by the zip code, else by the country of the number, never by an area
// code.
func legalOf(c calendar) ivr.Legal {
	var known sync.Map // what follows from the same answers is worked out once
	type place struct{ zip, offset, region string }
	type legal struct {
		*hours.Legal
		known bool
	}
	return func(zip, offset, e164 string) (*hours.Legal, bool) {
		at := place{zip, offset, regionOf(e164)}
		if l, ok := known.Load(at); ok {
			return l.(legal).Legal, l.(legal).known
		}
		zones := zonesFrom(zip, offset, e164)
		l := legal{hours.NewLegal(c.Calendar, zones, hours.DefaultWindow, hours.ClosingMargin), !zones.Empty()}
		known.Store(at, l)
		return l.Legal, l.known
	}
}

// zonesFrom gives the zones in which somebody may be; an empty set where nothing tells.
func zonesFrom(zip, offset, e164 string) hours.ZoneSet {
	var zones hours.ZoneSet
	for _, learnt := range []struct {
		source hours.Source
		names  []string
	}{{hours.FromAnswer, named(offset)}, {hours.FromZip, hours.ZonesOfZip(zip)}, {hours.FromCountry, countryZones(e164)}} {
		set, err := hours.NewZoneSet(learnt.source, learnt.names...)
		if err == nil && zones.Empty() {
			zones = set
		}
	}
	return zones
}

func named(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

// countryZones gives all the zones of a number's country; none for the United
// States, all of whose zones stand for an unknown one.
func countryZones(e164 string) []string {
	if isDomestic(e164) {
		return nil
	}
	return hours.ZonesOfCountry(regionOf(e164))
}

// coordinatorID names a coordinator in keys, addresses and logs: the same in
// every replica for as long as the number stays, and no way back to it without
// the roster.
func coordinatorID(number string) string {
	sum := sha256.Sum256([]byte("coordinator " + number))
	return "co" + hex.EncodeToString(sum[:5])
}

// works says when somebody works; nil stands for all hours of the line.
func works(span string, zone *time.Location) func(time.Time) bool {
	from, to, ok := strings.Cut(span, "-")
	if !ok {
		return nil
	}
	from, to = strings.TrimSpace(from), strings.TrimSpace(to)
	return func(t time.Time) bool {
		clock := t.In(zone).Format("15:04")
		return clock >= from && clock < to
	}
}

func boundsOf(c Caps) ivr.Bounds {
	return ivr.Bounds{PerCaller: c.CallsPerCaller, PerCallerAtOnce: c.CallsPerCallerAtOnce, AtOnce: c.CallsAtOnce,
		OutADay: c.CallsOutADay, OutPerPrefixADay: c.CallsOutPerPrefix, OutPerCountryADay: c.CallsOutPerCountry}
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
