// A relying party made of go-oidc, and an issuer made of go-jose. The question is JSON on standard
// input, the answer JSON on standard output; see relying_parties_test.py.
package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"os"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

type question struct {
	Do       string
	Issuer   string
	CA       string
	Audience string
	Tokens   []string
	Claims   json.RawMessage
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Which of the tokens go-oidc believes, for whom.
func verify(asked question) any {
	pem, err := os.ReadFile(asked.CA)
	must(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	ctx := oidc.ClientContext(context.Background(),
		&http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}})
	provider, err := oidc.NewProvider(ctx, asked.Issuer)
	must(err)
	verifier := provider.Verifier(&oidc.Config{ClientID: asked.Audience})
	subjects := []string{}
	for _, token := range asked.Tokens {
		subject := ""
		if verified, err := verifier.Verify(ctx, token); err == nil {
			subject = verified.Subject
		}
		subjects = append(subjects, subject)
	}
	return map[string]any{"go-oidc": subjects}
}

// The claims under a signature of each algorithm, and the keys.
func sign(asked question) any {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	keys := map[jose.SignatureAlgorithm]crypto.Signer{jose.RS256: rsaKey}
	for algorithm, curve := range map[jose.SignatureAlgorithm]elliptic.Curve{
		jose.ES256: elliptic.P256(), jose.ES384: elliptic.P384(), jose.ES512: elliptic.P521()} {
		keys[algorithm], err = ecdsa.GenerateKey(curve, rand.Reader)
		must(err)
	}
	tokens := map[string]string{}
	set := jose.JSONWebKeySet{}
	for algorithm, key := range keys {
		name := "go-" + string(algorithm)
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: name}},
			(&jose.SignerOptions{}).WithType("JWT"))
		must(err)
		signed, err := signer.Sign(asked.Claims)
		must(err)
		tokens[string(algorithm)], err = signed.CompactSerialize()
		must(err)
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: name, Algorithm: string(algorithm), Use: "sig"})
	}
	return map[string]any{"go-jose": map[string]any{"tokens": tokens, "jwks": set}}
}

func main() {
	var asked question
	must(json.NewDecoder(os.Stdin).Decode(&asked))
	answers := map[string]func(question) any{"verify": verify, "sign": sign}
	must(json.NewEncoder(os.Stdout).Encode(answers[asked.Do](asked)))
}
