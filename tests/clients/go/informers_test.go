package clients

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	core "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/cache"
)

// follower is a shared informer and what its handler was told.
type follower struct {
	informer cache.SharedIndexInformer
	mutex    sync.Mutex
	seen     map[string]string // name -> last resourceVersion
	ever     map[string]bool
}

func follow(t *testing.T, source cache.ListerWatcher, kind runtime.Object) *follower {
	t.Helper()
	f := &follower{
		informer: cache.NewSharedIndexInformer(source, kind, 0, cache.Indexers{}),
		seen:     map[string]string{}, ever: map[string]bool{},
	}
	note := func(object interface{}) {
		f.mutex.Lock()
		defer f.mutex.Unlock()
		about, _ := meta.Accessor(object)
		f.seen[about.GetName()] = about.GetResourceVersion()
		f.ever[about.GetName()] = true
	}
	_, err := f.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    note,
		UpdateFunc: func(_, object interface{}) { note(object) },
		DeleteFunc: func(object interface{}) {
			if last, isLast := object.(cache.DeletedFinalStateUnknown); isLast {
				object = last.Obj
			}
			f.mutex.Lock()
			defer f.mutex.Unlock()
			about, _ := meta.Accessor(object)
			delete(f.seen, about.GetName())
		},
	})
	must(t, err)
	stop := make(chan struct{})
	var running sync.WaitGroup
	running.Add(1)
	go func() {
		defer running.Done()
		f.informer.Run(stop)
	}()
	t.Cleanup(func() { close(stop); running.Wait() })
	eventually(t, "the informer has synced", f.informer.HasSynced)
	return f
}

// matches says whether the cache, and what the handler was told, is exactly the list.
func (f *follower) matches(list map[string]string) bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	cached := f.informer.GetStore().List()
	if len(cached) != len(list) || len(f.seen) != len(list) {
		return false
	}
	for _, object := range cached {
		about, _ := meta.Accessor(object)
		version := list[about.GetName()]
		if about.GetResourceVersion() != version || f.seen[about.GetName()] != version {
			return false
		}
	}
	return true
}

func versions(t *testing.T, list runtime.Object, err error) map[string]string {
	t.Helper()
	must(t, err)
	found := map[string]string{}
	must(t, meta.EachListItem(list, func(object runtime.Object) error {
		about, err := meta.Accessor(object)
		found[about.GetName()] = about.GetResourceVersion()
		return err
	}))
	return found
}

