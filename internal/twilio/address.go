package twilio

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// addresses are the spellings of our public URL that Twilio may have signed.
// Calls over https are signed without the port and messages with it, over http
// always with it, and a user:password@ is signed or not
// (https://www.twilio.com/docs/usage/security and the behaviour of Twilio's own
// libraries).
type addresses struct {
	// origins are scheme://[user:password@]host[:port], likeliest first.
	origins []string
	// withPath are origins followed by path.
	withPath []string
	// path is the path prefix of the public URL, without a slash at its end.
	path string
}

// parseAddresses never repeats raw in an error: it may hold a password.
func parseAddresses(raw string) (addresses, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return addresses{}, errors.New("not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return addresses{}, errors.New("the scheme must be https or http")
	case u.Hostname() == "":
		return addresses{}, errors.New("no host")
	case strings.Contains(u.Hostname(), "_"):
		return addresses{}, errors.New("an underscore in the host name, which Twilio refuses")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return addresses{}, errors.New("no query and no fragment may be given")
	}
	a := addresses{path: strings.TrimRight(u.EscapedPath(), "/")}
	a.origins = spellings(u.Scheme, u.Host, u.Port(), rawUserinfo(raw))
	for _, o := range a.origins {
		a.withPath = append(a.withPath, o+a.path)
	}
	return a, nil
}

// rawUserinfo gives "user:password@" as it was written, or nothing.
func rawUserinfo(raw string) string {
	_, rest, _ := strings.Cut(raw, "://")
	authority, _, _ := strings.Cut(rest, "/")
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		return authority[:at+1]
	}
	return ""
}

func spellings(scheme, hostport, port, userinfo string) []string {
	host := strings.TrimSuffix(hostport, ":"+port)
	standard := map[string]string{"https": ":443", "http": ":80"}[scheme]
	hosts := []string{host}
	switch {
	case port == "" || ":"+port == standard:
		hosts = append(hosts, host+standard)
	case scheme == "http":
		hosts = []string{hostport, host, host + standard}
	default:
		hosts = append(hosts, hostport, host+standard)
	}
	var out []string
	for _, h := range hosts {
		out = append(out, scheme+"://"+h)
	}
	if userinfo != "" {
		for _, h := range hosts {
			out = append(out, scheme+"://"+userinfo+h)
		}
	}
	return out
}

// bases gives what may stand before the request target: the public URL with its
// path prefix, which a proxy took off, and without it when the target still has it.
func (a addresses) bases(target string) []string {
	if a.path == "" {
		return a.origins
	}
	if rest, ok := strings.CutPrefix(target, a.path); ok && (rest == "" || rest[0] == '/' || rest[0] == '?') {
		return append(append(make([]string, 0, 2*len(a.origins)), a.origins...), a.withPath...)
	}
	return a.withPath
}

// requestTarget is the target as it stood in the request line, without the
// origin that a proxy may have written before it.
func requestTarget(r *http.Request) string {
	target := r.RequestURI
	if target == "" {
		// Only a request that came over no wire has none.
		return r.URL.RequestURI()
	}
	if strings.HasPrefix(target, "/") {
		return target
	}
	if _, rest, ok := strings.Cut(target, "://"); ok {
		if slash := strings.IndexAny(rest, "/?"); slash >= 0 {
			return rest[slash:]
		}
		return ""
	}
	return target
}

// targetVariants gives the target as it came and, if its query has apostrophes,
// with all of them plain and all of them as %27: between Twilio's signing and us
// either spelling may have become the other.
func targetVariants(target string) []string {
	path, query, ok := strings.Cut(target, "?")
	if !ok || !strings.ContainsRune(query, '\'') && !strings.Contains(query, "%27") {
		return []string{target}
	}
	plain := strings.ReplaceAll(query, "%27", "'")
	return []string{target, path + "?" + plain, path + "?" + strings.ReplaceAll(plain, "'", "%27")}
}

// forwarded gives the address that a trusted proxy says was asked for.
func (v *Verifier) forwarded(r *http.Request) (addresses, bool) {
	if len(v.trusted) == 0 || !v.fromTrusted(r.RemoteAddr) {
		return addresses{}, false
	}
	proto := strings.ToLower(firstOf(r.Header.Get("X-Forwarded-Proto")))
	host := firstOf(r.Header.Get("X-Forwarded-Host"))
	if proto == "" && host == "" {
		return addresses{}, false
	}
	if proto == "" {
		proto = "https"
	}
	if host == "" {
		host = r.Host
	}
	a, err := parseAddresses(proto + "://" + host)
	if err != nil {
		return addresses{}, false
	}
	a.path = v.addresses.path
	a.withPath = nil
	for _, o := range a.origins {
		a.withPath = append(a.withPath, o+a.path)
	}
	return a, true
}

func (v *Verifier) fromTrusted(remote string) bool {
	peer, err := netip.ParseAddrPort(remote)
	if err != nil {
		return false
	}
	addr := peer.Addr().Unmap()
	for _, p := range v.trusted {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

func firstOf(list string) string {
	first, _, _ := strings.Cut(list, ",")
	return strings.TrimSpace(first)
}
