// Keys that a server publishes, over real sockets, through the public interface.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/cat.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/task.h"
#include "crypto/certificate.h"
#include "libsignet/issuer_for_tests.h"
#include "net/loop.h"
#include "net/server.h"
#include "signet/token_verifier.h"

namespace signet {
namespace {

using namespace std::chrono_literals;
using testing_issuer::now;

Task<net::Response> give(net::Response response) {
  co_return response;
}

class Discovered : public testing::Test {
 protected:
  Discovered() {
    const auto made = clock.now();
    auto authority = crypto::CertificateAuthority::create("ca", made, 24h, random).value();
    const auto own = authority
                         .issue_server({.common_name = "issuer", .ip_addresses = {"127.0.0.1"}},
                                       made, 1h, random)
                         .value();
    const auto ca = authority.certificate().to_pem();
    std::ofstream(ca_file, std::ios::trunc) << ca;
    server = net::Server::listen(
                 {},
                 {.certificate_chain = own.certificate.to_pem(),
                  .private_key = std::string(own.key.to_pem().reveal()),
                  .client_ca = ca},
                 {{&loop, [this](const net::Request& request) { return give(answer(request)); }}},
                 nullptr)
                 .value();
    issuer = cat("https://127.0.0.1:", server->port());
    loop_thread = std::jthread([this] { loop.run(); });
  }
  ~Discovered() override {
    stop();
    std::filesystem::remove(ca_file);
  }

  void stop() {
    if (server == nullptr) return;
    server->drain(5s);
    loop.stop();
    loop_thread.join();
    server = nullptr;
  }
  net::Response answer(const net::Request& request) {
    ++requests;
    net::Response response;
    response.body = request.path == "/.well-known/openid-configuration"
                        ? cat(R"({"issuer":")", issuer, R"(","jwks_uri":")", issuer, R"(/keys"})")
                        : testing_issuer::jwks();
    return response;
  }
  TokenVerifier verifier() const {
    const auto keys = KeySource::by_discovery(
        {.issuer = issuer, .ca_file = ca_file, .allowed_cidrs = {"127.0.0.0/8"}});
    return TokenVerifier::create({.issuer = issuer, .audiences = {"vault"}}, keys.value()).value();
  }
  std::string token(const crypto::PrivateKey& by = testing_issuer::key()) const {
    auto claims = testing_issuer::claims();
    claims.issuer = issuer;
    return testing_issuer::sign(claims, by);
  }
  // A busy machine may take longer than a caller waits.
  static void wait_for_keys(const TokenVerifier& with, const std::string& token) {
    for (;;) {
      const auto caller = with.verify_waiting(token, now, 2s);
      if (caller || caller.error().refusal != Refusal::keys_unavailable) return;
      std::this_thread::yield();
    }
  }

  SystemClock clock;
  SystemRandom random;
  std::string ca_file = cat(testing::TempDir(), "signet_ca_",
                            testing::UnitTest::GetInstance()->current_test_info()->name());
  net::Loop loop;
  std::unique_ptr<net::Server> server;
  std::jthread loop_thread;
  std::string issuer;
  std::atomic<int> requests = 0;
};

TEST_F(Discovered, are_waited_for_by_many_threads_and_outlive_their_server) {
  const auto with = verifier();
  const auto good = token();
  std::atomic<int> verified = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      wait_for_keys(with, good);
      for (int round = 0; round < 50; ++round) {
        if (with.verify(good, now)) ++verified;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(verified, 200);
  EXPECT_EQ(requests, 2);  // the document and the keys, for everybody
  stop();
  EXPECT_TRUE(with.verify(good, now));
}

TEST_F(Discovered, refuse_a_key_that_is_not_published) {
  const auto with = verifier();
  wait_for_keys(with, token());
  const auto stranger = crypto::PrivateKey::generate(crypto::NewKey::p256).value();
  const auto refused = with.verify_waiting(token(stranger), now, 2s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().refusal, Refusal::unknown_key);
}

TEST_F(Discovered, may_be_given_up_while_they_are_fetched) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(verifier().verify("a.b.c", now));
  }
}

}  // namespace
}  // namespace signet
