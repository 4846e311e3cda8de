package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"secondline/internal/private"
)

var (
	accountSID = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)
	apiKeySID  = regexp.MustCompile(`^SK[0-9a-fA-F]{32}$`)
	credential = regexp.MustCompile(`^[A-Za-z0-9]{32}$`)
)

// readEnvironment fills the Deploy and notes which variables were given.
func (s *Settings) readEnvironment(lookup func(string) (string, bool)) Faults {
	given := map[string]string{}
	envName := map[string]string{}
	eachDeploySetting(Deploy{}, func(name string, field reflect.StructField, _ reflect.Value) {
		envName[field.Name] = name
		s.from[name] = fromDefault
		if v, _ := lookup(name); strings.TrimSpace(v) != "" {
			given[name] = strings.TrimSpace(v)
			s.from[name] = "environment"
		}
	})
	deploy, err := env.ParseAsWithOptions[Deploy](env.Options{Environment: given, FuncMap: deployParsers})
	s.Deploy = deploy
	s.Deploy.PublicURL = strings.TrimRight(deploy.PublicURL, "/")
	s.Deploy.APIURL = strings.TrimRight(deploy.APIURL, "/")
	s.Deploy.ConsoleURL = strings.TrimRight(deploy.ConsoleURL, "/")
	return environmentFaults(err, envName)
}

var deployParsers = map[reflect.Type]env.ParserFunc{
	reflect.TypeFor[private.Text]():   func(v string) (any, error) { return private.Of(v), nil },
	reflect.TypeFor[bool]():           func(v string) (any, error) { return parseYes(v) },
	reflect.TypeFor[keyring]():        func(v string) (any, error) { return parsePHIKeys(v) },
	reflect.TypeFor[[]netip.Prefix](): func(v string) (any, error) { return parseProxies(v) },
}

// environmentFaults turns the parser's errors, which name struct fields, into
// faults that name variables.
func environmentFaults(err error, envName map[string]string) Faults {
	if err == nil {
		return nil
	}
	all, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		return Faults{{Name: "environment", Problem: "cannot be read: " + err.Error()}}
	}
	var faults Faults
	for _, one := range all.Errors {
		parse, ok := errors.AsType[env.ParseError](one)
		if !ok {
			faults = append(faults, Fault{Name: "environment", Problem: "cannot be read: " + one.Error()})
			continue
		}
		name := envName[parse.Name]
		for _, cause := range each(parse.Err) {
			faults = append(faults, Fault{name, cause.Error(), exampleOf(name)})
		}
	}
	return faults
}

// each gives the errors that errors.Join put together.
func each(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// parseYes reads yes or no; what is neither is not guessed.
func parseYes(v string) (bool, error) {
	switch strings.ToLower(v) {
	case "yes", "true", "1", "on":
		return true, nil
	case "no", "false", "0", "off":
		return false, nil
	}
	return false, errors.New("is neither yes nor no")
}

// parseProxies reads a comma list of networks and single addresses. The whole
// internet is refused: whoever is trusted decides what address we think a
// signed request was sent to.
func parseProxies(list string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	var wrong []error
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		prefix, err := parseNetwork(item)
		switch {
		case err != nil:
			wrong = append(wrong, fmt.Errorf("holds %q, which is neither a network nor an address", item))
		case prefix.Bits() == 0:
			wrong = append(wrong, fmt.Errorf("trusts everybody (%s)", item))
		default:
			out = append(out, prefix.Masked())
		}
	}
	return out, errors.Join(wrong...)
}

func parseNetwork(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		return netip.ParsePrefix(s)
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(addr, addr.BitLen()), nil
}

