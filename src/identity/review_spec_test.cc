#include "identity/review_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "base/cat.h"

namespace signet::identity {
namespace {

using machinery::FieldValidation;
using testing::ElementsAre;

// As read_any_review has it, when that finds nothing at all to say of the body.
std::optional<ReviewSpec> read_in_full(std::string_view body) {
  net::Request request;
  request.headers = {{"content-type", "application/json"}};
  request.body = body;
  std::vector<std::string> warnings;
  auto spec = read_any_review(request, FieldValidation::strict, warnings);
  if (!spec || !warnings.empty()) return std::nullopt;
  return *std::move(spec);
}

TEST(PlainReview, is_what_clients_send) {
  for (
      const auto* body :
      {// Go's client, the JavaScript and Python clients, and one that is written by hand.
       R"({"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","metadata":{"creationTimestamp":null},"spec":{"token":"a.b.c","audiences":["vault"]},"status":{"user":{}}})",
       R"({"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","metadata":{},"spec":{"token":"a.b.c","audiences":["vault"]},"status":{}})",
       R"({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"audiences": ["vault"], "token": "a.b.c"}})",
       "{\"spec\":{\"token\":\"a.b.c\",\"audiences\":[\"vault\"]}}\n"}) {
    const auto spec = read_plain_review(body);
    ASSERT_TRUE(spec) << body;
    EXPECT_EQ(spec->token, "a.b.c");
    EXPECT_THAT(spec->audiences, ElementsAre("vault"));
    EXPECT_EQ(spec, read_in_full(body)) << body;
  }
}

TEST(PlainReview, is_nothing_that_there_is_something_to_say_of) {
  for (const auto* body : {"",
                           "null",
                           "[]",
                           "{",
                           "{}x",
                           R"({"spec":{"token":1}})",
                           R"({"spec":null})",
                           R"({"spec":{"token":"a","token":"b"}})",
                           R"({"spec":{"token":"a","x":1}})",
                           R"({"spec":{"token":"a"},"x":1})",
                           R"({"Spec":{"token":"a"}})",
                           R"({"kind":"Pod","spec":{"token":"a"}})",
                           R"({"apiVersion":"v1","spec":{"token":"a"}})",
                           R"({"metadata":{"name":"x"},"spec":{"token":"a"}})",
                           R"({"spec":{"token":"a","audiences":[null]}})",
                           R"({"spec":{"token":"a","audiences":null}})",
                           R"({"spec":{"token":"a"},"status":{"authenticated":true}})",
                           R"({"spec":{"token":"a"},"status":{"user":{"username":"root"}}})",
                           "{\"spec\":{\"token\":\"\xff\"}}",
                           R"({"spec":{"token":"\ud800"}})"}) {
    EXPECT_FALSE(read_plain_review(body)) << body;
  }
}

// A body put together from pieces that are right, wrong, repeated or broken.
class Bodies {
 public:
  std::string next() {
    std::string body = cat(space(), "{", members(top, 5), "}", space());
    if (one_in(8)) body.erase(below(body.size()), 1);
    if (one_in(8)) body.insert(below(body.size()), 1, "\"\\{}[],:\x7f\xc3"[below(10)]);
    return body;
  }

 private:
  static constexpr std::array<std::string_view, 16> top{
      R"("kind":"TokenReview")",
      R"("kind":"TokenReview")",
      R"("kind":"")",
      R"("apiVersion":"authentication.k8s.io/v1")",
      R"("apiVersion":"authentication.k8s.io\/v1")",
      R"("apiVersion":null)",
      R"("metadata":{})",
      R"("metadata":{"creationTimestamp":null})",
      R"("metadata":{"creationTimestamp":null,"labels":{"a":"b"}})",
      R"("metadata":null)",
      R"("status":{})",
      R"("status":{"user":{}})",
      R"("status":{"authenticated":false})",
      "spec",
      "spec",
      "spec"};
  static constexpr std::array<std::string_view, 16> spec{
      R"("token":"a.b.c")",
      R"("token":"eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJlLXRoYXQtaXMtbG9uZ2Vy")",
      R"("token":"\u0061<&>\n\u2028")",
      R"("token":"é€")",
      R"("token":"\ud83d\ude00")",
      R"("token":"\udead")",
      R"("token":"")",
      R"("token":null)",
      R"("audiences":[])",
      R"("audiences":["a"])",
      R"("audiences":["a", "<b>", "\u00e9"])",
      R"("audiences":["a","a"])",
      R"("audiences":[1])",
      R"("audiences":null)",
      R"("Token":"x")",
      R"("\u0074oken":"x")"};

  std::size_t below(std::size_t limit) { return random_() % limit; }
  bool one_in(std::size_t count) { return below(count) == 0; }
  std::string_view space() { return one_in(4) ? " \n\t\r" : ""; }

  template <std::size_t count>
  std::string members(const std::array<std::string_view, count>& pieces, std::size_t most) {
    std::string out;
    for (auto left = below(most); left > 0; --left) {
      const auto piece = pieces[below(count)];
      append(out, out.empty() ? "" : ",", space());
      if (piece == "spec") {
        append(out, R"("spec":{)", members(spec, 3), "}");
      } else {
        out += piece;
      }
    }
    return out;
  }

  std::mt19937 random_{1};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same bodies every time
};

TEST(PlainReview, is_read_as_any_other) {
  Bodies bodies;
  int plain = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto body = bodies.next();
    const auto spec = read_plain_review(body);
    if (!spec) continue;
    ++plain;
    ASSERT_EQ(spec, read_in_full(body)) << body;
  }
  EXPECT_GT(plain, 2'000);
}

}  // namespace
}  // namespace signet::identity
