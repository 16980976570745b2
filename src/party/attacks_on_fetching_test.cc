// What tokens make a relying party ask others, and how much of it.
#include "party/attacks_fixture_for_tests.h"

namespace signet::party::fixture {
namespace {

class AttacksOnFetching : public AttackTest {
 protected:
  AttacksOnFetching() {
    serve({p256()});
    policy(fetched_issuer() + plain_route());
  }
  // Of a key that nobody has; what it is signed with nobody can know.
  std::string with_kid(std::string_view kid) const {
    return joined(cat(R"({"alg":"ES256","kid":")", kid, "\"}"), payload(), std::string(64, 'x'));
  }
  std::size_t fetches() const { return network_.count(cat(issuer_url, "/keys")); }
};

TEST_F(AttacksOnFetching, attack_23_a_flood_of_unknown_keys_is_one_fetch_in_half_a_minute) {
  run(milliseconds{200});
  ASSERT_EQ(fetches(), 1U);
  for (int second = 0; second < 30; ++second) {
    std::vector<std::shared_ptr<Answer>> flood;
    for (int i = 0; i < 200; ++i) flood.push_back(begin(with_kid(cat(second, '-', i))));
    EXPECT_EQ(check_word(good_token()), "allowed") << "at once, in the middle of it";
    run(milliseconds{990});
    for (std::size_t i = 0; i < flood.size(); ++i) {
      ASSERT_EQ(flood[i]->times, 1);
      // While that fetch runs, 64 may wait for it; of the others nobody knows.
      const bool one_too_many = second == 0 && i >= 64;
      EXPECT_EQ(word(*flood[i]->verdict), one_too_many ? "keys_unavailable" : "unknown_key");
    }
  }
  EXPECT_EQ(fetches(), 2U);
  EXPECT_EQ(flow_.waiting(), 0U);
}

TEST_F(AttacksOnFetching, attack_24_a_flood_of_unknown_issuers_asks_nobody) {
  run(milliseconds{200});
  network_.forget();
  for (int i = 0; i < 2000; ++i) {
    const auto iss = cat("https://attacker-", i, ".example");
    const auto claimed = token::compose([&] {
      auto changed = claims();
      changed.issuer = iss;
      return changed;
    }());
    EXPECT_EQ(check_word(joined(header_of(p256()), claimed, "x")), "unknown_issuer");
  }
  run(seconds{10});
  EXPECT_TRUE(network_.seen().empty());
  EXPECT_EQ(engine_.status().size(), 1U);
  EXPECT_EQ(flow_.waiting(), 0U);
}

TEST_F(AttacksOnFetching, attack_30_a_caller_that_gives_up_spoils_nothing_for_the_next) {
  const auto hasty = begin(good_token(), "r", milliseconds{5});
  const auto patient = begin(good_token());
  run(milliseconds{10});
  ASSERT_EQ(hasty->times, 1);
  EXPECT_EQ(word(*hasty->verdict), "keys_unavailable");
  EXPECT_EQ(patient->times, 0);
  run(milliseconds{100});
  ASSERT_EQ(patient->times, 1);
  EXPECT_EQ(word(*patient->verdict), "allowed");
  EXPECT_EQ(check_word(good_token()), "allowed");
  EXPECT_EQ(network_.cancelled(), 0U);
  EXPECT_EQ(fetches(), 1U);
}

TEST_F(AttacksOnFetching, attack_29_rubbish_from_the_issuer_leaves_its_keys_as_they_were) {
  run(milliseconds{200});
  for (const auto* rubbish : {"{}", R"({"keys":[]})", "<html></html>", R"({"keys":[{"kty":"EC")"}) {
    serve(rubbish);
    run(minutes{15});
    EXPECT_EQ(check_word(good_token()), "allowed") << rubbish;
    EXPECT_EQ(patient_word(sign(p256(1), payload())), "keys_unavailable")
        << "for it may be a new key";
  }
  serve({p256(), p256(1)});
  run(minutes{15});
  EXPECT_EQ(check_word(sign(p256(1), payload())), "allowed");
}

}  // namespace
}  // namespace signet::party::fixture
