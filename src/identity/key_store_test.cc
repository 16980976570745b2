#include "identity/key_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "identity/keys_fixture_for_tests.h"

namespace signet::identity {
namespace {

using fixture::kid_of;
using fixture::new_key;
using fixture::start;
using signet::fixture::slurp;
using signet::fixture::TempDirectory;
using signet::fixture::write_text;
using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr auto p256 = crypto::NewKey::p256;

// Files in memory, and an end of the process after so many steps: every operation fails from then
// on, and what is there stays. A write is two steps, as on a disk: the new bytes aside, and the
// name put on them.
class FilesThatEnd final : public KeyDirectory {
 public:
  using Files = std::map<std::string, std::string>;
  FilesThatEnd(Files& files, std::size_t& steps_left) : files_(files), steps_left_(steps_left) {}

  std::string path_of(std::string_view name) const override { return std::string(name); }
  Result<std::vector<std::string>> list() override {
    std::vector<std::string> names;
    for (const auto& [name, bytes] : files_) names.push_back(name);
    return names;
  }
  Result<std::string> read(const std::string& name, std::size_t) override {
    const auto found = files_.find(name);
    if (found == files_.end()) return fail(ErrorKind::not_found, cat(name, " is not there"));
    return found->second;
  }
  Result<void> write(const std::string& name, std::string_view bytes) override {
    TRY_VOID(step());
    files_[name + ".new"] = bytes.substr(0, bytes.size() / 2);
    TRY_VOID(step());
    files_.erase(name + ".new");
    files_[name] = bytes;
    return {};
  }
  Result<void> remove(const std::string& name) override {
    TRY_VOID(step());
    if (files_.erase(name) == 0) return fail(ErrorKind::not_found, cat(name, " is not there"));
    return {};
  }

 private:
  Result<void> step() {
    if (steps_left_ == 0) return fail(ErrorKind::unavailable, "ended");
    --steps_left_;
    return {};
  }

