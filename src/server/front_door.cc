#include "server/front_door.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "access/bearer.h"
#include "access/impersonation.h"
#include "base/cat.h"
#include "base/log.h"
#include "codec/json.h"
#include "machinery/accept.h"
#include "machinery/negotiate.h"
#include "server/client_timeout.h"
#include "server/compression.h"
#include "server/version.h"

namespace signet::server {
namespace {

using machinery::ApiError;

// What GET / lists beside what discovery answers.
constexpr std::array<std::string_view, 13> server_paths{"/.well-known/openid-configuration",
                                                        "/apis/",
                                                        "/healthz",
                                                        "/healthz/ping",
                                                        "/healthz/store",
                                                        "/livez",
                                                        "/livez/ping",
                                                        "/livez/store",
                                                        "/metrics",
                                                        "/openid/v1/jwks",
                                                        "/readyz",
                                                        "/readyz/started",
                                                        "/version"};

net::Response no_such_group() {
  return {.status = 404,
          .content_type = "text/plain; charset=utf-8",
          .headers = {{"x-content-type-options", "nosniff"}},
          .body = std::string("404 page not found\n")};
}

net::Response json_response(int status, std::string json) {
  return {
      .status = status, .content_type = "application/json", .headers = {}, .body = std::move(json)};
}

std::string paths_json(const machinery::Discovery& discovery, const OwnEndpoints& own) {
  auto paths = discovery.paths();
  paths.insert(paths.end(), server_paths.begin(), server_paths.end());
  std::ranges::copy(own.paths(), std::back_inserter(paths));
  std::ranges::sort(paths);
  std::string json = "{\n  \"paths\": [";
  bool first = true;
  for (const auto& path : paths) {
    append(json, std::exchange(first, false) ? "\n    \"" : ",\n    \"", path, '"');
  }
  return json += "\n  ]\n}";
}

bool accepts_jwk_set(const net::Request& request) {
  for (const auto& clause : machinery::parse_accept(request)) {
    if (clause.covers("application", "jwk-set+json")) return true;
  }
  return false;
}

bool has_header(const net::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return true;
  }
  return false;
}

net::Response respond_to(const access::ImpersonationRefusal& refusal, machinery::Format format,
                         const std::vector<std::string>& warnings) {
  net::Response response;
  if (const auto* error = std::get_if<ApiError>(&refusal)) {
    response = machinery::respond(*error, format, warnings);
  } else {
    const auto& plain = std::get<access::PlainRefusal>(refusal);
    response = {.status = plain.status,
                .content_type = "text/plain; charset=utf-8",
                .headers = {},
                .body = plain.text};
  }
  response.headers.emplace_back("x-content-type-options", "nosniff");
  return response;
}

// As metrics call it.
std::string_view verb_name(const machinery::RequestInfo& info) {
  return info.verb.empty() ? "other" : std::string_view(info.verb);
}

std::string resource_of(const machinery::RequestInfo& info) {
  return info.subresource.empty() ? info.resource : cat(info.resource, '/', info.subresource);
}

// A stream that counts among its user's watches until it goes.
class CountedStream final : public net::BodyStream {
 public:
  CountedStream(std::unique_ptr<net::BodyStream> stream, access::FlowControl::Watching watching)
      : watching_(std::move(watching)), stream_(std::move(stream)) {}
  void start(net::StreamSink& sink) override { stream_->start(sink); }

 private:
  access::FlowControl::Watching watching_;
  std::unique_ptr<net::BodyStream> stream_;
};

void count_while_it_lasts(net::Response& response, access::FlowControl::Watching watching) {
  auto* stream = std::get_if<std::unique_ptr<net::BodyStream>>(&response.body);
  if (stream == nullptr || *stream == nullptr) return;
  *stream = std::make_unique<CountedStream>(std::move(*stream), std::move(watching));
}

// The client's own, where it sent one that can be repeated in a header and a log line.
std::string request_id(const net::Request& request, Random& random) {
  constexpr std::size_t id_bytes_max = 64;
  const auto given = request.header("audit-id");
  const auto plain = [](char c) { return c > ' ' && c < '\x7f'; };
  if (!given.empty() && given.size() <= id_bytes_max && std::ranges::all_of(given, plain)) {
    return std::string(given);
  }
  return uuid_v4(random);
}

}  // namespace

