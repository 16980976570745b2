// The documents by which clients learn what the server serves: /api, /apis, /api/v1, /apis/G,
// /apis/G/V, plain and aggregated, and the OpenAPI documents.
//
// Shape    rendered once from the registry (OpenAPI when it is asked for first); answers share
//          those bytes. Where an answer carries `cache-control`, the server must leave it in place.
// Errors   405 for methods other than GET and HEAD on one of its paths, 406.
// Threads  safe from any thread; nothing but first requests for OpenAPI ever wait.
// Source   api.md A.2, A.3, A.4.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "machinery/registry.h"
#include "net/http.h"

namespace signet::machinery {

class Discovery {
 public:
  // `server_address` is what /api tells clients: "127.0.0.1:6443".
  Discovery(const Registry& registry, std::string_view server_address);
  ~Discovery();

  // Answers a GET of one of its paths (decoded, with or without a final slash); nullopt for any
  // other path. Honours Accept (aggregated forms, protobuf) and If-None-Match.
  std::optional<net::Response> answer(const net::Request& request, std::string_view path) const;
  // Every path that it answers, without final slashes.
  std::vector<std::string> paths() const;

 private:
  struct Documents;
  std::unique_ptr<Documents> documents_;
};

}  // namespace signet::machinery
