// Patch: the four ways to say how an object is to change.
#include <algorithm>
#include <iterator>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "codec/yaml.h"
#include "machinery/api.h"
#include "machinery/apply.h"
#include "machinery/normalise.h"
#include "machinery/normalise_scalar.h"
#include "machinery/patch.h"
#include "machinery/place.h"
#include "net/request_record.h"

namespace signet::machinery {
namespace {

constexpr std::string_view apply_type = "application/apply-patch+yaml";
constexpr int apply_attempts = 5;

// The object as the kind that is asked for has it.
codec::Json seen_by(const Kind& kind, const codec::Json& stored) {
  auto out = stored;
  if (kind.from_storage != nullptr) kind.from_storage(out);
  return out;
}

using Apply = ApiResult<codec::Json> (*)(const Kind&, const codec::Json&, const codec::Json&);

// Null for a type that is no patch.
Apply patch_of_type(std::string_view type) {
  if (type == "application/json-patch+json") {
    return [](const Kind&, const codec::Json& current, const codec::Json& patch) {
      return apply_json_patch(current, patch);
    };
  }
  if (type == "application/merge-patch+json") {
    return [](const Kind&, const codec::Json& current, const codec::Json& patch) {
      return apply_merge_patch(current, patch);
    };
  }
  if (type == "application/strategic-merge-patch+json") {
    return [](const Kind& kind, const codec::Json& current, const codec::Json& patch) {
      return apply_strategic_patch(*kind.schema, current, patch);
    };
  }
  return nullptr;
}

// JSON is YAML, but its reader knows duplicate names and is the faster one.
ApiResult<codec::Json> decode_configuration(std::string_view body, FieldValidation validation,
                                            std::vector<std::string>& warnings) {
  constexpr codec::ParseLimits limits{.bytes_max = body_bytes_max, .depth_max = 64};
  if (body.size() > body_bytes_max) return refuse(ApiError::too_large(body_bytes_max));
  codec::Json out;
  if (auto document = codec::parse_json(body, limits)) {
    out = std::move(document->value);
    for (const auto& name : document->duplicates) {
      auto problem = cat("duplicate field ", quoted(name));
      if (validation == FieldValidation::strict) {
        return refuse(ApiError::bad_request(cat("error strict decoding patch: ", problem)));
      }
      if (validation == FieldValidation::warn) warnings.push_back(std::move(problem));
    }
  } else if (auto parsed = codec::parse_yaml(body, limits)) {
    out = *std::move(parsed);
  } else {
    return refuse(ApiError::bad_request(cat(
        "error decoding patch: error converting YAML to JSON: yaml: ", parsed.error().message)));
  }
  if (out.is_null()) out.emplace_object();
  if (!out.is_object()) {
    return refuse(ApiError::bad_request(
        cat("error decoding patch: error unmarshaling JSON: while decoding JSON: json: cannot "
            "unmarshal ",
            json_type_name(out), " into Go value of type map[string]interface {}")));
  }
  return out;
}

std::unexpected<ApiError> refuse_result(const codec::Json& wanted, std::string_view why) {
  FieldErrors errors;
  errors.invalid("patch", quoted(codec::to_json(wanted)), std::string(why));
  return refuse(ApiError::invalid({}, "", errors));
}

// Brings the result of a patch into the shape of its kind; what it has too much is told as
// fieldValidation says.
ApiResult<void> shape_result(const Kind& kind, FieldValidation validation, codec::Json& wanted,
                             std::vector<std::string>& warnings) {
  const codec::Json given = validation == FieldValidation::strict ? wanted : codec::Json();
  auto shape = normalise(*kind.schema, wanted);
  if (!shape) return refuse_result(wanted, shape.error().message);
  if (validation == FieldValidation::ignore) return {};
  auto problems =
      field_problems({.object = {}, .unknown = std::move(shape->unknown), .duplicates = {}});
  if (problems.empty()) return {};
  if (validation == FieldValidation::strict) return refuse_result(given, strict_error(problems));
  std::ranges::move(problems, std::back_inserter(warnings));
  return {};
}

bool is_forced(const codec::Query& query) {
  if (!query.has("force")) return false;
  const auto value = query.get("force");
  return value != "false" && value != "0";
}

}  // namespace

Task<ApiResult<net::Response>> Api::patch(Call call) {
  auto type = call.http.header("content-type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (type == apply_type) co_return co_await apply(std::move(call));
  const auto apply = patch_of_type(type);
  if (apply == nullptr) {
    co_return refuse(ApiError::unsupported_media_type(
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json-patch+json, application/merge-patch+json, "
        "application/strategic-merge-patch+json, application/apply-patch+yaml"));
  }
  CO_TRY(call.options, write_options(call, "PatchOptions"));
  CO_TRY(auto patch,
         decode_patch(call.http.body,
                      type == "application/merge-patch+json" ? "error decoding patch: " : ""));
  if (call.http.record != nullptr) call.http.record->note_body(patch);
  auto shared = std::make_shared<Call>(std::move(call));
  co_return co_await change_object(
      shared,
      [shared, apply,
       patch = std::move(patch)](const codec::Json& current) -> ApiResult<codec::Json> {
        const auto& asked = *shared->kind;
        codec::Json seen;
        if (asked.from_storage != nullptr) seen = seen_by(asked, current);
        TRY(auto wanted, apply(asked, asked.from_storage == nullptr ? current : seen, patch));
        TRY_VOID(shape_result(asked, shared->options.validation, wanted, shared->warnings));
        if (asked.to_storage != nullptr) asked.to_storage(wanted);
        return wanted;
      });
}

Task<ApiResult<net::Response>> Api::apply(Call call) {
  CO_TRY(call.options, write_options(call, "PatchOptions", true));
  CO_TRY(const auto configuration,
         decode_configuration(call.http.body, call.options.validation, call.warnings));
  if (call.http.record != nullptr) call.http.record->note_body(configuration);
  const Applier applier{.writer = {.manager = call.options.manager,
                                   .subresource = call.info.subresource,
                                   .now = parts_.clock.now()},
                        .force = is_forced(call.info.query)};
  auto shared = std::make_shared<Call>(std::move(call));
  const auto& kind = *shared->kind;
  const auto wanted_from = [shared, applier, &configuration,
                            &kind](const codec::Json* live) -> ApiResult<codec::Json> {
    TRY(auto wanted, apply_configuration(kind, live, configuration, applier));
    if (const auto shape = normalise(*kind.schema, wanted); !shape) {
      return refuse(ApiError::plain_internal(cat(
          "failed to convert new object (", codec::string_at(wanted, "metadata.namespace"), '/',
          shared->info.name, ") to proper version (", kind.version, "): ", shape.error().message)));
    }
    TRY_VOID(check_place(kind, shared->info, wanted));
    if (kind.to_storage != nullptr) kind.to_storage(wanted);
    return wanted;
  };
  const GroupName resource{kind.group, kind.plural};
  for (int attempt = 1;; ++attempt) {
    if (reader_.current().find(kind, shared->key()) != nullptr) {
      co_return co_await change_object(shared, [wanted_from, &kind](const codec::Json& current) {
        if (kind.from_storage == nullptr) return wanted_from(&current);
        const auto seen = seen_by(kind, current);
        return wanted_from(&seen);
      });
    }
    if (!shared->info.subresource.empty()) {
      co_return refuse(ApiError::not_found(resource, shared->info.name));
    }
    CO_TRY(auto wanted, wanted_from(nullptr));
    if (const auto uid = codec::string_at(wanted, "metadata.uid"); !uid.empty()) {
      co_return refuse(ApiError::conflict(resource, shared->info.name,
                                          cat("uid mismatch: the provided object specified uid ",
                                              uid, ", and no existing object was found")));
    }
    codec::make_object_at(wanted, "metadata").erase("resourceVersion");
    const auto stored =
        co_await store_new(&kind.stored_as(), shared->info.namespace_name, std::move(wanted),
                           &shared->user, &shared->warnings, shared->options);
    if (stored) co_return answer(*shared, 201, *stored);
    // Somebody else made it meanwhile: then it is to be changed.
    const bool raced = stored.error().reason == "AlreadyExists";
    if (!raced || attempt == apply_attempts) co_return refuse(stored.error());
  }
}

}  // namespace signet::machinery
