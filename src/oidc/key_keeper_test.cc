#include "oidc/key_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "oidc/oidc_fixture_for_tests.h"

namespace signet::oidc {
namespace {

using fixture::issuer_url;
using fixture::jwks;
using fixture::Web;
using std::chrono::seconds;
using testing::ElementsAre;

class Keys : public testing::Test {
 protected:
  Web web;
  KeyKeeper keeper{std::string(issuer_url), "", web.fetch()};
  KeyKeeper::Time start{std::chrono::hours(1)};

  std::size_t known() const {
    const auto keys = keeper.current();
    return keys == nullptr ? 0 : keys->keys.size();
  }
  // A fetch is a document and a key set.
  std::size_t fetches() const { return web.asked.size() / 2; }
};

TEST_F(Keys, are_not_there_before_they_were_fetched) {
  EXPECT_EQ(keeper.current(), nullptr);
  EXPECT_EQ(keeper.attend(start), start + KeyKeeper::refresh_interval);
  EXPECT_EQ(known(), 1U);
  EXPECT_THAT(web.asked, ElementsAre("https://issuer.example/.well-known/openid-configuration",
                                     "https://issuer.example/keys"));
}

TEST_F(Keys, are_fetched_anew_when_it_is_time) {
  keeper.attend(start);
  web.publish(issuer_url, jwks({0, 1}));
  keeper.attend(start + KeyKeeper::refresh_interval - seconds(1));
  EXPECT_EQ(known(), 1U);
  keeper.attend(start + KeyKeeper::refresh_interval);
  EXPECT_EQ(known(), 2U);
}

TEST_F(Keys, of_an_issuer_that_is_down_are_asked_for_less_and_less_often) {
  web.pages.clear();
  auto now = start;
  std::vector<long> waits;
  for (int i = 0; i < 9; ++i) {
    const auto next = keeper.attend(now);
    waits.push_back(std::chrono::duration_cast<seconds>(next - now).count());
    now = next;
  }
  EXPECT_THAT(waits, ElementsAre(1, 2, 4, 8, 16, 32, 60, 60, 60));
  EXPECT_EQ(keeper.current(), nullptr);
  web.publish(issuer_url, jwks({0}));
  EXPECT_EQ(keeper.attend(now), now + KeyKeeper::refresh_interval);
  EXPECT_EQ(known(), 1U);
}

TEST_F(Keys, stay_in_force_while_they_cannot_be_fetched_anew) {
  keeper.attend(start);
  const auto later = start + KeyKeeper::refresh_interval;
  for (const std::string_view bad :
       {"", "<html>", R"({"keys":[]})", R"({"keys":[{"kty":"oct","k":"AAAA"}]})", "{\"keys\":"}) {
    web.pages["https://issuer.example/keys"] = bad;
    keeper.attend(later + std::chrono::hours(web.asked.size()));
    EXPECT_EQ(known(), 1U) << bad;
  }
}

TEST_F(Keys, that_are_missed_are_looked_for_at_once_but_not_again_and_again) {
  keeper.attend(start);
  const auto after = start + KeyKeeper::miss_interval;
  keeper.miss();
  EXPECT_EQ(keeper.attend(start + seconds(1)), after) << "just fetched";
  EXPECT_EQ(fetches(), 1U);
  web.publish(issuer_url, jwks({0, 1}));
  keeper.attend(after);
  EXPECT_EQ(fetches(), 2U);
  EXPECT_EQ(known(), 2U);
  for (int i = 0; i < 1000; ++i) {
    keeper.miss();
    keeper.attend(after + std::chrono::milliseconds(i));
  }
  EXPECT_EQ(fetches(), 2U) << "a flood";
  keeper.attend(after + KeyKeeper::miss_interval);
  EXPECT_EQ(fetches(), 3U);
}

TEST_F(Keys, of_a_document_about_somebody_else_are_not_believed) {
  web.pages["https://issuer.example/.well-known/openid-configuration"] =
      R"({"issuer":"https://issuer.example/","jwks_uri":"https://issuer.example/keys"})";
  keeper.attend(start);
  EXPECT_EQ(keeper.current(), nullptr);
}

TEST_F(Keys, are_used_only_for_what_the_document_says) {
  web.pages["https://issuer.example/.well-known/openid-configuration"] =
      R"({"issuer":"https://issuer.example","jwks_uri":"https://issuer.example/keys",)"
      R"("id_token_signing_alg_values_supported":["RS256"]})";
  keeper.attend(start);
  EXPECT_EQ(known(), 0U);
}

TEST_F(Keys, come_from_the_document_that_is_kept_elsewhere) {
  KeyKeeper mirrored{std::string(issuer_url), "https://mirror.example/doc", web.fetch()};
  web.pages["https://mirror.example/doc"] =
      R"({"issuer":"https://issuer.example","jwks_uri":"https://mirror.example/keys"})";
  web.pages["https://mirror.example/keys"] = jwks({1});
  mirrored.attend(start);
  ASSERT_NE(mirrored.current(), nullptr);
  EXPECT_THAT(web.asked, ElementsAre("https://mirror.example/doc", "https://mirror.example/keys"));
}

TEST_F(Keys, are_waited_for_until_a_miss_that_is_news_or_the_end) {
  std::stop_source stop;
  const auto wait = [&](KeyKeeper::Time instant) { keeper.wait_until(instant, stop.get_token()); };
  keeper.attend(start);
  keeper.miss();
  wait(KeyKeeper::Time::max());  // came before the wait
  keeper.attend(start + seconds(1));
  wait(start);  // known: the instant is for it
  keeper.attend(start + KeyKeeper::miss_interval);
  std::jthread other([&] { keeper.miss(); });
  wait(KeyKeeper::Time::max());
  keeper.attend(start + KeyKeeper::miss_interval + seconds(1));
  stop.request_stop();
  wait(KeyKeeper::Time::max());
}

}  // namespace
}  // namespace signet::oidc
