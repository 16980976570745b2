// Get and list: copying bytes out of a snapshot.
#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "machinery/api.h"
#include "machinery/continue_token.h"
#include "machinery/conversion.h"
#include "machinery/list_answer.h"
#include "machinery/query_number.h"

namespace signet::machinery {
namespace {

Result<std::uint64_t> asked_version(std::string_view text) {
  auto version = parse_version(text);
  if (version) return version;
  return fail(ErrorKind::invalid,
              cat("resourceVersion: Invalid value: ", quoted(text), ": ", version.error().message));
}

ApiError too_new(std::uint64_t asked, Revision current) {
  auto error =
      ApiError::timeout(cat("Too large resource version: ", asked, ", current: ", current));
  error.details = StatusDetails{.causes = {{.reason = "ResourceVersionTooLarge",
                                            .message = "Too large resource version",
                                            .field = {}}},
                                .retry_after_seconds = 1};
  return error;
}

constexpr std::string_view expired_continue =
    "The provided continue parameter is too old to display a consistent list result. You can start "
    "a new list without the continue parameter, or use the continue token in this response to "
    "retrieve the remainder of the results. Continuing with the provided token results in an "
    "inconsistent list - objects that were created, modified, or deleted between the time the "
    "first chunk was returned and now may show up in the list.";

// `resourceVersionMatch` and `sendInitialEvents` as they go with a list.
ApiResult<void> check_list_parameters(const codec::Query& query) {
  FieldErrors errors;
  const auto match = query.get("resourceVersionMatch");
  const auto revision = query.get("resourceVersion");
  if (!match.empty()) {
    if (revision.empty()) {
      errors.forbidden("resourceVersionMatch",
                       "resourceVersionMatch is forbidden unless resourceVersion is provided");
    }
    if (!query.get("continue").empty()) {
      errors.forbidden("resourceVersionMatch",
                       "resourceVersionMatch is forbidden when continue is provided");
    }
    if (match != "Exact" && match != "NotOlderThan") {
      errors.unsupported("resourceVersionMatch", quoted(match), {"Exact", "NotOlderThan", ""});
    }
    if (match == "Exact" && revision == "0") {
      errors.forbidden("resourceVersionMatch",
                       "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
    }
  }
  if (query.has("sendInitialEvents")) {
    errors.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list");
  }
  if (errors.empty()) return {};
  return refuse(ApiError::invalid({"meta.k8s.io", "ListOptions"}, "", errors));
}

}  // namespace

ApiResult<net::Response> Api::get(const Call& call) {
  if (query_flag(call.info.query, "export")) {
    return refuse(ApiError::bad_request(
        "the export parameter, deprecated since v1.14, is no longer supported"));
  }
  const auto text = call.info.query.get("resourceVersion");
  const auto& snapshot = reader_.current();
  if (!text.empty()) {
    const auto revision = asked_version(text);
    // Only a list knows whose fault that is.
    if (!revision) return refuse(ApiError::plain_internal(revision.error().message));
    if (std::cmp_greater(*revision, snapshot.revision())) {
      return refuse(too_new(*revision, snapshot.revision()));
    }
  }
  auto object = snapshot.find_shared(*call.kind, call.key());
  if (object == nullptr) {
    return refuse(ApiError::not_found({call.kind->group, call.kind->plural}, call.info.name));
  }
  return answer(call, 200, object);
}

ApiResult<Api::ListQuery> Api::list_query(const Call& call) const {
  ListQuery query;
  TRY(query.labels, LabelSelector::parse(call.info.query.get("labelSelector")));
  std::string fields(call.info.query.get("fieldSelector"));
  // The old form of a watch names its object in the path.
  const bool named = call.info.has_name_in_path;
  if (named && fields.empty()) fields = cat("metadata.name=", call.info.name);
  TRY(query.fields, FieldSelector::parse(*call.kind, fields));
  if (named && query.fields.required_name() != call.info.name) {
    return refuse(
        ApiError::bad_request("fieldSelector metadata.name doesn't match requested name"));
  }
  if (!call.info.namespace_name.empty() && call.kind->namespaced()) {
    query.prefix = cat(call.info.namespace_name, '/');
  }
  return query;
}

ApiResult<SnapshotPtr> Api::snapshot_for(const Call& call, std::size_t limit) {
  const auto text = call.info.query.get("resourceVersion");
  const auto& current = reader_.shared();
  if (text.empty()) return current;
  const auto parsed = asked_version(text);
  if (!parsed) {
    return refuse(ApiError::bad_request(cat("invalid resource version: ", parsed.error().message)));
  }
  if (std::cmp_greater(*parsed, current->revision())) {
    return refuse(too_new(*parsed, current->revision()));
  }
  const auto revision = static_cast<Revision>(*parsed);
  const auto match = call.info.query.get("resourceVersionMatch");
  // The first of several pages is of the version that was asked for unless it says otherwise.
  const bool exact = match == "Exact" || (match.empty() && limit != 0 && revision != 0);
  if (!exact) return current;
  if (auto past = parts_.view.at(revision)) return past;
  return refuse(ApiError::expired("The resourceVersion for the provided list is too old."));
}

ApiResult<std::size_t> Api::list_limit(const codec::Query& query) {
  TRY_VOID(query_number(query, "timeoutSeconds"));
  TRY(const auto limit, query_number(query, "limit"));
  // What may be as old as the cache of Kubernetes is given whole, as from there.
  if (query.get("resourceVersion") == "0" && query.get("continue").empty()) return 0;
  // A negative one limits nothing.
  return static_cast<std::size_t>(std::max<std::int64_t>(limit.value_or(0), 0));
}

ApiResult<Api::Page> Api::select(const Call& call) {
  const auto& query = call.info.query;
  TRY(const auto selection, list_query(call));
  TRY(const auto limit, list_limit(query));
  TRY_VOID(check_list_parameters(query));

  std::string start = selection.prefix;
  SnapshotPtr snapshot;
  if (const auto text = query.get("continue"); !text.empty()) {
    const auto revision = query.get("resourceVersion");
    if (!revision.empty() && revision != "0") {
      return refuse(
          ApiError::bad_request("specifying resource version is not allowed when using continue"));
    }
    const auto token = read_continue(text);
    if (!token) {
      return refuse(ApiError::bad_request(cat("invalid continue token: ", token.error())));
    }
    snapshot = token->revision < 0 ? reader_.shared() : parts_.view.at(token->revision);
    if (snapshot == nullptr) {
      auto error = ApiError::expired(std::string(expired_continue));
      error.continue_token = write_continue({.revision = -1, .start = token->start});
      return refuse(std::move(error));
    }
    start += token->start;
  } else {
    TRY(snapshot, snapshot_for(call, limit));
  }

  Page page;
  page.meta.resource_version = std::to_string(snapshot->revision());
  const auto take = [&](const ObjectPtr& object) {
    if (!selection.labels.matches(object->labels()) || !selection.fields.matches(*object)) {
      return true;
    }
    if (limit != 0 && page.objects.size() == limit) {
      if (page.meta.continue_token.empty()) {
        // Right after the last one shown.
        std::string next(page.objects.back()->key().substr(selection.prefix.size()));
        next += '\0';
        page.meta.continue_token =
            write_continue({.revision = snapshot->revision(), .start = std::move(next)});
      }
      // What remains is counted only where it costs no matching.
      if (!selection.labels.empty() || !selection.fields.empty()) return false;
      ++page.meta.remaining;
      return true;
    }
    page.objects.push_back(object);
    return true;
  };
  snapshot->for_each(*call.kind, selection.prefix, start,
                     [&](const ObjectPtr& stored) { return with_seen(*call.kind, stored, take); });
  return page;
}

net::Response Api::answer(const Call& call, const Page& page) {
  const auto& negotiated = call.negotiated;
  const auto& meta = page.meta;
  if (negotiated.transform == Transform::table) {
    return respond(
        200,
        table_json(*call.kind, page.objects, meta,
                   {.version = negotiated.transform_version, .include = included(call.info.query)},
                   parts_.clock.now()),
        negotiated.format);
  }
  if (negotiated.format == Format::protobuf) {
    return respond_encoded(200, list_protobuf(*call.kind, page.objects, meta, negotiated),
                           negotiated.format);
  }
  return respond(200, list_json(*call.kind, page.objects, meta, negotiated), negotiated.format);
}

ApiResult<net::Response> Api::list(const Call& call) {
  TRY(const auto page, select(call));
  return answer(call, page);
}

}  // namespace signet::machinery
