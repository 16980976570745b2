// Vault's Kubernetes auth backend as Vault runs it, with its storage in memory. A question is a line of JSON
// on standard input: {"path", "data"} writes there. The answer is a line of JSON on standard output.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/hashicorp/go-hclog"
	kubeauth "github.com/hashicorp/vault-plugin-auth-kubernetes"
	"github.com/hashicorp/vault/sdk/logical"
)

type question struct {
	Path string         `json:"path"`
	Data map[string]any `json:"data"`
}

type reply struct {
	Error    string            `json:"error,omitempty"`  // what the client is told
	Reason   string            `json:"reason,omitempty"` // what the operator is told
	Alias    string            `json:"alias,omitempty"`
	Metadata map[string]string `json:"metadata,omitempty"` // of the alias
	Policies []string          `json:"policies,omitempty"`
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	ctx := context.Background()
	storage := &logical.InmemStorage{}
	var log bytes.Buffer
	logger := hclog.New(&hclog.LoggerOptions{Output: &log, Level: hclog.Debug})
	backend := must(kubeauth.Factory(ctx, &logical.BackendConfig{
		Logger: logger, System: &logical.StaticSystemView{}, StorageView: storage}))
	defer backend.Cleanup(ctx)
	if err := backend.Initialize(ctx, &logical.InitializationRequest{Storage: storage}); err != nil {
		panic(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		log.Reset()
		request := &logical.Request{
			Operation: logical.UpdateOperation, Path: asked.Path, Data: asked.Data, Storage: storage}
		checked, exists, err := backend.HandleExistenceCheck(ctx, request)
		if err != nil {
			panic(err)
		}
		if checked && !exists {
			request.Operation = logical.CreateOperation
		}
		response, err := backend.HandleRequest(ctx, request)
		said := reply{Reason: strings.TrimSpace(log.String())}
		switch {
		case err != nil:
			said.Error = err.Error()
		case response.IsError():
			said.Error = response.Error().Error()
		case response != nil && response.Auth != nil:
			said.Alias = response.Auth.Alias.Name
			said.Metadata = response.Auth.Alias.Metadata
			said.Policies = response.Auth.Policies
		}
		fmt.Println(string(must(json.Marshal(said))))
	}
}
