package casestore

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"github.com/redis/go-redis/v9"
)

// TLSFiles are PEM files for a Redis that is reached by rediss. All may be empty.
type TLSFiles struct {
	// CA signs Redis' certificate, where this machine does not trust it anyway.
	CA string
	// Cert and Key are our own certificate, for a Redis that asks for one.
	Cert, Key string
}

// ConnectTLS is Connect with certificates. It fails where one cannot be read, and where
// the address is one without TLS.
func ConnectTLS(address string, files TLSFiles) (redis.UniversalClient, error) {
	if files == (TLSFiles{}) {
		return Connect(address)
	}
	o, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	if o.TLSConfig == nil {
		return nil, errors.New("casestore: there are certificates for Redis, and its address is one without TLS; an example: rediss://localhost:6379/0")
	}
	if err := files.into(o.TLSConfig); err != nil {
		return nil, err
	}
	return redis.NewUniversalClient(o), nil
}

func (f TLSFiles) into(c *tls.Config) error {
	if f.CA != "" {
		pem, err := os.ReadFile(f.CA)
		if err != nil {
			return fmt.Errorf("casestore: the certificate that signs Redis': %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("casestore: there is no certificate in %s", f.CA)
		}
	}
	if f.Cert != "" || f.Key != "" {
		own, err := tls.LoadX509KeyPair(f.Cert, f.Key)
		if err != nil {
			return fmt.Errorf("casestore: our certificate for Redis: %w", err)
		}
		c.Certificates = []tls.Certificate{own}
	}
	return nil
}
