#include "net/fetcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <atomic>
#include <future>
#include <set>
#include <string>
#include <vector>

#include "base/cat.h"
#include "base/guarded.h"
#include "codec/base64.h"
#include "codec/gzip.h"
#include "net/fixture_for_tests.h"

namespace signet::net {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;

std::shared_ptr<const FetchTrust> trusting(std::string ca_pem, std::string pin = {}) {
  return std::make_shared<const FetchTrust>(
      FetchTrust{.ca_pem = std::move(ca_pem), .spki_pin = std::move(pin)});
}

// As curl and the RFC 7469 spell it.
std::string pin_of(const std::string& certificate_pem) {
  BIO* in = BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size()));
  X509* certificate = PEM_read_bio_X509(in, nullptr, nullptr, nullptr);
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(der, static_cast<std::size_t>(size), digest.data());
  OPENSSL_free(der);
  X509_free(certificate);
  BIO_free(in);
  return cat("sha256//",
             codec::base64_encode({reinterpret_cast<const char*>(digest.data()), digest.size()}));
}

class FetcherTest : public testing::ServerFixture {
 protected:
  FetchRequest request(std::string_view path) const { return to(url(path)); }
  FetchRequest to(std::string target) const {
    FetchRequest made;
    made.request.url = std::move(target);
    made.trust = trusting(testing::test_pki().ca_pem());
    // So that a busy machine decides nothing; who tests time sets its own.
    made.connect_timeout = made.timeout = std::chrono::minutes{1};
    made.addresses =
        AddressRules::create({.allowed_cidrs = {"127.0.0.0/8", "::1/128"}, .ports = {port()}})
            .value();
    return made;
  }
  FetchResult fetch(FetchRequest made) {
    std::promise<FetchResult> promise;
    fetcher_.start(std::move(made),
                   [&](FetchResult result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
  }
  FetchFault fault(FetchRequest made) {
    const auto result = fetch(std::move(made));
    EXPECT_FALSE(result) << result->status;
    return result ? FetchFault::cancelled : result.error().fault;
  }
  // Listens with a certificate of that subject.
  void listen_as(const testing::Subject& subject) {
    const auto identity = testing::test_pki().issue(subject);
    server_ = Server::listen({},
                             {.certificate_chain = identity.certificate_pem,
                              .private_key = identity.key_pem,
                              .client_ca = testing::test_pki().ca_pem()},
                             {{&thread_.loop(), testing::echo}}, nullptr)
                  .value();
  }

  CurlFetcher fetcher_;
};

Task<Response> answer(Response response) {
  co_return response;
}

Response with_body(std::string body,
                   std::vector<std::pair<std::string, std::string>> headers = {}) {
  Response response;
  response.headers = std::move(headers);
  response.body = std::move(body);
  return response;
}

TEST_F(FetcherTest, brings_status_headers_and_body) {
  listen([](const Request& seen) {
    return answer(
        with_body(cat(seen.method, " ", seen.header("x-a"), " ", seen.body), {{"etag", "\"t\""}}));
  });
  auto asked = request("/");
  asked.request.method = "POST";
  asked.request.body = "{}";
  asked.request.headers = {{"x-a", "b"}};
  const auto reply = fetch(std::move(asked));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->header("etag"), "\"t\"");
  EXPECT_EQ(reply->body, "POST b {}");
}

TEST_F(FetcherTest, makes_many_requests_at_once_and_answers_each_once) {
  listen(testing::echo);
  constexpr int many = 200;
  std::atomic<int> answered = 0;
  std::promise<void> all;
  for (int i = 0; i < many; ++i) {
    fetcher_.start(request("/"), [&](const FetchResult& result) {
      EXPECT_TRUE(result) << result.error().message;
      if (++answered == many) all.set_value();
    });
  }
  all.get_future().wait();
  EXPECT_EQ(answered, many);
}

TEST_F(FetcherTest, keeps_its_connections) {
  listen([](const Request& seen) { return answer(with_body(seen.remote_address)); });
  std::set<std::string> addresses;
  for (int i = 0; i < 5; ++i) addresses.insert(fetch(request("/"))->body);
  EXPECT_EQ(addresses.size(), 1);
}

// A connection made under wide rules is no way around narrow ones.
TEST_F(FetcherTest, uses_no_kept_connection_against_the_rules) {
  listen(testing::echo);
  ASSERT_TRUE(fetch(request("/")));
  auto narrow = request("/");
  narrow.addresses = AddressRules();
  EXPECT_EQ(fault(std::move(narrow)), FetchFault::address_refused);
  EXPECT_TRUE(fetch(request("/")));
}

// A kept connection was checked against another CA or pin.
TEST_F(FetcherTest, uses_no_kept_connection_of_another_trust) {
  listen(testing::echo);
  ASSERT_TRUE(fetch(request("/")));
  auto stranger = request("/");
  stranger.trust = trusting(testing::Pki("another").ca_pem());
  EXPECT_EQ(fault(std::move(stranger)), FetchFault::tls);
  auto pinned = request("/");
  pinned.trust = trusting(testing::test_pki().ca_pem(), cat("sha256//", std::string(43, 'A'), "="));
  EXPECT_EQ(fault(std::move(pinned)), FetchFault::tls);
}

// K-1 67: whatever a name resolves to, the address decides.
TEST_F(FetcherTest, attack_19_filters_the_address_that_is_connected_to) {
  listen(testing::echo);
  auto by_name = to(cat("https://localhost:", port(), "/"));
  ASSERT_TRUE(fetch(by_name));
  by_name.addresses = AddressRules::create({.ports = {port()}}).value();
  const auto refused = fetch(by_name);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, FetchFault::address_refused);
  EXPECT_EQ(refused.error().message,
            cat("GET https://localhost:", port(), ": the address is not among the allowed ones"));
  auto other_port = request("/");
  other_port.addresses = AddressRules::create({.allowed_cidrs = {"127.0.0.0/8"}}).value();
  EXPECT_EQ(fault(std::move(other_port)), FetchFault::address_refused);
}

