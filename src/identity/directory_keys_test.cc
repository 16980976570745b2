#include "identity/directory_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <future>
#include <set>

#include "base/cat.h"
#include "identity/key_ring_signer.h"
#include "identity/keys_fixture_for_tests.h"
#include "jose/jws.h"

namespace signet::identity {
namespace {

using fixture::start;
using fixture::wait_for;
using machinery::fixture::LoopThread;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

constexpr seconds publish_period = hours{2};

class DirectoryKeysTest : public fixture::KeyManagerTest<DirectoryKeys> {
 protected:
  DirectoryKeysTest() { open({}); }

  Result<void> try_open(DirectoryKeys::Options options) {
    keys.reset();
    options.first = crypto::NewKey::p256;
    auto opened =
        DirectoryKeys::open(std::make_unique<DiskKeyDirectory>(directory), options, clock, metrics);
    if (!opened) return std::unexpected(opened.error());
    keys = *std::move(opened);
    return {};
  }
  void open(DirectoryKeys::Options options) {
    const auto opened = try_open(options);
    ASSERT_TRUE(opened) << opened.error().message;
  }
  // "signing published"
  std::string states() {
    std::string text;
    for (const auto& key : list().value()) append(text, text.empty() ? "" : " ", key.state);
    return text;
  }
  std::string kid_in(std::string_view state) {
    for (const auto& key : list().value()) {
      if (key.state == state) return key.kid;
    }
    return "(none)";
  }
  std::string why(std::string_view state) {
    for (const auto& key : list().value()) {
      if (key.state == state) return key.why;
    }
    return "(none)";
  }
  Result<std::string> sign(seconds lifetime) {
    if (!signer) signer.emplace(keys->ring(), thread.loop());
    return thread.await([&] { return signer->sign(R"({"sub":"x"})", lifetime); });
  }
  bool believed(const std::string& token) {
    const auto jws = jose::parse_jws(token);
    EXPECT_TRUE(jws);
    return jose::check_signature(*jws, keys->ring().current()->verification,
                                 jose::WithoutKid::try_all) == jose::SignatureCheck::good;
  }
  void restart(DirectoryKeys::Options options = {}) {
    signer.reset();
    open(options);
  }

