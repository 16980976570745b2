#include "identity/token_request.h"

#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "codec/rfc3339.h"
#include "kinds/kinds.h"
#include "net/request_record.h"
#include "token/audience.h"

namespace signet::identity {
namespace {

using machinery::ApiError;
using machinery::ApiResult;
using machinery::FieldErrors;
using machinery::Object;
using machinery::refuse;

constexpr std::string_view group = "authentication.k8s.io";
constexpr std::string_view kind_name = "TokenRequest";
constexpr std::string_view api_version = "authentication.k8s.io/v1";

// "apps/v1" is group apps, version v1; "v1" is the core group; what has more slashes does not
// parse and counts as the core group without a version.
std::pair<std::string_view, std::string_view> split_api_version(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return {"", text};
  if (text.find('/', slash + 1) != std::string_view::npos) return {"", ""};
  return {text.substr(0, slash), text.substr(slash + 1)};
}

ApiError bound_uid_mismatch(const BoundObjectRef& bound) {
  return ApiError::conflict(
      {"", bound.kind}, bound.name,
      cat("the UID in the bound object reference (", bound.uid,
          ") does not match the UID in record. The object might have been deleted and then "
          "recreated"));
}

// The object a token is to be bound to, if it exists and is the one that was meant.
ApiResult<const Object*> find_bound(const machinery::Snapshot& snapshot,
                                    const machinery::Kind& kind, std::string_view key,
                                    const BoundObjectRef& bound) {
  if (bound.name.empty()) return refuse(ApiError::bad_request("Name parameter required."));
  const auto* object = snapshot.find(kind, key);
  if (object == nullptr) return refuse(ApiError::not_found({kind.group, kind.plural}, bound.name));
  return object;
}

ApiResult<void> check_uid(const BoundObjectRef& bound, const Object& object) {
  if (!bound.uid.empty() && bound.uid != object.uid()) return refuse(bound_uid_mismatch(bound));
  return {};
}

token::ObjectRef reference(const Object& object) {
  return {.name = object.name(), .uid = object.uid()};
}

}  // namespace

TokenRequests::TokenRequests(Options options, Issuer& issuer, machinery::Api& api,
                             telemetry::Registry& metrics)
    : options_(std::move(options)),
      issuer_(issuer),
      api_(api),
      issued_(metrics.counter("signet_tokens_issued_total", "Bound tokens signed.")) {}

Task<net::Response> TokenRequests::handle(machinery::ActionRequest request) {
  const auto format = machinery::error_format(request.http);
  auto done = co_await answer(std::move(request));
  if (!done) co_return machinery::respond(done.error(), format);
  co_return *std::move(done);
}

ApiResult<TokenRequests::Asked> TokenRequests::read(const machinery::ActionRequest& request,
                                                    std::vector<std::string>& warnings) const {
  const auto* subresource = kinds::service_account.find_subresource("token");
  const machinery::ExpectedKind expected{.api_version = api_version,
                                         .kind = kind_name,
                                         .group = group,
                                         .schema = subresource->schema,
                                         .registry = &api_.parts().registry};
  TRY(const auto validation,
      machinery::field_validation(request.info.query.get("fieldValidation")));
  TRY(auto body, machinery::decode_body(request.http, expected, validation, warnings));
  const auto& object = body.object;
  const auto given_namespace = codec::string_at(object, "metadata.namespace");
  if (!given_namespace.empty() && given_namespace != request.info.namespace_name) {
    return refuse(ApiError::bad_request(
        "the namespace of the provided object does not match the namespace sent on the request"));
  }
  Asked asked{
      .ns = request.info.namespace_name,
      .account = request.info.name,
      .given_name = std::string(codec::string_at(object, "metadata.name")),
      .given_uid = std::string(codec::string_at(object, "metadata.uid")),
      .audiences = {},
      .seconds =
          codec::int_at(object, "spec.expirationSeconds").value_or(token::lifetime_default.count()),
      .bound = std::nullopt,
      .object = {}};
  for (const auto& audience : codec::array_at(object, "spec.audiences")) {
    asked.audiences.emplace_back(audience.as_string());
  }
  if (const auto* bound = codec::find(object, "spec.boundObjectRef");
      bound != nullptr && bound->is_object()) {
    asked.bound = BoundObjectRef{.kind = std::string(codec::string_at(*bound, "kind")),
                                 .api_version = std::string(codec::string_at(*bound, "apiVersion")),
                                 .name = std::string(codec::string_at(*bound, "name")),
                                 .uid = std::string(codec::string_at(*bound, "uid"))};
  }
  asked.object = std::move(body.object);
  return asked;
}

ApiResult<void> TokenRequests::check_account(const Asked& asked, const Object* account) const {
  if (!asked.given_name.empty() && asked.given_name != asked.account) {
    FieldErrors errors;
    errors.invalid("metadata.name", machinery::quoted(asked.given_name),
                   "must match the service account name if specified");
    return refuse(ApiError::invalid({group, kind_name}, asked.account, errors));
  }
  if (account == nullptr) {
    return refuse(ApiError::not_found({"", "serviceaccounts"}, asked.account));
  }
  if (!asked.given_uid.empty() && asked.given_uid != account->uid()) {
    return refuse(ApiError::conflict(
        {group, kind_name}, asked.account,
        cat("the UID in the token request (", asked.given_uid,
            ") does not match the UID of the service account (", account->uid(), ')')));
  }
  return {};
}

ApiResult<void> TokenRequests::bind(const Asked& asked, const machinery::Snapshot& snapshot,
                                    IssueRequest& issue) const {
  if (!asked.bound) return {};
  const auto& bound = *asked.bound;
  const auto [bound_group, bound_version] = split_api_version(bound.api_version);
  const auto key = cat(asked.ns, '/', bound.name);
  if (bound_group.empty() && bound.kind == "Pod") {
    static const auto account_field = *kinds::pod.field_index("spec.serviceAccountName");
    static const auto node_field = *kinds::pod.field_index("spec.nodeName");
    TRY(const auto* pod, find_bound(snapshot, kinds::pod, key, bound));
    if (pod->field(account_field) != asked.account) {
      return refuse(ApiError::bad_request(
          cat("cannot bind token for serviceaccount ", machinery::quoted(asked.account),
              " to pod running with different serviceaccount name.")));
    }
    TRY_VOID(check_uid(bound, *pod));
    issue.pod = reference(*pod);
    if (const auto node_name = pod->field(node_field); !node_name.empty()) {
      const auto* node = snapshot.find(kinds::node, node_name);
      issue.node =
          node != nullptr ? reference(*node) : token::ObjectRef{.name = node_name, .uid = {}};
    }
    return {};
  }
  if (bound_group.empty() && bound.kind == "Secret") {
    TRY(const auto* secret, find_bound(snapshot, kinds::secret, key, bound));
    TRY_VOID(check_uid(bound, *secret));
    issue.secret = reference(*secret);
    return {};
  }
  if (bound_group.empty() && bound.kind == "Node") {
    TRY(const auto* node, find_bound(snapshot, kinds::node, bound.name, bound));
    TRY_VOID(check_uid(bound, *node));
    issue.node = reference(*node);
    return {};
  }
  return refuse(ApiError::bad_request(cat("cannot bind token to object of type ", bound_group, '/',
                                          bound_version, ", Kind=", bound.kind)));
}

std::string TokenRequests::reply(const Asked& asked, std::string_view account_uid,
                                 std::chrono::seconds shown, const Issued& issued) const {
  using codec::append_json_string;
  std::string json = R"({"kind":"TokenRequest","apiVersion":"authentication.k8s.io/v1",)";
  json += R"("metadata":{"name":)";
  append_json_string(json, asked.account);
  json += R"(,"namespace":)";
  append_json_string(json, asked.ns);
  append(json, R"(,"uid":")", account_uid, R"(","creationTimestamp":")",
         codec::to_rfc3339(issued.expires_at - shown), R"("},"spec":{"audiences":[)");
  bool first = true;
  for (const auto& audience : asked.audiences) {
    if (!std::exchange(first, false)) json += ',';
    append_json_string(json, audience, codec::Escape::html);
  }
  append(json, R"(],"expirationSeconds":)", shown.count(), R"(,"boundObjectRef":)");
  if (asked.bound) {
    json += '{';
    bool first_member = true;
    const auto member = [&](std::string_view name, const std::string& value) {
      if (value.empty()) return;
      append(json, std::exchange(first_member, false) ? "" : ",", '"', name, "\":");
      append_json_string(json, value, codec::Escape::html);
    };
    member("kind", asked.bound->kind);
    member("apiVersion", asked.bound->api_version);
    member("name", asked.bound->name);
    member("uid", asked.bound->uid);
    json += '}';
  } else {
    json += "null";
  }
  append(json, R"(},"status":{"token":")", issued.token, R"(","expirationTimestamp":")",
         codec::to_rfc3339(issued.expires_at), R"("}})");
  return json;
}

