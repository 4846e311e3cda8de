package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"secondline/internal/audit"
	"secondline/internal/console"
	"secondline/internal/private"
	"secondline/internal/recordings"
)

// openAudit opens this replica's record of who read and changed what.
func openAudit(now func() time.Time, s Settings, data string) (*audit.Log, error) {
	path := auditPath(s, data)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("AUDIT_LOG: %w", err)
	}
	record, err := audit.Open(path, now)
	if err != nil {
		return nil, fmt.Errorf("AUDIT_LOG: %w", err)
	}
	return record, nil
}

// newConsole puts the console of a line together.
func newConsole(l *line, s Settings, vault recordings.Vault, record *audit.Log, stdout io.Writer) *console.Server {
	d := s.Deploy
	cfg := voiceConfig(s, l.calendar)
	var roster []console.Member
	for i, c := range cfg.Coordinators {
		roster = append(roster, console.Member{Coordinator: c, Account: s.Programme.Coordinators[i].Account, Hours: s.Programme.Coordinators[i].Hours})
	}
	return console.New(console.Parts{
		Store: l.store, Line: l.voice, Legal: legalOf(l.calendar), Vault: vault, OptOuts: l.journal, Record: record, Roster: roster,
		Calendar: l.calendar.Calendar, Zones: zonesFrom, Phone: numberOf, Words: l.textOf, Address: d.ConsoleURL,
		OIDC:   console.OIDC{Issuer: d.OIDCIssuer, ClientID: d.OIDCClient, ClientSecret: d.OIDCSecret.Reveal(), RolesClaim: d.RolesClaim},
		Replay: l.replayOne,
		Tell:   func(line string) { fmt.Fprintln(stdout, line) }, Version: strings.TrimPrefix(version(), "secondline "), Now: l.now, Log: l.log,
	})
}

// openConsole says where the console is; without an issuer with a link that signs
// one person in.
func (l *line) openConsole(s Settings, admin string) {
	address := s.Deploy.ConsoleURL
	if address == "" {
		address = "http://" + admin
	}
	if s.Deploy.OIDCIssuer != "" {
		l.console.Tell("console: " + address)
		return
	}
	l.console.Address = address
	l.console.Tell("console, for one person, within 15 minutes: " + l.console.Link())
}

// textOf gives the words of a text; "" where they cannot be made.
func (l *line) textOf(language, prompt string, vars map[string]private.Text) string {
	plain := make(map[string]string, len(vars))
	for name, value := range vars {
		plain[name] = value.Reveal()
	}
	text, err := l.words.Text(language, prompt, plain)
	if err != nil {
		return ""
	}
	return text
}

// numberOf reads a number as people write it, in E.164. Without a country's code it
// is one of the United States.
func numberOf(text string) (string, bool) {
	n, err := phonenumbers.Parse(text, "US")
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return "", false
	}
	return phonenumbers.Format(n, phonenumbers.E164), true
}