  std::string directory = root / "signing";
  std::optional<KeyRingSigner> signer;
};

TEST_F(DirectoryKeysTest, a_new_key_is_published_at_once_and_signs_after_its_time) {
  const auto old_token = sign(hours{1});
  ASSERT_TRUE(old_token);
  const auto old_kid = kid_in("signing");
  const auto rotated = rotate();
  ASSERT_TRUE(rotated) << rotated.error().message;
  EXPECT_EQ(rotated->at(1).signs_from, start + publish_period);
  EXPECT_EQ(keys->ring().current()->verification.size(), 2U);
  clock.advance(publish_period - seconds{1});
  EXPECT_EQ(states(), "signing published");
  EXPECT_EQ(kid_in("signing"), old_kid);
  clock.advance(seconds{1});
  EXPECT_EQ(states(), "retiring signing");
  EXPECT_NE(kid_in("signing"), old_kid);
  const auto new_token = sign(hours{1});
  ASSERT_TRUE(new_token);
  EXPECT_TRUE(believed(*old_token));
  EXPECT_TRUE(believed(*new_token));
  // A second for the rounding of times.
  const auto end = start + publish_period + seconds{1} + hours{2} + minutes{1};
  EXPECT_EQ(list()->front().verifies_until, end);
  clock.advance(end - whole_seconds(clock.now()) - seconds{1});
  EXPECT_EQ(states(), "retiring signing");
  clock.advance(seconds{1});
  EXPECT_EQ(states(), "gone signing");
  EXPECT_FALSE(believed(*old_token));
  EXPECT_TRUE(believed(*new_token));
  EXPECT_FALSE(std::filesystem::exists(cat(directory, "/0001.key")));
}

TEST_F(DirectoryKeysTest, the_longest_lifetime_is_on_disk_before_a_token_is_answered) {
  ASSERT_TRUE(sign(hours{1}));
  const auto book = [&] { return signet::fixture::slurp(cat(directory, "/keys.json")); };
  EXPECT_THAT(book(), HasSubstr("\"longestSeconds\": 7200"));
  const auto before = std::filesystem::last_write_time(cat(directory, "/keys.json"));
  ASSERT_TRUE(sign(hours{2}));
  EXPECT_EQ(std::filesystem::last_write_time(cat(directory, "/keys.json")), before)
      << "the same step needs no write";
  ASSERT_TRUE(sign(days{300}));
  EXPECT_THAT(book(), HasSubstr(cat("\"longestSeconds\": ", seconds{days{366}}.count())));
  ASSERT_TRUE(sign(endless));
  EXPECT_THAT(book(), HasSubstr("\"signedEndless\": true"));
}

TEST_F(DirectoryKeysTest, a_token_waits_for_nothing_but_its_own_promise) {
  // As many loops as there are, all of them at the first token of its length.
  std::vector<std::unique_ptr<LoopThread>> loops;
  std::vector<std::future<bool>> done;
  for (int i = 0; i < 4; ++i) {
    loops.push_back(std::make_unique<LoopThread>());
    done.push_back(std::async(std::launch::async, [&keys = *keys, loop = loops.back().get()] {
      std::optional<KeyRingSigner> mine;
      loop->run([&] { mine.emplace(keys.ring(), loop->loop()); });
      bool good = true;
      for (const auto lifetime : {seconds{600}, seconds{days{2}}, seconds{days{30}}, endless}) {
        good = good && loop->await([&] { return mine->sign("{}", lifetime); }).has_value();
      }
      return good;
    }));
  }
  for (auto& each : done) EXPECT_TRUE(each.get());
}

TEST_F(DirectoryKeysTest, without_a_written_promise_there_is_no_token) {
  // A folder where the new book is written first: nothing can be, whoever runs this test.
  std::filesystem::create_directories(cat(directory, "/keys.json.new/x"));
  const auto token = sign(hours{1});
  ASSERT_FALSE(token);
  EXPECT_THAT(token.error().message, HasSubstr("keys.json"));
  EXPECT_THAT(metrics.text(), HasSubstr("signet_signing_key_failures_total 1"));
  std::filesystem::remove_all(cat(directory, "/keys.json.new"));
  EXPECT_TRUE(sign(hours{1}));
}

TEST_F(DirectoryKeysTest, a_key_that_signed_for_ever_stays_until_somebody_says_so) {
  const auto token = sign(endless);
  ASSERT_TRUE(token);
  const auto kid = kid_in("signing");
  ASSERT_TRUE(rotate());
  clock.advance(publish_period);
  EXPECT_EQ(why("retiring"), "it signed tokens that never expire: it stays until it is retired");
  EXPECT_EQ(list()->front().verifies_until, std::nullopt);
  clock.advance(days{365 * 50});
  EXPECT_TRUE(believed(*token));
  ASSERT_TRUE(retire(kid, false));
  EXPECT_FALSE(believed(*token));
  EXPECT_EQ(states(), "gone signing");
}

TEST_F(DirectoryKeysTest, a_leaked_key_is_disbelieved_at_once_but_never_the_only_one) {
  const auto stolen = sign(days{300});
  ASSERT_TRUE(stolen);
  const auto kid = kid_in("signing");
  EXPECT_EQ(retire(kid, true).error().kind, ErrorKind::conflict);
  ASSERT_TRUE(rotate({.new_key = crypto::NewKey::p384, .at_once = true}));
  EXPECT_EQ(states(), "retiring signing");
  EXPECT_EQ(keys->ring().current()->signing->algorithm, jose::Algorithm::es384);
  EXPECT_TRUE(believed(*stolen));
  ASSERT_TRUE(retire(kid, true));
  EXPECT_FALSE(believed(*stolen));
  EXPECT_TRUE(believed(*sign(hours{1})));
}

TEST_F(DirectoryKeysTest, a_key_that_waits_may_be_told_to_sign_or_replaced) {
  ASSERT_TRUE(rotate());
  const auto waiting = kid_in("published");
  const auto second = rotate();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_THAT(second.error().message, HasSubstr("--replace"));
  ASSERT_TRUE(rotate({.replace = true}));
  EXPECT_EQ(states(), "signing gone published");
  EXPECT_NE(kid_in("published"), waiting);
  const auto next = kid_in("published");
  ASSERT_TRUE(rotate({.at_once = true}));
  EXPECT_EQ(kid_in("signing"), next) << "no further key is made";
}

TEST_F(DirectoryKeysTest, of_many_who_rotate_at_once_one_does) {
  std::vector<std::future<Result<KeyList>>> asked;
  std::vector<std::unique_ptr<LoopThread>> loops;
  for (int i = 0; i < 8; ++i) {
    loops.push_back(std::make_unique<LoopThread>());
    asked.push_back(std::async(std::launch::async, [this, loop = loops.back().get()] {
      return loop->await([&] { return wait_for(keys->rotate({}, loop->loop())); });
    }));
  }
  int good = 0;
  for (auto& each : asked) {
    const auto answer = each.get();
    if (answer)
      ++good;
    else
      EXPECT_EQ(answer.error().kind, ErrorKind::conflict);
  }
  EXPECT_EQ(good, 1);
  EXPECT_EQ(states(), "signing published");
}

// A directory that one write of fails.
class FailingOnce final : public KeyDirectory {
 public:
  FailingOnce(std::string path, std::atomic<int>& writes_left)
      : disk_(std::move(path)), left_(writes_left) {}

