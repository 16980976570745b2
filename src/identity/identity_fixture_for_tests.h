// The real kinds in a memory store, with an issuer and a reviewer over them. Only for tests, of
// this folder and of those that stand on it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "codec/base64.h"
#include "identity/issuer.h"
#include "identity/key_ring.h"
#include "identity/key_ring_signer.h"
#include "identity/reviewer.h"
#include "identity/token_request.h"
#include "jose/jws.h"
#include "kinds/kinds.h"
#include "machinery/api_fixture_for_tests.h"

namespace signet::identity::fixture {

using machinery::fixture::ApiFixture;
using machinery::fixture::Reply;

inline constexpr std::string_view issuer_url = "https://foo.bar.example.com";
inline constexpr std::string_view core = "/api/v1/namespaces/myns";

inline const machinery::Registry& kind_registry() {
  static const machinery::Registry registry(kinds::all());
  return registry;
}

// Keys are slow to make: one of each sort for the whole program.
inline const crypto::PrivateKey& test_key(std::size_t index = 0) {
  static const std::vector<crypto::PrivateKey> keys = [] {
    std::vector<crypto::PrivateKey> made;
    for (int i = 0; i < 3; ++i) made.push_back(*crypto::PrivateKey::generate(crypto::NewKey::p256));
    return made;
  }();
  return keys[index];
}

inline KeySetPtr keys_of(std::size_t signing, const std::vector<std::size_t>& verifying) {
  std::vector<crypto::PublicKey> verification;
  for (const auto index : verifying) verification.push_back(test_key(index).public_key());
  return make_key_set(test_key(signing), std::move(verification));
}

// The middle part of a token.
inline codec::Json claims_of(std::string_view token) {
  const auto first = token.find('.');
  const auto second = token.find('.', first + 1);
  const auto bytes = codec::base64url_decode(token.substr(first + 1, second - first - 1));
  EXPECT_TRUE(bytes);
  auto document = codec::parse_json(bytes.value_or("null"), {});
  EXPECT_TRUE(document);
  return document ? std::move(document->value) : codec::Json();
}

class World {
 public:
  explicit World(
      TokenRequests::Options options = {.api_audiences = {"api"},
                                        .lifetime = {.maximum = std::chrono::seconds{7200}}})
      : issuer_(std::string(issuer_url), signer_, api.clock(), api.random()),
        requests_(std::move(options), issuer_, api.api(), metrics),
        reviewer({.issuers = {std::string(issuer_url), "https://old.example.com"},
                  .api_audiences = {"api"},
                  .cache_entries = 4},
                 ring, api.clock(), metrics) {
    api.thread().run([this] {
      api.api().add_action(kinds::service_account, "token",
                           [this](machinery::ActionRequest request) {
                             return requests_.handle(std::move(request));
                           });
    });
    must(api.post("/api/v1/namespaces", R"({"metadata":{"name":"myns"}})"));
  }

  std::string make_account(std::string_view name = "test-svcacct") {
    return must(api.post(cat(core, "/serviceaccounts"),
                         cat(R"({"metadata":{"name":")", name, R"(","finalizers":[]}})")));
  }
  std::string make_pod(std::string_view account = "test-svcacct", std::string_view node = "") {
    return must(
        api.post(cat(core, "/pods"),
                 cat(R"({"metadata":{"name":"test-pod"},"spec":{"serviceAccountName":")", account,
                     R"(","nodeName":")", node, R"(","containers":[{"name":"c","image":"i"}]}})")));
  }
  std::string make_secret() {
    return must(api.post(cat(core, "/secrets"), R"({"metadata":{"name":"test-secret"}})"));
  }
  std::string make_node() {
    return must(api.post("/api/v1/nodes", R"({"metadata":{"name":"test-node"}})"));
  }
  void remove(std::string_view what) {
    const auto path = what.starts_with("nodes/") ? cat("/api/v1/", what) : cat(core, '/', what);
    EXPECT_EQ(api.del(path, R"({"gracePeriodSeconds":0})").status, 200);
  }

  Reply request(std::string spec, std::string metadata = "{}",
                std::string_view account = "test-svcacct") {
    return api.post(cat(core, "/serviceaccounts/", account, "/token"),
                    cat(R"({"metadata":)", metadata, R"(,"spec":)", spec, '}'));
  }
  std::string token(std::string spec = "{}") { return request(std::move(spec)).at("status.token"); }

  Result<Reviewed, token::Refusal> review(std::string_view text,
                                          std::vector<std::string> audiences = {}) {
    return reviewer.review(text, audiences, *api.view().current());
  }
  // "" when it is good, else the text of the refusal.
  std::string verdict(std::string_view text, std::vector<std::string> audiences = {}) {
    const auto reviewed = review(text, std::move(audiences));
    return reviewed ? "" : reviewed.error().text;
  }
  // A token with claims of the test's choosing.
  std::string sign(std::string_view payload, std::size_t key = 0, std::string_view kid = "own") {
    const auto keys = keys_of(key, {key});
    const auto& signing = *keys->signing;
    const auto header =
        kid == "own" ? signing.encoded_header : jose::encode_header(signing.algorithm, kid);
    return *jose::sign_compact(test_key(key), header, payload);
  }

  ApiFixture api{kind_registry()};
  KeyRing ring{keys_of(0, {0})};
  telemetry::Registry metrics;

 private:
  std::string must(const Reply& reply) {
    EXPECT_EQ(reply.status, 201) << reply.body;
    return reply.at("metadata.uid");
  }

  KeyRingSigner signer_{ring, api.thread().loop()};
  Issuer issuer_;
  TokenRequests requests_;

 public:
  Reviewer reviewer;
};

inline std::string bound(std::string_view kind, std::string_view name, std::string_view uid = "",
                         std::string_view more = "", std::string_view version = "v1") {
  return cat(R"({"boundObjectRef":{"kind":")", kind, R"(","apiVersion":")", version,
             R"(","name":")", name, R"(","uid":")", uid, "\"}", more, '}');
}

}  // namespace signet::identity::fixture