// K-1 66.
TEST_F(FetcherTest, attack_21_follows_no_redirect) {
  std::atomic<int> seen = 0;
  std::atomic<int> status = 0;
  Guarded<std::string> location;
  const auto read = [](const std::string& held) { return held; };
  listen([&](const Request&) {
    ++seen;
    Response response = with_body("", {{"location", location.with(read)}});
    response.status = status;
    return answer(std::move(response));
  });
  for (const auto& target : {std::string("/elsewhere"), cat("https://localhost:", port(), "/"),
                             cat("http://127.0.0.1:", port(), "/"), url("/")}) {
    location.with([&](std::string& held) { held = target; });
    for (const int code : {301, 302, 303, 307, 308}) {
      status = code;
      seen = 0;
      const auto reply = fetch(request("/"));
      ASSERT_TRUE(reply) << target;
      EXPECT_EQ(reply->status, code);
      EXPECT_EQ(seen, 1);
    }
  }
}

// K-1 95: what counts is what comes out of the compression.
TEST_F(FetcherTest, attack_26_stops_a_gzip_bomb_at_its_limit) {
  std::atomic<std::size_t> decoded = std::size_t{64} * 1024 * 1024;
  listen([&](const Request&) {
    return answer(
        with_body(codec::gzip(std::string(decoded, 'x')), {{"content-encoding", "gzip"}}));
  });
  EXPECT_EQ(fault(request("/")), FetchFault::too_large);
  decoded = std::size_t{128} * 1024;
  EXPECT_EQ(fetch(request("/"))->body.size(), std::size_t{128} * 1024);
  decoded = std::size_t{128} * 1024 + 1;
  EXPECT_EQ(fault(request("/")), FetchFault::too_large);
}

TEST_F(FetcherTest, refuses_an_answer_that_does_not_decompress) {
  listen([](const Request&) {
    return answer(with_body("not gzip at all", {{"content-encoding", "gzip"}}));
  });
  EXPECT_EQ(fault(request("/")), FetchFault::malformed);
}

// Sends the same again and again for as long as somebody reads.
class Endless final : public BodyStream {
 public:
  using Count = std::shared_ptr<std::atomic<int>>;  // of those that have not ended
  static void wait_for_end(const Count& running) {
    for (int count = *running; count != 0; count = *running) running->wait(count);
  }

  Endless(Loop& loop, std::string piece, milliseconds pause, Count running)
      : loop_(loop), piece_(std::move(piece)), pause_(pause), running_(std::move(running)) {
    ++*running_;
  }
  ~Endless() override {
    --*running_;
    running_->notify_all();
  }
  Endless(const Endless&) = delete;
  Endless& operator=(const Endless&) = delete;
  void start(StreamSink& sink) override {
    if (sink.write(piece_)) timer_ = loop_.after(pause_, [this, &sink] { start(sink); });
  }

 private:
  Loop& loop_;
  std::string piece_;
  milliseconds pause_;
  Count running_;
  Loop::TimerHandle timer_{nullptr, nullptr};
};

