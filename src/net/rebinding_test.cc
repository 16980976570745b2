// A name whose addresses change between one look and the next.
#include <gtest/gtest.h>

#include <dlfcn.h>
#include <netdb.h>

#include <atomic>
#include <future>
#include <string>
#include <string_view>
#include <vector>

#include "base/cat.h"
#include "base/guarded.h"
#include "net/fetcher.h"
#include "net/fixture_for_tests.h"

namespace signet::net {
namespace {

constexpr std::string_view changing_name = "names.test";

// What the name means, one answer a look; the last one stays.
struct Answers {
  std::vector<std::vector<std::string>> next;
  std::size_t looks = 0;
};
Guarded<Answers>& answers() {
  static Guarded<Answers> all;
  return all;
}

using Resolve = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

int resolve_as_the_system_does(const char* name, const char* service, const addrinfo* hints,
                               addrinfo** result) {
  static const auto real = reinterpret_cast<Resolve>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(name, service, hints, result);
}

int resolve(const char* name, const char* service, const addrinfo* hints, addrinfo** result) {
  if (name == nullptr || name != changing_name) {
    return resolve_as_the_system_does(name, service, hints, result);
  }
  const auto addresses = answers().with(
      [](Answers& all) { return all.next.at(std::min(all.looks++, all.next.size() - 1)); });
  auto** place = result;
  for (const auto& address : addresses) {
    const int failed = resolve_as_the_system_does(address.c_str(), service, hints, place);
    if (failed != 0) return failed;
    place = &(*place)->ai_next;
  }
  return 0;
}

}  // namespace
}  // namespace signet::net

// Stands before the C library's for the whole test program, and so for libcurl.
extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  return signet::net::resolve(name, service, hints, result);
}

namespace signet::net {
namespace {

class Rebinding : public testing::ServerFixture {
 protected:
  Rebinding() {
    listen([this](const Request& request) {
      ++requests_;
      return testing::echo(request);
    });
  }
  static void means(std::vector<std::vector<std::string>> next) {
    answers().with([&](Answers& all) { all = {.next = std::move(next)}; });
  }
  static std::size_t looks() {
    return answers().with([](const Answers& all) { return all.looks; });
  }
  // With a fetcher of its own, which remembers neither names nor connections.
  FetchResult fetch() {
    FetchRequest made;
    made.request.url = cat("https://", changing_name, ":", port(), "/");
    made.trust = std::make_shared<const FetchTrust>(
        FetchTrust{.ca_pem = testing::test_pki().ca_pem(), .spki_pin = {}});
    made.connect_timeout = made.timeout = std::chrono::minutes{1};
    // For this test the one address is outside, all others are inside.
    made.addresses =
        AddressRules::create({.allowed_cidrs = {"127.0.0.1/32"}, .ports = {port()}}).value();
    CurlFetcher fetcher;
    std::promise<FetchResult> promise;
    fetcher.start(std::move(made),
                  [&](FetchResult result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
  }

  std::atomic<int> requests_ = 0;
};

// K-1 68.
TEST_F(Rebinding, attack_20_each_connection_is_judged_by_its_own_address) {
  means({{"127.0.0.1"}, {"127.0.0.2"}, {"127.0.0.1"}, {"10.0.0.1"}, {"::1"}});
  for (const bool outside : {true, false, true, false, false}) {
    const auto before = requests_.load();
    const auto result = fetch();
    if (outside) {
      EXPECT_TRUE(result) << result.error().message;
    } else {
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().fault, FetchFault::address_refused) << result.error().message;
    }
    EXPECT_EQ(requests_ - before, outside ? 1 : 0);
  }
  EXPECT_EQ(looks(), 5);
}

TEST_F(Rebinding, attack_20_an_inner_address_beside_an_outer_one_is_passed_over) {
  means({{"127.0.0.2", "127.0.0.1", "10.0.0.1"}});
  const auto result = fetch();
  EXPECT_TRUE(result) << result.error().message;
  EXPECT_EQ(requests_, 1);
  means({{"127.0.0.2", "10.0.0.1", "169.254.169.254"}});
  const auto refused = fetch();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, FetchFault::address_refused);
}

}  // namespace
}  // namespace signet::net
