// How long a client is willing to wait: ?timeout= of a request shortens what the server allows.
//
//   response = co_await answer_in_time(&loop, std::move(request), [](net::Request request) {...});
//
// Shape    zero, and what is longer than the server's own limit, say nothing; watches go on.
// Errors   400 for what is no duration; 504 when the time is over. The handler goes on, and what it
//          still answers goes nowhere.
// Threads  the loop's.
// Source   api.md A.7; Kubernetes' request deadline filter.
#pragma once

#include <functional>
#include <string_view>

#include "base/task.h"
#include "net/http.h"
#include "net/loop.h"

namespace signet::server {

// True where `query` may have the parameter: the others need no look at all.
inline bool may_have_timeout(std::string_view query) {
  return query.contains("timeout=");
}

// `handler` is called once, at once. The loop outlives what it started.
Task<net::Response> answer_in_time(net::Loop* loop, net::Request request, net::Handler handler);

}  // namespace signet::server
