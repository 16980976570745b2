#include "crypto/pkcs11.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "crypto/signature_verifier.h"
#include "crypto/signer.h"
#include "crypto/soft_token_for_tests.h"

namespace signet::crypto {
namespace {

using fixture::SoftToken;
using testing::HasSubstr;

struct Case {
  NewKey kind;
  const char* name;
  const char* id;
  Digest digest;
};
constexpr std::array<Case, 4> cases{{{NewKey::rsa2048, "rsa", "01", Digest::sha256},
                                     {NewKey::p256, "p256", "02", Digest::sha256},
                                     {NewKey::p384, "p384", "03", Digest::sha384},
                                     {NewKey::p521, "p521", "04", Digest::sha512}}};

// Everything is there before the module is first used.
class Pkcs11 : public testing::Test {
 protected:
  struct Made {
    Made() {
      for (const auto& one : cases) {
        keys.push_back(PrivateKey::generate(one.kind).value());
        token.import(keys.back(), one.name, one.id);
      }
      token.add("guarded");
      token.import(keys[1], "key", "01", "guarded");
    }
    SoftToken token;
    std::vector<PrivateKey> keys;
  };
  static Made& made() {
    static Made made;
    return made;
  }
  static Result<PrivateKey> load(std::string uri, std::string_view pin = SoftToken::pin,
                                 std::string_view module = SoftToken::module) {
    made();
    return load_pkcs11_key({.uri = std::move(uri), .module = std::string(module)},
                           Secret(std::string(pin)));
  }
  static std::string error_of(const Result<PrivateKey>& key) {
    return key ? "none" : key.error().message;
  }
};

TEST_F(Pkcs11, keys_sign_as_those_from_files_do) {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto& own = made().keys[i];
    const auto key = load(SoftToken::uri(cases[i].name));
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_EQ(key->public_key(), own.public_key());
    EXPECT_EQ(key->type(), own.type());
    EXPECT_TRUE(key->to_pem().empty());
    auto signer = Signer::create(*key, cases[i].digest);
    ASSERT_TRUE(signer);
    // r and s have leading zeros now and then.
    for (int n = 0; n < 20; ++n) {
      const auto message = std::to_string(n);
      const auto signature = signer->sign(message);
      ASSERT_TRUE(signature) << signature.error().message;
      EXPECT_EQ(signature->size(), own.public_key().signature_bytes());
      EXPECT_TRUE(
          verify_signature(own.public_key(), {.digest = cases[i].digest}, message, *signature));
    }
  }
}

TEST_F(Pkcs11, what_is_not_there_is_said_without_the_pin) {
  EXPECT_THAT(error_of(load(SoftToken::uri("nothing"))), HasSubstr(SoftToken::uri("nothing")));
  const auto guarded = SoftToken::uri("key", "guarded");
  const auto wrong = load(guarded, "999999");
  EXPECT_THAT(error_of(wrong), HasSubstr("does not let us in"));
  EXPECT_THAT(error_of(wrong), testing::Not(HasSubstr("999999")));
  EXPECT_TRUE(load(guarded));
  EXPECT_THAT(error_of(load(guarded, SoftToken::pin, "/none.so")), HasSubstr("is in use"));
}

TEST_F(Pkcs11, a_uri_holds_no_pin) {
  EXPECT_EQ(pkcs11_uri_problem("pkcs11:token=a;object=b;id=%01"), "");
  for (const std::string uri : {"", "file:/a", "pkcs11:token=a?pin-value=1", "pkcs11:a;pin-value=1",
                                "pkcs11:token=a?pin-source=file:/etc/pin"}) {
    EXPECT_NE(pkcs11_uri_problem(uri), "") << uri;
    EXPECT_THAT(error_of(load(uri)), HasSubstr("the PKCS#11 URI must")) << uri;
  }
}

// What libp11 makes of it is no signature and no crash.
TEST_F(Pkcs11, a_lost_session_signs_nothing) {
  const auto key = load(SoftToken::uri("p256"));
  ASSERT_TRUE(key) << key.error().message;
  auto signer = Signer::create(*key, Digest::sha256);
  ASSERT_TRUE(signer->sign("before"));

  auto* const module = ::dlopen(std::string(SoftToken::module).c_str(), RTLD_NOW);
  ASSERT_NE(module, nullptr);
  using GetSlotList = unsigned long(unsigned char, unsigned long*, unsigned long*);
  using CloseAllSessions = unsigned long(unsigned long);
  auto* const slots = reinterpret_cast<GetSlotList*>(::dlsym(module, "C_GetSlotList"));
  auto* const close = reinterpret_cast<CloseAllSessions*>(::dlsym(module, "C_CloseAllSessions"));
  std::array<unsigned long, 16> ids{};
  auto count = static_cast<unsigned long>(ids.size());
  ASSERT_EQ(slots(1, ids.data(), &count), 0UL);
  for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(close(ids.at(i)), 0UL);

  for (int i = 0; i < 3; ++i) {
    const auto signature = signer->sign("after");
    ASSERT_FALSE(signature);
    EXPECT_EQ(signature.error().message, "signer: signing failed");
  }
  ::dlclose(module);
}

}  // namespace
}  // namespace signet::crypto
