// Kubernetes' own ExternalJWTSigner messages on Go's gRPC, on both sides of the socket.
//
//	signer serve SOCKET      a signer that does what it is told on standard input, a line of JSON each
//	signer sign SOCKET CLAIMS | keys SOCKET | metadata SOCKET      what a kube-apiserver asks
package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
	v1 "k8s.io/externaljwt/apis/v1"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

var encoding = base64.RawURLEncoding

// What the signer does, well or badly; a line on standard input replaces all of it.
type behaviour struct {
	Sign      string   `json:"sign"`      // name of the key that signs
	Publish   []string `json:"publish"`   // names of the keys it answers with
	Exclude   []string `json:"exclude"`   // those of them that are kept out of discovery
	Copies    int      `json:"copies"`    // this many more keys
	Header    *string  `json:"header"`    // instead of the right one, as JSON
	RawHeader *string  `json:"rawHeader"` // instead of the right one, as it is sent
	Signature *string  `json:"signature"` // instead of the right one
	Hint      int64    `json:"hint"`
	Max       int64    `json:"max"`
	HangSign  bool     `json:"hangSign"`
	HangKeys  bool     `json:"hangKeys"`
	FailSign  bool     `json:"failSign"`
	NoTime    bool     `json:"noTime"`
	BadKey    bool     `json:"badKey"` // bytes that are no key
	KeyID     *string  `json:"keyId"`  // of the first key
	Mint      any      `json:"mint"`   // answered with a token that says this, by `sign`
}

type signer struct {
	v1.UnimplementedExternalJWTSignerServer
	mutex   sync.Mutex
	keys    map[string]*ecdsa.PrivateKey
	now     behaviour
	changed time.Time
	fetches atomic.Int64
	signs   atomic.Int64
}

func (s *signer) key(name string) *ecdsa.PrivateKey {
	if s.keys[name] == nil {
		s.keys[name] = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	}
	return s.keys[name]
}

func (s *signer) set(next behaviour) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.now = next
	s.changed = time.Now()
}

func (s *signer) signature(input, name string) string {
	digest := sha256.Sum256([]byte(input))
	r, t, err := ecdsa.Sign(rand.Reader, s.key(name), digest[:])
	if err != nil {
		log.Fatal(err)
	}
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	t.FillBytes(raw[32:])
	return encoding.EncodeToString(raw)
}

func header(name string) string {
	return encoding.EncodeToString([]byte(`{"alg":"ES256","kid":"` + name + `","typ":"JWT"}`))
}

func (s *signer) Sign(ctx context.Context, request *v1.SignJWTRequest) (*v1.SignJWTResponse, error) {
	s.signs.Add(1)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	now := s.now
	if now.HangSign {
		s.mutex.Unlock()
		<-ctx.Done()
		s.mutex.Lock()
		return nil, ctx.Err()
	}
	if now.FailSign {
		return nil, status.Error(codes.PermissionDenied, "the claims were "+request.Claims)
	}
	answer := &v1.SignJWTResponse{Header: header(now.Sign)}
	if now.Header != nil {
		answer.Header = encoding.EncodeToString([]byte(*now.Header))
	}
	if now.RawHeader != nil {
		answer.Header = *now.RawHeader
	}
	answer.Signature = s.signature(answer.Header+"."+request.Claims, now.Sign)
	if now.Signature != nil {
		answer.Signature = *now.Signature
	}
	return answer, nil
}

func (s *signer) FetchKeys(ctx context.Context, _ *v1.FetchKeysRequest) (*v1.FetchKeysResponse, error) {
	s.fetches.Add(1)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	now := s.now
	if now.HangKeys {
		s.mutex.Unlock()
		<-ctx.Done()
		s.mutex.Lock()
		return nil, ctx.Err()
	}
	answer := &v1.FetchKeysResponse{RefreshHintSeconds: now.Hint}
	if !now.NoTime {
		answer.DataTimestamp = timestamppb.New(s.changed)
	}
	for _, name := range now.Publish {
		der := must(x509.MarshalPKIXPublicKey(&s.key(name).PublicKey))
		if now.BadKey {
			der = der[1:]
		}
		excluded := false
		for _, other := range now.Exclude {
			excluded = excluded || other == name
		}
		id := name
		if now.KeyID != nil {
			id = *now.KeyID
		}
		answer.Keys = append(answer.Keys, &v1.Key{KeyId: id, Key: der, ExcludeFromOidcDiscovery: excluded})
	}
	for i := range now.Copies {
		copied := answer.Keys[0]
		answer.Keys = append(answer.Keys, &v1.Key{KeyId: fmt.Sprint("copy-", i), Key: copied.Key})
	}
	return answer, nil
}

func (s *signer) Metadata(context.Context, *v1.MetadataRequest) (*v1.MetadataResponse, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return &v1.MetadataResponse{MaxTokenExpirationSeconds: s.now.Max}, nil
}

func (s *signer) obey(line []byte) {
	next := behaviour{Sign: "a", Publish: []string{"a"}, Hint: 3600, Max: 31536000}
	if err := json.Unmarshal(line, &next); err != nil {
		log.Fatal(err)
	}
	said := map[string]any{"fetches": s.fetches.Load(), "signs": s.signs.Load()}
	if next.Mint != nil {
		claims := encoding.EncodeToString(must(json.Marshal(next.Mint)))
		input := header(next.Sign) + "." + claims
		s.mutex.Lock()
		said["token"] = input + "." + s.signature(input, next.Sign)
		s.mutex.Unlock()
	} else if string(line) != "{\"count\": true}" {
		s.set(next)
	}
	fmt.Println(string(must(json.Marshal(said))))
}

func serve(socket string) {
	s := &signer{keys: map[string]*ecdsa.PrivateKey{}}
	s.set(behaviour{Sign: "a", Publish: []string{"a"}, Hint: 3600, Max: 31536000})
	os.Remove(socket)
	if strings.HasPrefix(socket, "@") {
		socket = "\x00" + socket[1:]
	}
	listener := must(net.Listen("unix", socket))
	server := grpc.NewServer()
	v1.RegisterExternalJWTSignerServer(server, s)
	go server.Serve(listener)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	fmt.Println("{}")
	for lines.Scan() {
		s.obey(lines.Bytes())
	}
}

func ask(what, socket string, rest []string) {
	dialer := func(ctx context.Context, path string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}
	connection := must(grpc.NewClient("passthrough:///"+socket,
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithAuthority("localhost"),
		grpc.WithDefaultCallOptions(grpc.WaitForReady(true)), grpc.WithContextDialer(dialer)))
	defer connection.Close()
	client := v1.NewExternalJWTSignerClient(connection)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var answer any
	var err error
	switch what {
	case "sign":
		answer, err = client.Sign(ctx, &v1.SignJWTRequest{Claims: rest[0]})
	case "keys":
		answer, err = client.FetchKeys(ctx, &v1.FetchKeysRequest{})
	case "metadata":
		answer, err = client.Metadata(ctx, &v1.MetadataRequest{})
	}
	if err != nil {
		fmt.Println(string(must(json.Marshal(map[string]string{
			"code": status.Code(err).String(), "message": status.Convert(err).Message()}))))
		return
	}
	fmt.Println(string(must(json.Marshal(answer))))
}

func main() {
	if os.Args[1] == "serve" {
		serve(os.Args[2])
		return
	}
	ask(os.Args[1], os.Args[2], os.Args[3:])
}
