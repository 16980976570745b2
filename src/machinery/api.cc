#include "machinery/api.h"

#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "codec/json.h"
#include "machinery/conversion.h"
#include "machinery/managed_fields.h"
#include "machinery/meta_schema.h"
#include "machinery/meta_validation.h"
#include "machinery/partial_metadata.h"
#include "machinery/watch_stream.h"

namespace signet::machinery {
namespace {

std::string action_key(const Kind& kind, std::string_view subresource) {
  return cat(kind.group, '/', kind.plural, '/', subresource);
}

bool lists(std::span<const std::string_view> verbs, std::string_view verb) {
  for (const auto known : verbs) {
    if (known == verb) return true;
  }
  return false;
}

// Whether a path with (or without) a namespace is one of that kind's. The path of a Namespace
// itself counts as being inside that namespace.
bool is_in_place(const Kind& kind, const RequestInfo& info) {
  if (kind.namespaced()) return !info.namespace_name.empty();
  const bool itself = kind.plural == "namespaces" && info.namespace_name == info.name;
  return info.namespace_name.empty() || itself;
}

ApiResult<void> check_table_options(const codec::Query& query) {
  const auto include = query.get("includeObject");
  if (include.empty() || include == "None" || include == "Metadata" || include == "Object") {
    return {};
  }
  return refuse(ApiError::bad_request(cat(
      "Unable to convert to Table as requested: includeObject: Invalid value: ", quoted(include),
      ": must be 'Metadata', 'Object', 'None', or empty")));
}

}  // namespace

Api::Api(Parts parts)
    : parts_(parts),
      reader_(parts.view),
      watches_(parts.registry),
      subscription_(
          parts.view.subscribe(parts.loop, [this](const Changes& changes) { deliver(changes); })) {}

Api::~Api() = default;

std::string Api::Call::key() const {
  return kind->namespaced() ? cat(info.namespace_name, '/', info.name) : info.name;
}

void Api::add_action(const Kind& kind, std::string_view subresource, ActionHandler handler) {
  actions_.insert_or_assign(action_key(kind, subresource), std::move(handler));
}

Task<net::Response> Api::handle(net::Request request, RequestInfo info, token::UserInfo user) {
  const auto* kind = parts_.registry.find(info.group, info.version, info.resource);
  if (kind == nullptr || info.has_extra_parts) {
    co_return respond(ApiError::no_such_resource(), error_format(request));
  }
  if (const auto action = actions_.find(action_key(*kind, info.subresource));
      action != actions_.end()) {
    if ((info.subresource.empty() && info.has_name_in_path) || !is_in_place(*kind, info)) {
      co_return respond(ApiError::no_such_resource(), error_format(request));
    }
    const auto* subresource = kind->find_subresource(info.subresource);
    if (!lists(subresource == nullptr ? kind->verbs : subresource->verbs, info.verb)) {
      co_return respond(ApiError::method_not_allowed(), error_format(request));
    }
    co_return co_await action->second(
        {.http = std::move(request), .info = std::move(info), .user = std::move(user)});
  }
  const auto format = error_format(request);
  std::vector<std::string> warnings;
  auto done = co_await dispatch({.http = std::move(request),
                                 .info = std::move(info),
                                 .user = std::move(user),
                                 .kind = kind,
                                 .negotiated = {},
                                 .options = {},
                                 .warnings = &warnings});
  if (!done) co_return respond(done.error(), format, warnings);
  co_return *std::move(done);
}

Task<ApiResult<net::Response>> Api::dispatch(Call call) {
  const auto& kind = *call.kind;
  const auto& verb = call.info.verb;
  const bool status = call.info.subresource == "status" && kind.has_status;
  if (!call.info.subresource.empty() && !status) co_return refuse(ApiError::no_such_resource());
  if (!kind.namespaced() && !is_in_place(kind, call.info)) {
    co_return refuse(ApiError::no_such_resource());
  }
  const bool allowed = status ? verb == "get" || verb == "update" || verb == "patch"
                              : kind.stored && lists(kind.verbs, verb);
  // One object is named in the path; a namespaced kind is written only inside a namespace.
  const bool single = verb == "get" || verb == "update" || verb == "patch" || verb == "delete";
  const bool nowhere = kind.namespaced() && call.info.namespace_name.empty();
  if (nowhere && call.info.has_name_in_path) co_return refuse(ApiError::no_such_resource());
  const bool misplaced =
      (single && !call.info.has_name_in_path) || (nowhere && verb != "list" && verb != "watch");
  // Kubernetes has no HEAD of an object.
  if (!allowed || misplaced || call.http.method == "HEAD")
    co_return refuse(ApiError::method_not_allowed());
  const bool collection = verb == "list" || verb == "deletecollection";
  CO_TRY(call.negotiated, negotiate(call.http, call.info.query.get("pretty"),
                                    {.table = true,
                                     .metadata = !collection,
                                     .metadata_list = collection,
                                     .watch = verb == "watch",
                                     .kind = &kind}));
  if (call.negotiated.transform == Transform::table) {
    CO_TRY_VOID(check_table_options(call.info.query));
  }
  if (verb == "get") co_return get(call);
  if (verb == "list") co_return list(call);
  if (verb == "watch") co_return watch(call);
  if (verb == "create") co_return co_await create(std::move(call));
  if (verb == "update") co_return co_await update(std::move(call));
  if (verb == "patch") co_return co_await patch(std::move(call));
  if (verb == "delete") co_return co_await remove(std::move(call));
  co_return co_await remove_collection(std::move(call));
}

Callback<Result<Revision, store::CommitError>> Api::commit(store::Write write) {
  using Done = Result<Revision, store::CommitError>;
  return Callback<Done>([this, write = std::move(write)](auto complete) mutable {
    parts_.store.commit(
        std::move(write), [&loop = parts_.loop, complete = std::move(complete)](Done done) mutable {
          loop.post([complete = std::move(complete), done = std::move(done)]() mutable {
            complete(std::move(done));
          });
        });
  });
}

ApiResult<void> Api::check_may_create(const Call& call) const {
  if (!parts_.may) return {};
  auto info = call.info;
  info.verb = "create";
  return parts_.may(call.user, info);
}

ApiResult<Api::WriteOptions> Api::write_options(const Call& call, std::string_view options_kind,
                                                bool applied) {
  WriteOptions options{.applied = applied};
  FieldErrors errors;
  const auto manager = call.info.query.get("fieldManager");
  if (applied && manager.empty()) {
    errors.required("fieldManager", "is required for apply patch");
  }
  if (!applied && options_kind == "PatchOptions" && call.info.query.has("force")) {
    errors.forbidden("force", "may not be specified for non-apply patch");
  }
  validate_field_manager(manager, "fieldManager", errors);
  std::string dry_run;
  bool known = true;
  for (const auto value : call.info.query.all("dryRun")) {
    append(dry_run, dry_run.empty() ? "" : ",", quoted(value));
    known = known && value == "All";
  }
  options.dry_run = !dry_run.empty();
  if (!known) errors.unsupported("dryRun", cat("[", dry_run, "]"), {"All"});
  if (!errors.empty()) {
    return refuse(ApiError::invalid({"meta.k8s.io", options_kind}, "", errors));
  }
  TRY(options.validation, field_validation(call.info.query.get("fieldValidation"), options_kind));
  options.manager = manager_name(manager, call.http.header("user-agent"));
  options.spoken = call.kind;
  return options;
}

IncludeObject Api::included(const codec::Query& query) {
  const auto include = query.get("includeObject");
  if (include == "None") return IncludeObject::none;
  return include == "Object" ? IncludeObject::object : IncludeObject::metadata;
}

net::Response Api::answer(const Call& call, int status, const ObjectPtr& stored) {
  const auto object = seen_as(*call.kind, stored);
  const auto& negotiated = call.negotiated;
  switch (negotiated.transform) {
    case Transform::table: {
      const TableOptions options{.version = negotiated.transform_version,
                                 .include = included(call.info.query)};
      const ObjectPtr rows[] = {object};
      return respond(
          status,
          table_json(*call.kind, rows, {.resource_version = std::to_string(object->revision())},
                     options, parts_.clock.now()),
          negotiated.format, *call.warnings);
    }
    case Transform::metadata:
      return respond(status, partial_metadata_json(*object, negotiated.transform_version),
                     negotiated.format, *call.warnings, &partial_metadata_schema);
    case Transform::metadata_list:
    case Transform::none:
      break;
  }
  return respond(status, std::string(object->json()), negotiated.format, *call.warnings,
                 call.kind->schema);
}

void Api::deliver(const Changes& changes) {
  for (const auto& change : *changes) {
    watches_.tell(change);
    delivered_ = change.revision();
  }
}

}  // namespace signet::machinery