  Files& files_;
  std::size_t& steps_left_;
};

Result<std::unique_ptr<KeyStore>> open_in(FilesThatEnd::Files& files, std::size_t& steps_left) {
  return KeyStore::open(std::make_unique<FilesThatEnd>(files, steps_left), p256, start);
}
constexpr std::size_t many_steps = 1'000'000;

// What somebody outside holds against the store.
struct Acknowledged {
  std::set<std::string> signed_by;    // keys that they have tokens of
  std::set<std::string> may_be_gone;  // it was begun to retire or expire them
  std::set<std::string> gone;         // and they were told that it is done
  std::string published;              // empty: none that they know of
};

// One life of a ring: it signs, rotates, signs for ever, rotates in all ways, retires and expires.
Result<void> live(KeyStore& store, Acknowledged& known) {
  const auto sign = [&](seconds lifetime) -> Result<void> {
    TRY_VOID(store.promise(store.book().signing()->kid, lifetime));
    known.signed_by.insert(store.book().signing()->kid);
    return {};
  };
  const auto publish = [&](UnixTime now, bool replace) -> Result<void> {
    known.published.clear();
    TRY_VOID(store.publish(new_key(), now, now + hours{2}, replace));
    known.published = store.book().published()->kid;
    return {};
  };
  const auto rotate = [&](UnixTime now) -> Result<void> {
    TRY_VOID(publish(now, false));
    TRY_VOID(store.switch_over(now + hours{2}));
    return store.note_stopped(now + hours{2});
  };
  TRY_VOID(sign(hours{1}));
  TRY_VOID(rotate(start));
  TRY_VOID(sign(endless));
  const auto legacy = store.book().signing()->kid;
  TRY_VOID(publish(start, false));
  TRY_VOID(publish(start, true));
  const auto dropped = std::exchange(known.published, "");
  TRY_VOID(store.retire(dropped, true, start));
  TRY_VOID(rotate(start + hours{3}));
  TRY_VOID(sign(hours{3}));
  known.may_be_gone.insert(legacy);
  TRY_VOID(store.retire(legacy, true, start + hours{6}));
  known.gone.insert(legacy);
  known.may_be_gone = known.signed_by;
  known.may_be_gone.erase(store.book().signing()->kid);
  TRY_VOID(store.expire(start + hours{100}));
  known.gone = known.may_be_gone;
  return {};
}

std::set<std::string> believed(const KeyStore& store) {
  std::set<std::string> kids;
  for (const auto& key : store.verification()) kids.insert(jose::key_id(key));
  return kids;
}

void expect_whole(const KeyStore& store, const FilesThatEnd::Files& files,
                  const Acknowledged& known) {
  const auto& book = store.book();
  ASSERT_NE(book.signing(), nullptr);
  EXPECT_EQ(kid_of(store.signing_key()), book.signing()->kid);
  const auto kids = believed(store);
  EXPECT_TRUE(kids.contains(book.signing()->kid));
  for (const auto& kid : known.signed_by) {
    ASSERT_NE(book.find(kid), nullptr);
    EXPECT_FALSE(book.find(kid)->never_signed());
    EXPECT_TRUE(kids.contains(kid) || known.may_be_gone.contains(kid));
    EXPECT_FALSE(kids.contains(kid) && known.gone.contains(kid));
  }
  EXPECT_TRUE(known.published.empty() || kids.contains(known.published));
  // Nothing lies about, and what retires has lost its private half.
  std::set<std::string> wanted{std::string(KeyStore::book_name)};
  for (const auto& record : book.keys()) {
    if (record.state == KeyState::gone) continue;
    wanted.insert(record.file);
    const bool retiring = record.state == KeyState::retiring;
    EXPECT_EQ(files.at(record.file).contains("PRIVATE"), !retiring) << record.file;
    EXPECT_EQ(record.stopped.has_value(), retiring);
  }
  std::set<std::string> found;
  for (const auto& [name, bytes] : files) found.insert(name);
  EXPECT_EQ(found, wanted);
}

TEST(KeyStore, an_end_at_any_step_leaves_a_ring_that_is_whole) {
  std::size_t left = many_steps;
  {
    FilesThatEnd::Files files;
    Acknowledged known;
    auto store = open_in(files, left);
    ASSERT_TRUE(store);
    ASSERT_TRUE(live(**store, known));
    EXPECT_EQ(known.gone.size(), 2U);
  }
  const auto steps = many_steps - left;
  EXPECT_GT(steps, 40U);
  for (std::size_t end = 0; end <= steps; ++end) {
    SCOPED_TRACE(cat("ended after ", end, " steps"));
    FilesThatEnd::Files files;
    Acknowledged known;
    left = end;
    if (auto store = open_in(files, left)) {
      (void)live(**store, known);
    }
    // It may end again while it comes back.
    for (std::size_t again = 0; again < 8; ++again) {
      left = again;
      (void)open_in(files, left);
    }
    left = many_steps;
    const auto store = open_in(files, left);
    ASSERT_TRUE(store) << store.error().message;
    expect_whole(**store, files, known);
    // And life goes on.
    ASSERT_TRUE((*store)->publish(new_key(), start, start + hours{2}, true));
    ASSERT_TRUE((*store)->switch_over(start + hours{2}));
  }
}

TEST(KeyStore, a_change_that_cannot_be_written_changes_nothing) {
  FilesThatEnd::Files files;
  std::size_t left = many_steps;
  const auto store = open_in(files, left);
  ASSERT_TRUE(store);
  for (std::size_t steps = 0; steps < 4; ++steps) {
    left = steps;
    const auto before = (*store)->book().keys();
    EXPECT_FALSE((*store)->publish(new_key(), start, start, false)) << steps;
    EXPECT_EQ((*store)->book().keys(), before);
    EXPECT_EQ(believed(**store).size(), 1U);
  }
}

class KeyStoreOnDisk : public testing::Test {
 protected:
  Result<std::unique_ptr<KeyStore>> open() {
    return KeyStore::open(std::make_unique<DiskKeyDirectory>(path), p256, start);
  }
  std::string why() {
    const auto store = open();
    return store ? "(opened)" : store.error().message;
  }
  std::string file(std::string_view name) const { return cat(path, '/', name); }

