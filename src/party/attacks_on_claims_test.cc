// Good signatures over claims that are meant for others, say two things, or come from nobody known.
#include <gmock/gmock.h>

#include "party/attacks_fixture_for_tests.h"

namespace signet::party::fixture {
namespace {

using namespace std::string_view_literals;

class AttacksOnClaims : public AttackTest {
 protected:
  std::string word_of(std::string_view changed_payload) {
    return check_word(signed_with(header_of(p256()), changed_payload));
  }
};

// K-1 46 and 47.
TEST_F(AttacksOnClaims, attack_15_an_audience_is_the_same_in_every_byte_or_another) {
  policy(main_issuer() + plain_route() +
         route("vault", cat("audiences: {new: [vault]}, ", everybody)));
  EXPECT_EQ(check_word(good_token()), "allowed");
  EXPECT_EQ(check_word(good_token(), "vault"), "wrong_audience");
  const std::vector<std::string_view> others{
      "payment",   "paymentsx",    "Payments", "PAYMENTS",         "payments/", " payments",
      "payments ", "payments\0"sv, "p*",       "https://payments", "*",         "pay\u200bments",
      "",
  };
  for (const auto other : others) {
    EXPECT_EQ(check_word(token_with([&](auto& c) { c.audiences = {other}; })), "wrong_audience")
        << other;
  }
  EXPECT_EQ(check_word(token_with([&](auto& c) { c.audiences = others; })), "wrong_audience");
  EXPECT_EQ(check_word(token_with([&](auto& c) {
              c.audiences = others;
              c.audiences.push_back("payments");
            })),
            "allowed");
  EXPECT_EQ(word_of(replaced(payload(), R"(["payments"])", R"("payments")")), "allowed");
  EXPECT_EQ(word_of(replaced(payload(), R"(["payments"])", "[]")), "wrong_audience");
  for (const auto* aud : {R"(["payments",1])", "1", R"({"payments":true})", R"([["payments"]])"}) {
    EXPECT_EQ(word_of(replaced(payload(), R"(["payments"])", aud)), "malformed") << aud;
  }
}

TEST_F(AttacksOnClaims, attack_16_issuers_that_differ_by_a_slash_are_two) {
  const auto with_slash = cat(issuer_url, '/');
  policy(issuer("a",
                cat("url: '", issuer_url, "', cluster: a, keys: {jwks: '", jwks({p256(0)}), "'}")) +
         issuer("b",
                cat("url: '", with_slash, "', cluster: b, keys: {jwks: '", jwks({p256(1)}), "'}")) +
         plain_route() +
         route("only-a", cat("audiences: {new: [payments]}, issuers: [a], ", everybody)));
  const auto of_b = [&](auto& c) { c.issuer = with_slash; };
  const auto first = check(good_token());
  ASSERT_TRUE(first);
  EXPECT_EQ((*first)->cluster, "a");
  const auto second = check(token_with(of_b, p256(1)));
  ASSERT_TRUE(second);
  EXPECT_EQ((*second)->cluster, "b");
  EXPECT_EQ(check_word(token_with([](auto&) {}, p256(1))), "unknown_key");
  EXPECT_EQ(check_word(token_with(of_b, p256(0))), "unknown_key");
  EXPECT_EQ(check_word(token_with(of_b, p256(1)), "only-a"), "unknown_issuer");
  EXPECT_EQ(check_word(token_with([&](auto& c) { c.issuer = "https://k8s.example//"; })),
            "unknown_issuer");
}

TEST_F(AttacksOnClaims, attack_18_an_issuer_in_a_token_is_never_visited) {
  serve({p256()});
  policy(fetched_issuer() + plain_route());
  run(milliseconds{200});
  ASSERT_EQ(check_word(good_token()), "allowed");
  network_.forget();
  for (const auto* iss :
       {"http://169.254.169.254/latest/meta-data", "https://169.254.169.254", "file:///etc/passwd",
        "https://attacker.example", "https://k8s.example@attacker.example",
        "https://k8s.example.attacker.example", "https://k8s.example/../attacker",
        "https://localhost", "gopher://127.0.0.1:25/", "//attacker.example",
        "https://k8s.example#@attacker.example", "https://k8s.example:443", "https://K8S.example",
        "http://k8s.example", "k8s.example"}) {
    for (const std::size_t which : {0U, 1U}) {
      EXPECT_EQ(patient_word(token_with([&](auto& c) { c.issuer = iss; }, p256(which))),
                "unknown_issuer")
          << iss;
    }
  }
  EXPECT_TRUE(network_.seen().empty());
}

// K-1 54.
TEST_F(AttacksOnClaims, attack_22_a_claim_that_only_looks_like_another_is_refused) {
  policy(main_issuer() + plain_route());
  ASSERT_EQ(word_of(payload()), "allowed");
  for (const auto* name :
       {"SUB", "Sub", "\xc5\xbfub", R"(\u017fub)", R"(s\u0055b)", "\xef\xbd\x93ub"}) {
    const auto admin = cat("{\"", name, R"(":"system:serviceaccount:shop:admin",)");
    EXPECT_EQ(word_of(cat(admin, payload().substr(1))), "malformed") << name;
    EXPECT_EQ(word_of(replaced(payload(), R"("sub")", cat('"', name, '"'))), "malformed") << name;
  }
  for (const auto* member :
       {R"("ISS":"https://k8s.example")", R"("i\u017fs":"https://k8s.example")",
        R"("Aud":["payments"])", R"("EXP":9007199254740991)", R"("Nbf":0)", R"("iAT":0)",
        R"("Kubernetes.io":{"namespace":"admin"})",
        "\"\xe2\x84\xaa"
        R"(ubernetes.io":{})"}) {
    EXPECT_EQ(word_of(cat('{', member, ',', payload().substr(1))), "malformed") << member;
  }
  EXPECT_EQ(word_of(replaced(payload(), R"("iss")", R"("ISS")")), "malformed");
  EXPECT_EQ(word_of(replaced(payload(), R"("exp")", R"("Exp")")), "malformed");
}

// K-1 50.
TEST_F(AttacksOnClaims, attack_28_the_skew_is_half_a_minute_and_not_a_second_more) {
  policy(main_issuer() + plain_route());
  const auto now = whole_seconds(moments_.now().wall);
  const auto expiring = [&](int at) {
    return check_word(token_with([&](auto& c) {
      c.issued_at = c.not_before = now - hours{1};
      c.expires_at = now + seconds{at};
    }));
  };
  EXPECT_EQ(expiring(-29), "allowed");
  EXPECT_EQ(expiring(-30), "expired");
  EXPECT_EQ(expiring(-31), "expired");
  const auto beginning = [&](int at) {
    return check_word(token_with([&](auto& c) { c.not_before = now + seconds{at}; }));
  };
  EXPECT_EQ(beginning(29), "allowed");
  EXPECT_EQ(beginning(30), "allowed");
  EXPECT_EQ(beginning(31), "not_yet_valid");
  const auto issued = [&](int at) {
    return check_word(token_with([&](auto& c) { c.issued_at = now + seconds{at}; }));
  };
  EXPECT_EQ(issued(30), "allowed");
  EXPECT_EQ(issued(31), "not_yet_valid");
}

// K-1 96, 97: claims follow the wall clock, also where a verdict is remembered; what is remembered
// and when keys are fetched follows the other one.
TEST_F(AttacksOnClaims, attack_28_a_clock_that_is_put_back_or_forward_moves_no_cache) {
  serve({p256()});
  policy(fetched_issuer() + plain_route());
  run(milliseconds{200});
  const auto token = good_token();
  const auto first = check(token);
  ASSERT_TRUE(first);
  network_.forget();

  moments_.jump_wall(-seconds{30});
  EXPECT_EQ(check(token)->get(), first->get()) << "remembered";
  moments_.jump_wall(-seconds{1});
  EXPECT_EQ(check_word(token), "not_yet_valid");
  moments_.jump_wall(-hours{1000});
  EXPECT_EQ(check_word(token), "not_yet_valid");
  moments_.jump_wall(hours{1000} + seconds{31} + minutes{59});
  EXPECT_EQ(check(token)->get(), first->get()) << "remembered for a minute of the other clock";
  moments_.jump_wall(minutes{1} + seconds{29});
  EXPECT_EQ(check_word(token), "allowed");
  moments_.jump_wall(seconds{1});
  EXPECT_EQ(check_word(token), "expired");
  run(seconds{1});
  EXPECT_TRUE(network_.seen().empty());
}

// K-1 49.
TEST_F(AttacksOnClaims, attack_36_a_time_is_a_number_that_can_be_one) {
  policy(main_issuer() + plain_route());
  const auto now = whole_seconds(moments_.now().wall).time_since_epoch().count();
  const std::pair<const char*, std::int64_t> times[]{
      {"exp", now + 3600}, {"nbf", now}, {"iat", now}};
  for (const auto& [name, value] : times) {
    const auto with = [&](std::string_view written) {
      return word_of(
          replaced(payload(), cat('"', name, "\":", value), cat('"', name, "\":", written)));
    };
    EXPECT_EQ(with(cat(value)), "allowed");
    EXPECT_EQ(with(cat(value, ".5")), "allowed") << name;
    for (const auto& written :
         {cat('"', value, '"'), std::string("1e400"), std::string("-1"), std::string("-1e400"),
          std::string("9007199254740993"), std::string("18446744073709551616"), std::string("true"),
          std::string("false"), cat('[', value, ']'), std::string("{}"), std::string("NaN"),
          std::string("Infinity"), cat("0x", value), cat('+', value), cat("0", value),
          std::string("\"\"")}) {
      EXPECT_EQ(with(written), "malformed") << name << ": " << written;
    }
  }
  for (const auto* written : {"null", "0"}) {
    const auto endless = replaced(payload(), cat("\"exp\":", now + 3600), cat("\"exp\":", written));
    EXPECT_NE(word_of(endless), "allowed") << written;
  }
  EXPECT_EQ(word_of(replaced(payload(), cat("\"exp\":", now + 3600, ','), "")), "malformed");
}

// K-1 52 and 53.
TEST_F(AttacksOnClaims, attack_38_a_subject_is_an_account_as_kubernetes_spells_it) {
  policy(main_issuer() + plain_route());
  ASSERT_EQ(check_word(good_token()), "allowed");
  struct Row {
    std::string_view subject;
    std::string_view ns;  // what the nested claims say
    std::string_view name;
  };
  const std::string long_label(64, 'a');
  const auto too_long = cat("system:serviceaccount:", long_label, ":cart");
  const Row rows[]{
      {"system:serviceaccount:shop:ca\0rt"sv, "shop", "ca\0rt"sv},
      {"system:serviceaccount:shop:cart\0"sv, "shop", "cart"},
      {"system:serviceaccount:shop:cart\n", "shop", "cart\n"},
      {"system:serviceaccount:shop\xef\xbc\x9a"
       "cart",
       "shop", "cart"},
      {"system\xef\xbc\x9aserviceaccount:shop:cart", "shop", "cart"},
      {"system:serviceaccount:shop:c\xd0\xb0rt", "shop", "c\xd0\xb0rt"},
      {"system:serviceaccount:shop:cart\xe2\x80\x8b", "shop", "cart\xe2\x80\x8b"},
      {"system:serviceaccount:shop:cart:x", "shop", "cart:x"},
      {"system:serviceaccount:shop:x:cart", "shop:x", "cart"},
      {"system:serviceaccount:shop", "shop", ""},
      {"system:serviceaccount:shop:", "shop", ""},
      {"system:serviceaccount::cart", "", "cart"},
      {"system:serviceaccount:Shop:cart", "Shop", "cart"},
      {"System:serviceaccount:shop:cart", "shop", "cart"},
      {" system:serviceaccount:shop:cart", "shop", "cart"},
      {too_long, long_label, "cart"},
      {"system:serviceaccount:shop:cart", "other", "cart"},
      {"system:serviceaccount:shop:cart", "shop", "other"},
      {"system:serviceaccount:shop:cart", "shop", "cart\0"sv},
      {"cart", "shop", "cart"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(check_word(token_with([&](auto& c) {
                c.subject = row.subject;
                c.ns = row.ns;
                c.service_account.name = row.name;
              })),
              "claims_mismatch")
        << row.subject;
  }
}

}  // namespace
}  // namespace signet::party::fixture
