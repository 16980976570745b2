package clients

import (
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	core "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
)

func TestTokens(t *testing.T) {
	ns := namespace(t)
	ctx := background(t)
	accounts := coreClient(t).ServiceAccounts(ns)
	_, err := accounts.Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "robot"}}, metav1.CreateOptions{})
	must(t, err)
	life := int64(1200)
	answer, err := accounts.CreateToken(ctx, "robot", &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{Audiences: []string{"vault"}, ExpirationSeconds: &life},
	}, metav1.CreateOptions{})
	must(t, err)
	review := func(token string, audiences ...string) authenticationv1.TokenReviewStatus {
		done, err := authenticationClient(t).TokenReviews().Create(ctx, &authenticationv1.TokenReview{
			Spec: authenticationv1.TokenReviewSpec{Token: token, Audiences: audiences},
		}, metav1.CreateOptions{})
		must(t, err)
		return done.Status
	}
	status := review(answer.Status.Token, "vault")
	equal(t, "reviewed", status.Authenticated, true)
	equal(t, "user", status.User.Username, "system:serviceaccount:"+ns+":robot")
	equal(t, "reviewed for another", review(answer.Status.Token, "bank").Authenticated, false)

	_, err = accounts.CreateToken(ctx, "nobody", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	refused(t, err, apierrors.IsNotFound, `serviceaccounts "nobody" not found`)

	// As the account itself: allowed nothing here, and told so.
	own, err := accounts.CreateToken(ctx, "robot", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	must(t, err)
	settings := rest.AnonymousClientConfig(config(t))
	settings.BearerToken = own.Status.Token
	client, err := core.NewForConfig(settings)
	must(t, err)
	_, err = client.Secrets(ns).List(ctx, metav1.ListOptions{})
	refused(t, err, apierrors.IsForbidden, `secrets is forbidden: User "system:serviceaccount:`+ns+
		`:robot" cannot list resource "secrets" in API group "" in the namespace "`+ns+`"`)
	settings.BearerToken = "nonsense"
	client, err = core.NewForConfig(settings)
	must(t, err)
	_, err = client.Secrets(ns).List(ctx, metav1.ListOptions{})
	refused(t, err, apierrors.IsUnauthorized, "Unauthorized")
}

func TestDiscovery(t *testing.T) {
	for name, legacy := range map[string]bool{"aggregated": false, "legacy": true} {
		t.Run(name, func(t *testing.T) {
			client, err := discovery.NewDiscoveryClientForConfig(config(t))
			must(t, err)
			client.UseLegacyDiscovery = legacy
			groups, lists, err := client.ServerGroupsAndResources()
			must(t, err)
			names := map[string]bool{}
			for _, group := range groups {
				names[group.Name] = true
			}
			equal(t, "groups", names[""] && names["authentication.k8s.io"] && names["coordination.k8s.io"], true)
			found := map[string]metav1.APIResource{}
			for _, list := range lists {
				for _, resource := range list.APIResources {
					found[list.GroupVersion+" "+resource.Name] = resource
				}
			}
			equal(t, "kind", found["v1 serviceaccounts"].Kind, "ServiceAccount")
			equal(t, "namespaced", found["v1 serviceaccounts"].Namespaced, true)
			equal(t, "group", found["v1 serviceaccounts/token"].Group, "authentication.k8s.io")
			equal(t, "verbs", found["authentication.k8s.io/v1 tokenreviews"].Verbs.String(), "[create]")
			preferred, err := client.ServerPreferredResources()
			must(t, err)
			equal(t, "preferred", len(preferred) >= 3, true)
			version, err := client.ServerVersion()
			must(t, err)
			equal(t, "major", version.Major, "1")
			document, err := client.OpenAPISchema()
			must(t, err)
			equal(t, "OpenAPI", len(document.Definitions.AdditionalProperties) > 0, true)
		})
	}
}
