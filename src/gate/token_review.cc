#include "gate/token_review.h"

#include <algorithm>

#include "base/cat.h"
#include "base/try.h"
#include "codec/json.h"

namespace signet::gate {
namespace {

constexpr std::size_t audiences_max = 16;
constexpr std::string_view group = "authentication.k8s.io/";

std::string said_or(const codec::Json& document, std::string_view name, std::string otherwise) {
  if (codec::find(document, name) == nullptr) return otherwise;
  return std::string(codec::string_at(document, name));
}

codec::JsonArray to_array(const std::vector<std::string>& texts) {
  return codec::JsonArray(texts.begin(), texts.end());
}

codec::JsonObject extra_of(const party::Caller& caller) {
  codec::JsonObject extra;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) extra[cat("authentication.kubernetes.io/", name)] = codec::JsonArray{value};
  };
  if (!caller.jti.empty()) add("credential-id", cat("JTI=", caller.jti));
  if (caller.node) {
    add("node-name", caller.node->name);
    add("node-uid", caller.node->uid);
  }
  if (caller.pod) {
    add("pod-name", caller.pod->name);
    add("pod-uid", caller.pod->uid);
  }
  return extra;
}

codec::JsonObject user_of(const party::Caller& caller, Username username) {
  codec::JsonObject user;
  if (username == Username::service_account) {
    user["username"] = cat("system:serviceaccount:", caller.ns, ":", caller.name);
  } else {
    user["username"] = caller.subject;
  }
  if (!caller.uid.empty()) user["uid"] = caller.uid;
  if (username == Username::service_account) {
    user["groups"] =
        codec::JsonArray{"system:serviceaccounts", cat("system:serviceaccounts:", caller.ns),
                         "system:authenticated"};
  } else {
    user["groups"] = codec::JsonArray{cat("k8s/", caller.cluster),
                                      cat("k8s/", caller.cluster, "/ns/", caller.ns)};
  }
  auto extra = extra_of(caller);
  if (!extra.empty()) user["extra"] = extra;
  return user;
}

std::vector<std::string> common(const std::vector<std::string>& asked,
                                const std::vector<std::string>& matched) {
  if (asked.empty()) return matched;
  std::vector<std::string> both;
  for (const auto& audience : asked) {
    if (std::ranges::find(matched, audience) != matched.end()) both.push_back(audience);
  }
  return both;
}

codec::JsonObject status_of(const TokenReview& review, const Answer& answer, Username username) {
  if (!answer) {
    return {{"authenticated", false},
            {"error", cat(to_string(answer.error().reason), ": ", answer.error().text())}};
  }
  const auto& caller = **answer;
  const auto audiences = common(review.audiences, caller.audiences);
  if (audiences.empty()) {
    return {{"authenticated", false},
            {"error", cat(to_string(party::Refusal::wrong_audience), ": ",
                          party::public_text(party::Refusal::wrong_audience))}};
  }
  return {{"authenticated", true},
          {"user", user_of(caller, username)},
          {"audiences", to_array(audiences)}};
}

}  // namespace

Result<TokenReview> parse_token_review(std::string_view body, std::string_view version) {
  TRY(const auto document,
      codec::parse_json_strict(body, {.bytes_max = token_review_bytes_max, .depth_max = 16}));
  TokenReview review;
  review.api_version = said_or(document, "apiVersion", version.empty() ? "" : cat(group, version));
  const auto kind = said_or(document, "kind", version.empty() ? "" : "TokenReview");
  if (kind != "TokenReview" ||
      (review.api_version != cat(group, "v1") && review.api_version != cat(group, "v1beta1"))) {
    return fail(ErrorKind::invalid, "not a TokenReview of version v1 or v1beta1");
  }
  review.token = codec::string_at(document, "spec.token");
  if (review.token.empty()) return fail(ErrorKind::invalid, "spec.token is required");
  // Something else in its place must not come to mean "any".
  const auto* given = codec::find(document, "spec.audiences");
  if (given != nullptr && !given->is_array() && !given->is_null()) {
    return fail(ErrorKind::invalid, "spec.audiences: not a list");
  }
  const auto& audiences = codec::array_at(document, "spec.audiences");
  if (audiences.size() > audiences_max) {
    return fail(ErrorKind::invalid, "spec.audiences: at most 16");
  }
  for (const auto& audience : audiences) {
    if (!audience.is_string()) return fail(ErrorKind::invalid, "spec.audiences: not a string");
    review.audiences.emplace_back(audience.as_string());
  }
  return review;
}

std::string token_review_reply(const TokenReview& review, const Answer& answer, Username username) {
  const codec::JsonObject reply{{"apiVersion", review.api_version},
                                {"kind", "TokenReview"},
                                {"metadata", codec::JsonObject{}},
                                {"spec", codec::JsonObject{}},
                                {"status", status_of(review, answer, username)}};
  return codec::to_json(reply);
}

}  // namespace signet::gate
