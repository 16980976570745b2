// Through the public headers and the shared library, as a stranger would.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "libsignet/issuer_for_tests.h"
#include "signet/file_token_source.h"
#include "signet/token_verifier.h"

namespace signet {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

using testing_issuer::jwks;
using testing_issuer::now;

class Public : public testing::Test {
 protected:
  static std::string sign(const std::string& issuer) {
    auto claims = testing_issuer::claims();
    claims.issuer = issuer;
    claims.node = token::ObjectRef{.name = "node-1", .uid = "node-uid"};
    return testing_issuer::sign(claims);
  }
  static TokenVerifier verifier() {
    return TokenVerifier::create({.issuer = "https://k8s.example", .audiences = {"vault"}},
                                 KeySource::from_jwks(jwks()).value())
        .value();
  }
};

TEST_F(Public, says_who_holds_a_token) {
  const auto caller = verifier().verify(sign("https://k8s.example"), now);
  ASSERT_TRUE(caller) << caller.error().detail;
  EXPECT_EQ(caller->subject, "system:serviceaccount:demo:web");
  EXPECT_EQ(caller->ns, "demo");
  EXPECT_EQ(caller->service_account, "web");
  EXPECT_EQ(caller->service_account_uid, "sa-uid");
  EXPECT_EQ(caller->pod, "web-0");
  EXPECT_EQ(caller->pod_uid, "pod-uid");
  EXPECT_EQ(caller->node, "node-1");
  EXPECT_EQ(caller->node_uid, "node-uid");
  EXPECT_EQ(caller->token_id, "id");
  EXPECT_THAT(caller->audiences, ElementsAre("vault"));
  EXPECT_EQ(caller->expires_at, now + 3600s);
}

TEST_F(Public, refuses_by_reason) {
  const auto refusal = [](const std::string& token, std::chrono::seconds after) {
    return verifier().verify(token, now + after).error().refusal;
  };
  EXPECT_EQ(refusal(sign("https://other.example"), 0s), Refusal::wrong_issuer);
  EXPECT_EQ(refusal(sign("https://k8s.example"), 3630s), Refusal::expired);
  EXPECT_EQ(refusal("a..b.c", 0s), Refusal::malformed);
  EXPECT_EQ(refusal(std::string(16385, 'a'), 0s), Refusal::too_large);
  EXPECT_EQ(to_string(Refusal::claims_mismatch), "claims_mismatch");
}

TEST_F(Public, refuses_every_single_bit_flip_and_every_cut) {
  const auto good = sign("https://k8s.example");
  const auto strict = verifier();
  ASSERT_TRUE(strict.verify(good, now));
  for (std::size_t at = 0; at < good.size(); ++at) {
    EXPECT_FALSE(strict.verify(std::string_view(good).substr(0, at), now)) << at;
    for (int bit = 0; bit < 8; ++bit) {
      auto flipped = good;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      EXPECT_FALSE(strict.verify(flipped, now)) << at << ' ' << bit;
    }
  }
}

TEST_F(Public, refuses_segments_that_are_swapped_or_written_otherwise) {
  const auto good = sign("https://k8s.example");
  const auto first = good.find('.');
  const auto second = good.rfind('.');
  const auto header = good.substr(0, first);
  const auto payload = good.substr(first + 1, second - first - 1);
  const auto signature = good.substr(second + 1);
  const auto strict = verifier();
  ASSERT_TRUE(strict.verify(header + '.' + payload + '.' + signature, now));
  for (const auto& bad :
       {payload + '.' + header + '.' + signature, header + '.' + signature + '.' + payload,
        signature + '.' + payload + '.' + header, header + "=." + payload + '.' + signature,
        header + '.' + payload + "=." + signature, good + '=', good + '\n', ' ' + good, good + '.',
        '.' + good, header + ".." + payload + '.' + signature, header + '.' + payload + '.'}) {
    EXPECT_FALSE(strict.verify(bad, now)) << bad;
  }
}

TEST_F(Public, refuses_options_that_would_believe_anybody) {
  const auto keys = KeySource::from_jwks(jwks()).value();
  const auto made =
      TokenVerifier::create({.issuer = "", .audiences = {}, .algorithms = {"none"}}, keys);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error(), HasSubstr("issuer: must not be empty\n"));
  EXPECT_THAT(made.error(), HasSubstr("audiences: at least one is required"));
  EXPECT_THAT(made.error(), HasSubstr("algorithms: one is not known"));
  EXPECT_FALSE(KeySource::from_jwks(R"({"keys":[]})"));
  EXPECT_FALSE(KeySource::from_file("/nonexistent/jwks.json"));
}

TEST_F(Public, hands_out_the_token_of_a_file) {
  const auto path = testing::TempDir() + "signet_public_token";
  const auto first = sign("https://k8s.example");
  const auto second = sign("https://other.example");
  std::ofstream(path, std::ios::trunc) << first << '\n';
  const auto source = FileTokenSource::open(path, 0s);
  ASSERT_TRUE(source) << source.error();
  EXPECT_EQ(source->token(), first);
  std::ofstream(path, std::ios::trunc) << second.substr(0, 40);  // half written
  EXPECT_EQ(source->token(), first);
  std::ofstream(path, std::ios::trunc) << second;
  EXPECT_EQ(source->token(), second);
  std::filesystem::remove(path);
  EXPECT_EQ(source->token(), second);
  EXPECT_FALSE(FileTokenSource::open(path));
  EXPECT_FALSE(FileTokenSource::open(path, 61s));
}

}  // namespace
}  // namespace signet
