package clients

import (
	"context"
	"fmt"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"
	core "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/retry"
)

func configMap(name string, data map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: data}
}

// The life of an object, in each content type that a client may choose for bodies and answers.
func TestObjects(t *testing.T) {
	ns := namespace(t)
	const protobuf = "application/vnd.kubernetes.protobuf"
	for name, contentType := range map[string]rest.ContentConfig{
		"unset":    {},
		"json":     {ContentType: "application/json"},
		"protobuf": {ContentType: protobuf, AcceptContentTypes: protobuf + ",application/json"},
		"only":     {ContentType: protobuf, AcceptContentTypes: protobuf},
	} {
		t.Run(name, func(t *testing.T) {
			settings := config(t)
			settings.ContentConfig = contentType
			client, err := core.NewForConfig(settings)
			must(t, err)
			lifeOfAConfigMap(t, client.ConfigMaps(ns), name)
			podsAndAccounts(t, client, ns, name)
		})
	}
}

func lifeOfAConfigMap(t *testing.T, maps core.ConfigMapInterface, name string) {
	ctx := background(t)
	made, err := maps.Create(ctx, configMap(name, map[string]string{"a": "1"}), metav1.CreateOptions{})
	must(t, err)
	if made.UID == "" || made.ResourceVersion == "" || made.CreationTimestamp.IsZero() {
		t.Fatalf("made without its system fields: %v", made)
	}
	_, err = maps.Create(ctx, configMap(name, nil), metav1.CreateOptions{})
	refused(t, err, apierrors.IsAlreadyExists, fmt.Sprintf("configmaps %q already exists", name))

	read, err := maps.Get(ctx, name, metav1.GetOptions{})
	must(t, err)
	equal(t, "data a", read.Data["a"], "1")
	equal(t, "version", read.ResourceVersion, made.ResourceVersion)

	read.BinaryData = map[string][]byte{"b": {0, 255, 1}}
	read.Labels = map[string]string{"set": name}
	changed, err := maps.Update(ctx, read, metav1.UpdateOptions{})
	must(t, err)
	equal(t, "binary data", string(changed.BinaryData["b"]), "\x00\xff\x01")
	_, err = maps.Update(ctx, made, metav1.UpdateOptions{})
	refused(t, err, apierrors.IsConflict, fmt.Sprintf(
		"Operation cannot be fulfilled on configmaps %q: the object has been modified; please apply your changes "+
			"to the latest version and try again", name))

	for patch, body := range map[types.PatchType]string{
		types.JSONPatchType:           `[{"op":"replace","path":"/data/a","value":"json"}]`,
		types.MergePatchType:          `{"data":{"a":"merge"}}`,
		types.StrategicMergePatchType: `{"data":{"a":"strategic"}}`,
	} {
		patched, err := maps.Patch(ctx, name, patch, []byte(body), metav1.PatchOptions{})
		must(t, err)
		equal(t, "patched type", patched.Data["a"] != "1" && patched.Kind == "", true)
	}

	list, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "set=" + name})
	must(t, err)
	equal(t, "listed", len(list.Items), 1)
	paged, err := maps.List(ctx, metav1.ListOptions{Limit: 1})
	must(t, err)
	equal(t, "first page", len(paged.Items), 1)

	dry, err := maps.Create(ctx, configMap(name+"-dry", nil), metav1.CreateOptions{DryRun: []string{"All"}})
	must(t, err)
	_, err = maps.Get(ctx, dry.Name, metav1.GetOptions{})
	refused(t, err, apierrors.IsNotFound, fmt.Sprintf("configmaps %q not found", dry.Name))

	other := types.UID("other")
	err = maps.Delete(ctx, name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &other}})
	if !apierrors.IsConflict(err) {
		t.Fatalf("deleted against the precondition: %v", err)
	}
	must(t, maps.Delete(ctx, name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &made.UID}}))
	_, err = maps.Get(ctx, name, metav1.GetOptions{})
	refused(t, err, apierrors.IsNotFound, fmt.Sprintf("configmaps %q not found", name))
	_, err = maps.Create(ctx, configMap("Bad_Name", nil), metav1.CreateOptions{})
	if !apierrors.IsInvalid(err) {
		t.Fatalf("a bad name: %v", err)
	}
}

