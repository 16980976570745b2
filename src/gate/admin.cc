#include "gate/admin.h"

#include <string>
#include <string_view>
#include <utility>

#include "codec/json.h"

namespace signet::gate {
namespace {

net::Response reply(int status, std::string_view content_type, std::string body) {
  return {.status = status,
          .content_type = std::string(content_type),
          .headers = {{"cache-control", "no-store"}},
          .body = std::move(body)};
}

Task<net::Response> ready_made(net::Response response) {
  co_return response;
}

}  // namespace

net::Handler Admin::handler() const {
  return [this](const net::Request& request) { return ready_made(answer(request)); };
}

net::Response Admin::answer(const net::Request& request) const {
  constexpr std::string_view text = "text/plain; charset=utf-8";
  if (request.method != "GET" && request.method != "HEAD") return reply(405, text, "only GET\n");
  if (request.path == "/healthz") return reply(200, text, "ok\n");
  if (request.path == "/readyz") {
    return party_.ready() ? reply(200, text, "ok\n") : reply(503, text, "not ready\n");
  }
  if (request.path == "/metrics") {
    return reply(200, telemetry::metrics_content_type, metrics_.text());
  }
  if (request.path == "/status") {
    return reply(200, "application/json", codec::to_pretty_json(to_json(party_.status())));
  }
  return reply(404, text, "not found\n");
}

}  // namespace signet::gate
