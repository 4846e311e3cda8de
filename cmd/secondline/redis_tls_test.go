package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondline/internal/redistest"
)

// authority signs certificates for an hour.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	a.cert, a.key, a.file, _ = a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "made for a test"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, "ca")
	return a
}

// sign makes a certificate; the first one signs itself.
func (a *authority) sign(c *x509.Certificate, name string) (cert *x509.Certificate, key *ecdsa.PrivateKey, certFile, keyFile string) {
	a.t.Helper()
	must := func(err error) {
		a.t.Helper()
		if err != nil {
			a.t.Fatal(err)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(time.Now().UnixNano()), time.Now().Add(-time.Minute), time.Now().Add(time.Hour)
	by, with := a.cert, a.key
	if by == nil {
		by, with = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by, &key.PublicKey, with)
	must(err)
	cert, err = x509.ParseCertificate(der)
	must(err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	certFile, keyFile = filepath.Join(a.dir, name+".pem"), filepath.Join(a.dir, name+".key")
	must(os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	return cert, key, certFile, keyFile
}

// serves starts a Redis with a certificate for a name, and gives its address.
func (a *authority) serves(name string, args ...string) string {
	a.t.Helper()
	c := &x509.Certificate{KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if ip := net.ParseIP(name); ip != nil {
		c.IPAddresses = []net.IP{ip}
	} else {
		c.DNSNames = []string{name}
	}
	_, _, cert, key := a.sign(c, "server."+name)
	address := freeAddress(a.t)
	_, port, _ := net.SplitHostPort(address)
	redistest.Start(a.t, append([]string{"--bind", "127.0.0.1", "--tls-port", port, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", a.file}, args...)...)
	return "rediss://" + address
}

// Redis is reached by TLS, with a certificate of ours where it asks for one; one that
// nobody vouches for is refused in words that say what to do.
func TestRedisByTLS(t *testing.T) {
	t.Parallel()
	ours, others := newAuthority(t), newAuthority(t)
	_, _, cert, key := ours.sign(&x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, "client")
	_, _, otherCert, otherKey := others.sign(&x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, "client")
	plain := ours.serves("127.0.0.1", "--tls-auth-clients", "no")
	asking := ours.serves("127.0.0.1", "--tls-auth-clients", "yes")
	elsewhere := ours.serves("redis.example.org", "--tls-auth-clients", "no")
	keys, err := newPHIKeys(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, address, ca, cert, key, says string
	}{
		{"a certificate that REDIS_CA signed", plain, ours.file, "", "", ""},
		{"nobody is named who signs", plain, "", "", "", "signed by nobody whom this machine or REDIS_CA trusts"},
		{"somebody else signed", plain, others.file, "", "", "signed by nobody whom this machine or REDIS_CA trusts"},
		{"it is for another name", elsewhere, ours.file, "", "", "its certificate is for another name"},
		{"with ours", asking, ours.file, cert, key, ""},
		{"without ours", asking, ours.file, "", "", "another certificate of ours"},
		{"ours is signed by somebody else", asking, ours.file, otherCert, otherKey, "another certificate of ours"},
		{"no such file", plain, "/nowhere.pem", "", "", "no such file"},
		{"a key without a certificate", plain, ours.file, "", key, "our certificate for Redis"},
		{"an address without TLS", strings.Replace(plain, "rediss", "redis", 1), ours.file, "", "", "its address is one without TLS"},
	} {
		env := map[string]string{"PHI_KEYS": keys, "REDIS_URL": tt.address, "REDIS_CA": tt.ca, "REDIS_CERT": tt.cert, "REDIS_KEY": tt.key}
		status, out := ran(t, env, "case", "list")
		if (status == 0) != (tt.says == "") || !strings.Contains(out, tt.says) {
			t.Errorf("%s: status %d: %s", tt.name, status, out)
		}
	}
}