func podsAndAccounts(t *testing.T, client *core.CoreV1Client, ns, name string) {
	ctx := background(t)
	account, err := client.ServiceAccounts(ns).Create(ctx,
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	must(t, err)
	pod, err := client.Pods(ns).Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: name + "-"},
		Spec: corev1.PodSpec{
			ServiceAccountName: account.Name,
			Containers:         []corev1.Container{{Name: "main", Image: "debian"}},
		},
	}, metav1.CreateOptions{})
	must(t, err)
	equal(t, "volumes", len(pod.Spec.Volumes), 1)
	equal(t, "phase", pod.Status.Phase, corev1.PodPending)
	pod.Status.Phase = corev1.PodRunning
	pod, err = client.Pods(ns).UpdateStatus(ctx, pod, metav1.UpdateOptions{})
	must(t, err)
	equal(t, "phase", pod.Status.Phase, corev1.PodRunning)
	must(t, client.Pods(ns).Delete(ctx, pod.Name, *metav1.NewDeleteOptions(0)))
	secret, err := client.Secrets(ns).Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name}, StringData: map[string]string{"word": "hush"},
	}, metav1.CreateOptions{})
	must(t, err)
	equal(t, "secret", string(secret.Data["word"])+" "+string(secret.Type), "hush Opaque")
	must(t, client.ServiceAccounts(ns).DeleteCollection(ctx, metav1.DeleteOptions{},
		metav1.ListOptions{FieldSelector: "metadata.name=" + name}))
	_, err = client.ServiceAccounts(ns).Get(ctx, name, metav1.GetOptions{})
	refused(t, err, apierrors.IsNotFound, fmt.Sprintf("serviceaccounts %q not found", name))
}

// Ten writers of one object, none of whose changes is lost.
func TestRetryOnConflict(t *testing.T) {
	ns := namespace(t)
	ctx := background(t)
	maps := coreClient(t).ConfigMaps(ns)
	_, err := maps.Create(ctx, configMap("shared", nil), metav1.CreateOptions{})
	must(t, err)
	backoff := retry.DefaultBackoff
	backoff.Steps = 100
	backoff.Factor = 1
	var writers sync.WaitGroup
	failures := make([]error, 10)
	for i := range failures {
		i := i
		writers.Add(1)
		go func() {
			defer writers.Done()
			failures[i] = retry.RetryOnConflict(backoff, func() error { return add(ctx, maps, i) })
		}()
	}
	writers.Wait()
	for _, err := range failures {
		must(t, err)
	}
	shared, err := maps.Get(ctx, "shared", metav1.GetOptions{})
	must(t, err)
	equal(t, "keys", len(shared.Data), len(failures))
}

func add(ctx context.Context, maps core.ConfigMapInterface, i int) error {
	shared, err := maps.Get(ctx, "shared", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if shared.Data == nil {
		shared.Data = map[string]string{}
	}
	shared.Data[fmt.Sprint("k", i)] = "v"
	_, err = maps.Update(ctx, shared, metav1.UpdateOptions{})
	return err
}

func TestServerSideApply(t *testing.T) {
	ns := namespace(t)
	ctx := background(t)
	maps := coreClient(t).ConfigMaps(ns)
	first := metav1.ApplyOptions{FieldManager: "first"}
	made, err := maps.Apply(ctx, applycore.ConfigMap("applied", ns).WithData(map[string]string{"a": "1", "b": "1"}), first)
	must(t, err)
	equal(t, "managers", len(made.ManagedFields), 1)
	again, err := maps.Apply(ctx, applycore.ConfigMap("applied", ns).WithData(map[string]string{"a": "1", "b": "1"}), first)
	must(t, err)
	equal(t, "version", again.ResourceVersion, made.ResourceVersion)

	theirs := applycore.ConfigMap("applied", ns).WithData(map[string]string{"a": "2"})
	_, err = maps.Apply(ctx, theirs, metav1.ApplyOptions{FieldManager: "second"})
	refused(t, err, apierrors.IsConflict, `Apply failed with 1 conflict: conflict with "first": .data.a`)
	_, err = maps.Apply(ctx, theirs, metav1.ApplyOptions{FieldManager: "second", Force: true})
	must(t, err)

	// Take over what is ours from the object itself, and drop the rest.
	extracted, err := applycore.ExtractConfigMap(again, "first")
	must(t, err)
	equal(t, "extracted", len(extracted.Data), 2)
	last, err := maps.Apply(ctx, applycore.ConfigMap("applied", ns).WithData(map[string]string{"c": "1"}), first)
	must(t, err)
	equal(t, "data", fmt.Sprint(last.Data), "map[a:2 c:1]")
}