TEST_F(FetcherTest, attack_26_stops_a_body_without_end) {
  const auto running = std::make_shared<std::atomic<int>>(0);
  listen([this, running](const Request&) {
    Response response;
    response.body = std::make_unique<Endless>(thread_.loop(), std::string(16'384, 'x'),
                                              milliseconds{0}, running);
    return answer(std::move(response));
  });
  EXPECT_EQ(fault(request("/")), FetchFault::too_large);
  Endless::wait_for_end(running);
}

// K-1 95: the time of an exchange is bounded as a whole, however steadily something comes.
TEST_F(FetcherTest, attack_27_gives_up_on_a_slow_loris) {
  const auto running = std::make_shared<std::atomic<int>>(0);
  listen([this, running](const Request&) {
    Response response;
    response.body = std::make_unique<Endless>(thread_.loop(), "x", milliseconds{10}, running);
    return answer(std::move(response));
  });
  auto slow = request("/");
  slow.timeout = milliseconds{300};
  EXPECT_EQ(fault(std::move(slow)), FetchFault::timeout);
  Endless::wait_for_end(running);
}

// K-1 69.
TEST_F(FetcherTest, checks_ca_time_and_name_of_the_server) {
  listen(testing::echo);
  auto stranger = request("/");
  stranger.trust = trusting(testing::Pki("another").ca_pem());
  EXPECT_EQ(fault(std::move(stranger)), FetchFault::tls);
  auto by_system = request("/");
  by_system.trust = nullptr;
  EXPECT_EQ(fault(std::move(by_system)), FetchFault::tls);

  listen_as({.common_name = "server",
             .organizations = {},
             .extended_key_usage = "serverAuth",
             .valid_from = std::chrono::seconds{-7200},
             .valid_until = std::chrono::seconds{-3600}});
  const auto expired = fetch(request("/"));
  ASSERT_FALSE(expired);
  EXPECT_EQ(expired.error().fault, FetchFault::tls);
  EXPECT_THAT(expired.error().message, EndsWith("certificate has expired"));

  listen_as({.common_name = "server", .organizations = {}, .extended_key_usage = "clientAuth"});
  EXPECT_EQ(fault(request("/")), FetchFault::tls);

  listen(testing::echo);
  auto other_name = request("/");
  other_name.request.url = cat("https://127.0.0.2:", port(), "/");
  const auto seen = fault(std::move(other_name));
  // Nobody listens there unless the server listens everywhere.
  EXPECT_TRUE(seen == FetchFault::connect || seen == FetchFault::tls);
}

TEST_F(FetcherTest, attack_45_holds_the_server_to_its_pin) {
  listen(testing::echo);
  auto pinned = request("/");
  const auto good = pin_of(testing::server_tls().certificate_chain);
  pinned.trust = trusting(testing::test_pki().ca_pem(), good);
  EXPECT_TRUE(fetch(pinned));
  pinned.trust =
      trusting(testing::test_pki().ca_pem(), cat("sha256//", std::string(43, 'A'), "=;", good));
  EXPECT_TRUE(fetch(pinned));
  pinned.trust = trusting(testing::test_pki().ca_pem(), cat("sha256//", std::string(43, 'A'), "="));
  const auto refused = fetch(pinned);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, FetchFault::tls);
  EXPECT_THAT(refused.error().message, EndsWith("the server's key is not the pinned one"));
}

TEST_F(FetcherTest, speaks_https_alone) {
  listen(testing::echo);
  EXPECT_EQ(fault(to(cat("http://127.0.0.1:", port(), "/"))), FetchFault::invalid);
  EXPECT_EQ(fault(to("file:///etc/passwd")), FetchFault::invalid);
  EXPECT_EQ(fault(to("gopher://127.0.0.1/")), FetchFault::invalid);
  EXPECT_EQ(fault(to("https://host.invalid/")), FetchFault::no_such_host);
  auto bad = request("/");
  bad.request.headers = {{"x-a", "b\r\nx-c: d"}};
  EXPECT_EQ(fault(std::move(bad)), FetchFault::invalid);
}

TEST_F(FetcherTest, says_that_nobody_listens) {
  listen(testing::echo);
  const auto asked = request("/");
  server_.reset();
  EXPECT_EQ(fault(asked), FetchFault::connect);
}

TEST_F(FetcherTest, names_the_origin_and_no_more) {
  listen(testing::echo);
  auto asked = to(cat("https://127.0.0.1:", port(), "/path?secret"));
  asked.trust = trusting(testing::Pki("another").ca_pem());
  const auto result = fetch(std::move(asked));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message,
            cat("GET https://127.0.0.1:", port(), ": certificate not trusted by the given CA"));
}

TEST_F(FetcherTest, is_cancelled_one_request_at_a_time) {
  testing::Watch watch;
  listen(watch.handler());
  std::promise<FetchResult> cancelled;
  const auto id = fetcher_.start(
      request("/"), [&](FetchResult result) { cancelled.set_value(std::move(result)); });
  watch.wait_for_start();
  fetcher_.cancel(id);
  const auto result = cancelled.get_future().get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().fault, FetchFault::cancelled);
  watch.wait_for_end();
  fetcher_.cancel(id);  // again: nobody is there
  fetcher_.cancel(12345);
}

TEST_F(FetcherTest, starts_another_from_an_answer) {
  listen(testing::echo);
  std::promise<FetchResult> second;
  fetcher_.start(request("/"), [&](const FetchResult& first) {
    EXPECT_TRUE(first);
    fetcher_.start(request("/"), [&](FetchResult result) { second.set_value(std::move(result)); });
  });
  EXPECT_TRUE(second.get_future().get());
}

TEST_F(FetcherTest, answers_what_still_runs_at_its_end) {
  testing::Watch watch;
  listen(watch.handler());
  int cancelled = 0;
  {
    CurlFetcher fetcher;
    fetcher.start(request("/"), [&](const FetchResult& result) {
      ASSERT_FALSE(result);
      ++cancelled;
      // Too late: this one ends as well.
      fetcher.start(request("/"), [&](const FetchResult& late) {
        EXPECT_FALSE(late);
        ++cancelled;
      });
    });
    watch.wait_for_start();
  }
  EXPECT_EQ(cancelled, 2);
  watch.wait_for_end();
}

}  // namespace
}  // namespace signet::net
