#include "gate/http_front.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/cat.h"
#include "codec/form.h"
#include "gate/http_surfaces.h"
#include "net/address.h"

namespace signet::gate {
namespace {

// The version, where the path is that of a cluster's own reviews.
std::string_view version_of_reviews(std::string_view path) {
  if (path == "/apis/authentication.k8s.io/v1/tokenreviews") return "v1";
  if (path == "/apis/authentication.k8s.io/v1beta1/tokenreviews") return "v1beta1";
  return {};
}

// Cuts "/NAME" off the front of a path; false unless it ends there or a slash follows.
bool take(std::string_view& path, std::string_view name) {
  if (!path.starts_with(name)) return false;
  const auto rest = path.substr(name.size());
  if (!rest.empty() && rest.front() != '/') return false;
  path = rest;
  return true;
}

// The next segment, decoded; empty when there is none or it cannot be decoded.
std::string take_segment(std::string_view& path) {
  if (path.empty()) return {};
  path.remove_prefix(1);
  const auto segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return codec::percent_decode(segment).value_or("");
}

// Whether whoever resolves a path could come to another one: dot segments, also as some backends
// spell them.
bool can_be_resolved(std::string_view path) {
  const auto decoded = codec::percent_decode(path);
  if (!decoded) return true;
  std::string_view rest = *decoded;
  while (!rest.empty()) {
    const auto end = std::min(rest.find_first_of("/\\"), rest.size() - 1);
    auto segment = rest.substr(0, end + 1);
    rest.remove_prefix(segment.size());
    segment = segment.substr(0, segment.find_first_of("/\\;"));
    if (segment == "." || segment == "..") return true;
  }
  return false;
}

net::Response text_reply(int status, std::string_view text) {
  return {.status = status,
          .content_type = "text/plain; charset=utf-8",
          .headers = {{"cache-control", "private, no-store"}},
          .body = cat(text, "\n")};
}

net::Response json_reply(int status, std::string body) {
  return {.status = status,
          .content_type = "application/json",
          .headers = {{"cache-control", "private, no-store"}},
          .body = std::move(body)};
}

constexpr std::string_view forwarded_uri = "x-forwarded-uri";

// The first segment of the path that a proxy was asked for. Empty where two readers could take the
// request for one of another route.
std::string forwarded_route(const net::Request& request) {
  const auto is_it = [](const auto& header) { return header.first == forwarded_uri; };
  if (std::ranges::count_if(request.headers, is_it) != 1) return {};
  auto path = request.header(forwarded_uri);
  path = path.substr(0, path.find('?'));
  if (!path.starts_with('/') || can_be_resolved(path)) return {};
  return take_segment(path);
}

// 403 when the URL asks for it, 0 else.
int unavailable_of(const net::Request& request) {
  const auto query = codec::Query::parse(request.query);
  return query && query->get("unavailable") == "403" ? 403 : 0;
}

}  // namespace

net::Response HttpFront::error_reply(int status, std::string_view message) {
  return text_reply(status, message);
}

net::Handler HttpFront::handler(net::Loop& loop) const {
  return [this, &loop](net::Request request) { return answer(std::move(request), &loop); };
}

Task<net::Response> HttpFront::answer(net::Request request, net::Loop* loop) const {
  if (options_.peers_need_certificate && request.peer == nullptr) {
    co_return text_reply(403, "a client certificate is needed");
  }
  // The path lives in `request`, which moves on with whoever answers.
  const std::string whole = request.path;
  std::string_view path = whole;
  if (take(path, "/v1/ext_authz")) {
    auto route = take_segment(path);
    co_return co_await judge(Surface::ext_authz_http, std::move(route), std::move(request), loop);
  }
  if (take(path, "/v1/auth_request")) {
    auto route = take_segment(path);
    co_return co_await judge(Surface::auth_request, std::move(route), std::move(request), loop);
  }
  if (take(path, "/v1/forward_auth")) {
    co_return co_await forward_auth(path, std::move(request), loop);
  }
  if (take(path, "/v1/token_review")) {
    auto route = take_segment(path);
    const auto username = path == "/subject" ? Username::subject : Username::service_account;
    if (!path.empty() && username != Username::subject) co_return text_reply(404, "not found");
    co_return co_await review(std::move(route), {.username = username}, std::move(request), loop);
  }
  if (const auto version = version_of_reviews(whole); !version.empty()) {
    co_return co_await review(options_.default_route, {.status = 201, .version = version},
                              std::move(request), loop);
  }
  if (whole == "/v1/assertion/jwks" && world_.assertions != nullptr) {
    net::Response keys{.status = 200,
                       .content_type = "application/jwk-set+json",
                       .headers = {{"cache-control", "public, max-age=60"}},
                       .body = world_.assertions->jwks()};
    co_return keys;
  }
  co_return text_reply(404, "not found");
}

Task<net::Response> HttpFront::forward_auth(std::string_view rest, net::Request request,
                                            net::Loop* loop) const {
  auto route = take_segment(rest);
  if (route.empty() && trusts(request.remote_address)) route = forwarded_route(request);
  return judge(Surface::forward_auth, std::move(route), std::move(request), loop);
}

Task<net::Response> HttpFront::judge(Surface surface, std::string route, net::Request request,
                                     net::Loop* loop) const {
  const auto inbound = read(surface, request);
  // Here nobody can take a header out that we name: the request goes on with it, or not at all.
  const bool cannot_remove = surface != Surface::ext_authz_http;
  const bool misspelt = std::ranges::any_of(inbound.lookalikes(), [this](std::string_view name) {
    return std::ranges::find(world_.names.names(), name) == world_.names.names().end();
  });
  Question question{surface, inbound.token(), route};
  if (cannot_remove && misspelt) question.token = std::unexpected(NoToken::malformed);
  const auto answer = co_await ask(question, loop);
  co_return reply(surface, request, inbound, route, answer);
}

Inbound HttpFront::read(Surface surface, const net::Request& request) const {
  Inbound inbound(world_.names);
  const auto targets = [&](std::string_view where) {
    for (const auto& [name, value] : request.headers) {
      if (name == where) inbound.target(value);
    }
  };
  for (const auto& [name, value] : request.headers) inbound.header(name, value);
  switch (surface) {
    case Surface::auth_request:
      targets("x-original-uri");
      break;
    case Surface::forward_auth:
      targets(forwarded_uri);
      break;
    default:
      inbound.query(request.query);
  }
  return inbound;
}

net::Response HttpFront::reply(Surface surface, const net::Request& request, const Inbound& inbound,
                               std::string_view route, const Answer& answer) const {
  const auto now = world_.clock.now();
  std::string assertion;
  if (answer && world_.assertions != nullptr) {
    assertion = world_.assertions->make(**answer, route, now);
  }
  const ReplyContext context{.names = world_.names,
                             .lookalikes = inbound.lookalikes(),
                             .keep_authorization = options_.keep_authorization,
                             .now = whole_seconds(now),
                             .assertion = assertion};
  switch (surface) {
    case Surface::ext_authz_http:
      return ext_authz_reply(answer, context);
    case Surface::auth_request:
      return auth_request_reply(answer, context, unavailable_of(request));
    default:
      return forward_auth_reply(answer, context);
  }
}

Task<net::Response> HttpFront::review(std::string route, ReviewPath path, net::Request request,
                                      net::Loop* loop) const {
  if (request.method != "POST") {
    auto refused = text_reply(405, "only POST");
    refused.headers.emplace_back("allow", "POST");
    co_return refused;
  }
  const auto review = parse_token_review(request.body, path.version);
  if (!review) co_return text_reply(400, review.error().message);
  const Question question{Surface::token_review, std::string_view(review->token), route};
  const auto answer = co_await ask(question, loop);
  if (!answer && answer.error().retry_after.count() > 0) {
    auto later = text_reply(answer.error().status(), answer.error().text());
    later.headers.emplace_back("retry-after", std::to_string(answer.error().retry_after.count()));
    co_return later;
  }
  co_return json_reply(path.status, token_review_reply(*review, answer, path.username));
}

Task<Answer> HttpFront::ask(Question question, net::Loop* loop) const {
  if (auto known = world_.checker.check_now(question)) co_return *std::move(known);
  Callback<Answer> waits([&](Callback<Answer>::Complete complete) {
    world_.checker.begin(question, [loop, complete = std::move(complete)](Answer answer) mutable {
      loop->post([complete = std::move(complete), answer = std::move(answer)]() mutable {
        complete(std::move(answer));
      });
    });
  });
  co_return co_await waits;
}

bool HttpFront::trusts(std::string_view remote_address) const {
  if (remote_address == "unix:") return true;
  const auto& trusted = options_.trusted_peers;
  return std::ranges::find(trusted, net::host_of(remote_address)) != trusted.end();
}

}  // namespace signet::gate