// checkDeploy looks at every value that is given; what must be given is asked
// by ValidateServe.
func (s *Settings) checkDeploy() Faults {
	d := s.Deploy
	var faults Faults
	check := func(name, problem string) {
		if problem != "" {
			faults = append(faults, Fault{name, problem, exampleOf(name)})
		}
	}
	check("LISTEN", listenProblem(d.Listen))
	check("ADMIN_LISTEN", listenProblem(d.AdminListen))
	if d.Listen == d.AdminListen && !strings.HasSuffix(d.Listen, ":0") {
		check("ADMIN_LISTEN", "is the same address as LISTEN, which the whole internet may reach")
	}
	check("PUBLIC_URL", addressProblem(d.PublicURL))
	check("TWILIO_API_URL", addressProblem(d.APIURL))
	check("CONSOLE_URL", addressProblem(d.ConsoleURL))
	check("CONSOLE_OIDC_ISSUER", addressProblem(d.OIDCIssuer))
	if d.OIDCIssuer != "" && d.OIDCClient == "" {
		check("CONSOLE_OIDC_CLIENT_ID", "is not set, but CONSOLE_OIDC_ISSUER is")
	}
	if d.OIDCIssuer != "" && d.ConsoleURL == "" {
		check("CONSOLE_URL", "is not set, but CONSOLE_OIDC_ISSUER is: people are sent back there")
	}
	check("REDIS_URL", redisProblem(d.RedisURL.Reveal()))
	check("TWILIO_ACCOUNT_SID", shapeProblem(d.AccountSID, accountSID, "is not an account SID"))
	check("TWILIO_API_KEY", shapeProblem(d.APIKey, apiKeySID, "is not the SID of an API key"))
	check("TWILIO_AUTH_TOKEN", shapeProblem(d.AuthToken.Reveal(), credential, "is not 32 letters and digits"))
	check("EVENTS_SECRET", secretProblem(d.EventsSecret))
	check("EVENTS_SECRET_NEXT", secretProblem(d.EventsNext))
	if _, err := parseEndpoints(d.EventsOut); err != nil {
		check("EVENTS_OUT", err.Error())
	}
	if d.DrainDelay < 0 || d.DrainDelay > time.Minute {
		check("DRAIN_DELAY", "is not 0s to 1m")
	}
	if d.RedisReplicas < 0 || d.RedisReplicas > 10 {
		check("REDIS_REPLICAS", "is not 0 to 10")
	}
	check("TWILIO_AUTH_TOKEN_NEXT", shapeProblem(d.AuthTokenNext.Reveal(), credential, "is not 32 letters and digits"))
	check("TWILIO_API_SECRET", shapeProblem(d.APISecret.Reveal(), credential, "is not 32 letters and digits"))
	if d.APIKey != "" && d.APISecret.Empty() {
		check("TWILIO_API_SECRET", "is not set, but TWILIO_API_KEY is")
	}
	if d.APIKey == "" && !d.APISecret.Empty() {
		check("TWILIO_API_KEY", "is not set, but TWILIO_API_SECRET is")
	}
	return faults
}

// shapeProblem never quotes the value: a token put into the wrong variable is
// still a token.
func shapeProblem(value string, shape *regexp.Regexp, problem string) string {
	if value == "" || shape.MatchString(value) {
		return ""
	}
	return fmt.Sprintf("%s (it has %d characters)", problem, len(value))
}

func listenProblem(addr string) string {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Sprintf("is %q, which is not host:port", addr)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Sprintf("has the port %q; a port is 0 to 65535", port)
	}
	return ""
}

// addressProblem checks an address that Twilio or we call. Twilio refuses host
// names with an underscore and strips a fragment before it signs.
func addressProblem(address string) string {
	if address == "" {
		return ""
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "":
		return "is not an address"
	case u.User != nil:
		return "holds a user name or password"
	case u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(address, "#") || u.ForceQuery:
		return "must end after the path, without ? or #"
	case strings.Contains(u.Hostname(), "_"):
		return fmt.Sprintf("has an underscore in its host %q, which Twilio refuses", u.Hostname())
	case u.Scheme == "https", u.Scheme == "http" && isLocalhost(u.Hostname()):
		return ""
	}
	return "must begin with https://"
}

func isLocalhost(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// redisProblem looks at the beginning only: the rest may hold a password, and
// the store reads it whole.
func redisProblem(address string) string {
	if address == "" {
		return ""
	}
	for _, scheme := range []string{"redis://", "rediss://", "unix://", "redis+sentinel://", "rediss+sentinel://", "redis+cluster://", "rediss+cluster://"} {
		if rest, ok := strings.CutPrefix(address, scheme); ok && rest != "" {
			return ""
		}
	}
	return "must begin with redis://, rediss://, unix://, redis+sentinel:// or redis+cluster:// and name a server"
}

// alone is without those who are told of what happens, and without the secret of the
// case system: what is made up reaches nobody.
func (d Deploy) alone() Deploy {
	d.EventsOut, d.EventsSecret, d.EventsNext = private.Text{}, private.Text{}, private.Text{}
	return d
}
