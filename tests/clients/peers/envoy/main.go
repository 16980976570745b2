// Envoy's side of ext_authz: its messages on Go's gRPC. A question is a line of JSON on standard input, the
// answer a line of JSON on standard output; all checks of one question are under way at once, and all
// questions use one connection.
//
//	envoy TARGET      of the gate, as `signet gate` says it
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	auth "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

type check struct {
	Route   string
	Path    string
	Headers [][2]string // one by one, as a client sent them
	Raw     bool        // sent on as bytes (encode_raw_headers)
	Timeout string      // Envoy's grpc_service.timeout
}

type reply struct {
	Code     string            `json:"code"`             // of the call itself
	Invalid  string            `json:"invalid"`          // what the rules of Envoy's messages have against it
	Status   int32             `json:"status"`           // google.rpc.Status; 0 lets in
	Set      map[string]string `json:"set"`              // headers of the request, replaced
	Appended []string          `json:"appended"`         // those that would not replace what the client sent
	Remove   []string          `json:"remove"`           // headers of the request, removed
	Denied   int32             `json:"denied,omitempty"` // status of HTTP
	Headers  map[string]string `json:"headers"`          // of the refusal
	Body     string            `json:"body"`
	Metadata map[string]any    `json:"metadata"` // for other filters
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func address(host string, port uint32) *auth.AttributeContext_Peer {
	return &auth.AttributeContext_Peer{Address: &core.Address{Address: &core.Address_SocketAddress{
		SocketAddress: &core.SocketAddress{
			Address: host, PortSpecifier: &core.SocketAddress_PortValue{PortValue: port}}}}}
}

// What Envoy sends for a request of HTTP/1.1: names in lower case, one that came twice joined by a comma.
func request(asked check) *auth.CheckRequest {
	headers := append([][2]string{
		{":authority", "shop.example"}, {":method", "GET"}, {":path", asked.Path}, {":scheme", "http"},
		{"x-forwarded-proto", "http"}, {"x-request-id", "b8a3e3a5-5d5b-4b2f-8b52-0f4c1a0c4c3e"}}, asked.Headers...)
	http := &auth.AttributeContext_HttpRequest{
		Id: "13359530607844510314", Method: "GET", Path: asked.Path, Host: "shop.example", Scheme: "http",
		Protocol: "HTTP/1.1"}
	if asked.Raw {
		http.HeaderMap = &core.HeaderMap{}
		for _, header := range headers {
			http.HeaderMap.Headers = append(http.HeaderMap.Headers,
				&core.HeaderValue{Key: strings.ToLower(header[0]), RawValue: []byte(header[1])})
		}
	} else {
		http.Headers = map[string]string{}
		for _, header := range headers {
			name := strings.ToLower(header[0])
			if before, twice := http.Headers[name]; twice {
				http.Headers[name] = before + "," + header[1]
			} else {
				http.Headers[name] = header[1]
			}
		}
	}
	attributes := &auth.AttributeContext{
		Source:      address("127.0.0.1", 40312),
		Destination: address("127.0.0.1", 8080),
		Request: &auth.AttributeContext_Request{
			Time: timestamppb.Now(), Http: http},
		MetadataContext:      &core.Metadata{},
		RouteMetadataContext: &core.Metadata{},
	}
	if asked.Route != "" {
		attributes.ContextExtensions = map[string]string{"route": asked.Route}
	}
	return &auth.CheckRequest{Attributes: attributes}
}

// Header options that replace, by name; the names of the others.
func options(list []*core.HeaderValueOption) (set map[string]string, appended []string) {
	set = map[string]string{}
	for _, option := range list {
		set[option.GetHeader().GetKey()] = option.GetHeader().GetValue()
		if option.GetAppendAction() != core.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD {
			appended = append(appended, option.GetHeader().GetKey())
		}
	}
	return set, appended
}

func ask(client auth.AuthorizationClient, asked check) reply {
	ctx, cancel := context.WithTimeout(context.Background(), must(time.ParseDuration(asked.Timeout)))
	defer cancel()
	response, err := client.Check(ctx, request(asked))
	said := reply{Code: status.Code(err).String()}
	if err != nil {
		return said
	}
	if err := response.ValidateAll(); err != nil {
		said.Invalid = err.Error()
	}
	said.Status = response.GetStatus().GetCode()
	said.Metadata = response.GetDynamicMetadata().AsMap()
	said.Remove = response.GetOkResponse().GetHeadersToRemove()
	said.Set, said.Appended = options(response.GetOkResponse().GetHeaders())
	denied := response.GetDeniedResponse()
	said.Denied = int32(denied.GetStatus().GetCode())
	said.Headers, _ = options(denied.GetHeaders())
	said.Body = denied.GetBody()
	return said
}

func main() {
	connection := must(grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials())))
	defer connection.Close()
	client := auth.NewAuthorizationClient(connection)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var asked []check
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		replies := make([]reply, len(asked))
		var all sync.WaitGroup
		for i := range asked {
			all.Go(func() { replies[i] = ask(client, asked[i]) })
		}
		all.Wait()
		fmt.Println(string(must(json.Marshal(replies))))
	}
}
