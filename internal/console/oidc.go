package console

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// OIDC is where people sign in. Its zero value is nowhere: then only the link that is
// printed at the start signs anybody in.
type OIDC struct {
	Issuer, ClientID, ClientSecret string
	// RolesClaim names the claim that lists roles; "roles" by default. A dot goes into
	// an object: "realm_access.roles".
	RolesClaim string
	// Client makes the requests to the issuer; nil is one that waits ten seconds.
	Client *http.Client
}

// issuer is the other side of a sign-in.
type issuer struct {
	cfg      OIDC
	redirect string
	now      func() time.Time

	mu       sync.Mutex
	provider *oidc.Provider
	// flights are sign-ins that have been sent to the issuer, by their state.
	flights map[string]flight
}

type flight struct {
	nonce, verifier string
	ends            time.Time
}

func newIssuer(cfg OIDC, address string, now func() time.Time) *issuer {
	if cfg.Issuer == "" {
		return nil
	}
	if cfg.RolesClaim == "" {
		cfg.RolesClaim = "roles"
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: 10 * time.Second}
	}
	return &issuer{cfg: cfg, redirect: strings.TrimRight(address, "/") + "/signin/return", now: now, flights: map[string]flight{}}
}

// ready asks the issuer who it is, once.
func (i *issuer) ready(ctx context.Context) (*oidc.Provider, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.provider != nil {
		return i.provider, nil
	}
	p, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), i.cfg.Client), i.cfg.Issuer)
	if err != nil {
		return nil, fmt.Errorf("console: the issuer: %w", err)
	}
	i.provider = p
	return p, nil
}

func (i *issuer) oauth(p *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{ClientID: i.cfg.ClientID, ClientSecret: i.cfg.ClientSecret, RedirectURL: i.redirect, Endpoint: p.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "profile", "email"}}
}

// send gives the address at the issuer, and the state by which the return is known.
func (i *issuer) send(ctx context.Context) (address, state string, err error) {
	p, err := i.ready(ctx)
	if err != nil {
		return "", "", err
	}
	state = secret()
	f := flight{nonce: secret(), verifier: oauth2.GenerateVerifier(), ends: i.now().Add(flightLives)}
	i.mu.Lock()
	defer i.mu.Unlock()
	for old, x := range i.flights {
		if !x.ends.After(i.now()) || len(i.flights) >= mostFlights {
			delete(i.flights, old)
		}
	}
	i.flights[state] = f
	return i.oauth(p).AuthCodeURL(state, oidc.Nonce(f.nonce), oauth2.S256ChallengeOption(f.verifier)), state, nil
}

// land takes a flight, once.
func (i *issuer) land(state string) (flight, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	f, ok := i.flights[state]
	delete(i.flights, state)
	return f, ok && f.ends.After(i.now())
}

var errSignIn = errors.New("console: the sign-in is not in order")

// receive judges what came back from the issuer, in the browser that was sent there,
// and gives who it is.
func (i *issuer) receive(ctx context.Context, held, state, code string) (claims, error) {
	f, ok := i.land(state)
	if !ok || subtle.ConstantTimeCompare([]byte(held), []byte(state)) != 1 || code == "" {
		return claims{}, fmt.Errorf("%w: it was not begun here, or took too long", errSignIn)
	}
	p, err := i.ready(ctx)
	if err != nil {
		return claims{}, err
	}
	ctx = oidc.ClientContext(ctx, i.cfg.Client)
	token, err := i.oauth(p).Exchange(ctx, code, oauth2.VerifierOption(f.verifier))
	if err != nil {
		return claims{}, fmt.Errorf("%w: the issuer gives no token", errSignIn)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := p.Verifier(&oidc.Config{ClientID: i.cfg.ClientID, Now: i.now}).Verify(ctx, raw)
	if err != nil {
		return claims{}, fmt.Errorf("%w: %w", errSignIn, err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.nonce)) != 1 {
		return claims{}, fmt.Errorf("%w: the token is of another sign-in", errSignIn)
	}
	var all map[string]any
	if err := id.Claims(&all); err != nil {
		return claims{}, fmt.Errorf("%w: %w", errSignIn, err)
	}
	return claimsOf(id.Issuer, id.Subject, all, i.cfg.RolesClaim), nil
}

// claims are what an issuer says of somebody.
type claims struct {
	// Who is a hash of issuer and subject: an issuer may use an e-mail address as the
	// subject. Accounts are the names by which the roster may know the person.
	Who, Name string
	Accounts  []string
	Roles     []Role
}

func claimsOf(issuer, subject string, all map[string]any, rolesClaim string) claims {
	sum := sha256.Sum256([]byte(issuer + "\x00" + subject))
	c := claims{Who: "u" + hex.EncodeToString(sum[:8]), Name: "Signed in", Accounts: []string{subject}}
	if name, _ := all["name"].(string); name != "" {
		c.Name = name
	}
	email, _ := all["email"].(string)
	if verified, _ := all["email_verified"].(bool); verified && email != "" {
		c.Accounts = append(c.Accounts, email)
	}
	var at any = all
	for part := range strings.SplitSeq(rolesClaim, ".") {
		object, _ := at.(map[string]any)
		at = object[part]
	}
	c.Roles = rolesFrom(words(at))
	return c
}

// words reads a list of words, or one word.
func words(v any) []string {
	switch v := v.(type) {
	case string:
		return strings.Fields(v)
	case []any:
		var out []string
		for _, x := range v {
			if word, ok := x.(string); ok {
				out = append(out, word)
			}
		}
		return out
	}
	return nil
}
