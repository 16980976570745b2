// The engine on its threads, against a server over real sockets.
#include <atomic>
#include <future>
#include <memory>
#include <thread>

#include "crypto/certificate.h"
#include "net/loop.h"
#include "net/server.h"
#include "verify/key_engine_fixture_for_tests.h"

namespace signet::verify::testing {
namespace {

Task<net::Response> give(net::Response response) {
  co_return response;
}

class KeyEngineHttps : public ::testing::Test {
 protected:
  KeyEngineHttps() {
    log::set_level(log::Level::off);
    const auto now = clock_.now();
    authority_.emplace(crypto::CertificateAuthority::create("ca", now, hours{24}, random_).value());
    const auto server = authority_
                            ->issue_server({.common_name = "issuer",
                                            .dns_names = {"localhost"},
                                            .ip_addresses = {"127.0.0.1"}},
                                           now, hours{1}, random_)
                            .value();
    server_ = net::Server::listen(
                  {},
                  {.certificate_chain = server.certificate.to_pem(),
                   .private_key = std::string(server.key.to_pem().reveal()),
                   .client_ca = authority_->certificate().to_pem()},
                  {{&loop_, [this](const net::Request& request) { return give(answer(request)); }}},
                  nullptr)
                  .value();
    loop_thread_ = std::jthread([this] { loop_.run(); });
    issuer_ = cat("https://localhost:", server_->port());
  }
  ~KeyEngineHttps() override {
    engine_thread_.reset();
    engine_.reset();
    fetcher_.reset();
    server_->drain(seconds{5});
    loop_.stop();
    loop_thread_.join();
    log::set_level(log::Level::warn);
  }

  net::Response answer(const net::Request& request) {
    ++requests_;
    net::Response response;
    if (request.path == "/.well-known/openid-configuration") {
      response.body = discovery(issuer_, issuer_ + "/openid/v1/jwks");
    } else if (redirect_) {
      response.status = 302;
      response.headers = {{"location", issuer_ + "/elsewhere"}};
    } else {
      response.body = jwks({0});
    }
    return response;
  }
  IssuerSource source() const {
    return {.issuer = issuer_,
            .ca_pem = authority_->certificate().to_pem(),
            .allowed_cidrs = {"127.0.0.0/8", "::1/128"},
            .ports = {server_->port()}};
  }
  void configure(IssuerSource source) {
    const auto configured = engine_->configure({std::move(source)});
    ASSERT_TRUE(configured) << configured.error().front();
  }
  KeyAnswer ask(std::string_view kid) {
    std::promise<KeyAnswer> answered;
    engine_->wait_for({.issuer = issuer_, .kid = kid, .algorithm = jose::Algorithm::es256},
                      [&](KeyAnswer answer) { answered.set_value(answer); });
    return answered.get_future().get();
  }

  SystemClock clock_;
  SystemRandom random_;
  SteadyMoments moments_{clock_};
  telemetry::Registry metrics_;
  std::optional<crypto::CertificateAuthority> authority_;
  net::Loop loop_;
  std::unique_ptr<net::Server> server_;
  std::jthread loop_thread_;
  std::string issuer_;
  std::atomic<bool> redirect_ = false;
  std::atomic<int> requests_ = 0;
  std::unique_ptr<net::CurlFetcher> fetcher_ = std::make_unique<net::CurlFetcher>();
  std::unique_ptr<KeyEngine> engine_ =
      std::make_unique<KeyEngine>(KeyEngineOptions{}, *fetcher_, moments_, random_, metrics_);
  std::optional<KeyEngineThread> engine_thread_{std::in_place, *engine_};
};

TEST_F(KeyEngineHttps, loads_keys_for_many_threads_at_once) {
  configure(source());
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      KeyReader reader(engine_->board());
      const auto& kid = test_key(0).kid;
      if (ask(kid) != KeyAnswer::keys) return;
      for (int round = 0; round < 1000; ++round) {
        const auto found = reader.find(issuer_, kid, jose::Algorithm::es256);
        if (found.answer != KeyAnswer::keys || found.key->key != test_key(0).key) return;
      }
      ++good;
    });
  }
  threads.clear();
  EXPECT_EQ(good, 4);
  EXPECT_EQ(requests_, 2);
}

TEST_F(KeyEngineHttps, readers_live_through_changes_of_the_configuration) {
  configure(source());
  ASSERT_EQ(ask(test_key(0).kid), KeyAnswer::keys);
  std::jthread reading([this](const std::stop_token& stop) {
    KeyReader reader(engine_->board());
    while (!stop.stop_requested()) {
      const auto found = reader.find(issuer_, test_key(0).kid, jose::Algorithm::es256);
      EXPECT_EQ(found.key != nullptr, found.answer == KeyAnswer::keys);
      EXPECT_EQ(found.generation != 0, found.key != nullptr);
    }
  });
  for (int i = 0; i < 50; ++i) {
    configure(source());
    ASSERT_TRUE(engine_->configure({}));
  }
  configure(source());
  EXPECT_EQ(ask(test_key(0).kid), KeyAnswer::keys);
}

TEST_F(KeyEngineHttps, follows_no_redirect) {
  redirect_ = true;
  configure(source());
  EXPECT_EQ(ask("k"), KeyAnswer::keys_unavailable);
  EXPECT_EQ(requests_, 2);
  EXPECT_TRUE(engine_->status(issuer_)->last_error.contains("302"));
}

TEST_F(KeyEngineHttps, believes_its_own_ca_alone) {
  auto stranger = source();
  stranger.ca_pem = crypto::CertificateAuthority::create("other", clock_.now(), hours{1}, random_)
                        ->certificate()
                        .to_pem();
  configure(stranger);
  EXPECT_EQ(ask("k"), KeyAnswer::keys_unavailable);
  EXPECT_EQ(requests_, 0);
  EXPECT_TRUE(engine_->status(issuer_)->last_error.contains("not trusted"));
}

TEST_F(KeyEngineHttps, connects_to_no_inner_address_that_is_not_allowed) {
  auto outside = source();
  outside.allowed_cidrs = {};
  configure(outside);
  EXPECT_EQ(ask("k"), KeyAnswer::keys_unavailable);
  EXPECT_EQ(requests_, 0);
  EXPECT_TRUE(metrics_.text().contains("fetch_failures_total{reason=\"address\"} 1"));
}

TEST_F(KeyEngineHttps, ends_while_requests_run) {
  configure(source());
  std::atomic<int> answered = 0;
  for (int i = 0; i < 10; ++i) {
    engine_->wait_for({.issuer = issuer_, .kid = "k"}, [&](KeyAnswer) { ++answered; });
  }
  engine_thread_.reset();
  engine_.reset();
  EXPECT_EQ(answered, 10);
}

}  // namespace
}  // namespace signet::verify::testing
