// Key sets that outlive the process.
#include <fstream>
#include <iterator>

#include "base/temp_directory_for_tests.h"
#include "verify/key_engine_fixture_for_tests.h"

namespace signet::verify::testing {
namespace {

class KeyEngineRestart : public KeyEngineTest {
 protected:
  KeyEngineRestart() { start({.directory = directory_ / "keys"}); }

  void restart() { start({.directory = directory_ / "keys"}); }
  std::string file() const { return directory_ / "keys/keysets"; }
  std::string bytes() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& bytes) const { std::ofstream(file(), std::ios::binary) << bytes; }

  signet::fixture::TempDirectory directory_;
};

TEST_F(KeyEngineRestart, a_restart_needs_no_network) {
  load();
  ASSERT_TRUE(engine_->persist());
  network_.serve(document_, with_status(500));
  network_.serve(keys_, with_status(500));
  restart();
  configure({{.issuer = issuer_}});
  EXPECT_EQ(find(0), KeyAnswer::keys);
  EXPECT_EQ(status().state, KeyState::soft_stale);
  EXPECT_EQ(reader_->find(issuer_, test_key(0).kid, alg).key->key, test_key(0).key);
}

TEST_F(KeyEngineRestart, what_was_kept_is_asked_for_anew_with_its_tag) {
  serve_issuer(issuer_, "");
  network_.serve(keys_, [](const SimulatedNetwork::Seen& seen) {
    return seen.header("if-none-match") == "\"t\"" ? with_status(304)
                                                   : ok(jwks({0}), {{"etag", "\"t\""}});
  });
  configure({{.issuer = issuer_}});
  run(seconds{1});
  ASSERT_TRUE(engine_->persist());
  restart();
  network_.forget();
  configure({{.issuer = issuer_}});
  run(seconds{1});
  EXPECT_EQ(network_.count(document_), 0) << "the document was read within the day";
  EXPECT_EQ(status().counts.not_modified, 1);
  EXPECT_EQ(status().state, KeyState::fresh);
}

TEST_F(KeyEngineRestart, a_set_past_its_hard_ttl_is_ignored) {
  load();
  ASSERT_TRUE(engine_->persist());
  const auto fetched = status().fetched_at.value();
  network_.serve(document_, hanging());
  network_.serve(keys_, hanging());
  moments_.jump_wall(
      std::chrono::ceil<seconds>(fetched + hours{6} - seconds{2} - moments_.now().wall));
  restart();
  configure({{.issuer = issuer_}});
  EXPECT_EQ(find(0), KeyAnswer::keys);
  moments_.jump_wall(seconds{2});
  restart();
  configure({{.issuer = issuer_}});
  EXPECT_EQ(find(0), KeyAnswer::keys_unavailable);
}

TEST_F(KeyEngineRestart, keys_of_another_source_are_not_taken) {
  load();
  ASSERT_TRUE(engine_->persist());
  restart();
  configure({{.issuer = issuer_, .ca_pem = "another CA"}});
  EXPECT_EQ(find(0), KeyAnswer::keys_unavailable);
}

TEST_F(KeyEngineRestart, a_kid_refused_meanwhile_stays_refused) {
  load();
  ASSERT_TRUE(engine_->persist());
  restart();
  configure({{.issuer = issuer_, .refused_kids = {test_key(0).kid}}});
  EXPECT_EQ(find(0), KeyAnswer::unknown_key);
}

TEST_F(KeyEngineRestart, nothing_is_written_when_nothing_changed) {
  load();
  ASSERT_TRUE(engine_->persist());
  write("mine");
  ASSERT_TRUE(engine_->persist());
  EXPECT_EQ(bytes(), "mine");
  run(minutes{11});
  ASSERT_TRUE(engine_->persist());
  EXPECT_NE(bytes(), "mine");
}

// K-1 92.
TEST_F(KeyEngineRestart, a_damaged_file_is_ignored_with_an_alarm) {
  load();
  ASSERT_TRUE(engine_->persist());
  const auto good = bytes();
  double alarms = 0;
  const auto alarmed = [&] {
    const auto text = metrics_.text();
    const std::string name = "\nsignet_keys_store_failures_total ";
    const auto at = text.find(name);
    const auto now = std::stod(text.substr(at + name.size()));
    return std::exchange(alarms, now) < now;
  };
  for (const auto& bad : {std::string(), good.substr(0, 10), good.substr(0, good.size() - 1),
                          good + "x", "x" + good.substr(1), std::string("signet-keysets-1\n")}) {
    write(bad);
    restart();
    network_.forget();
    configure({{.issuer = issuer_}});
    EXPECT_EQ(find(0), KeyAnswer::keys_unavailable);
    EXPECT_TRUE(alarmed());
    run(seconds{1});
    EXPECT_EQ(find(0), KeyAnswer::keys) << "a cold start works";
  }
  auto flipped = good;
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 1);
  write(flipped);
  restart();
  configure({{.issuer = issuer_}});
  EXPECT_TRUE(alarmed());
  EXPECT_EQ(find(0), KeyAnswer::keys_unavailable);
  write(good);
  restart();
  configure({{.issuer = issuer_}});
  EXPECT_FALSE(alarmed());
  EXPECT_EQ(find(0), KeyAnswer::keys);
}

TEST_F(KeyEngineRestart, a_folder_that_cannot_be_used_is_an_alarm_and_no_obstacle) {
  std::ofstream(directory_ / "file") << "a file where a folder should be";
  start({.directory = directory_ / "file"});
  load();
  EXPECT_FALSE(engine_->persist());
  EXPECT_TRUE(metrics_.text().contains("signet_keys_store_failures_total 2"));
}

}  // namespace
}  // namespace signet::verify::testing
