#include "party/token_review.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "base/cat.h"
#include "codec/json.h"

namespace signet::party {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;
using std::chrono::seconds;

constexpr std::size_t entries_max = 64;

seconds retry_after(const net::ClientResponse& response) {
  const auto text = response.header("retry-after");
  int value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return seconds(1);
  return std::clamp(seconds(value), seconds(1), seconds(30));
}

std::vector<std::string> texts_of(const JsonArray& array) {
  std::vector<std::string> texts;
  for (const auto& element : array) {
    if (texts.size() == entries_max) break;
    if (element.is_string()) texts.emplace_back(std::string_view(element.get_string()));
  }
  return texts;
}

token::UserInfo user_of(const Json& review) {
  token::UserInfo user{.username = std::string(codec::string_at(review, "status.user.username")),
                       .uid = std::string(codec::string_at(review, "status.user.uid")),
                       .groups = texts_of(codec::array_at(review, "status.user.groups"))};
  for (const auto& member : codec::object_at(review, "status.user.extra")) {
    if (user.extra.size() == entries_max) break;
    if (const auto* values = member.value().if_array()) {
      user.extra.emplace(std::string_view(member.key()), texts_of(*values));
    }
  }
  return user;
}

bool is_review(const Json& review) {
  const auto version = codec::string_at(review, "apiVersion");
  return codec::string_at(review, "kind") == "TokenReview" &&
         (version == "authentication.k8s.io/v1" || version == "authentication.k8s.io/v1beta1");
}

}  // namespace

std::string review_body(std::string_view token, const std::vector<std::string>& audiences) {
  JsonObject spec{{"token", token}};
  if (!audiences.empty()) spec.emplace("audiences", JsonArray(audiences.begin(), audiences.end()));
  return codec::to_json(JsonObject{{"apiVersion", "authentication.k8s.io/v1"},
                                   {"kind", "TokenReview"},
                                   {"spec", std::move(spec)}});
}

ReviewAnswer read_review(const net::ClientResponse& response, const std::vector<std::string>& asked,
                         const std::vector<std::string>& api_audiences,
                         verify::SteadyTime asked_at) {
  if (response.status != 200 && response.status != 201) {
    return ReviewUnknown{.detail = cat("the cluster answered ", response.status),
                         .retry_after = retry_after(response)};
  }
  const auto review = codec::parse_json_strict(
      response.body, {.bytes_max = review_bytes_max, .depth_max = 16, .members_max = 128});
  if (!review || !is_review(*review)) {
    return ReviewUnknown{.detail = "the cluster's answer is no TokenReview"};
  }
  if (!codec::bool_at(*review, "status.authenticated").value_or(false)) {
    return ReviewNo{.detail = "the cluster says no", .asked_at = asked_at};
  }
  ReviewYes yes{.user = user_of(*review),
                .audiences = texts_of(codec::array_at(*review, "status.audiences")),
                .asked_at = asked_at};
  if (yes.audiences.empty()) {
    // It knows nothing of audiences, and accepts what is meant for itself.
    std::ranges::copy_if(asked, std::back_inserter(yes.audiences),
                         [&](const std::string& audience) {
                           return std::ranges::find(api_audiences, audience) != api_audiences.end();
                         });
  }
  return yes;
}

}  // namespace signet::party
