// The small pieces: cat, Guarded, Result and the TRY macros, the log.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include "base/cat.h"
#include "base/guarded.h"
#include "base/log.h"
#include "base/result.h"
#include "base/try.h"

namespace signet {
namespace {

TEST(Cat, joins_strings_characters_and_integers) {
  const std::string owned = "b";
  EXPECT_EQ(cat("a", owned, std::string_view("c"), 'd', -1, std::size_t{2}), "abcd-12");
  EXPECT_EQ(cat(), "");
  EXPECT_EQ(cat(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(cat(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
}

TEST(Cat, appends) {
  std::string out = "x";
  append(out, '=', 1);
  EXPECT_EQ(out, "x=1");
}

TEST(Guarded, lends_its_value_under_the_lock) {
  Guarded<std::vector<int>> list;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&list] {
        for (int i = 0; i < 500; ++i) list.with([i](auto& values) { values.push_back(i); });
      });
    }
  }
  const auto& constant = list;
  EXPECT_EQ(constant.with([](const auto& values) { return values.size(); }), 2000U);
}

TEST(Guarded, starts_with_the_value_given) {
  const Guarded<std::string> text("a");
  EXPECT_EQ(text.with([](const std::string& value) { return value; }), "a");
}

TEST(ErrorKind, every_kind_has_its_own_name) {
  EXPECT_EQ(to_string(ErrorKind::invalid), "invalid");
  EXPECT_EQ(to_string(ErrorKind::unauthenticated), "unauthenticated");
  EXPECT_EQ(to_string(ErrorKind::forbidden), "forbidden");
  EXPECT_EQ(to_string(ErrorKind::not_found), "not_found");
  EXPECT_EQ(to_string(ErrorKind::conflict), "conflict");
  EXPECT_EQ(to_string(ErrorKind::exhausted), "exhausted");
  EXPECT_EQ(to_string(ErrorKind::unavailable), "unavailable");
  EXPECT_EQ(to_string(ErrorKind::internal), "internal");
}

TEST(Error, context_is_added_and_the_kind_stays) {
  const Result<int> result = in_context("read key", Error{ErrorKind::not_found, "no such file"});
  EXPECT_EQ(result.error().kind, ErrorKind::not_found);
  EXPECT_EQ(result.error().message, "read key: no such file");
}

TEST(ErrorDeathTest, looking_at_the_value_of_an_error_aborts) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  const Result<int> result = fail(ErrorKind::invalid, "no");
  EXPECT_DEATH({ std::exit(*result); }, "");
}

Result<std::unique_ptr<int>> positive(int number) {
  if (number <= 0) return fail(ErrorKind::invalid, "not positive");
  return std::make_unique<int>(number);
}

Result<void> allowed(int number) {
  if (number > 9) return fail(ErrorKind::forbidden, "too large");
  return {};
}

Result<int> sum(int a, int b) {
  TRY(const auto first, positive(a));
  TRY(auto second, positive(b));
  TRY_VOID(allowed(*first));
  if (a == 5) TRY_VOID(allowed(*second));
  *second += *first;
  return *second;
}

TEST(Try, declares_the_value_or_returns_the_error) {
  EXPECT_EQ(sum(1, 2), 3);
  EXPECT_EQ(sum(0, 2).error().message, "not positive");
  EXPECT_EQ(sum(1, -1).error().kind, ErrorKind::invalid);
  EXPECT_EQ(sum(10, 1).error().kind, ErrorKind::forbidden);
}

TEST(Try, void_is_one_statement) {
  EXPECT_EQ(sum(5, 10).error().kind, ErrorKind::forbidden);
  EXPECT_EQ(sum(4, 10), 14);
}

class Log : public testing::Test {
 protected:
  Log() { log::set_level(log::Level::info); }
  ~Log() override { log::set_level(log::Level::warn); }

  // What `write` puts on stderr, without the time, which is not ours to choose.
  template <typename Write>
  static std::string written(Write write) {
    testing::internal::CaptureStderr();
    write();
    auto line = testing::internal::GetCapturedStderr();
    constexpr std::string_view before = R"({"time":"2000-01-01T00:00:00.000Z",)";
    return line.size() < before.size() ? line : line.substr(before.size());
  }
};

TEST_F(Log, writes_one_json_object_a_line) {
  EXPECT_EQ(written([] { log::info("volume set up", {{"pod", "web"}, {"volume", "token"}}); }),
            "\"level\":\"info\",\"message\":\"volume set up\",\"pod\":\"web\","
            "\"volume\":\"token\"}\n");
  EXPECT_EQ(written([] { log::error("b"); }), "\"level\":\"error\",\"message\":\"b\"}\n");
}

TEST_F(Log, input_cannot_break_out_of_its_string) {
  EXPECT_EQ(written([] { log::warn("a\"b\\c\nd\x1b[0m\x7f", {{"k\"", "\r\n{\"level\":1}"}}); }),
            "\"level\":\"warn\",\"message\":\"a\\\"b\\\\c\\u000ad\\u001b[0m\\u007f\","
            "\"k\\\"\":\"\\u000d\\u000a{\\\"level\\\":1}\"}\n");
}

TEST_F(Log, drops_what_is_below_the_level) {
  EXPECT_EQ(written([] { log::debug("quiet"); }), "");
  log::set_level(log::Level::off);
  EXPECT_EQ(written([] { log::error("quiet"); }), "");
}

TEST_F(Log, bytes_that_are_no_utf8_do_not_reach_the_line) {
  const auto line = written([] { log::warn("a\xff\xc2\x9b\u00e9"); });
  EXPECT_EQ(line, "\"level\":\"warn\",\"message\":\"a\\ufffd\\u009b\u00e9\"}\n");
}

}  // namespace
}  // namespace signet
