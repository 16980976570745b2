// Verifies one token over and over with go-oidc, nothing remembered between two checks.
//
//	verify QUESTION.json     {"issuer", "audience", "jwks", "token", "algorithm", "seconds"}
//
// Prints checks per CPU second of this process by library.
package main

import (
	"context"
	"crypto"
	"encoding/json"
	"os"
	"syscall"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

type question struct {
	Issuer, Audience, Token, Algorithm string
	JWKS                               jose.JSONWebKeySet
	Seconds                            float64
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func main() {
	var asked question
	text, err := os.ReadFile(os.Args[1])
	must(err)
	must(json.Unmarshal(text, &asked))
	keys := &oidc.StaticKeySet{}
	for _, key := range asked.JWKS.Keys {
		keys.PublicKeys = append(keys.PublicKeys, key.Key.(crypto.PublicKey))
	}
	verifier := oidc.NewVerifier(asked.Issuer, keys, &oidc.Config{
		ClientID: asked.Audience, SupportedSigningAlgs: []string{asked.Algorithm}})
	ctx := context.Background()
	before, count := cpuSeconds(), 0
	for end := time.Now().Add(time.Duration(asked.Seconds * 1e9)); time.Now().Before(end); count += 100 {
		for i := 0; i < 100; i++ {
			_, err := verifier.Verify(ctx, asked.Token)
			must(err)
		}
	}
	must(json.NewEncoder(os.Stdout).Encode(map[string]float64{"go-oidc": float64(count) / (cpuSeconds() - before)}))
}