struct FrontDoor::Call {
  net::Request request;
  machinery::RequestInfo info;
  access::Caller caller;
  access::FlowControl::Watching watching;  // of a watch
  access::AuditedRequest* audited;         // null where nothing is recorded
  std::string_view verb;                   // info goes away before the answer is counted
  std::string_view resource;
  machinery::Format format;
};

FrontDoor::FrontDoor(Parts parts)
    : parts_(parts), paths_json_(paths_json(parts.discovery, parts.own)) {}

Task<net::Response> FrontDoor::handle(net::Request request) {
  auto id = request_id(request, parts_.random);
  // Held by whoever still works for this request: it may be answered for before they are done.
  std::shared_ptr<access::AuditedRequest> audited;
  if (parts_.auditor != nullptr) {
    audited = std::make_shared<access::AuditedRequest>(*parts_.auditor, id);
    request.record = audited.get();
  }
  net::Response response;
  if (may_have_timeout(request.query)) {
    const auto enter = [this, audited](net::Request timed) {
      return admit(std::move(timed), audited);
    };
    response = co_await answer_in_time(&parts_.api.parts().loop, std::move(request), enter);
  } else {
    response = co_await admit(std::move(request), audited);
  }
  if (audited) response = co_await audited->finish(std::move(response));
  if (!has_header(response, "cache-control")) {
    response.headers.emplace_back("cache-control", "no-cache, private");
  }
  response.headers.emplace_back("audit-id", std::move(id));
  co_return response;
}

Task<net::Response> FrontDoor::admit(net::Request request,
                                     std::shared_ptr<access::AuditedRequest> audited) {
  const auto format = machinery::error_format(request);
  auto info = machinery::RequestInfo::parse(request.method, request.path, request.query);
  if (!info) {
    count("other", "", info.error().code);
    co_return machinery::respond(info.error(), format);
  }
  const std::string verb(verb_name(*info));
  const std::string resource = resource_of(*info);

  auto caller = parts_.authenticator.authenticate(request, info->path, parts_.api.snapshot(),
                                                  access::MissingKey::look_for);
  if (!caller && caller.error().kind == ErrorKind::unavailable && parts_.key_search != nullptr) {
    co_await parts_.key_search->look();
    caller = parts_.authenticator.authenticate(request, info->path, parts_.api.snapshot());
  }
  if (!caller) {
    log::info("unauthenticated request",
              {{"remote", request.remote_address}, {"reason", caller.error().message}});
    count(verb, resource, 401);
    if (audited != nullptr) audited->refuse_credentials(request, *info);
    co_return machinery::respond(ApiError::unauthorized(), format);
  }
  if (audited != nullptr) {
    audited->begin(request, *info, caller->user);
    if (!co_await audited->received()) {
      count(verb, resource, 500);
      co_return machinery::respond(ApiError::internal("failed to store audit event"), format);
    }
  }
  access::strip_credentials(request);
  if (auto refused = impersonate(request, *caller, audited.get(), format)) {
    count(verb, resource, refused->status);
    co_return *std::move(refused);
  }
  auto& flow =
      parts_.flow_control.flow(access::flow_of(caller->user, *info, request.remote_address));
  const bool watches = info->verb == "watch";
  auto watching = watches ? parts_.flow_control.watch(flow) : nullptr;
  if (watches && watching == nullptr) {
    count(verb, resource, 429);
    co_return machinery::respond(ApiError::too_many_requests(), format);
  }
  const auto kind = kind_of(*info);
  auto abandoned = std::move(request.abandoned);
  Call call{.request = std::move(request),
            .info = *std::move(info),
            .caller = *std::move(caller),
            .watching = std::move(watching),
            .audited = audited.get(),
            .verb = verb,
            .resource = resource,
            .format = format};
  auto turn = parts_.flow_control.run(flow, kind, std::move(abandoned), serve(&call));
  auto response = co_await std::move(turn);
  if (response) co_return *std::move(response);
  count(verb, resource, 429);
  co_return machinery::respond(ApiError::too_many_requests(), format);
}

access::RequestKind FrontDoor::kind_of(const machinery::RequestInfo& info) const {
  const bool signs = parts_.key_search != nullptr && info.verb == "create" &&
                     info.resource == "serviceaccounts" && info.subresource == "token";
  return signs ? access::RequestKind::signing : access::kind_of_verb(info.verb);
}

