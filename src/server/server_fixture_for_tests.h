// A whole authority in a directory of its own, on a free port, and clients of it. Only for this
// folder's tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/cat.h"
#include "base/temp_directory_for_tests.h"
#include "codec/json.h"
#include "net/client.h"
#include "server/authority.h"

namespace signet::server::fixture {

inline Options options_for(const std::string& directory) {
  Options options;
  options.data_directory = directory;
  options.port = 0;
  options.loops = 2;
  options.new_signing_key = crypto::NewKey::p256;
  return options;
}

// One after the other in the same process may share these: both are safe from any thread.
inline SystemClock& system_clock() {
  static SystemClock clock;
  return clock;
}
inline SystemRandom& system_random() {
  static SystemRandom random;
  return random;
}

inline std::unique_ptr<Authority> start(Options options) {
  auto started = Authority::start(std::move(options), system_clock(), system_random());
  EXPECT_TRUE(started) << started.error().message;
  return started ? *std::move(started) : nullptr;
}
// The sentence that a start fails with.
inline std::string failed_start(Options options) {
  auto started = Authority::start(std::move(options), system_clock(), system_random());
  EXPECT_FALSE(started);
  return started ? "" : started.error().message;
}

struct Reply {
  int status = 0;
  std::string body;
  net::ClientResponse response;

  std::string at(std::string_view path) const {
    const auto document = codec::parse_json(body, {});
    if (!document) return body;
    const auto* found = codec::find(document->value, path);
    if (found == nullptr) return "(none)";
    return found->is_string() ? std::string(found->as_string()) : codec::to_json(*found);
  }
};

class Client {
 public:
  // `certificate` false: nobody.
  explicit Client(const Authority& authority, bool certificate = true)
      : url_(authority.url()),
        client_({.ca_pem = authority.pki().ca_pem,
                 .certificate_pem = certificate ? authority.pki().admin_certificate_pem : "",
                 .key_pem = certificate ? authority.pki().admin_key_pem : ""}) {}

  Reply send(std::string method, std::string_view path, std::string body = {},
             std::vector<std::pair<std::string, std::string>> headers = {}) {
    const auto reply = client_.send({.method = std::move(method),
                                     .url = cat(url_, path),
                                     .headers = std::move(headers),
                                     .body = std::move(body)});
    EXPECT_TRUE(reply) << reply.error().message;
    return reply ? Reply{reply->status, reply->body, *reply} : Reply{};
  }
  Reply get(std::string_view path, std::vector<std::pair<std::string, std::string>> headers = {}) {
    return send("GET", path, {}, std::move(headers));
  }
  Reply post(std::string_view path, std::string body) {
    return send("POST", path, std::move(body), {{"content-type", "application/json"}});
  }

 private:
  std::string url_;
  net::HttpClient client_;
};

}  // namespace signet::server::fixture