// The numbers are those of the table of checks in tokens.md 2.3.
Task<ApiResult<net::Response>> TokenRequests::answer(machinery::ActionRequest request) {
  CO_TRY(const auto negotiated,
         machinery::negotiate(request.http, request.info.query.get("pretty"), {}));
  std::vector<std::string> warnings;
  CO_TRY(auto asked, read(request, warnings));  // 3, 4
  CO_TRY_VOID(co_await api_.parts().admission.admit({.operation = machinery::Operation::create,
                                                     .kind = &kinds::service_account,
                                                     .subresource = "token",
                                                     .namespace_name = asked.ns,
                                                     .name = asked.account,
                                                     .object = &asked.object,
                                                     .old_object = nullptr,
                                                     .user = &request.user,
                                                     .warnings = &warnings}));  // 5
  const auto& snapshot = api_.snapshot();
  const auto* account = snapshot.find(kinds::service_account, cat(asked.ns, '/', asked.account));
  CO_TRY_VOID(check_account(asked, account));                             // 6, 7, 8
  if (asked.audiences.empty()) asked.audiences = options_.api_audiences;  // 9
  if (const auto problem = token::lifetime_problem(asked.seconds)) {      // 10
    FieldErrors errors;
    errors.invalid("spec.expirationSeconds", std::to_string(asked.seconds), std::string(*problem));
    co_return refuse(ApiError::invalid({group, kind_name}, "", errors));
  }
  IssueRequest issue{.ns = asked.ns,
                     .account = reference(*account),
                     .audiences = {asked.audiences.begin(), asked.audiences.end()},
                     .lifetime = {},
                     .pod = std::nullopt,
                     .secret = std::nullopt,
                     .node = std::nullopt};
  CO_TRY_VOID(bind(asked, snapshot, issue));  // 12, 13
  issue.lifetime = token::decide_lifetime(
      std::chrono::seconds{asked.seconds}, options_.lifetime,
      {.pod_bound = issue.pod.has_value(),
       .api_audiences_only = token::all_among(asked.audiences, options_.api_audiences)});  // 14, 15
  if (issue.lifetime.shortened) {
    warnings.push_back(cat("requested expiration of ", asked.seconds, " seconds shortened to ",
                           issue.lifetime.shown.count(), " seconds"));
  }
  const std::string account_uid(account->uid());
  const auto shown = issue.lifetime.shown;
  const auto issued =
      co_await issuer_.issue(std::move(issue));  // 16; the snapshot may be another now
  if (!issued) {
    co_return refuse(ApiError::internal(cat("failed to generate token: ", issued.error().message)));
  }
  issued_.add();
  if (request.http.record != nullptr) {
    request.http.record->annotate("authentication.kubernetes.io/issued-credential-id",
                                  cat("JTI=", issued->id));
  }
  co_return machinery::respond(201, reply(asked, account_uid, shown, *issued), negotiated.format,
                               warnings, kinds::service_account.find_subresource("token")->schema);
}

}  // namespace signet::identity