std::optional<net::Response> FrontDoor::impersonate(net::Request& request, access::Caller& caller,
                                                    access::AuditedRequest* audited,
                                                    machinery::Format format) {
  auto other = access::impersonate(request, caller.user, [&](const machinery::RequestInfo& act) {
    return parts_.authorizer.authorize(caller.user, act, parts_.api.snapshot());
  });
  if (!other) return respond_to(other.error(), format, caller.warnings);
  if (*other) {
    log::info("impersonation", {{"user", caller.user.username}, {"as", (*other)->username}});
    if (audited != nullptr) audited->impersonated(**other);
    caller.user = **std::move(other);
  }
  return std::nullopt;
}

Task<net::Response> FrontDoor::serve(Call* call) {
  auto& [request, info, caller, watching, audited, verb, resource, format] = *call;
  const bool gzip = accepts_gzip(request);
  const auto decision = parts_.authorizer.authorize(caller.user, info, parts_.api.snapshot());
  if (audited != nullptr) audited->decided(decision.allowed, decision.reason);
  if (!decision.allowed) {
    count(verb, resource, 403);
    auto refused = machinery::respond(access::forbidden(caller.user, info, decision.reason), format,
                                      caller.warnings);
    refused.headers.emplace_back("x-content-type-options", "nosniff");
    co_return refused;
  }
  const bool unknown_group =
      info.is_resource && !info.group.empty() &&
      !parts_.api.parts().registry.has_group_version(info.group, info.version);
  if (unknown_group) {
    count("other", "", 404);
    co_return no_such_group();
  }
  net::Response response;
  if (info.is_resource) {
    response =
        co_await parts_.api.handle(std::move(request), std::move(info), std::move(caller.user));
  } else if (OwnEndpoints::covers(info.path)) {
    response = co_await parts_.own.answer(std::move(request), std::move(info.path),
                                          std::move(info.query), std::move(caller.user));
  } else {
    response = answer_path(request, info);
  }
  for (const auto& warning : caller.warnings) {
    response.headers.emplace_back("warning", cat("299 - \"", warning, '"'));
  }
  count(verb, resource, response.status);
  // Recorded as it was before it is made smaller.
  if (audited != nullptr) response = co_await audited->finish(std::move(response));
  if (gzip) compress(response);
  if (watching) count_while_it_lasts(response, std::move(watching));
  co_return response;
}

net::Response FrontDoor::answer_path(const net::Request& request,
                                     const machinery::RequestInfo& info) {
  const std::string_view path = info.path;
  if (auto response = parts_.health.answer(path, info.query)) return *std::move(response);
  const bool get = request.method == "GET" || request.method == "HEAD";
  const bool document = parts_.documents != nullptr &&
                        (path == identity::configuration_path || path == identity::jwks_path);
  if (!get && (document || path == "/version" || path == "/version/" || path == "/metrics")) {
    return machinery::respond(ApiError::method_not_allowed(), machinery::error_format(request));
  }
  if (document) {
    // The key set has a media type of its own and is nothing else.
    if (path == identity::jwks_path && !accepts_jwk_set(request)) {
      auto refused = ApiError::not_acceptable("406: Not Acceptable");
      refused.details.emplace();
      return machinery::respond(refused, machinery::error_format(request));
    }
    return path == identity::jwks_path ? parts_.documents->jwks()
                                       : parts_.documents->configuration();
  }
  if (path == "/version" || path == "/version/") return json_response(200, version_json());
  if (path == "/metrics") {
    return {.status = 200,
            .content_type = std::string(telemetry::metrics_content_type),
            .headers = {},
            .body = parts_.metrics.text()};
  }
  if (path == "/" && get) return json_response(200, paths_json_);
  if (auto response = parts_.discovery.answer(request, path)) return *std::move(response);
  return path.starts_with("/apis/") ? no_such_group() : json_response(404, paths_json_);
}

void FrontDoor::count(std::string_view verb, std::string_view resource, int status) {
  counter_key_.clear();
  append(counter_key_, verb, ' ', resource, ' ', status);
  auto found = counters_.find(counter_key_);
  if (found == counters_.end()) {
    // Names that clients invent must not make metrics without end.
    constexpr std::size_t counters_max = 512;
    if (counters_.size() >= counters_max) return;
    found = counters_
                .emplace(
                    counter_key_,
                    parts_.metrics.counter(
                        "apiserver_request_total", "Requests by verb, resource and status.",
                        {{"verb", verb}, {"resource", resource}, {"code", std::to_string(status)}}))
                .first;
  }
  found->second.add();
}

}  // namespace signet::server
