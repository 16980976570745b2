// Code of kube-apiserver in front of signet. A question is a line of JSON on standard input, the answer a
// line of JSON on standard output; signing.go and webhook.go say what can be asked.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/component-base/metrics/legacyregistry"
)

type question struct {
	Do         string
	Socket     string   // of the signer
	Issuer     string   // who signs
	Kubeconfig string   // of the authority with the accounts and pods; of the webhook
	Version    string   // of TokenReview
	Implicit   []string // audiences of the API server itself
	Namespace  string
	Account    string
	Pod        string // the token is bound to it
	Audiences  []string
	Seconds    int64
	Token      string
	Timeout    string
}

// What was set up first is asked later.
var (
	signing   *signer
	reviewing authenticator.Token
)

func answer(ctx context.Context, asked question) (any, error) {
	var err error
	switch asked.Do {
	case "use signer":
		signing, err = newSigner(ctx, asked)
		return nil, err
	case "use webhook":
		reviewing, err = newReviewer(asked)
		return nil, err
	case "metadata":
		return signing.plugin.GetServiceMetadata(ctx)
	case "sign":
		return signing.sign(ctx, asked)
	case "authenticate":
		return authenticate(ctx, signing.authenticator, asked)
	case "documents":
		return signing.published()
	case "review":
		return authenticate(ctx, reviewing, asked)
	case "metrics":
		return metrics()
	}
	return nil, fmt.Errorf("nobody knows how to %q", asked.Do)
}

// The counters that Kubernetes keeps of its signer, as name{labels} and value.
func metrics() (map[string]float64, error) {
	families, err := legacyregistry.DefaultGatherer.Gather()
	if err != nil {
		return nil, err
	}
	values := map[string]float64{}
	for _, family := range families {
		if !strings.HasPrefix(family.GetName(), "apiserver_externaljwt_") {
			continue
		}
		for _, one := range family.GetMetric() {
			labels := ""
			for _, label := range one.GetLabel() {
				labels += "{" + label.GetName() + "=" + label.GetValue() + "}"
			}
			values[family.GetName()+labels] = one.GetCounter().GetValue() + one.GetGauge().GetValue()
		}
	}
	return values, nil
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		said, err := answer(context.Background(), asked)
		if err != nil {
			said = map[string]string{"error": err.Error()}
		}
		text, err := json.Marshal(said)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(text))
	}
}
