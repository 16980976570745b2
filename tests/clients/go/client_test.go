// Package clients drives signet with client-go, as it comes: typed, dynamic, metadata and discovery
// clients, informers, leader election and event recording.
//
// SIGNET_CONTROL names the socket of the test that started the server: it restarts it on demand.
package clients

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	authentication "k8s.io/client-go/kubernetes/typed/authentication/v1"
	coordination "k8s.io/client-go/kubernetes/typed/coordination/v1"
	core "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// limit is how long anything may take; nothing is expected to take long.
const limit = 2 * time.Minute

func config(t *testing.T) *rest.Config {
	t.Helper()
	made, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	must(t, err)
	made.QPS = 1000
	made.Burst = 1000
	return made
}

func coreClient(t *testing.T) *core.CoreV1Client {
	t.Helper()
	client, err := core.NewForConfig(config(t))
	must(t, err)
	return client
}

func authenticationClient(t *testing.T) *authentication.AuthenticationV1Client {
	t.Helper()
	client, err := authentication.NewForConfig(config(t))
	must(t, err)
	return client
}

func coordinationClient(t *testing.T) *coordination.CoordinationV1Client {
	t.Helper()
	client, err := coordination.NewForConfig(config(t))
	must(t, err)
	return client
}

func background(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}

// namespace makes one for a test, named after it.
func namespace(t *testing.T) string {
	t.Helper()
	name := "go-" + strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(t.Name(), "Test"), "_", "-"))
	_, err := coreClient(t).Namespaces().Create(background(t),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	must(t, err)
	return name
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v", err)
	}
}

func equal[T comparable](t *testing.T, what string, have, want T) {
	t.Helper()
	if have != want {
		t.Fatalf("%s is %v, not %v", what, have, want)
	}
}

// refused checks an error against the text that a person would see.
func refused(t *testing.T, err error, is func(error) bool, message string) {
	t.Helper()
	if err == nil || !is(err) || err.Error() != message {
		t.Fatalf("refused with %v, not %q", err, message)
	}
}

// restart ends the server (term or kill) and comes back when it is ready again.
func restart(t *testing.T, how string) {
	t.Helper()
	connection, err := net.Dial("unix", os.Getenv("SIGNET_CONTROL"))
	must(t, err)
	defer connection.Close()
	_, err = fmt.Fprintln(connection, how)
	must(t, err)
	_, err = bufio.NewReader(connection).ReadString('\n')
	must(t, err)
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	end := time.Now().Add(limit)
	for !holds() {
		if time.Now().After(end) {
			t.Fatalf("did not come true: %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
