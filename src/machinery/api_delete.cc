// Delete: at once, or marked and kept while finalizers, a spec or a grace period hold the object.
#include <algorithm>
#include <utility>

#include "base/cat.h"
#include "base/side_by_side.h"
#include "base/try.h"
#include "codec/rfc3339.h"
#include "machinery/api.h"
#include "machinery/finalizers.h"
#include "machinery/normalise.h"

namespace signet::machinery {
namespace {

ApiResult<void> check_preconditions(const Kind& kind, const Object& object,
                                    const DeleteOptions& options) {
  const GroupName named{kind.group, kind.kind};
  if (!options.precondition_uid.empty() && options.precondition_uid != object.uid()) {
    return refuse(
        ApiError::conflict(named, object.name(),
                           cat("the UID in the precondition (", options.precondition_uid,
                               ") does not match the UID in record (", object.uid(),
                               "). The object might have been deleted and then recreated")));
  }
  if (!options.precondition_revision.empty() &&
      options.precondition_revision != std::to_string(object.revision())) {
    return refuse(ApiError::conflict(
        named, object.name(),
        cat("the ResourceVersion in the precondition (", options.precondition_revision,
            ") does not match the ResourceVersion in record (", object.revision(),
            "). The object might have been modified")));
  }
  return {};
}

// Those share commits; whoever writes meanwhile waits for no more than these.
constexpr std::size_t removed_at_once = 128;

// What is left to do with an object that is to go.
enum class Fate : std::uint8_t { removed, marked, unchanged };

// Nobody asks for less than a second of grace without meaning none at all.
std::chrono::seconds as_grace(std::int64_t seconds) {
  return std::chrono::seconds{seconds < 0 ? 1 : seconds};
}

// Sets when the object goes, or brings it nearer. False while a grace runs that this delete does
// not shorten: then it changes nothing at all.
bool mark(const Kind& kind, codec::Json& object, const DeleteOptions& options, Instant now) {
  const auto deleted = codec::parse_rfc3339(codec::string_at(object, "metadata.deletionTimestamp"));
  const auto earlier =
      as_grace(codec::int_at(object, "metadata.deletionGracePeriodSeconds").value_or(0));
  std::chrono::seconds grace{0};
  auto at = whole_seconds(now);
  if (!deleted) {
    std::optional<std::chrono::seconds> requested;
    if (options.grace_seconds) requested = std::chrono::seconds{*options.grace_seconds};
    if (kind.deletion_grace != nullptr) grace = kind.deletion_grace(object, requested);
    at += grace;
  } else if (earlier.count() > 0) {
    if (!options.grace_seconds || as_grace(*options.grace_seconds) >= earlier) return false;
    grace = as_grace(*options.grace_seconds);
    const auto sooner = whole_seconds(*deleted) - earlier + grace;
    // What should have ended already has a second left, so that whoever is to end it sees it.
    if (sooner < at && grace.count() != 0) grace = std::chrono::seconds{1};
    at = std::max(at, sooner);
  } else {
    at = std::min(at, whole_seconds(*deleted));
  }
  auto& metadata = codec::make_object_at(object, "metadata");
  metadata["deletionTimestamp"] = codec::to_rfc3339(at);
  metadata["deletionGracePeriodSeconds"] = grace.count();
  if (!deleted) {
    // A deletion is news to whoever follows the generation.
    const auto generation = codec::int_at(object, "metadata.generation").value_or(0);
    if (generation > 0) metadata["generation"] = generation + 1;
    if (kind.on_deletion_mark != nullptr) kind.on_deletion_mark(object);
  }
  return true;
}

// `object` is a copy of `old`, to be changed.
Fate decide(const Kind& kind, codec::Json& object, const codec::Json& old,
            const DeleteOptions& options, Instant now) {
  const bool marked = !codec::string_at(old, "metadata.deletionTimestamp").empty();
  const bool held_by_spec = kind.held_by_spec != nullptr && kind.held_by_spec(object);
  if (marked && held_by_spec) return Fate::unchanged;
  if (!mark(kind, object, options, now)) return Fate::unchanged;
  if (kind.may_own) apply_propagation(object, options.propagation);
  const bool held = held_by_spec || !codec::array_at(object, "metadata.finalizers").empty();
  const auto grace = codec::int_at(object, "metadata.deletionGracePeriodSeconds").value_or(0);
  if (!held && grace == 0) return Fate::removed;
  return object == old ? Fate::unchanged : Fate::marked;
}

}  // namespace

Task<ApiResult<Api::Removed>> Api::remove_object(const Kind* kind, std::string key,
                                                 DeleteOptions options,
                                                 const token::UserInfo* user) {
  const GroupName resource{kind->group, kind->plural};
  for (;;) {
    const auto current = reader_.current().find_shared(*kind, key);
    if (current == nullptr) {
      co_return refuse(ApiError::not_found(resource, key.substr(key.find('/') + 1)));
    }
    CO_TRY_VOID(check_preconditions(*kind, *current, options));
    if (kind->refuse_delete != nullptr) {
      if (const auto why = kind->refuse_delete(current->name())) {
        co_return refuse(ApiError::forbidden(resource, current->name(), *why));
      }
    }
    const auto old = current->parse();
    CO_TRY_VOID(co_await parts_.admission.admit({.operation = Operation::remove,
                                                 .kind = kind,
                                                 .subresource = {},
                                                 .namespace_name = current->namespace_name(),
                                                 .name = current->name(),
                                                 .object = nullptr,
                                                 .old_object = &old,
                                                 .user = user,
                                                 .warnings = nullptr}));
    auto wanted = old;
    const auto fate = decide(*kind, wanted, old, options, parts_.clock.now());
    if (fate == Fate::unchanged || (options.dry_run && fate == Fate::removed)) {
      co_return Removed{.object = current, .gone = fate == Fate::removed};
    }
    store::Write write{.key = store_key(*kind, key),
                       .value = std::nullopt,
                       .expected = current->revision(),
                       .attachment = nullptr};
    std::shared_ptr<Object> next;
    if (fate == Fate::marked) {
      if (const auto done = normalise(*kind->schema, wanted); !done) {
        co_return refuse(ApiError::internal(done.error().message));
      }
      next = Object::create(*kind, wanted);
      if (options.dry_run) {
        next->commit(current->revision());
        co_return Removed{.object = next, .gone = false};
      }
      write.value = next->stored_form();
      write.attachment = next;
    }
    const auto done = co_await commit(std::move(write));
    if (done) {
      co_return Removed{.object = next == nullptr ? current : ObjectPtr(next),
                        .gone = next == nullptr};
    }
    // Somebody else changed it meanwhile: look again, as often as that happens.
    if (done.error().kind != store::CommitError::Kind::conflict) {
      co_return refuse(
          ApiError::unavailable(cat("the store cannot write: ", done.error().message)));
    }
  }
}

Task<ApiResult<net::Response>> Api::remove(Call call) {
  CO_TRY(auto options, decode_delete_options(call.http, call.info.query));
  const auto& kind = *call.kind;
  const bool cascade_asked = options.cascade_asked;
  CO_TRY(const auto removed,
         co_await remove_object(&kind.stored_as(), call.key(), std::move(options), &call.user));
  if (!removed.gone || kind.delete_reply == DeleteReply::object) {
    const bool accepted = !removed.gone && cascade_asked;
    co_return answer(call, accepted ? 202 : 200, removed.object);
  }
  co_return respond(200,
                    success_json({.name = std::string(removed.object->name()),
                                  .group = std::string(kind.group),
                                  .kind = std::string(kind.plural),
                                  .uid = std::string(removed.object->uid()),
                                  .causes = {},
                                  .retry_after_seconds = 0}),
                    call.negotiated.format);
}

Task<ApiResult<net::Response>> Api::remove_collection(Call call) {
  CO_TRY(const auto options, decode_delete_options(call.http, call.info.query));
  CO_TRY(const auto page, select(call));
  std::optional<ApiError> failed;
  const auto remove_one = [&](std::size_t i) -> Task<bool> {
    return remove_listed(&call, &options, page.objects[i], &failed);
  };
  co_await side_by_side(page.objects.size(), removed_at_once, remove_one);
  if (failed) co_return refuse(*std::move(failed));
  co_return answer(call, page);
}

// One of a collection; false when there was something against it.
Task<bool> Api::remove_listed(const Call* call, const DeleteOptions* options, ObjectPtr object,
                              std::optional<ApiError>* failed) {
  const auto removed = co_await remove_object(&call->kind->stored_as(), std::string(object->key()),
                                              *options, &call->user);
  // Gone meanwhile is gone.
  if (removed || removed.error().code == 404) co_return true;
  if (!*failed) *failed = removed.error();
  co_return false;
}

// A kind is a constant of the program and outlives every coroutine.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<ApiResult<void>> Api::remove(const Kind& kind, std::string key, DeleteOptions options) {
  const token::UserInfo self{.username = "system:apiserver", .groups = {"system:masters"}};
  CO_TRY_VOID(co_await remove_object(&kind, std::move(key), std::move(options), &self));
  co_return ApiResult<void>{};
}

}  // namespace signet::machinery
