#include "machinery/managed_fields.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/try.h"
#include "base/utf8.h"
#include "codec/go_quote.h"
#include "codec/rfc3339.h"
#include "machinery/conversion.h"
#include "machinery/field_error.h"
#include "machinery/normalise.h"

namespace signet::machinery {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

constexpr std::size_t update_entries_max = 10;
constexpr std::size_t manager_bytes_max = 128;
constexpr std::string_view ancient_changes = "ancient-changes";
constexpr std::string_view path = "metadata.managedFields";

// The empty list, or one empty entry.
bool asks_to_forget(const Json& entries) {
  const auto* list = entries.if_array();
  if (list == nullptr) return false;
  if (list->empty()) return true;
  const auto* only = list->front().if_object();
  return list->size() == 1 && only != nullptr && only->empty();
}

Result<ManagedEntry> read_entry(const Json& value) {
  ManagedEntry out;
  const auto operation = codec::string_at(value, "operation");
  if (operation != "Apply" && operation != "Update") {
    return fail(ErrorKind::invalid, "operation must be `Apply` or `Update`");
  }
  out.applied = operation == "Apply";
  out.api_version = codec::string_at(value, "apiVersion");
  if (out.api_version.empty()) return fail(ErrorKind::invalid, "apiVersion must not be empty");
  const auto type = codec::string_at(value, "fieldsType");
  if (type != "FieldsV1") {
    return fail(ErrorKind::invalid, cat("invalid fieldsType ", quoted(type)));
  }
  out.manager = codec::string_at(value, "manager");
  out.subresource = codec::string_at(value, "subresource");
  out.time = codec::string_at(value, "time");
  if (const auto* fields = codec::find(value, "fieldsV1"); fields != nullptr) {
    TRY(out.fields, FieldSet::read(*fields));
  }
  return out;
}

Json write_entry(const ManagedEntry& entry) {
  Json out(boost::json::object_kind);
  JsonObject& members = out.get_object();
  members.reserve(7);
  if (!entry.manager.empty()) members.emplace("manager", entry.manager);
  members.emplace("operation", entry.applied ? "Apply" : "Update");
  members.emplace("apiVersion", entry.api_version);
  if (!entry.time.empty()) members.emplace("time", entry.time);
  members.emplace("fieldsType", "FieldsV1");
  members.emplace("fieldsV1", entry.fields.write());
  if (!entry.subresource.empty()) members.emplace("subresource", entry.subresource);
  return out;
}

// What the writer sent, or else what is stored.
ManagedFields sent_or_stored(const Json* sent, const Json* stored) {
  if (sent != nullptr) {
    if (asks_to_forget(*sent)) return {};
    auto read = read_managed_fields(*sent);
    if (read && !read->empty()) return *std::move(read);
  }
  if (stored == nullptr) return {};
  return read_managed_fields(*stored).value_or(ManagedFields());
}

void merge_ancient_changes(const Kind& kind, ManagedFields& managed) {
  std::vector<ManagedEntry*> updates;
  for (auto& [identity, entry] : managed) {
    if (!entry.applied) updates.push_back(&entry);
  }
  if (updates.size() <= update_entries_max) return;
  std::ranges::sort(updates, {}, [](const ManagedEntry* entry) {
    return std::pair(entry->time, entry->identity());
  });
  ManagedEntry bucket{.manager = std::string(ancient_changes), .api_version = kind.api_version()};
  std::vector<std::string> merged;
  const std::size_t surplus = updates.size() - update_entries_max + 1;
  for (std::size_t i = 0; i < surplus; ++i) {
    bucket.fields = bucket.fields.united(updates[i]->fields);
    bucket.time = updates[i]->time;
    merged.push_back(updates[i]->identity());
  }
  for (const auto& identity : merged) managed.erase(identity);
  const auto identity = bucket.identity();
  const auto [at, fresh] = managed.try_emplace(identity, std::move(bucket));
  // Only a bucket that is younger than what was merged is still there.
  if (!fresh) at->second.fields = at->second.fields.united(bucket.fields);
}

}  // namespace

std::string manager_name(std::string_view field_manager, std::string_view user_agent) {
  if (!field_manager.empty()) return std::string(field_manager);
  auto product = user_agent.substr(0, user_agent.find('/'));
  std::string out;
  while (!product.empty()) {
    const auto length = std::max<std::size_t>(utf8_sequence(product), 1);
    const auto character = product.substr(0, length);
    product.remove_prefix(length);
    if (!codec::is_go_printable(character)) continue;
    if (out.size() + length > manager_bytes_max) break;
    out += character;
  }
  return out.empty() ? "unknown" : out;
}

std::string ManagedEntry::identity() const {
  std::string out = R"({"manager":)";
  codec::append_json_string(out, manager, codec::Escape::html);
  append(out, R"(,"operation":")", applied ? "Apply" : "Update", '"');
  if (!applied) append(out, R"(,"apiVersion":")", api_version, '"');
  if (!subresource.empty()) append(out, R"(,"subresource":")", subresource, '"');
  return out + "}";
}

