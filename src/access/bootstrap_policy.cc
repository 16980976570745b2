#include "access/bootstrap_policy.h"

#include <array>

namespace signet::access {
namespace {

using Texts = std::string_view;

constexpr Texts any[] = {"*"};
constexpr Texts get[] = {"get"};
constexpr Texts create[] = {"create"};

constexpr Texts masters[] = {"system:masters"};
constexpr Texts everybody[] = {"system:authenticated", "system:unauthenticated"};
constexpr Texts authenticated[] = {"system:authenticated"};
constexpr Texts service_accounts[] = {"system:serviceaccounts"};
constexpr Texts monitoring[] = {"system:monitoring"};

constexpr Texts public_info_paths[] = {"/healthz", "/livez", "/readyz", "/version", "/version/"};
constexpr Texts discovery_paths[] = {"/api",     "/api/*",   "/apis",    "/apis/*",
                                     "/healthz", "/livez",   "/openapi", "/openapi/*",
                                     "/readyz",  "/version", "/version/"};
constexpr Texts issuer_paths[] = {"/.well-known/openid-configuration", "/openid/v1/jwks"};
constexpr Texts monitoring_paths[] = {"/healthz", "/healthz/*", "/livez",   "/livez/*",
                                      "/metrics", "/readyz",    "/readyz/*"};
constexpr Texts authentication_group[] = {"authentication.k8s.io"};
constexpr Texts self_reviews[] = {"selfsubjectreviews"};

constexpr Rule everything[] = {
    {.verbs = any, .groups = any, .resources = any, .names = {}, .paths = any}};
constexpr Rule public_info[] = {{.verbs = get, .paths = public_info_paths}};
constexpr Rule discovery[] = {{.verbs = get, .paths = discovery_paths}};
constexpr Rule basic_user[] = {
    {.verbs = create, .groups = authentication_group, .resources = self_reviews}};
constexpr Rule issuer_discovery[] = {{.verbs = get, .paths = issuer_paths}};
constexpr Rule monitor[] = {{.verbs = get, .paths = monitoring_paths}};

constexpr std::array<Grant, 6> grants{{
    {"cluster-admin", masters, everything},
    {"system:public-info-viewer", everybody, public_info},
    {"system:discovery", authenticated, discovery},
    {"system:basic-user", authenticated, basic_user},
    {"system:service-account-issuer-discovery", service_accounts, issuer_discovery},
    {"system:monitoring", monitoring, monitor},
}};

constexpr Grant public_discovery{"system:service-account-issuer-discovery", everybody,
                                 issuer_discovery};

}  // namespace

std::span<const Grant> bootstrap_grants() {
  return grants;
}

const Grant& public_discovery_grant() {
  return public_discovery;
}

}  // namespace signet::access
