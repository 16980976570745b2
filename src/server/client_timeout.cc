#include "server/client_timeout.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "base/cat.h"
#include "codec/go_duration.h"
#include "machinery/negotiate.h"
#include "machinery/request_info.h"
#include "machinery/respond.h"

namespace signet::server {
namespace {

using machinery::ApiError;
using machinery::ApiResult;
using std::chrono::milliseconds;

// What goes on until somebody ends it.
bool is_long_running(const machinery::RequestInfo& info) {
  constexpr auto streams =
      std::to_array<std::string_view>({"attach", "exec", "log", "portforward", "proxy"});
  return info.verb == "watch" || std::ranges::find(streams, info.subresource) != streams.end();
}

// Nothing: the server's own limit holds.
ApiResult<std::optional<milliseconds>> timeout_of(const net::Request& request) {
  const auto info = machinery::RequestInfo::parse(request.method, request.path, request.query);
  // Who asks badly is told so by whoever answers.
  if (!info || is_long_running(*info)) return std::nullopt;
  const auto text = info->query.get("timeout");
  if (text.empty()) return std::nullopt;
  const auto given = codec::parse_go_duration(text);
  if (!given) {
    return machinery::refuse(ApiError::bad_request(
        cat("invalid timeout specified in the request URL - ", given.error().message)));
  }
  if (given->count() <= 0) return std::nullopt;
  return std::chrono::ceil<milliseconds>(*given);
}

// Either the answer or the end of time, whichever comes first.
struct Race {
  Callback<net::Response>::Complete complete;
  bool decided = false;
  net::Loop::TimerHandle timer{nullptr, nullptr};

  void decide(net::Response response) {
    if (std::exchange(decided, true)) return;
    auto tell = std::move(complete);
    tell(std::move(response));
  }
};

}  // namespace

Task<net::Response> answer_in_time(net::Loop* loop, net::Request request, net::Handler handler) {
  const auto format = machinery::error_format(request);
  const auto timeout = timeout_of(request);
  if (!timeout) co_return machinery::respond(timeout.error(), format);
  auto answer = handler(std::move(request));
  if (!*timeout) co_return co_await std::move(answer);
  Callback<net::Response> first([&](auto complete) {
    auto race = std::make_shared<Race>();
    race->complete = std::move(complete);
    spawn(std::move(answer), [race](net::Response response) { race->decide(std::move(response)); });
    if (race->decided) return;
    race->timer = loop->after(**timeout, [weak = std::weak_ptr(race), format] {
      const auto alive = weak.lock();
      if (alive == nullptr) return;
      alive->decide(machinery::respond(
          ApiError::timeout("request did not complete within the allotted timeout"), format));
    });
  });
  co_return co_await first;
}

}  // namespace signet::server