  TempDirectory root;
  std::string path = root / "signing";
};

TEST_F(KeyStoreOnDisk, the_first_start_makes_a_key_that_the_next_one_finds) {
  const auto first = open();
  ASSERT_TRUE(first) << first.error().message;
  struct stat info{};
  ASSERT_EQ(::stat(file("0001.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0700U);
  const auto second = open();
  ASSERT_TRUE(second);
  EXPECT_EQ((*second)->book().keys(), (*first)->book().keys());
  EXPECT_EQ((*second)->signing_key().public_key(), (*first)->signing_key().public_key());
}

TEST_F(KeyStoreOnDisk, keys_without_a_book_are_taken_over_and_believed_until_retired) {
  std::filesystem::create_directory(path);
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  const auto older = new_key();
  const auto newer = new_key();
  write_text(file("0002.key"), newer.to_pem().reveal());
  write_text(file("0001.key"), older.to_pem().reveal());
  const auto store = open();
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ((*store)->book().signing()->kid, kid_of(newer));
  const auto* record = (*store)->book().find(kid_of(older));
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->state, KeyState::retiring);
  EXPECT_TRUE(record->signed_endless);
  EXPECT_EQ(end_of(*record), std::nullopt);
}

TEST_F(KeyStoreOnDisk, a_new_key_never_takes_a_name_that_is_there) {
  ASSERT_TRUE(open());
  write_text(file("0007.key"), "somebody's");
  const auto store = open();
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->publish(new_key(), start, start, false));
  EXPECT_EQ((*store)->book().published()->file, "0008.key");
  EXPECT_EQ(slurp(file("0007.key")), "somebody's");
}

TEST_F(KeyStoreOnDisk, foreign_files_are_left_alone_and_not_believed) {
  ASSERT_TRUE(open());
  write_text(file("notes.txt"), "x");
  write_text(file("other.new"), "x");
  write_text(file("0002.key"), new_key().to_pem().reveal());
  std::filesystem::create_directory(file("folder"));
  std::filesystem::create_symlink("/etc/passwd", file("0003.key"));
  const auto store = open();
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ(believed(**store).size(), 1U);
  for (const auto* name : {"notes.txt", "other.new", "0002.key", "folder"}) {
    EXPECT_TRUE(std::filesystem::exists(file(name))) << name;
  }
}

TEST_F(KeyStoreOnDisk, leftovers_of_an_end_are_removed) {
  ASSERT_TRUE(open());
  write_text(file("keys.json.new"), "{");
  write_text(file("0002.key.new"), "-----BEGIN");
  ASSERT_TRUE(open());
  EXPECT_FALSE(std::filesystem::exists(file("keys.json.new")));
  EXPECT_FALSE(std::filesystem::exists(file("0002.key.new")));
}

TEST_F(KeyStoreOnDisk, damage_is_one_sentence_that_names_the_file) {
  ASSERT_TRUE((*open())->promise((*open())->book().signing()->kid, hours{1}));
  const auto book = slurp(file("keys.json"));
  const auto key = slurp(file("0001.key"));

  write_text(file("keys.json"), book.substr(0, book.size() / 2));
  EXPECT_THAT(why(), HasSubstr(cat(file("keys.json"), " is damaged: ")));
  write_text(file("keys.json"), "");
  EXPECT_THAT(why(), HasSubstr(cat(file("keys.json"), " is damaged: ")));
  write_text(file("keys.json"), book);

  write_text(file("0001.key"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
  EXPECT_THAT(why(), HasSubstr(cat(file("0001.key"), ": ")));
  EXPECT_THAT(why(), Not(HasSubstr("AAAA")));
  write_text(file("0001.key"), new_key().to_pem().reveal());
  EXPECT_THAT(why(), HasSubstr("holds another key than keys.json says"));
  write_text(file("0001.key"), std::string(100'000, 'x'));
  EXPECT_THAT(why(), HasSubstr("0001.key: larger than 65536"));
  std::filesystem::remove(file("0001.key"));
  EXPECT_THAT(why(), HasSubstr("is missing, and tokens that the key signed would be refused"));
  write_text(root / "elsewhere", key);
  std::filesystem::create_symlink(root / "elsewhere", file("0001.key"));
  EXPECT_THAT(why(), HasSubstr("no regular file"));
  std::filesystem::remove(file("0001.key"));
  ASSERT_EQ(::mkfifo(file("0001.key").c_str(), 0600), 0);
  EXPECT_THAT(why(), HasSubstr("no regular file"));
  std::filesystem::remove(file("0001.key"));
  write_text(file("0001.key"), key);
  EXPECT_EQ(why(), "(opened)");
}

TEST_F(KeyStoreOnDisk, a_directory_that_others_can_write_to_is_refused) {
  ASSERT_TRUE(open());
  ASSERT_EQ(::chmod(path.c_str(), 0770), 0);
  EXPECT_THAT(why(), HasSubstr("others can write here"));
}

TEST_F(KeyStoreOnDisk, a_key_that_others_can_read_is_said_and_used) {
  ASSERT_TRUE(open());
  ASSERT_EQ(::chmod(file("0001.key").c_str(), 0644), 0);
  testing::internal::CaptureStderr();
  EXPECT_EQ(why(), "(opened)");
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("others can read a signing key"));
  EXPECT_THAT(log, HasSubstr("0001.key"));
}

TEST_F(KeyStoreOnDisk, two_files_with_one_key_are_refused_without_a_book) {
  std::filesystem::create_directory(path);
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  const auto key = new_key();
  write_text(file("0001.key"), key.to_pem().reveal());
  write_text(file("0002.key"), key.to_pem().reveal());
  EXPECT_THAT(why(), HasSubstr("0002.key holds the same key"));
}

}  // namespace
}  // namespace signet::identity
