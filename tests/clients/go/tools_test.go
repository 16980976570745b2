package clients

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes/scheme"
	core "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/record"
	watchtools "k8s.io/client-go/tools/watch"
)

func TestDynamicClient(t *testing.T) {
	ns := namespace(t)
	ctx := background(t)
	client, err := dynamic.NewForConfig(config(t))
	must(t, err)
	secrets := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "secrets"}).Namespace(ns)
	made, err := secrets.Create(ctx, &unstructured.Unstructured{Object: map[string]interface{}{
		"apiVersion": "v1", "kind": "Secret",
		"metadata":   map[string]interface{}{"name": "pass"},
		"stringData": map[string]interface{}{"word": "hush"},
	}}, metav1.CreateOptions{})
	must(t, err)
	word, _, _ := unstructured.NestedString(made.Object, "data", "word")
	equal(t, "word", word, "aHVzaA==")
	_, err = secrets.Patch(ctx, "pass", types.MergePatchType, []byte(`{"metadata":{"labels":{"x":"y"}}}`), metav1.PatchOptions{})
	must(t, err)
	list, err := secrets.List(ctx, metav1.ListOptions{LabelSelector: "x=y"})
	must(t, err)
	equal(t, "listed", len(list.Items), 1)
	equal(t, "kind", list.Items[0].GetKind(), "Secret")
	must(t, secrets.Delete(ctx, "pass", metav1.DeleteOptions{}))
	_, err = secrets.Get(ctx, "pass", metav1.GetOptions{})
	refused(t, err, apierrors.IsNotFound, `secrets "pass" not found`)
	_, err = client.Resource(schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "things"}).
		List(ctx, metav1.ListOptions{})
	refused(t, err, apierrors.IsNotFound, "the server could not find the requested resource")
}

// A watch that resumes by itself sees every change once and in order. (Not over a restart: a server
// that starts remembers no history, and this client ends on 410.)
func TestRetryWatcher(t *testing.T) {
	ns := namespace(t)
	ctx := background(t)
	client := coreClient(t)
	maps := client.ConfigMaps(ns)
	list, err := maps.List(ctx, metav1.ListOptions{})
	must(t, err)
	watcher, err := watchtools.NewRetryWatcher(list.ResourceVersion, watches{maps})
	must(t, err)
	defer watcher.Stop()
	for i := 0; i < 6; i++ {
		_, err := maps.Create(ctx, configMap(fmt.Sprint("n", i), nil), metav1.CreateOptions{})
		must(t, err)
	}
	for i := 0; i < 6; {
		select {
		case event := <-watcher.ResultChan():
			if event.Type == watch.Bookmark {
				continue
			}
			object, is := event.Object.(*corev1.ConfigMap)
			if !is {
				t.Fatalf("an event of %v", event)
			}
			if object.Name == "kube-root-ca.crt" {
				continue // made for every namespace
			}
			equal(t, "event", string(event.Type)+" "+object.Name, fmt.Sprint("ADDED n", i))
			i++
		case <-ctx.Done():
			t.Fatalf("only %d events came", i)
		}
	}
}

type watches struct{ core.ConfigMapInterface }

func (w watches) Watch(options metav1.ListOptions) (watch.Interface, error) {
	return w.ConfigMapInterface.Watch(context.Background(), options)
}

func (w watches) WatchWithContext(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	return w.ConfigMapInterface.Watch(ctx, options)
}

// Two candidates: the second leads once the first has let go, and not before.
func TestLeaderElection(t *testing.T) {
	ns := namespace(t)
	ctx := background(t)
	var mutex sync.Mutex
	var story []string
	say := func(what string) {
		mutex.Lock()
		defer mutex.Unlock()
		story = append(story, what)
	}
	candidate := func(ctx context.Context, name string) (leads chan struct{}, done chan struct{}) {
		leads, done = make(chan struct{}), make(chan struct{})
		lock := &resourcelock.LeaseLock{
			LeaseMeta: metav1.ObjectMeta{Namespace: ns, Name: "lead"},
			Client:    coordinationClient(t), LockConfig: resourcelock.ResourceLockConfig{Identity: name},
		}
		elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
			Lock: lock, ReleaseOnCancel: true,
			LeaseDuration: 60 * time.Second, RenewDeadline: 30 * time.Second, RetryPeriod: 100 * time.Millisecond,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(ctx context.Context) { say(name + " leads"); close(leads); <-ctx.Done() },
				OnStoppedLeading: func() { say(name + " stops") },
			},
		})
		must(t, err)
		go func() { defer close(done); elector.Run(ctx) }()
		return leads, done
	}
	wait := func(what string, happens chan struct{}) {
		t.Helper()
		select {
		case <-happens:
		case <-ctx.Done():
			t.Fatalf("did not happen: %s", what)
		}
	}
	firstContext, letGo := context.WithCancel(ctx)
	defer letGo()
	first, firstDone := candidate(firstContext, "first")
	wait("the first leads", first)
	lease, err := coordinationClient(t).Leases(ns).Get(ctx, "lead", metav1.GetOptions{})
	must(t, err)
	equal(t, "holder", *lease.Spec.HolderIdentity, "first")
	secondContext, end := context.WithCancel(ctx)
	defer end()
	second, secondDone := candidate(secondContext, "second")
	letGo()
	wait("the first is done", firstDone)
	wait("the second leads", second)
	end()
	wait("the second is done", secondDone)
	equal(t, "story", fmt.Sprint(story), "[first leads first stops second leads second stops]")
}

// A recorder counts up an event that repeats, by patching it.
func TestEventRecorder(t *testing.T) {
	ns := namespace(t)
	ctx := background(t)
	client := coreClient(t)
	object, err := client.ConfigMaps(ns).Create(ctx, configMap("subject", nil), metav1.CreateOptions{})
	must(t, err)
	broadcaster := record.NewBroadcaster()
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&core.EventSinkImpl{Interface: client.Events(ns)})
	recorder := broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "tester"})
	for i := 0; i < 3; i++ {
		recorder.Event(object, corev1.EventTypeNormal, "Tested", "looked at it")
	}
	eventually(t, "one event, counted three times", func() bool {
		list, err := client.Events(ns).List(ctx, metav1.ListOptions{
			FieldSelector: "involvedObject.name=subject,reason=Tested"})
		must(t, err)
		return len(list.Items) == 1 && list.Items[0].Count == 3 && list.Items[0].InvolvedObject.UID == object.UID
	})
}