// persist repeats a write until the server has answered it: it is restarted in between. A write that
// was done although its answer was lost is done.
func persist(ctx context.Context, write func() error) error {
	for {
		err := write()
		if err == nil || apierrors.IsAlreadyExists(err) || apierrors.IsNotFound(err) {
			return nil
		}
		if _, refused := err.(apierrors.APIStatus); refused && !apierrors.IsConflict(err) &&
			!apierrors.IsTooManyRequests(err) && !apierrors.IsServiceUnavailable(err) && !apierrors.IsTimeout(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("gave up: %w", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// writer creates, changes and deletes until it is stopped, and knows what it left behind.
func writer(ctx context.Context, client *core.CoreV1Client, ns string, stop <-chan struct{}) (made int, err error) {
	for ; ; made++ {
		select {
		case <-stop:
			return made, nil
		default:
		}
		name := fmt.Sprintf("w%05d", made)
		steps := []func() error{
			func() error {
				_, err := client.ConfigMaps(ns).Create(ctx, configMap(name, map[string]string{"n": name}), metav1.CreateOptions{})
				return err
			},
			func() error {
				_, err := client.ServiceAccounts(ns).Create(ctx, &corev1.ServiceAccount{
					ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
				return err
			},
			func() error {
				_, err := client.Pods(ns).Create(ctx, &corev1.Pod{
					ObjectMeta: metav1.ObjectMeta{Name: name},
					Spec: corev1.PodSpec{ServiceAccountName: name,
						Containers: []corev1.Container{{Name: "main", Image: "debian"}}},
				}, metav1.CreateOptions{})
				return err
			},
		}
		if made%3 == 1 {
			steps = append(steps, func() error {
				_, err := client.ConfigMaps(ns).Update(ctx, configMap(name, map[string]string{"n": "changed"}), metav1.UpdateOptions{})
				return err
			})
		}
		if made%3 == 2 {
			steps = append(steps, func() error {
				return client.ConfigMaps(ns).Delete(ctx, name, metav1.DeleteOptions{})
			}, func() error {
				return client.Pods(ns).Delete(ctx, name, *metav1.NewDeleteOptions(0))
			})
		}
		for _, step := range steps {
			if err := persist(ctx, step); err != nil {
				return made, err
			}
		}
	}
}

// Informers follow a server that is ended, politely and not, while another client writes: they miss
// nothing that stands, keep nothing that is gone, and were told of every object that was left.
func TestInformersSurviveRestarts(t *testing.T) {
	ns := namespace(t)
	client := coreClient(t)
	everything := fields.Everything()
	watched := map[string]*follower{}
	for resource, kind := range map[string]runtime.Object{
		"configmaps": &corev1.ConfigMap{}, "pods": &corev1.Pod{}, "serviceaccounts": &corev1.ServiceAccount{},
	} {
		watched[resource] = follow(t, cache.NewListWatchFromClient(client.RESTClient(), resource, ns, everything), kind)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*limit)
	defer cancel()
	stop := make(chan struct{})
	type result struct {
		made int
		err  error
	}
	written := make(chan result)
	go func() {
		made, err := writer(ctx, coreClient(t), ns, stop)
		written <- result{made, err}
	}()
	grown := func() {
		before := len(watched["serviceaccounts"].informer.GetStore().ListKeys())
		eventually(t, "writes are seen", func() bool {
			return len(watched["serviceaccounts"].informer.GetStore().ListKeys()) > before+5
		})
	}
	// Each failed try doubles an informer's patience, up to half a minute: more restarts only take longer.
	for _, how := range []string{"term", "kill"} {
		grown()
		restart(t, how)
	}
	grown()
	close(stop)
	wrote := <-written
	must(t, wrote.err)
	if wrote.made < 20 {
		t.Fatalf("only %d were written", wrote.made)
	}

	eventually(t, "the caches equal the lists", func() bool {
		maps, err := client.ConfigMaps(ns).List(ctx, metav1.ListOptions{})
		equalMaps := watched["configmaps"].matches(versions(t, maps, err))
		pods, err := client.Pods(ns).List(ctx, metav1.ListOptions{})
		equalPods := watched["pods"].matches(versions(t, pods, err))
		accounts, err := client.ServiceAccounts(ns).List(ctx, metav1.ListOptions{})
		return equalMaps && equalPods && watched["serviceaccounts"].matches(versions(t, accounts, err))
	})
	for i := 0; i < wrote.made; i++ {
		name := fmt.Sprintf("w%05d", i)
		_, inMaps, _ := watched["configmaps"].informer.GetStore().GetByKey(ns + "/" + name)
		_, inPods, _ := watched["pods"].informer.GetStore().GetByKey(ns + "/" + name)
		equal(t, "config map "+name, inMaps, i%3 != 2)
		equal(t, "pod "+name, inPods, i%3 != 2)
		equal(t, "told of "+name, watched["serviceaccounts"].ever[name], true)
	}
}

// An informer that holds names and labels only.
func TestMetadataInformer(t *testing.T) {
	ns := namespace(t)
	ctx := background(t)
	client, err := metadata.NewForConfig(config(t))
	must(t, err)
	maps := client.Resource(corev1.SchemeGroupVersion.WithResource("configmaps")).Namespace(ns)
	f := follow(t, &cache.ListWatch{
		ListFunc: func(options metav1.ListOptions) (runtime.Object, error) { return maps.List(ctx, options) },
		WatchFunc: func(options metav1.ListOptions) (watch.Interface, error) {
			return maps.Watch(ctx, options)
		},
	}, &metav1.PartialObjectMetadata{})
	made, err := coreClient(t).ConfigMaps(ns).Create(ctx, configMap("seen", map[string]string{"a": "1"}), metav1.CreateOptions{})
	must(t, err)
	eventually(t, "the object is in the cache", func() bool {
		_, found, _ := f.informer.GetStore().GetByKey(ns + "/seen")
		return found
	})
	object, _, _ := f.informer.GetStore().GetByKey(ns + "/seen")
	equal(t, "uid", object.(*metav1.PartialObjectMetadata).UID, made.UID)
	one, err := maps.Get(ctx, "seen", metav1.GetOptions{})
	must(t, err)
	equal(t, "version", one.ResourceVersion, made.ResourceVersion)
	must(t, maps.Delete(ctx, "seen", metav1.DeleteOptions{}))
	eventually(t, "the object is gone", func() bool {
		_, found, _ := f.informer.GetStore().GetByKey(ns + "/seen")
		return !found
	})
}
