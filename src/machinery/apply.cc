#include "machinery/apply.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/try.h"
#include "codec/rfc3339.h"
#include "machinery/meta_validation.h"
#include "machinery/typed_merge.h"

namespace signet::machinery {
namespace {

using codec::Json;

constexpr std::string_view last_applied = "kubectl.kubernetes.io/last-applied-configuration";

// By identity: what of each manager's fields would change.
using Conflicts = std::map<std::string, ManagedEntry, std::less<>>;

struct Outcome {
  Json object;
  ManagedFields managed;
  Conflicts conflicts;
};

// "/v1, Kind=Pod", as Kubernetes prints a group, version and kind.
std::string type_text(std::string_view api_version, std::string_view kind) {
  const auto slash = api_version.find('/');
  if (slash != api_version.rfind('/')) return "/, Kind=";
  return cat(slash == std::string_view::npos ? "/" : "", api_version, ", Kind=", kind);
}

std::string object_text(const Json& object) {
  return cat(codec::string_at(object, "metadata.namespace"), '/',
             codec::string_at(object, "metadata.name"), "; ",
             type_text(codec::string_at(object, "apiVersion"), codec::string_at(object, "kind")));
}

ApiResult<void> check_configuration(const Kind& kind, const Json& configuration) {
  const auto api_version = codec::string_at(configuration, "apiVersion");
  const auto name = codec::string_at(configuration, "kind");
  if (api_version != kind.api_version() || name != kind.kind) {
    return refuse(
        ApiError::bad_request(cat("invalid object type: ", type_text(api_version, name))));
  }
  const auto* managed = codec::find(configuration, "metadata.managedFields");
  if (managed != nullptr && managed->is_array()) {
    return refuse(ApiError::bad_request("metadata.managedFields must be nil"));
  }
  if (const auto checked = check_applied(*kind.schema, configuration); !checked) {
    return refuse(
        ApiError::plain_internal(cat("failed to create typed patch object (",
                                     object_text(configuration), "): ", checked.error().message)));
  }
  return {};
}

// Takes away what the manager applied before, no longer applies, and nobody owns.
Json prune(const Viewpoint& from, const Json& merged, const ManagedFields& managed,
           const FieldSet& applied_before) {
  if (applied_before.empty()) return merged;
  const auto& schema = *from.kind.schema;
  const auto before = with_records(schema, applied_before);
  FieldSet owned;
  for (const auto& [identity, entry] : managed) {
    owned = owned.united(translated(from, entry.api_version, entry.fields, merged));
  }
  owned = with_records(schema, owned);
  const auto all = with_records(schema, fields_of(schema, merged));
  const auto set_of = [&](const Json& object) {
    return with_records(schema, fields_of(schema, object));
  };
  // What only goes because something above it went may belong to somebody.
  const auto left = set_of(without_fields(schema, merged, before));
  const auto with_owned = without_fields(schema, merged, all.subtract(left.united(owned)));
  const auto lost = all.subtract(set_of(with_owned));
  return without_fields(schema, merged, lost.intersection(before));
}

Outcome merge(const Kind& kind, const Json& live, const Json& configuration, ManagedFields managed,
              const Applier& applier) {
  const auto& writer = applier.writer;
  const auto from = viewpoint(kind, writer);
  ManagedEntry self{.manager = writer.manager,
                    .applied = true,
                    .api_version = kind.api_version(),
                    .subresource = writer.subresource};
  const auto own = self.identity();
  FieldSet before;
  if (const auto known = managed.find(own); known != managed.end()) {
    before = translated(from, known->second.api_version, known->second.fields, live);
    self.time = known->second.time;
  }
  self.fields = tracked(kind, fields_of(*kind.schema, configuration), writer.subresource);
  managed.insert_or_assign(own, std::move(self));

  Outcome out;
  out.object = prune(from, merge_applied(*kind.schema, live, configuration), managed, before);
  TrackedChanges changes(from, live, out.object);
  for (auto& [identity, entry] : managed) {
    if (identity == own) continue;
    const auto* seen = changes.in(entry.api_version);
    if (seen == nullptr) {  // of a version that is no more
      entry.fields = {};
      continue;
    }
    if (auto lost = entry.fields.intersection(seen->added.united(seen->modified)); !lost.empty()) {
      auto conflict = entry;
      conflict.fields = std::move(lost);
      out.conflicts.emplace(identity, std::move(conflict));
    }
    entry.fields = entry.fields.subtract(all_of(*seen));
  }
  if (out.object != live) {
    managed.at(own).time = codec::to_rfc3339(whole_seconds(writer.now));
  }
  std::erase_if(managed, [](const auto& item) { return item.second.fields.empty(); });
  out.managed = std::move(managed);
  return out;
}

// What kubectl's client-side apply owned: the fields of its annotation that still are as it left
// them. nullopt: it never applied.
std::optional<FieldSet> applied_by_client(const Kind& kind, const Json& live) {
  const auto* annotations = codec::find(live, "metadata.annotations");
  const auto* members = annotations == nullptr ? nullptr : annotations->if_object();
  const auto* text = members == nullptr ? nullptr : members->if_contains(last_applied);
  if (text == nullptr || !text->is_string()) return std::nullopt;
  const auto document = codec::parse_json(text->get_string(), {});
  if (!document || !document->value.is_object()) return std::nullopt;
  const auto& last = document->value;
  if (codec::string_at(last, "apiVersion") != kind.api_version()) return std::nullopt;
  if (!check_applied(*kind.schema, last)) return std::nullopt;
  const auto changes = compare(*kind.schema, last, live);
  return fields_of(*kind.schema, last)
      .subtract(changes.modified)
      .subtract(changes.added)
      .subtract(changes.removed);
}

void drop_allowed(Conflicts& conflicts, const FieldSet& allowed) {
  for (auto& [identity, entry] : conflicts) entry.fields = entry.fields.subtract(allowed);
  std::erase_if(conflicts, [](const auto& item) { return item.second.fields.empty(); });
}

ApiError conflict_error(const Conflicts& conflicts) {
  StatusDetails details;
  std::string listed;
  for (const auto& [identity, entry] : conflicts) {
    const auto manager = entry.display();
    append(listed, listed.empty() ? "" : "\n", "conflicts with ", manager, ':');
    for (auto& path : entry.fields.paths()) {
      append(listed, "\n- ", path);
      details.causes.push_back(
          {"FieldManagerConflict", cat("conflict with ", manager), std::move(path)});
    }
  }
  ApiError error;
  error.code = 409;
  error.reason = "Conflict";
  const auto& first = details.causes.front();
  error.message = details.causes.size() == 1
                      ? cat("Apply failed with 1 conflict: ", first.message, ": ", first.field)
                      : cat("Apply failed with ", details.causes.size(), " conflicts: ", listed);
  error.details = std::move(details);
  return error;
}

// Go's encoder of maps: members ascending, < > & escaped.
Json sorted(const Json& value) {
  if (const auto* array = value.if_array()) {
    codec::JsonArray out;
    for (const Json& element : *array) out.push_back(sorted(element));
    return out;
  }
  const auto* object = value.if_object();
  if (object == nullptr) return value;
  std::vector<const boost::json::key_value_pair*> members;
  for (const auto& member : *object) members.push_back(&member);
  std::ranges::sort(members, {}, [](const auto* member) { return member->key(); });
  codec::JsonObject out;
  for (const auto* member : members) out.emplace(member->key(), sorted(member->value()));
  return out;
}

// Where kubectl applied from its own side before, its annotation follows.
void renew_annotation(Json& object, const Json& configuration) {
  auto* annotations = codec::find(object, "metadata.annotations");
  auto* members = annotations == nullptr ? nullptr : annotations->if_object();
  const auto* known = members == nullptr ? nullptr : members->if_contains(last_applied);
  if (known == nullptr || *known == "" || known->is_null()) return;
  auto text = sorted(configuration);
  if (auto* own = codec::find(text, "metadata.annotations"); own != nullptr && own->is_object()) {
    own->get_object().erase(last_applied);
  }
  (*members)[last_applied] = codec::to_json(text, codec::Escape::html) + "\n";
  std::size_t bytes = 0;
  for (const auto& member : *members) {
    bytes += member.key().size();
    if (const auto* value = member.value().if_string()) bytes += value->size();
  }
  if (bytes > annotations_bytes_max) members->erase(last_applied);
}

}  // namespace

ApiResult<Json> apply_configuration(const Kind& kind, const Json* live, const Json& configuration,
                                    const Applier& applier) {
  Json before = live == nullptr ? empty_object(kind) : *live;
  ManagedFields managed;
  if (const auto* stored = codec::find(before, "metadata.managedFields")) {
    auto read = read_managed_fields(*stored);
    if (!read) {
      return refuse(
          ApiError::plain_internal(cat("failed to decode managed fields: ", read.error().message)));
    }
    managed = *std::move(read);
    codec::make_object_at(before, "metadata").erase("managedFields");
  }
  TRY_VOID(check_configuration(kind, configuration));
  if (managed.empty() && live != nullptr) {
    auto earlier = applier.writer;
    earlier.manager = "before-first-apply";
    const auto nothing = empty_object(kind);
    TrackedChanges changes(viewpoint(kind, earlier), nothing, before);
    note_update(kind, managed, changes, earlier);
  }
  auto outcome = merge(kind, before, configuration, std::move(managed), applier);
  const bool by_kubectl = applier.writer.manager == "kubectl";
  if (!applier.force && !outcome.conflicts.empty()) {
    if (by_kubectl) {
      if (const auto allowed = applied_by_client(kind, before)) {
        drop_allowed(outcome.conflicts, *allowed);
      }
    }
    if (!outcome.conflicts.empty()) return refuse(conflict_error(outcome.conflicts));
  }
  if (outcome.managed.size() > managed_entries_max) {
    return refuse(ApiError::too_large(cat("an object may have ", managed_entries_max,
                                          " managers, and would have ", outcome.managed.size())));
  }
  if (by_kubectl) renew_annotation(outcome.object, configuration);
  set_managed_fields(outcome.object, outcome.managed);
  return std::move(outcome.object);
}

}  // namespace signet::machinery
