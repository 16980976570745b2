#include "base/try.h"
#include "machinery/body.h"
#include "machinery/meta_schema.h"
#include "machinery/query_number.h"

namespace signet::machinery {
namespace {

ApiError invalid_options(const FieldErrors& errors) {
  return ApiError::invalid({.group = "meta.k8s.io", .name = "DeleteOptions"}, "", errors);
}

// The options as their JSON spells them, from a query.
ApiResult<codec::Json> from_query(const codec::Query& query) {
  codec::Json options;
  auto& members = options.emplace_object();
  TRY(const auto seconds, query_number(query, "gracePeriodSeconds"));
  if (seconds) members["gracePeriodSeconds"] = *seconds;
  if (query.has("orphanDependents")) {
    members["orphanDependents"] = query_flag(query, "orphanDependents");
  }
  if (query.has("propagationPolicy")) {
    members["propagationPolicy"] = query.get("propagationPolicy");
  }
  auto& dry_run = members["dryRun"].emplace_array();
  for (const auto value : query.all("dryRun")) dry_run.emplace_back(value);
  return options;
}

void check_dry_run(const codec::JsonArray& values, FieldErrors& errors) {
  for (const auto& value : values) {
    if (value != "All") {
      errors.unsupported("dryRun", codec::to_json(codec::Json(values)), {"All"});
      return;
    }
  }
}

}  // namespace

ApiResult<DeleteOptions> decode_delete_options(const net::Request& request,
                                               const codec::Query& query) {
  codec::Json given;
  if (request.body.empty()) {
    TRY(given, from_query(query));
  } else {
    TRY(auto body, decode_body(request, {.api_version = "v1",
                                         .kind = "DeleteOptions",
                                         .group = "",
                                         .schema = &delete_options_schema,
                                         .any_version = true,
                                         .terse = true}));
    given = std::move(body.object);
  }

  const auto policy = codec::string_at(given, "propagationPolicy");
  const auto orphan = codec::bool_at(given, "orphanDependents");
  FieldErrors errors;
  if (orphan && codec::find(given, "propagationPolicy") != nullptr) {
    errors.invalid("propagationPolicy", quoted(policy),
                   "orphanDependents and deletionPropagation cannot be both set");
  } else if (codec::find(given, "propagationPolicy") != nullptr && policy != "Foreground" &&
             policy != "Background" && policy != "Orphan") {
    errors.unsupported("propagationPolicy", quoted(policy),
                       {"Foreground", "Background", "Orphan", "nil"});
  }
  check_dry_run(codec::array_at(given, "dryRun"), errors);
  if (!errors.empty()) return refuse(invalid_options(errors));

  return DeleteOptions{
      .grace_seconds = codec::int_at(given, "gracePeriodSeconds"),
      .propagation = !orphan   ? std::string(policy)
                     : *orphan ? "Orphan"
                               : "Background",
      .precondition_uid = std::string(codec::string_at(given, "preconditions.uid")),
      .precondition_revision =
          std::string(codec::string_at(given, "preconditions.resourceVersion")),
      .dry_run = !codec::array_at(given, "dryRun").empty(),
      .cascade_asked = orphan == false,
  };
}

}  // namespace signet::machinery
