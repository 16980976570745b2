// Paths of signet's own, under /signet/v1/: what there is to ask an authority for that Kubernetes
// has no words for.
//
//   OwnEndpoints own;
//   own.add("GET", "/signet/v1/keys", [&](OwnRequest request) { return list(std::move(request));
//   });
//
// Shape    a table by exact path and method. They are no resources: who may use one is decided like
//          for any other path (RBAC's nonResourceURLs), so nobody but system:masters unless a role
//          says so. Bodies and answers are JSON.
// Errors   Status objects: 404 for a path that nobody added, 405 for another method, 413 for a body
//          over body_bytes_max, 400 for one that is not one JSON object.
// Threads  one table a loop; filled before the loop runs.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "codec/form.h"
#include "codec/json.h"
#include "machinery/api_error.h"
#include "net/http.h"
#include "token/user_info.h"

namespace signet::server {

struct OwnRequest {
  codec::Query query;
  codec::JsonObject body;  // empty where none was sent
  token::UserInfo user;
};
using OwnHandler = std::function<Task<machinery::ApiResult<codec::Json>>(OwnRequest)>;

class OwnEndpoints {
 public:
  static constexpr std::string_view prefix = "/signet/v1/";
  static constexpr std::size_t body_bytes_max = std::size_t{64} * 1024;

  // `method` in upper case; `path` begins with the prefix.
  void add(std::string_view method, std::string_view path, OwnHandler handler);

  static bool covers(std::string_view path) { return path.starts_with(prefix); }
  // What GET / lists.
  std::vector<std::string> paths() const;

  // `path` is decoded, and covered.
  Task<net::Response> answer(net::Request request, std::string path, codec::Query query,
                             token::UserInfo user) const;

 private:
  using Methods = std::map<std::string, OwnHandler, std::less<>>;

  std::map<std::string, Methods, std::less<>> paths_;
};

}  // namespace signet::server