  std::string path_of(std::string_view name) const override { return disk_.path_of(name); }
  Result<std::vector<std::string>> list() override { return disk_.list(); }
  Result<std::string> read(const std::string& name, std::size_t bytes_max) override {
    return disk_.read(name, bytes_max);
  }
  Result<void> write(const std::string& name, std::string_view bytes) override {
    if (left_-- == 0) return fail(ErrorKind::unavailable, "no space");
    return disk_.write(name, bytes);
  }
  Result<void> remove(const std::string& name) override { return disk_.remove(name); }

 private:
  DiskKeyDirectory disk_;
  std::atomic<int>& left_;
};

TEST_F(DirectoryKeysTest, a_key_retires_although_a_write_fails) {
  std::atomic<int> left = -1;
  const auto retire_with = [&](int good_writes, const std::string& file) {
    keys.reset();
    left = -1;
    keys = DirectoryKeys::open(std::make_unique<FailingOnce>(directory, left),
                               {.first = crypto::NewKey::p256}, clock, metrics)
               .value();
    const auto kid = kid_in("signing");
    EXPECT_TRUE(signet::fixture::slurp(file).contains("PRIVATE"));
    left = good_writes;
    ASSERT_TRUE(rotate({.at_once = true}));
    ASSERT_LT(left.load(), 0);
    const auto listed = list().value();
    EXPECT_TRUE(std::ranges::find(listed, kid, &KeyStatus::kid)->verifies_until);
    EXPECT_FALSE(signet::fixture::slurp(file).contains("PRIVATE"));
  };
  // The book with a new key, that key, and the book in which it signs. Then that nobody signs with
  // the old one, and its public half.
  retire_with(3, cat(directory, "/0001.key"));
  retire_with(4, cat(directory, "/0002.key"));
  keys.reset();
}

TEST_F(DirectoryKeysTest, a_restart_finds_a_rotation_where_it_was) {
  const auto token = sign(hours{1});
  ASSERT_TRUE(token);
  ASSERT_TRUE(rotate());
  const auto next = kid_in("published");
  restart();
  EXPECT_EQ(kid_in("published"), next);
  clock.advance(publish_period + hours{1});
  restart();
  EXPECT_EQ(kid_in("signing"), next) << "its time came while nobody ran";
  EXPECT_TRUE(believed(*token));
  EXPECT_EQ(keys->ring().current()->signing->encoded_header,
            jose::encode_header(jose::Algorithm::es256, next));
}

TEST_F(DirectoryKeysTest, keys_grow_old_and_are_followed_in_time) {
  const DirectoryKeys::Options aging{.rotation_period = days{7}};
  restart(aging);
  const auto first = kid_in("signing");
  clock.advance(days{7} - publish_period - seconds{1});
  EXPECT_EQ(states(), "signing");
  clock.advance(seconds{1});
  // The new key is made on a thread of its own.
  while (states() == "signing") std::this_thread::yield();
  EXPECT_EQ(states(), "signing published");
  clock.advance(publish_period);
  EXPECT_NE(kid_in("signing"), first);
  EXPECT_EQ(list()->at(1).since, start + days{7});
}

TEST_F(DirectoryKeysTest, a_clock_that_is_put_back_undoes_nothing) {
  ASSERT_TRUE(rotate());
  clock.advance(publish_period);
  const auto signing = kid_in("signing");
  clock.set_offset(seconds{0});
  EXPECT_EQ(kid_in("signing"), signing);
  restart();
  EXPECT_EQ(kid_in("signing"), signing);
}

TEST_F(DirectoryKeysTest, periods_that_would_break_relying_parties_are_refused) {
  EXPECT_EQ(try_open({.publish_period = publish_period_min - seconds{1}}).error().message,
            "--key-publish-period must be at least 3660 seconds: relying parties may keep keys for "
            "3600, and an answer may be a minute on its way");
  EXPECT_EQ(try_open({.rotation_period = hours{3}}).error().message,
            "--key-rotation-period must be at least twice --key-publish-period, 14400 seconds");
  EXPECT_TRUE(try_open({.publish_period = publish_period_min, .rotation_period = hours{3}}));
}

// Times past 2261 cannot be read again: the next start would find its book damaged.
TEST_F(DirectoryKeysTest, periods_that_end_past_all_times_are_refused) {
  EXPECT_EQ(try_open({.publish_period = period_max + seconds{1}}).error().message,
            "--key-publish-period must be at most 3155760000 seconds");
  EXPECT_EQ(try_open({.rotation_period = period_max + seconds{1}}).error().message,
            "--key-rotation-period must be at most 3155760000 seconds");
  restart({.publish_period = period_max});
  ASSERT_TRUE(rotate());
  restart({.rotation_period = period_max});
  EXPECT_EQ(states(), "signing published");
}

TEST_F(DirectoryKeysTest, metrics_count_keys_by_state_and_say_when_one_changes) {
  ASSERT_TRUE(rotate());
  const auto next = (start + publish_period).time_since_epoch().count();
  auto text = metrics.text();
  EXPECT_THAT(text, HasSubstr("signet_signing_keys{state=\"published\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("signet_signing_keys{state=\"retiring\"} 0\n"));
  EXPECT_THAT(text, HasSubstr(cat("signet_signing_keys_next_change_timestamp_seconds ", next)));
  clock.advance(publish_period);
  EXPECT_EQ(states(), "retiring signing");
  text = metrics.text();
  EXPECT_THAT(text, HasSubstr("signet_signing_keys{state=\"retiring\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("signet_signing_keys{state=\"signing\"} 1\n"));
}

TEST_F(DirectoryKeysTest, who_asks_while_it_stops_is_answered) {
  ASSERT_TRUE(rotate({.new_key = crypto::NewKey::p521}));
  keys->stop();
  EXPECT_EQ(list().error().kind, ErrorKind::unavailable);
  EXPECT_EQ(rotate().error().kind, ErrorKind::unavailable);
  EXPECT_EQ(sign(hours{1}).error().kind, ErrorKind::unavailable) << "no promise can be written";
}

TEST(NewKeys, are_named_by_algorithm_and_bits) {
  EXPECT_EQ(new_key_of("RS256", 0), crypto::NewKey::rsa2048);
  EXPECT_EQ(new_key_of("RS256", 3072), crypto::NewKey::rsa3072);
  EXPECT_EQ(new_key_of("RS256", 4096), crypto::NewKey::rsa4096);
  EXPECT_EQ(new_key_of("ES512", 0), crypto::NewKey::p521);
  EXPECT_THAT(new_key_of("RS256", 1024).error().message, HasSubstr("2048, 3072 or 4096"));
  EXPECT_THAT(new_key_of("ES256", 2048).error().message, HasSubstr("no bits"));
  EXPECT_THAT(new_key_of("HS256", 0).error().message, HasSubstr("must be RS256"));
}

}  // namespace
}  // namespace signet::identity