std::string ManagedEntry::display() const {
  std::string out = quoted(manager);
  if (!subresource.empty()) append(out, " with subresource ", quoted(subresource));
  if (!applied) append(out, " using ", api_version);
  return out;
}

Result<ManagedFields> read_managed_fields(const Json& entries) {
  const auto* list = entries.if_array();
  if (list == nullptr) return fail(ErrorKind::invalid, "managed fields are no list");
  if (list->size() > managed_entries_max)
    return fail(ErrorKind::invalid, "too many managed fields");
  ManagedFields out;
  for (const Json& value : *list) {
    TRY(auto entry, read_entry(value));
    auto identity = entry.identity();
    out.insert_or_assign(std::move(identity), std::move(entry));
  }
  return out;
}

Json write_managed_fields(const ManagedFields& managed) {
  if (managed.empty()) return nullptr;
  std::vector<const ManagedEntry*> order;
  order.reserve(managed.size());
  for (const auto& [identity, entry] : managed) order.push_back(&entry);
  std::ranges::sort(order, {}, [](const ManagedEntry* entry) {
    return std::tuple(!entry->applied, std::string_view(entry->time),
                      std::string_view(entry->manager), std::string_view(entry->api_version),
                      std::string_view(entry->subresource));
  });
  JsonArray out;
  out.reserve(order.size());
  for (const auto* entry : order) out.push_back(write_entry(*entry));
  return out;
}

Viewpoint viewpoint(const Kind& kind, const Writer& writer) {
  return {.registry = writer.registry, .kind = kind, .subresource = writer.subresource};
}

FieldSet all_of(const FieldChanges& changes) {
  return changes.added.united(changes.modified).united(changes.removed);
}

void set_managed_fields(Json& object, const ManagedFields& managed) {
  auto& metadata = codec::make_object_at(object, "metadata");
  if (managed.empty()) {
    metadata.erase("managedFields");
  } else {
    metadata["managedFields"] = write_managed_fields(managed);
  }
}

Json empty_object(const Kind& kind) {
  Json out(boost::json::object_kind);
  // Nothing in it can be of the wrong type.
  if (!normalise(*kind.schema, out)) std::unreachable();
  return out;
}

void note_update(const Kind& kind, ManagedFields& managed, TrackedChanges& changes,
                 const Writer& writer) {
  for (auto& [identity, entry] : managed) {
    const auto* seen = changes.in(entry.api_version);
    // Of a version that is no more nobody can tell what it owns.
    entry.fields = seen == nullptr ? FieldSet() : entry.fields.subtract(all_of(*seen));
  }
  std::erase_if(managed, [](const auto& item) { return item.second.fields.empty(); });
  auto taken = changes.own().added.united(changes.own().modified);
  if (!taken.empty()) {
    ManagedEntry entry{.manager = writer.manager,
                       .api_version = kind.api_version(),
                       .subresource = writer.subresource};
    const auto identity = entry.identity();
    auto& kept = managed.try_emplace(identity, std::move(entry)).first->second;
    kept.fields = kept.fields.empty() ? std::move(taken) : kept.fields.united(taken);
    kept.time = codec::to_rfc3339(whole_seconds(writer.now));
  }
  merge_ancient_changes(kind, managed);
}

void track_update(const Kind& kind, const Json* old, Json& wanted, const Writer& writer) {
  const auto* stored = old == nullptr ? nullptr : codec::find(*old, path);
  // A subresource does not change who owns what.
  const auto* sent = writer.subresource.empty() ? codec::find(wanted, path) : nullptr;
  if (sent != nullptr && stored != nullptr && *sent == *stored) sent = nullptr;
  auto& metadata = codec::make_object_at(wanted, "metadata");
  if (old != nullptr && stored == nullptr && sent == nullptr) {
    metadata.erase("managedFields");  // nobody is tracked before the first apply
    return;
  }
  const auto& storage = kind.stored_as();
  const auto before = old == nullptr ? empty_object(kind) : converted(storage, kind, *old);
  const auto after = converted(storage, kind, wanted);
  TrackedChanges changes(viewpoint(kind, writer), before, after);
  if (changes.own().empty() && sent == nullptr && stored != nullptr) {
    metadata["managedFields"] = *stored;
    return;
  }
  auto managed = sent_or_stored(sent, stored);
  if (!managed.empty() || old == nullptr) note_update(kind, managed, changes, writer);
  set_managed_fields(wanted, managed);
}

bool same_but_times(const Json& a, const Json& b) {
  const auto* left = a.if_array();
  const auto* right = b.if_array();
  if (left == nullptr || right == nullptr || left->size() != right->size()) return false;
  return std::ranges::equal(*left, *right, [](Json one, Json other) {
    for (Json* entry : {&one, &other}) {
      if (auto* members = entry->if_object()) members->erase("time");
    }
    return one == other;
  });
}

}  // namespace signet::machinery
