#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "libsignet/issuer_for_tests.h"
#include "signet/signet.h"

namespace signet {
namespace {

using Verifier = std::unique_ptr<signet_verifier, decltype(&signet_verifier_free)>;
using Caller = std::unique_ptr<signet_caller, decltype(&signet_caller_free)>;
using Source = std::unique_ptr<signet_token_source, decltype(&signet_token_source_free)>;

constexpr auto now = testing_issuer::now.time_since_epoch().count();

class CInterface : public testing::Test {
 protected:
  signet_options options() const {
    signet_options made{};
    made.size = sizeof made;
    made.issuer = testing_issuer::url;
    made.audiences = audiences.data();
    made.audience_count = audiences.size();
    return made;
  }
  Verifier make(const signet_options& given, std::string_view jwks) {
    signet_verifier* made = nullptr;
    code = signet_verifier_from_jwks(&given, jwks.data(), jwks.size(), &made, &error);
    return {made, signet_verifier_free};
  }
  Verifier verifier() { return make(options(), testing_issuer::jwks()); }
  Caller verify(const Verifier& with, std::string_view token, std::int64_t at = now) {
    signet_caller* made = nullptr;
    code = signet_verify(with.get(), token.data(), token.size(), at, 0, &made, &error);
    return {made, signet_caller_free};
  }

