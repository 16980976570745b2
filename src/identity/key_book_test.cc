#include "identity/key_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"
#include "token/lifetime.h"

namespace signet::identity {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr UnixTime start{seconds{1'700'000'000}};
constexpr seconds leeway{60};

KeyRecord key(std::string kid, UnixTime since = start, UnixTime signs_from = start) {
  const auto file = cat(kid, ".key");
  return {.kid = std::move(kid),
          .file = file,
          .since = since,
          .signs_from = signs_from,
          .stopped = std::nullopt};
}

KeyBook book_with_one() {
  KeyBook book;
  book.begin(key("a"));
  return book;
}

// "a retiring, b signing"
std::string states(const KeyBook& book) {
  std::string text;
  for (const auto& each : book.keys()) {
    append(text, text.empty() ? "" : ", ", each.kid, ' ', to_string(each.state));
  }
  return text;
}

TEST(KeyBook, a_key_is_published_signs_retires_and_goes) {
  auto book = book_with_one();
  EXPECT_TRUE(book.promise("a", hours{1}));
  ASSERT_TRUE(book.publish(key("b", start, start + hours{2}), false));
  EXPECT_EQ(states(book), "a signing, b published");
  EXPECT_EQ(book.next_change(), start + hours{2});
  ASSERT_TRUE(book.switch_over(start + hours{2}));
  EXPECT_EQ(states(book), "a retiring, b signing");
  EXPECT_EQ(end_of(*book.find("a")), std::nullopt) << "it is not yet known when it stopped";
  book.note_stopped(start + hours{2});
  const auto end = start + hours{2} + hours{2} + leeway;
  EXPECT_EQ(end_of(*book.find("a")), end);
  EXPECT_EQ(book.next_change(), end);
  EXPECT_FALSE(book.expire(end - seconds{1}));
  EXPECT_TRUE(book.expire(end));
  EXPECT_EQ(states(book), "a gone, b signing");
  EXPECT_EQ(book.find("a")->since, end);
  EXPECT_EQ(book.next_change(), std::nullopt);
}

TEST(KeyBook, promises_are_made_in_steps) {
  EXPECT_EQ(lifetime_step(seconds{600}), hours{2});
  EXPECT_EQ(lifetime_step(hours{2}), hours{2});
  EXPECT_EQ(lifetime_step(hours{2} + seconds{1}), days{1});
  EXPECT_EQ(lifetime_step(token::extended_lifetime), days{366});
  EXPECT_EQ(lifetime_step(token::lifetime_max), token::lifetime_max);
  EXPECT_EQ(lifetime_step(endless), endless);
  auto book = book_with_one();
  EXPECT_TRUE(book.promise("a", hours{1}));
  EXPECT_FALSE(book.promise("a", hours{2})) << "the same step";
  EXPECT_FALSE(book.promise("a", seconds{600}));
  EXPECT_TRUE(book.promise("a", days{3}));
  EXPECT_EQ(book.find("a")->longest, days{7});
  EXPECT_TRUE(book.promise("a", endless));
  EXPECT_FALSE(book.promise("a", endless));
  EXPECT_EQ(book.find("a")->longest, days{7});
  EXPECT_FALSE(book.promise("nobody", hours{1}));
}

TEST(KeyBook, only_the_key_that_signs_promises) {
  auto book = book_with_one();
  ASSERT_TRUE(book.publish(key("b"), false));
  EXPECT_FALSE(book.promise("b", hours{1}));
  ASSERT_TRUE(book.switch_over(start));
  EXPECT_FALSE(book.promise("a", hours{1}));
  EXPECT_TRUE(book.find("a")->never_signed());
  book.note_stopped(start);
  EXPECT_EQ(end_of(*book.find("a")), start + leeway);
}

TEST(KeyBook, what_never_expires_is_kept_until_it_is_given_up) {
  auto book = book_with_one();
  book.promise("a", hours{1});
  book.promise("a", endless);
  ASSERT_TRUE(book.publish(key("b"), false));
  ASSERT_TRUE(book.switch_over(start));
  book.note_stopped(start);
  EXPECT_FALSE(book.expire(start + days{36500}));
  auto later = book;
  ASSERT_TRUE(later.retire("a", false, start + hours{1}));
  EXPECT_EQ(states(later), "a retiring, b signing") << "its other tokens are about";
  EXPECT_EQ(end_of(*later.find("a")), start + hours{2} + leeway);
  ASSERT_TRUE(book.retire("a", false, start + days{1}));
  EXPECT_EQ(states(book), "a gone, b signing");
}

TEST(KeyBook, one_rotation_at_a_time_or_in_place_of_another) {
  auto book = book_with_one();
  ASSERT_TRUE(book.publish(key("b", start, start + hours{2}), false));
  const auto refused = book.publish(key("c"), false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("b signs from 2023-11-15T00:13:20Z"));
  ASSERT_TRUE(book.publish(key("c"), true));
  EXPECT_EQ(states(book), "a signing, b gone, c published");
}

TEST(KeyBook, who_signs_cannot_be_retired_and_who_waits_goes_at_once) {
  auto book = book_with_one();
  for (const bool at_once : {false, true}) {
    const auto refused = book.retire("a", at_once, start);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
    EXPECT_THAT(refused.error().message, HasSubstr("the key a signs"));
  }
  EXPECT_EQ(book.retire("x", true, start).error().kind, ErrorKind::not_found);
  ASSERT_TRUE(book.publish(key("b"), false));
  ASSERT_TRUE(book.retire("b", false, start));
  EXPECT_EQ(states(book), "a signing, b gone");
  EXPECT_EQ(book.retire("b", true, start).error().kind, ErrorKind::conflict);
}

TEST(KeyBook, who_ends_by_himself_is_only_retired_at_once) {
  auto book = book_with_one();
  book.promise("a", hours{1});
  ASSERT_TRUE(book.publish(key("b"), false));
  ASSERT_TRUE(book.switch_over(start));
  book.note_stopped(start);
  EXPECT_THAT(book.retire("a", false, start).error().message,
              HasSubstr("ends by itself at 2023-11-15T00:14:20Z"));
  ASSERT_TRUE(book.retire("a", true, start));
  EXPECT_EQ(states(book), "a gone, b signing");
}

TEST(KeyBook, there_are_no_more_keys_than_relying_parties_read) {
  auto book = book_with_one();
  for (std::size_t i = 1; i < KeyBook::keys_max; ++i) {
    book.promise(book.signing()->kid, endless);
    ASSERT_TRUE(book.publish(key(cat("k", i)), false));
    ASSERT_TRUE(book.switch_over(start));
  }
  const auto refused = book.publish(key("more"), false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::exhausted);
  book.note_stopped(start);
  ASSERT_TRUE(book.retire("a", true, start));
  EXPECT_TRUE(book.publish(key("more"), false));
  EXPECT_TRUE(KeyBook::parse(book.to_text()));
}

TEST(KeyBook, remembers_only_some_of_those_that_are_gone) {
  auto book = book_with_one();
  for (std::size_t i = 0; i < KeyBook::gone_max + 5; ++i) {
    ASSERT_TRUE(book.publish(key(cat("k", i)), true));
  }
  EXPECT_EQ(book.keys().size(), 2 + KeyBook::gone_max);
  EXPECT_EQ(book.find("k0"), nullptr);
  EXPECT_TRUE(KeyBook::parse(book.to_text()));
}

TEST(KeyBook, is_written_and_read) {
  auto book = book_with_one();
  book.promise("a", days{3});
  book.promise("a", endless);
  ASSERT_TRUE(book.publish(key("b", start, start + hours{2}), false));
  ASSERT_TRUE(book.switch_over(start + hours{3}));
  book.note_stopped(start + hours{3});
  ASSERT_TRUE(book.publish(key("c", start, start + hours{9}), false));
  const auto read = KeyBook::parse(book.to_text());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->keys(), book.keys());
  EXPECT_EQ(read->to_text(), book.to_text());
}

TEST(KeyBook, a_text_that_is_damaged_is_refused) {
  auto book = book_with_one();
  ASSERT_TRUE(book.publish(key("b"), false));
  const auto good = book.to_text();
  const auto with = [&](std::string_view old, std::string_view replacement) {
    auto text = good;
    const auto at = text.find(old);
    EXPECT_NE(at, std::string::npos) << old;
    return text.replace(at, old.size(), replacement);
  };
  const auto why = [](std::string_view text) {
    const auto read = KeyBook::parse(text);
    return read ? std::string("(accepted)") : read.error().message;
  };
  // Every cut but the last newline.
  for (std::size_t size = 0; size + 1 < good.size(); ++size) {
    EXPECT_FALSE(KeyBook::parse(std::string_view(good).substr(0, size))) << size;
  }
  EXPECT_EQ(why("{}"), "its version is not 1");
  EXPECT_EQ(why(with("\"version\": 1", "\"version\": 2")), "its version is not 1");
  EXPECT_EQ(why(with("signing", "retiring")), "not exactly one key signs");
  EXPECT_EQ(why(with("published", "signing")), "not exactly one key signs");
  EXPECT_EQ(why(with("published", "lost")), "a key has an unknown state");
  EXPECT_EQ(why(with("\"kid\": \"b\"", "\"kid\": \"a\"")), "the key a stands in it twice");
  EXPECT_EQ(why(with("\"kid\": \"b\"", "\"kid\": \"\"")), "a key has no usable kid");
  EXPECT_EQ(why(with("RS256", "HS256")), "a key has an unknown algorithm");
  EXPECT_EQ(why(with("\"longestSeconds\": 0", "\"longestSeconds\": -1")),
            "a key does not say how long its tokens live");
  EXPECT_EQ(why(with("\"longestSeconds\": 0", "\"longestSeconds\": 4294967297")),
            "a key does not say how long its tokens live");
  EXPECT_THAT(why(with("2023", "year")), HasSubstr("since"));
  for (const auto* name : {"../b.key", "/etc/b.key", ".key", "b.pem", "b b.key", "b\\u0000.key"}) {
    EXPECT_EQ(why(with("b.key", name)), "a key has no usable file name") << name;
  }
  EXPECT_NE(why(cat(good, std::string(KeyBook::text_bytes_max, ' '))), "(accepted)");
}

}  // namespace
}  // namespace signet::identity
