#include "access/access_review.h"

#include <utility>

#include "access/access_question.h"
#include "access/user_rules.h"
#include "base/cat.h"
#include "base/try.h"
#include "kinds/kinds.h"

namespace signet::access {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;
using machinery::ActionRequest;
using machinery::ApiError;
using machinery::ApiResult;
using machinery::Kind;
using machinery::refuse;

struct Question {
  machinery::Format format = machinery::Format::json;
  Json object;
  std::vector<std::string> warnings;
};

// A body that says nothing of its namespace is of the one in the URL.
ApiResult<void> check_namespace(const ActionRequest& request, Json& object) {
  const auto given = codec::string_at(object, "metadata.namespace");
  const auto& wanted = request.info.namespace_name;
  if (wanted.empty() || given == wanted) return {};
  if (!given.empty()) {
    return refuse(ApiError::bad_request(
        "the namespace of the provided object does not match the namespace sent on the request"));
  }
  codec::make_object_at(object, "metadata")["namespace"] = wanted;
  return {};
}

ApiResult<Question> read(const machinery::Api& api, const ActionRequest& request,
                         const Kind& kind) {
  Question out;
  TRY(const auto negotiated,
      machinery::negotiate(request.http, request.info.query.get("pretty"), {}));
  out.format = negotiated.format;
  TRY(const auto validation,
      machinery::field_validation(request.info.query.get("fieldValidation")));
  const auto api_version = kind.api_version();
  const machinery::ExpectedKind expected{.api_version = api_version,
                                         .kind = kind.kind,
                                         .group = kind.group,
                                         .schema = kind.schema,
                                         .registry = &api.parts().registry};
  TRY(auto body, machinery::decode_body(request.http, expected, validation, out.warnings));
  TRY_VOID(check_namespace(request, body.object));
  if (kind.validate != nullptr) {
    machinery::FieldErrors errors;
    kind.validate(body.object, errors);
    if (!errors.empty()) return refuse(ApiError::invalid({kind.group, kind.kind}, "", errors));
  }
  out.object = std::move(body.object);
  return out;
}

Json status_json(const Decision& decision, std::string_view evaluation_error) {
  JsonObject status{{"allowed", decision.allowed}};
  if (!decision.reason.empty()) status["reason"] = decision.reason;
  if (!evaluation_error.empty()) status["evaluationError"] = evaluation_error;
  return status;
}

JsonArray texts_json(const std::vector<std::string>& texts) {
  return JsonArray(texts.begin(), texts.end());
}

// `key` is left out where there are none.
void set_texts(JsonObject& object, std::string_view key, const std::vector<std::string>& texts) {
  if (!texts.empty()) object[key] = texts_json(texts);
}

// A rule about both, which no role can have, would be listed twice.
Json rules_json(const UserRules& held) {
  JsonArray resource_rules;
  JsonArray path_rules;
  for (const auto* rule : held.rules) {
    if (!rule->resources.empty()) {
      JsonObject shown{{"verbs", texts_json(rule->verbs)}};
      set_texts(shown, "apiGroups", rule->api_groups);
      set_texts(shown, "resources", rule->resources);
      set_texts(shown, "resourceNames", rule->resource_names);
      resource_rules.push_back(std::move(shown));
    }
    if (!rule->non_resource_urls.empty()) {
      JsonObject shown{{"verbs", texts_json(rule->verbs)}};
      set_texts(shown, "nonResourceURLs", rule->non_resource_urls);
      path_rules.push_back(std::move(shown));
    }
  }
  JsonObject status{{"resourceRules", std::move(resource_rules)},
                    {"nonResourceRules", std::move(path_rules)},
                    {"incomplete", held.incomplete}};
  if (!held.evaluation_error.empty()) status["evaluationError"] = held.evaluation_error;
  return status;
}

using Answer = ApiResult<Json> (*)(machinery::Api&, const Authorizer&, const ActionRequest&,
                                   Json object);

Json decide(machinery::Api& api, const Authorizer& authorizer, const token::UserInfo& user,
            Json object) {
  const auto question = question_of(object.at("spec"));
  const auto decision = authorizer.authorize(user, question.attributes, api.snapshot());
  object.as_object()["status"] = status_json(decision, question.evaluation_error);
  return object;
}

ApiResult<Json> may_somebody(machinery::Api& api, const Authorizer& authorizer,
                             const ActionRequest& /*request*/, Json object) {
  const auto subject = subject_of(object.at("spec"));
  return decide(api, authorizer, subject, std::move(object));
}

ApiResult<Json> may_i(machinery::Api& api, const Authorizer& authorizer,
                      const ActionRequest& request, Json object) {
  return decide(api, authorizer, request.user, std::move(object));
}

// The only one of them that does not repeat its question.
ApiResult<Json> what_may_i(machinery::Api& api, const Authorizer& /*authorizer*/,
                           const ActionRequest& request, Json object) {
  const auto asked = codec::string_at(object, "spec.namespace");
  if (asked.empty()) return refuse(ApiError::bad_request("no namespace on request"));
  const auto rules = rules_of(request.user, asked, api.snapshot());
  auto& members = object.as_object();
  members["metadata"] = JsonObject();
  members["spec"] = JsonObject();
  members["status"] = rules_json(rules);
  return object;
}

ApiResult<net::Response> answered(machinery::Api& api, const Authorizer& authorizer,
                                  const Kind& kind, Answer answer, const ActionRequest& request) {
  TRY(auto question, read(api, request, kind));
  TRY(const auto object, answer(api, authorizer, request, std::move(question.object)));
  return machinery::respond(201, codec::to_json(object, codec::Escape::html), question.format,
                            question.warnings, kind.schema);
}

// By pointers: it is a coroutine.
Task<net::Response> review(machinery::Api* api, const Authorizer* authorizer, const Kind* kind,
                           Answer answer, ActionRequest request) {
  auto done = answered(*api, *authorizer, *kind, answer, request);
  if (!done) co_return machinery::respond(done.error(), machinery::error_format(request.http));
  co_return *std::move(done);
}

void add(machinery::Api& api, const Authorizer& authorizer, const Kind& kind, Answer answer) {
  api.add_action(kind, "", [&api, &authorizer, &kind, answer](ActionRequest request) {
    return review(&api, &authorizer, &kind, answer, std::move(request));
  });
}

}  // namespace

void add_access_reviews(machinery::Api& api, const Authorizer& authorizer) {
  add(api, authorizer, kinds::subject_access_review, may_somebody);
  add(api, authorizer, kinds::local_subject_access_review, may_somebody);
  add(api, authorizer, kinds::self_subject_access_review, may_i);
  add(api, authorizer, kinds::self_subject_rules_review, what_may_i);
}

}  // namespace signet::access
