// Patch: the four ways to say how an object is to change.
#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "machinery/api.h"
#include "machinery/apply.h"
#include "machinery/normalise.h"
#include "machinery/normalise_scalar.h"
#include "machinery/patch.h"
#include "machinery/place.h"
#include "machinery/unstructured.h"
#include "net/request_record.h"

namespace signet::machinery {
namespace {

constexpr std::string_view json_patch_type = "application/json-patch+json";
constexpr std::string_view merge_patch_type = "application/merge-patch+json";
constexpr std::string_view strategic_patch_type = "application/strategic-merge-patch+json";
constexpr std::string_view apply_type = "application/apply-patch+yaml";
constexpr int apply_attempts = 5;

// The object as the kind that is asked for has it.
codec::Json seen_by(const Kind& kind, const codec::Json& stored) {
  auto out = stored;
  if (kind.from_storage != nullptr) {
    kind.from_storage(out);
    out.as_object()["apiVersion"] = kind.api_version();
  }
  return out;
}

using Apply = ApiResult<codec::Json> (*)(const Kind&, const codec::Json&, const codec::Json&);

// Null for a type that is no patch.
Apply patch_of_type(std::string_view type) {
  if (type == json_patch_type) {
    return [](const Kind&, const codec::Json& current, const codec::Json& patch) {
      return apply_json_patch(current, patch);
    };
  }
  if (type == merge_patch_type) {
    return [](const Kind&, const codec::Json& current, const codec::Json& patch) {
      return apply_merge_patch(current, patch);
    };
  }
  if (type == strategic_patch_type) {
    return [](const Kind& kind, const codec::Json& current, const codec::Json& patch) {
      return apply_strategic_patch(*kind.schema, current, patch);
    };
  }
  return nullptr;
}

// What a strict decoder of operations wants them to be.
ApiResult<void> check_operations(const codec::Json& patch) {
  const auto wrong = [](const codec::Json& found, std::string_view where, std::string_view type) {
    return refuse(
        ApiError::bad_request(cat("error decoding patch: json: cannot unmarshal ",
                                  json_type_name(found), " into Go ", where, " of type ", type)));
  };
  if (patch.is_null()) return {};
  const auto* operations = patch.if_array();
  if (operations == nullptr) return wrong(patch, "value", "[]handlers.jsonPatchOp");
  for (const auto& operation : *operations) {
    if (operation.is_null()) continue;
    const auto* members = operation.if_object();
    if (members == nullptr) return wrong(operation, "value", "handlers.jsonPatchOp");
    for (const std::string_view name : {"op", "path", "from"}) {
      const auto* text = members->if_contains(name);
      if (text == nullptr || text->is_null() || text->is_string()) continue;
      return wrong(*text, cat("struct field jsonPatchOp.", name), "string");
    }
  }
  return {};
}

// What a strict decoder says of the patch itself.
std::vector<std::string> problems_of(std::string_view type, const DecodedPatch& decoded) {
  constexpr std::array<std::string_view, 4> known = {"op", "path", "from", "value"};
  constexpr std::size_t problems_max = 32;
  std::vector<std::string> out;
  const bool operations = type == json_patch_type && decoded.patch.is_array();
  for (std::size_t i = 0; operations && i < decoded.patch.get_array().size(); ++i) {
    const auto* operation = decoded.patch.get_array()[i].if_object();
    if (operation == nullptr) continue;
    for (const auto& member : *operation) {
      if (out.size() == problems_max) return out;
      if (std::ranges::find(known, std::string_view(member.key())) != known.end()) continue;
      out.push_back(cat("json patch unknown field ",
                        quoted(cat('[', i, "].", std::string_view(member.key())))));
    }
  }
  for (const auto& path : decoded.duplicates) {
    out.push_back(cat(operations ? "json patch " : "", "duplicate field ", quoted(path)));
  }
  return out;
}

// A patch, and what is to be said of it.
struct Patch {
  Apply apply = nullptr;
  codec::Json patch;
  std::vector<std::string> problems;
  bool strategic = false;
};

// A strategic patch is refused with what it says, the others with what they made.
std::unexpected<ApiError> refuse_result(const Patch& patch, const codec::Json& wanted,
                                        std::string_view why) {
  FieldErrors errors;
  errors.invalid("patch", quoted(patch.strategic ? go_text(patch.patch) : codec::to_json(wanted)),
                 std::string(why));
  return refuse(ApiError::invalid({}, "", errors));
}

// Brings the result of a patch into the shape of its kind; what it has too much is told as
// fieldValidation says.
ApiResult<void> shape_result(const Kind& kind, const Patch& patch, FieldValidation validation,
                             codec::Json& wanted, std::vector<std::string>& warnings) {
  if (patch.strategic) {
    const auto problem = conversion_problem(*kind.schema, wanted);
    if (!problem.empty()) return refuse_result(patch, wanted, problem);
  }
  const codec::Json given = validation == FieldValidation::strict ? wanted : codec::Json();
  auto shape = normalise(*kind.schema, wanted);
  if (!shape) return refuse_result(patch, wanted, shape.error().message);
  if (validation == FieldValidation::ignore) return {};
  DecodedBody result;
  result.unknown = std::move(shape->unknown);
  if (patch.strategic) std::ranges::sort(result.unknown);
  auto problems = patch.problems;
  std::ranges::move(field_problems(result), std::back_inserter(problems));
  if (problems.empty()) return {};
  if (validation == FieldValidation::strict) {
    return refuse_result(patch, given, strict_error(problems));
  }
  std::ranges::move(problems, std::back_inserter(warnings));
  return {};
}

// A strategic patch knows its kind; the others make an object of whatever kind they say.
ApiResult<void> check_kind(const Kind& kind, const Registry& registry, const Patch& patch,
                           const codec::Json& wanted) {
  if (patch.strategic) return {};
  const auto api_version = kind.api_version();
  const auto wrong = wrong_kind(
      wanted,
      {.api_version = api_version, .kind = kind.kind, .group = kind.group, .registry = &registry});
  if (wrong) return refuse_result(patch, wanted, *wrong);
  return {};
}

ApiResult<void> report_repeated(const std::vector<std::string>& keys, FieldValidation validation,
                                std::vector<std::string>& warnings) {
  if (keys.empty() || validation == FieldValidation::ignore) return {};
  if (validation == FieldValidation::strict) {
    return refuse(
        ApiError::bad_request(cat("error strict decoding patch: error converting YAML to JSON: ",
                                  repeated_keys_error(keys))));
  }
  std::ranges::copy(keys, std::back_inserter(warnings));
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
  const bool plain =
      type == strategic_patch_type ||
      (type == json_patch_type && call.options.validation == FieldValidation::ignore);
  CO_TRY(auto decoded, decode_patch(call.http.body, plain ? "" : "error decoding patch: "));
  if (type == json_patch_type && !plain) CO_TRY_VOID(check_operations(decoded.patch));
  if (call.http.record != nullptr) call.http.record->note_body(decoded.patch);
  auto problems = problems_of(type, decoded);
  const Patch patch{.apply = apply,
                    .patch = std::move(decoded.patch),
                    .problems = std::move(problems),
                    .strategic = type == strategic_patch_type};
  auto shared = std::make_shared<Call>(std::move(call));
  co_return co_await change_object(
      shared, [this, shared, &patch](const codec::Json& current) -> ApiResult<codec::Json> {
        const auto& asked = *shared->kind;
        codec::Json seen;
        if (asked.from_storage != nullptr) seen = seen_by(asked, current);
        TRY(auto wanted,
            patch.apply(asked, asked.from_storage == nullptr ? current : seen, patch.patch));
        TRY_VOID(check_kind(asked, parts_.registry, patch, wanted));
        TRY_VOID(shape_result(asked, patch, shared->options.validation, wanted, *shared->warnings));
        if (asked.to_storage != nullptr) asked.to_storage(wanted);
        return wanted;
      });
}

Task<ApiResult<net::Response>> Api::apply(Call call) {
  CO_TRY(call.options, write_options(call, "PatchOptions", true));
  CO_TRY(const auto decoded, decode_configuration(call.http.body));
  const auto& configuration = decoded.object;
  if (call.http.record != nullptr) call.http.record->note_body(configuration);
  const Applier applier{.writer = {.manager = call.options.manager,
                                   .subresource = call.info.subresource,
                                   .now = parts_.clock.now(),
                                   .registry = &parts_.registry},
                        .force = is_forced(call.info.query)};
  auto shared = std::make_shared<Call>(std::move(call));
  const auto& kind = *shared->kind;
  const auto wanted_from = [shared, applier, &configuration, &repeated = decoded.repeated_keys,
                            &kind](const codec::Json* live) -> ApiResult<codec::Json> {
    TRY(auto wanted, apply_configuration(kind, live, configuration, applier));
    TRY_VOID(report_repeated(repeated, shared->options.validation, *shared->warnings));
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
    CO_TRY_VOID(check_may_create(*shared));
    codec::make_object_at(wanted, "metadata").erase("resourceVersion");
    auto options = shared->options;
    options.name_in_path = true;
    const auto stored =
        co_await store_new(&kind.stored_as(), shared->info.namespace_name, std::move(wanted),
                           &shared->user, shared->warnings, std::move(options));
    if (stored) co_return answer(*shared, 201, *stored);
    // Somebody else made it meanwhile: then it is to be changed.
    const bool raced = stored.error().reason == "AlreadyExists";
    if (!raced || attempt == apply_attempts) co_return refuse(stored.error());
  }
}

}  // namespace signet::machinery
