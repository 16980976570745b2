package main

import (
	"time"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/token/cache"
	"k8s.io/apiserver/pkg/util/webhook"
	tokenreview "k8s.io/apiserver/plugin/pkg/authenticator/token/webhook"
)

// As long as kube-apiserver's own --authentication-token-webhook-cache-ttl.
const cacheTTL = 2 * time.Minute

// What kube-apiserver makes of --authentication-token-webhook-config-file.
func newReviewer(asked question) (authenticator.Token, error) {
	config, err := webhook.LoadKubeconfig(asked.Kubeconfig, nil)
	if err != nil {
		return nil, err
	}
	asking, err := tokenreview.New(config, asked.Version, asked.Implicit, *tokenreview.DefaultRetryBackoff())
	if err != nil {
		return nil, err
	}
	return cache.New(asking, false, cacheTTL, cacheTTL), nil
}
