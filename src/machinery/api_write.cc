// Create and update, and what a patch shares with them: compute the object, ask admission,
// validate, commit.
#include <algorithm>
#include <iterator>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "machinery/api.h"
#include "machinery/managed_fields.h"
#include "machinery/meta_validation.h"
#include "machinery/normalise.h"
#include "machinery/owner_references.h"
#include "machinery/place.h"
#include "machinery/system_fields.h"

namespace signet::machinery {
namespace {

constexpr int generated_name_attempts = 8;
constexpr int change_attempts = 5;

constexpr std::string_view modified_meanwhile =
    "the object has been modified; please apply your changes to the latest version and try again";

ExpectedKind expected_kind(const Kind& kind, const std::string& api_version,
                           const Registry& registry) {
  return {.api_version = api_version,
          .kind = kind.kind,
          .group = kind.group,
          .schema = kind.schema,
          .registry = &registry};
}

ApiError commit_failed(const store::CommitError& error) {
  return ApiError::unavailable(cat("the store cannot write: ", error.message));
}

ApiError other_uid(const Kind& kind, const RequestInfo& info, std::string_view key,
                   std::string_view wanted, std::string_view found) {
  return ApiError::conflict(
      {kind.group, kind.plural}, info.name,
      cat("StorageError: invalid object, Code: 4, Key: /registry/", kind.plural, '/', key,
          ", ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ",
          wanted, ", UID in object meta: ", found));
}

// What was warned of when the object came is not said with every change.
void warn_of_news(const Kind& kind, const codec::Json& wanted, const codec::Json& old,
                  std::vector<std::string>& out) {
  if (kind.warnings == nullptr) return;
  std::vector<std::string> known;
  std::vector<std::string> all;
  kind.warnings(wanted, all);
  if (all.empty()) return;
  kind.warnings(old, known);
  std::ranges::copy_if(all, std::back_inserter(out), [&](const std::string& warning) {
    return std::ranges::find(known, warning) == known.end();
  });
}

// The last step of every write: order and emptiness as the schema says.
ApiResult<void> settle(const Kind& kind, codec::Json& object) {
  if (const auto done = normalise(*kind.schema, object); !done) {
    return refuse(ApiError::internal(done.error().message));
  }
  return {};
}

// What is created as another version is held to that version's own rules too.
ApiResult<void> to_stored_form(const Kind& kind, codec::Json& object) {
  if (kind.storage == nullptr) return {};
  FieldErrors errors;
  if (kind.validate != nullptr) kind.validate(object, errors);
  if (!errors.empty()) {
    return refuse(ApiError::invalid({kind.group, kind.kind},
                                    codec::string_at(object, "metadata.name"), errors));
  }
  kind.to_storage(object);
  return {};
}

// The same, or the same but for the time at which somebody said so.
bool is_unchanged(const Kind& kind, const Object& next, const Object& current,
                  const codec::Json& old, const codec::Json& wanted) {
  if (next.stored_form() == current.stored_form()) return true;
  const auto* before = codec::find(old, "metadata.managedFields");
  const auto* after = codec::find(wanted, "metadata.managedFields");
  if (before == nullptr || after == nullptr || *before == *after) return false;
  if (!same_but_times(*before, *after)) return false;
  auto with_old_times = wanted;
  codec::make_object_at(with_old_times, "metadata")["managedFields"] = *before;
  return Object::create(kind, with_old_times)->stored_form() == current.stored_form();
}

bool finalizers_done(const Kind& kind, const codec::Json& wanted, const codec::Json& old) {
  return codec::find(old, "metadata.deletionTimestamp") != nullptr &&
         !codec::array_at(old, "metadata.finalizers").empty() &&
         codec::array_at(wanted, "metadata.finalizers").empty() &&
         codec::int_at(old, "metadata.deletionGracePeriodSeconds").value_or(0) == 0 &&
         (kind.held_by_spec == nullptr || !kind.held_by_spec(wanted));
}

}  // namespace

Task<ApiResult<net::Response>> Api::create(Call call) {
  if (call.info.has_name_in_path) co_return refuse(ApiError::method_not_allowed());
  const auto& kind = *call.kind;
  CO_TRY(call.options, write_options(call, "CreateOptions"));
  const auto api_version = kind.api_version();
  const auto expected = expected_kind(kind, api_version, parts_.registry);
  CO_TRY(auto body, decode_body(call.http, expected, call.options.validation, *call.warnings));
  CO_TRY_VOID(to_stored_form(kind, body.object));
  CO_TRY(const auto stored,
         co_await store_new(&kind.stored_as(), call.info.namespace_name, std::move(body.object),
                            &call.user, call.warnings, call.options));
  co_return answer(call, 201, stored);
}

Task<ApiResult<ObjectPtr>> Api::store_new(const Kind* kind, std::string namespace_name,
                                          codec::Json object, const token::UserInfo* user,
                                          std::vector<std::string>* warnings,
                                          WriteOptions options) {
  CO_TRY_VOID(check_namespace(*kind, namespace_name, object));
  if (const auto version = named_version(object); version && *version != 0) {
    co_return refuse(
        ApiError::plain_internal("resourceVersion should not be set on objects to be created"));
  }
  codec::make_object_at(object, "metadata").erase("resourceVersion");
  drop_system_fields(object);
  drop_repeated_owners(object, *warnings);
  if (kind->set_defaults != nullptr) kind->set_defaults(object);
  if (!options.applied && !options.manager.empty()) {
    track_update(options.spoken == nullptr ? *kind : *options.spoken, nullptr, object,
                 {.manager = options.manager,
                  .subresource = {},
                  .now = parts_.clock.now(),
                  .registry = &parts_.registry});
  }

  const std::string base(codec::string_at(object, "metadata.generateName"));
  const bool generated = codec::string_at(object, "metadata.name").empty() && !base.empty();
  const std::string admission_name =
      generated ? base : std::string(codec::string_at(object, "metadata.name"));
  CO_TRY_VOID(co_await parts_.admission.admit({.operation = Operation::create,
                                               .kind = kind,
                                               .subresource = {},
                                               .namespace_name = namespace_name,
                                               .name = admission_name,
                                               .name_in_path = options.name_in_path,
                                               .object = &object,
                                               .old_object = nullptr,
                                               .user = user,
                                               .warnings = warnings}));

  const auto now = parts_.clock.now();
  set_system_fields(object, uuid_v4(parts_.random), now);
  if (kind->has_generation) codec::make_object_at(object, "metadata")["generation"] = 1;
  codec::Json admitted;
  if (generated) admitted = object;
  for (int attempt = 1;; ++attempt) {
    if (generated) {
      // From what was admitted each time: a kind may derive more from the name.
      object = admitted;
      codec::make_object_at(object, "metadata")["name"] = generate_name(base, parts_.random);
      if (kind->set_defaults != nullptr) kind->set_defaults(object);
    }
    if (kind->prepare_create != nullptr) kind->prepare_create(object, {now, parts_.random});
    const std::string name(codec::string_at(object, "metadata.name"));
    FieldErrors errors;
    validate_metadata(*kind, object, errors);
    if (kind->validate != nullptr) kind->validate(object, errors);
    if (!errors.empty()) {
      co_return refuse(ApiError::invalid({kind->group, kind->kind}, name, errors));
    }
    CO_TRY_VOID(settle(*kind, object));
    auto stored = Object::create(*kind, object);
    if (attempt == 1 && kind->warnings != nullptr) kind->warnings(object, *warnings);
    const GroupName resource{kind->group, kind->plural};
    if (options.dry_run) {
      if (reader_.current().find(*kind, stored->key()) != nullptr) {
        co_return refuse(ApiError::already_exists(resource, name));
      }
      co_return stored;
    }
    const auto done = co_await commit({.key = store_key(*kind, stored->key()),
                                       .value = stored->stored_form(),
                                       .expected = 0,
                                       .attachment = stored});
    if (done) co_return stored;
    if (done.error().kind != store::CommitError::Kind::conflict) {
      co_return refuse(commit_failed(done.error()));
    }
    if (generated && attempt < generated_name_attempts) continue;
    auto error = ApiError::already_exists(resource, name);
    if (generated) {
      error.message += ", the server was not able to generate a unique name for the object";
    }
    co_return refuse(std::move(error));
  }
}

Task<ApiResult<net::Response>> Api::update(Call call) {
  const auto& kind = *call.kind;
  CO_TRY(call.options, write_options(call, "UpdateOptions"));
  const auto api_version = kind.api_version();
  const auto expected = expected_kind(kind, api_version, parts_.registry);
  CO_TRY(auto body, decode_body(call.http, expected, call.options.validation, *call.warnings));
  CO_TRY_VOID(check_place(kind, call.info, body.object));
  const bool missing = reader_.current().find(kind, call.key()) == nullptr;
  const auto uid = codec::string_at(body.object, "metadata.uid");
  if (missing && !uid.empty()) {
    co_return refuse(other_uid(kind.stored_as(), call.info, call.key(), uid, ""));
  }
  if (missing && kind.create_on_update) {
    CO_TRY_VOID(check_may_create(call));
    codec::make_object_at(body.object, "metadata").erase("resourceVersion");
    CO_TRY_VOID(to_stored_form(kind, body.object));
    call.options.name_in_path = true;
    CO_TRY(const auto stored,
           co_await store_new(&kind.stored_as(), call.info.namespace_name, std::move(body.object),
                              &call.user, call.warnings, call.options));
    co_return answer(call, 201, stored);
  }
  if (kind.to_storage != nullptr) kind.to_storage(body.object);
  auto shared = std::make_shared<Call>(std::move(call));
  co_return co_await change_object(
      shared, [wanted = std::move(body.object)](const codec::Json&) -> ApiResult<codec::Json> {
        return wanted;
      });
}

ApiResult<codec::Json> Api::prepare_change(const Call& call, const Object& current,
                                           const codec::Json& old, codec::Json wanted) const {
  const auto& kind = call.kind->stored_as();
  const auto uid = codec::string_at(wanted, "metadata.uid");
  if (call.info.verb == "update" && !uid.empty() && uid != current.uid()) {
    return refuse(other_uid(kind, call.info, current.key(), uid, current.uid()));
  }
  TRY_VOID(check_place(kind, call.info, wanted));
  TRY(const auto version, named_version(wanted));
  if (version != 0 && !std::cmp_equal(version, current.revision())) {
    return refuse(
        ApiError::conflict({kind.group, kind.plural}, call.info.name, modified_meanwhile));
  }
  keep_system_fields(wanted, old);
  const auto what = call.info.subresource == "status" ? Update::status : Update::main;
  if (kind.set_defaults != nullptr) kind.set_defaults(wanted);
  if (kind.prepare_update != nullptr) kind.prepare_update(wanted, old, what);
  if (!call.options.applied) {
    track_update(*call.kind, &old, wanted,
                 {.manager = call.options.manager,
                  .subresource = call.info.subresource,
                  .now = parts_.clock.now(),
                  .registry = &parts_.registry});
  }
  return wanted;
}

Task<ApiResult<net::Response>> Api::change_object(std::shared_ptr<Call> call, Change change) {
  const auto& kind = call->kind->stored_as();
  const auto key = call->key();
  const auto what = call->info.subresource == "status" ? Update::status : Update::main;
  for (int attempt = 1;; ++attempt) {
    const auto current = reader_.current().find_shared(kind, key);
    if (current == nullptr) {
      co_return refuse(ApiError::not_found({kind.group, kind.plural}, call->info.name));
    }
    const auto old = current->parse();
    CO_TRY(auto wanted, change(old));
    drop_repeated_owners(wanted, *call->warnings);
    CO_TRY(wanted, prepare_change(*call, *current, old, std::move(wanted)));
    CO_TRY_VOID(co_await parts_.admission.admit({.operation = Operation::update,
                                                 .kind = &kind,
                                                 .subresource = call->info.subresource,
                                                 .namespace_name = call->info.namespace_name,
                                                 .name = call->info.name,
                                                 .name_in_path = true,
                                                 .object = &wanted,
                                                 .old_object = &old,
                                                 .user = &call->user,
                                                 .warnings = call->warnings}));
    count_generation(kind, wanted, old);  // admission may have put back what was left out
    FieldErrors errors;
    validate_metadata_change(kind, wanted, old, errors);
    if (kind.validate != nullptr) kind.validate(wanted, errors);
    if (kind.validate_update != nullptr) kind.validate_update(wanted, old, what, errors);
    if (!errors.empty()) {
      co_return refuse(ApiError::invalid({kind.group, kind.kind}, call->info.name, errors));
    }
    CO_TRY_VOID(settle(kind, wanted));
    auto next = Object::create(kind, wanted);
    if (attempt == 1) warn_of_news(kind, wanted, old, *call->warnings);
    if (is_unchanged(kind, *next, *current, old, wanted)) co_return answer(*call, 200, current);
    const bool ends = finalizers_done(kind, wanted, old);
    if (call->options.dry_run) {
      next->commit(current->revision());
      co_return answer(*call, 200, next);
    }
    CO_TRY(const bool done, co_await replace(current, next, ends, attempt));
    if (done) co_return answer(*call, 200, next);
  }
}

Task<ApiResult<bool>> Api::replace(ObjectPtr current, std::shared_ptr<Object> next, bool ends,
                                   int attempt) {
  const auto& kind = current->kind();
  store::Write write{.key = store_key(kind, current->key()),
                     .value = std::nullopt,
                     .expected = current->revision(),
                     .attachment = nullptr};
  if (!ends) {
    write.value = next->stored_form();
    write.attachment = next;
  }
  const auto done = co_await commit(std::move(write));
  if (done) {
    if (ends) next->commit(current->revision());  // the last object keeps its version
    co_return true;
  }
  if (done.error().kind != store::CommitError::Kind::conflict) {
    co_return refuse(commit_failed(done.error()));
  }
  if (attempt == change_attempts) {
    co_return refuse(
        ApiError::conflict({kind.group, kind.plural}, current->name(), modified_meanwhile));
  }
  co_return false;
}

// A kind is a constant of the program and outlives every coroutine.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<ApiResult<ObjectPtr>> Api::create(const Kind& kind, codec::Json object) {
  const token::UserInfo self{.username = "system:apiserver", .groups = {"system:masters"}};
  std::vector<std::string> warnings;
  std::string namespace_name(codec::string_at(object, "metadata.namespace"));
  co_return co_await store_new(&kind, std::move(namespace_name), std::move(object), &self,
                               &warnings, {});
}

// A kind is a constant of the program and outlives every coroutine.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<ApiResult<ObjectPtr>> Api::amend(const Kind& kind, std::string key, Change change) {
  for (int attempt = 1;; ++attempt) {
    const auto current = reader_.current().find_shared(kind, key);
    if (current == nullptr) {
      co_return refuse(
          ApiError::not_found({kind.group, kind.plural}, key.substr(key.find('/') + 1)));
    }
    const auto old = current->parse();
    CO_TRY(auto wanted, change(old));
    count_generation(kind, wanted, old);
    CO_TRY_VOID(settle(kind, wanted));
    auto next = Object::create(kind, wanted);
    if (next->stored_form() == current->stored_form()) co_return current;
    CO_TRY(const bool done,
           co_await replace(current, next, finalizers_done(kind, wanted, old), attempt));
    if (done) co_return next;
  }
}

}  // namespace signet::machinery
