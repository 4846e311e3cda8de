package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	// leastFree and littleFree are bytes of disk under which recordings and the
	// journal soon cannot be kept.
	leastFree, littleFree = 200 << 20, 2 << 30
	dialTime              = 5 * time.Second
	// certificateEnds is how long before its end a certificate is told of.
	certificateEnds = 14 * 24 * time.Hour
)

// examinePlace looks at where recordings and opt-outs are kept.
func (d *doctor) examinePlace(ctx context.Context) {
	vault, journal := recordingsPath(d.settings, d.data), journalPath(d.settings, d.data)
	d.examineFolder("recordings", "RECORDINGS_DIR", vault)
	d.examineFolder("journal", "OPTOUT_JOURNAL", filepath.Dir(journal))
	if info, err := os.Stat(journal); err == nil {
		if err := tryAppend(journal); err != nil {
			d.notFine(bad, "journal.file", "let the user that runs serve write to it", "an opt-out cannot be written down: %s", errName(err))
		}
		if info.Mode().Perm()&0o077 != 0 {
			d.notFine(warn, "journal.mode", "chmod 600 "+journal, "others on this machine may read the journal of opt-outs")
		}
	}
	for _, place := range []string{vault, filepath.Dir(journal)} {
		if !d.examineDisk(place) {
			return
		}
	}
	d.ok("disk", "there is room")
}

// examineDisk says whether there is room; a directory that is not there has been told
// of.
func (d *doctor) examineDisk(path string) bool {
	free, err := d.tools.free(path)
	switch {
	case err != nil:
	case free < leastFree:
		d.notFine(bad, "disk", "make room", "%d MB are left at %s", free>>20, path)
		return false
	case free < littleFree:
		d.notFine(warn, "disk", "make room", "%d MB are left at %s", free>>20, path)
		return false
	}
	return true
}

// examineFolder tries to write in a directory, or in the one that it will be made in.
func (d *doctor) examineFolder(name, setting, path string) {
	at := path
	info, err := os.Stat(at)
	for errors.Is(err, os.ErrNotExist) && filepath.Dir(at) != at {
		at = filepath.Dir(at)
		info, err = os.Stat(at)
	}
	do := "let the user that runs serve write to " + path + ", or set " + setting
	if err != nil || !info.IsDir() {
		d.notFine(bad, name, do, "%s is no directory", at)
		return
	}
	file, err := os.CreateTemp(at, ".doctor-*")
	if err == nil {
		err = errors.Join(file.Close(), os.Remove(file.Name()))
	}
	if err != nil {
		d.notFine(bad, name, do, "nothing can be written to %s: %s", at, errName(err))
		return
	}
	// The journal's own mode is looked at; recordings are files of many.
	if name == "recordings" && at == path && info.Mode().Perm()&0o007 != 0 {
		d.notFine(warn, name, "chmod 700 "+path, "everybody on this machine may look into %s", path)
		return
	}
	d.ok(name, "%s can be written to", path)
}

func tryAppend(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	return file.Close()
}

func errName(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return "it is refused"
}

// freeBytes gives what an ordinary user may still write.
func freeBytes(path string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}

// examineEvents looks at who tells us of events and who is told.
func (d *doctor) examineEvents(ctx context.Context) {
	dep := d.settings.Deploy
	switch {
	case dep.EventsSecret.Empty() && dep.EventsNext.Empty():
		d.notFine(warn, "events.in", "set EVENTS_SECRET, and give it to the programme's case system", "no event is taken: stages are set by hand")
	case !dep.EventsNext.Empty() && dep.EventsNext == dep.EventsSecret:
		d.notFine(warn, "events.in", "give EVENTS_SECRET_NEXT another value, or none", "both secrets for events are the same")
	default:
		d.ok("events.in", "signed events are taken at %s/events", dep.PublicURL)
	}
	endpoints, err := parseEndpoints(dep.EventsOut)
	if err != nil {
		return // the settings have said so
	}
	if len(endpoints) == 0 {
		d.notFine(warn, "events.out", "set EVENTS_OUT to whom the line reports", "nobody is told what happens on the line")
	}
	if !d.connect {
		return
	}
	d.examineConnection(ctx, "public_address.connect", "PUBLIC_URL", dep.PublicURL, "see to its name, its certificate and what listens there: Twilio reaches the line by it")
	for _, e := range endpoints {
		d.examineConnection(ctx, "events.out", e.Name, e.URL, "correct EVENTS_OUT, or have whoever runs it see to it")
	}
}

func (d *doctor) examineConnection(ctx context.Context, name, what, address, do string) {
	if address == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	end, err := d.tools.dial(ctx, address)
	switch left := end.Sub(d.tools.now()); {
	case err != nil:
		d.notFine(bad, name, do, "%s cannot be connected to: %s", what, connectTrouble(err))
	case !end.IsZero() && left < certificateEnds:
		d.notFine(warn, name, "renew it", "the certificate of %s ends in %d days", what, int(left.Hours()/24))
	default:
		d.ok(name, "%s can be connected to", what)
	}
}

func connectTrouble(err error) string {
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &dns):
		return "there is no such name"
	case errors.As(err, &certificate):
		return "its certificate is not trusted"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nobody listens there"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "it does not answer in time"
	}
	return "the connection fails"
}

// dialTLS connects, shakes hands where it is https, and lets go.
func dialTLS(ctx context.Context, address string) (time.Time, error) {
	u, err := url.Parse(address)
	if err != nil {
		return time.Time{}, fmt.Errorf("doctor: %w", err)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	at := net.JoinHostPort(u.Hostname(), port)
	if u.Scheme != "https" {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", at)
		if err != nil {
			return time.Time{}, err
		}
		return time.Time{}, conn.Close()
	}
	conn, err := (&tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12}}).DialContext(ctx, "tcp", at)
	if err != nil {
		return time.Time{}, err
	}
	defer conn.Close()
	end := time.Time{}
	if chain := conn.(*tls.Conn).ConnectionState().PeerCertificates; len(chain) > 0 {
		end = chain[0].NotAfter
	}
	return end, nil
}