  std::array<const char*, 2> audiences{"vault", "bank"};
  signet_code code = SIGNET_OK;
  signet_error error{};
};

TEST_F(CInterface, says_who_holds_a_token) {
  const auto with = verifier();
  ASSERT_EQ(code, SIGNET_OK) << error.message;
  const auto caller = verify(with, testing_issuer::sign(testing_issuer::claims()));
  ASSERT_EQ(code, SIGNET_OK) << error.message;
  EXPECT_STREQ(signet_caller_text(caller.get(), SIGNET_SUBJECT), "system:serviceaccount:demo:web");
  EXPECT_STREQ(signet_caller_text(caller.get(), SIGNET_NAMESPACE), "demo");
  EXPECT_STREQ(signet_caller_text(caller.get(), SIGNET_SERVICE_ACCOUNT), "web");
  EXPECT_STREQ(signet_caller_text(caller.get(), SIGNET_SERVICE_ACCOUNT_UID), "sa-uid");
  EXPECT_STREQ(signet_caller_text(caller.get(), SIGNET_POD), "web-0");
  EXPECT_STREQ(signet_caller_text(caller.get(), SIGNET_POD_UID), "pod-uid");
  EXPECT_STREQ(signet_caller_text(caller.get(), SIGNET_NODE), "");
  EXPECT_STREQ(signet_caller_text(caller.get(), SIGNET_NODE_UID), "");
  EXPECT_STREQ(signet_caller_text(caller.get(), SIGNET_TOKEN_ID), "id");
  EXPECT_STREQ(signet_caller_audience(caller.get(), 0), "vault");
  EXPECT_EQ(signet_caller_audience(caller.get(), 1), nullptr);
  EXPECT_EQ(signet_caller_expires_at(caller.get()), now + 3600);
}

TEST_F(CInterface, refuses_by_the_numbers_of_the_other_interface) {
  const auto with = verifier();
  EXPECT_EQ(verify(with, "junk"), nullptr);
  EXPECT_EQ(code, SIGNET_MALFORMED);
  EXPECT_EQ(error.code, SIGNET_MALFORMED);
  EXPECT_GT(std::strlen(error.message), 0U);
  verify(with, testing_issuer::sign(testing_issuer::claims()), now + 3630);
  EXPECT_EQ(code, SIGNET_EXPIRED);
  verify(with, std::string(16385, 'a'));
  EXPECT_EQ(code, SIGNET_TOO_LARGE);
  EXPECT_STREQ(signet_code_name(SIGNET_CLAIMS_MISMATCH), "claims_mismatch");
  EXPECT_STREQ(signet_code_name(SIGNET_BUFFER_TOO_SMALL), "buffer_too_small");
}

TEST_F(CInterface, takes_its_options_at_their_word) {
  auto given = options();
  given.leeway = -1;
  const auto strict = make(given, testing_issuer::jwks());
  EXPECT_EQ(verify(strict, testing_issuer::sign(testing_issuer::claims()), now + 3600), nullptr);
  EXPECT_EQ(code, SIGNET_EXPIRED);
  given = options();
  given.lifetime_max = 3599;
  const auto brief = make(given, testing_issuer::jwks());
  verify(brief, testing_issuer::sign(testing_issuer::claims()));
  EXPECT_EQ(code, SIGNET_LIVES_TOO_LONG);
  given = options();
  const std::array<const char*, 1> algorithms{"RS256"};
  given.algorithms = algorithms.data();
  given.algorithm_count = 1;
  const auto rsa = make(given, testing_issuer::jwks());
  verify(rsa, testing_issuer::sign(testing_issuer::claims()));
  EXPECT_EQ(code, SIGNET_ALGORITHM_NOT_ACCEPTED);
}

TEST_F(CInterface, refuses_arguments_that_will_not_do) {
  const auto jwks = testing_issuer::jwks();
  const auto refused = [&](auto&& change) {
    auto given = options();
    change(given);
    EXPECT_EQ(make(given, jwks), nullptr);
    EXPECT_EQ(code, SIGNET_INVALID);
  };
  refused([](auto& given) { given.size -= 1; });
  refused([](auto& given) { given.issuer = nullptr; });
  refused([](auto& given) { given.audience_count = 0; });
  refused([](auto& given) { given.audiences = nullptr; });
  refused([&](auto&) { audiences[1] = nullptr; });
  audiences[1] = "bank";
  refused([](auto& given) { given.leeway = 301; });
  refused([](auto& given) { given.lifetime_max = INT64_MAX; });
  EXPECT_EQ(make(options(), "{}"), nullptr);

  const auto with = verifier();
  for (const auto at : {INT64_MIN, std::int64_t{-1}, INT64_MAX}) {
    verify(with, "a.b.c", at);
    EXPECT_EQ(code, SIGNET_INVALID);
  }
  EXPECT_EQ(signet_verify(nullptr, "", 0, 0, 0, nullptr, nullptr), SIGNET_INVALID);
  EXPECT_EQ(signet_verifier_from_jwks(nullptr, nullptr, 0, nullptr, nullptr), SIGNET_INVALID);
  EXPECT_EQ(signet_verifier_by_discovery(nullptr, nullptr, nullptr, nullptr), SIGNET_INVALID);
  EXPECT_EQ(signet_token_source_open(nullptr, nullptr, nullptr), SIGNET_INVALID);
  EXPECT_EQ(signet_token_source_get(nullptr, nullptr, 0, nullptr, nullptr), SIGNET_INVALID);
  EXPECT_STREQ(signet_caller_text(nullptr, SIGNET_SUBJECT), "");
  signet_verifier_free(nullptr);
  signet_caller_free(nullptr);
  signet_token_source_free(nullptr);
}

TEST_F(CInterface, cuts_a_message_to_fit) {
  const std::string long_name(1000, 'x');
  signet_token_source* source = nullptr;
  EXPECT_EQ(signet_token_source_open(long_name.c_str(), &source, &error), SIGNET_INVALID);
  EXPECT_EQ(source, nullptr);
  EXPECT_EQ(std::strlen(error.message), sizeof error.message - 1);
}

TEST_F(CInterface, discovers_keys_only_where_it_is_told_properly) {
  const auto given = options();
  signet_discovery discovery{};
  signet_verifier* made = nullptr;
  EXPECT_EQ(signet_verifier_by_discovery(&given, &discovery, &made, &error), SIGNET_INVALID);
  discovery.size = sizeof discovery;
  discovery.ca_file = "/nonexistent/ca.crt";
  discovery.allowed_cidr_count = 1;
  EXPECT_EQ(signet_verifier_by_discovery(&given, &discovery, &made, &error), SIGNET_INVALID);
  discovery.allowed_cidr_count = 0;
  ASSERT_EQ(signet_verifier_by_discovery(&given, &discovery, &made, &error), SIGNET_OK);
  const Verifier with(made, signet_verifier_free);
  EXPECT_EQ(verify(with, testing_issuer::sign(testing_issuer::claims())), nullptr);
  EXPECT_EQ(code, SIGNET_KEYS_UNAVAILABLE);
}

TEST_F(CInterface, hands_out_the_token_of_a_file) {
  const auto token = testing_issuer::sign(testing_issuer::claims());
  const auto path = testing::TempDir() + "signet_c_token";
  std::ofstream(path, std::ios::trunc) << token << '\n';
  signet_token_source* made = nullptr;
  ASSERT_EQ(signet_token_source_open(path.c_str(), &made, &error), SIGNET_OK) << error.message;
  const Source source(made, signet_token_source_free);
  std::array<char, SIGNET_TOKEN_SIZE_MAX> buffer{};
  std::size_t length = 0;
  ASSERT_EQ(signet_token_source_get(made, buffer.data(), buffer.size(), &length, &error),
            SIGNET_OK);
  EXPECT_EQ(std::string(buffer.data()), token);
  EXPECT_EQ(length, token.size());
  length = 0;
  EXPECT_EQ(signet_token_source_get(made, buffer.data(), token.size(), &length, &error),
            SIGNET_BUFFER_TOO_SMALL);
  EXPECT_EQ(length, token.size());
  EXPECT_EQ(signet_token_source_get(made, buffer.data(), token.size() + 1, nullptr, nullptr),
            SIGNET_OK);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace signet
