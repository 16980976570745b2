package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/serviceaccount"
	"k8s.io/kubernetes/pkg/serviceaccount/externaljwt/plugin"
)

const syncLimit = 10 * time.Second

// What kube-apiserver makes of --service-account-signing-endpoint.
type signer struct {
	objects       objects
	plugin        *plugin.Plugin
	authenticator authenticator.Token
	documents     serviceaccount.OpenIDMetadataProvider
}

func newSigner(ctx context.Context, asked question) (*signer, error) {
	config, err := clientcmd.BuildConfigFromFlags("", asked.Kubeconfig)
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	made := &signer{objects: objects{client}}
	signing, keys, err := plugin.New(ctx, asked.Issuer, asked.Socket, syncLimit, false)
	if err != nil {
		return nil, err
	}
	made.plugin = signing
	made.authenticator = serviceaccount.JWTTokenAuthenticator(
		[]string{asked.Issuer}, keys, asked.Implicit, serviceaccount.NewValidator(made.objects))
	made.documents, err = serviceaccount.NewOpenIDMetadataProvider(asked.Issuer, asked.Issuer+"/openid/v1/jwks", "", keys)
	return made, err
}

func (s *signer) sign(ctx context.Context, asked question) (string, error) {
	account, err := s.objects.GetServiceAccount(asked.Namespace, asked.Account)
	if err != nil {
		return "", err
	}
	var bound *core.Pod
	if asked.Pod != "" {
		pod, err := s.objects.GetPod(asked.Namespace, asked.Pod)
		if err != nil {
			return "", err
		}
		bound = &core.Pod{ObjectMeta: pod.ObjectMeta}
	}
	public, private, err := serviceaccount.Claims(
		core.ServiceAccount{ObjectMeta: account.ObjectMeta}, bound, nil, nil, asked.Seconds, 0, asked.Audiences)
	if err != nil {
		return "", err
	}
	return s.plugin.GenerateToken(ctx, public, private)
}

// What a kube-apiserver would publish.
func (s *signer) published() (any, error) {
	config, _ := s.documents.GetConfigJSON()
	keys, _ := s.documents.GetKeysetJSON()
	return map[string]json.RawMessage{"config": config, "keys": keys}, nil
}

// Whom an authenticator takes the bearer of a token for.
func authenticate(ctx context.Context, by authenticator.Token, asked question) (any, error) {
	if asked.Audiences != nil {
		ctx = authenticator.WithAudiences(ctx, asked.Audiences)
	}
	if asked.Timeout != "" {
		limit, err := time.ParseDuration(asked.Timeout)
		if err != nil {
			return nil, err
		}
		limited, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		ctx = limited
	}
	found, ok, err := by.AuthenticateToken(ctx, asked.Token)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errors.New("nobody")
	}
	return map[string]any{
		"name": found.User.GetName(), "uid": found.User.GetUID(), "groups": found.User.GetGroups(),
		"extra": found.User.GetExtra(), "audiences": found.Audiences}, nil
}

// The accounts and pods of a running authority, to which tokens are bound.
type objects struct {
	client kubernetes.Interface
}

func (o objects) GetServiceAccount(namespace, name string) (*v1.ServiceAccount, error) {
	return o.client.CoreV1().ServiceAccounts(namespace).Get(context.Background(), name, metav1.GetOptions{})
}

func (o objects) GetPod(namespace, name string) (*v1.Pod, error) {
	return o.client.CoreV1().Pods(namespace).Get(context.Background(), name, metav1.GetOptions{})
}

func (o objects) GetSecret(namespace, name string) (*v1.Secret, error) {
	return o.client.CoreV1().Secrets(namespace).Get(context.Background(), name, metav1.GetOptions{})
}

func (o objects) GetNode(name string) (*v1.Node, error) {
	return o.client.CoreV1().Nodes().Get(context.Background(), name, metav1.GetOptions{})
}
