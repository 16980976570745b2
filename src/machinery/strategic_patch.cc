#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/try.h"
#include "machinery/normalise_scalar.h"
#include "machinery/patch.h"
#include "machinery/unstructured.h"

namespace signet::machinery {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;
using Merged = ApiResult<void>;

constexpr std::string_view directive = "$patch";
constexpr std::string_view retain_directive = "$retainKeys";
constexpr std::string_view delete_prefix = "$deleteFromPrimitiveList/";
constexpr std::string_view order_prefix = "$setElementOrder/";

std::string_view view(boost::json::string_view text) {
  return {text.data(), text.size()};
}

bool is_directive(std::string_view name) {
  return name == directive || name == retain_directive || name.starts_with(delete_prefix) ||
         name.starts_with(order_prefix);
}

std::unexpected<ApiError> bad_request(std::string_view message) {
  return refuse(ApiError::bad_request(std::string(message)));
}

std::unexpected<ApiError> unknown_directive(const Json& what, const Json& map) {
  return refuse(ApiError::plain_internal(
      cat("unknown patch type: ", go_text(what), " in map: ", go_text(map))));
}

std::unexpected<ApiError> no_merge_key(const Json& element, std::string_view key) {
  return refuse(ApiError::plain_internal(
      cat("map: ", go_text(element), " does not contain declared merge key: ", key)));
}

std::unexpected<ApiError> wrong_kind(std::string_view wanted, const Json& found) {
  return refuse(ApiError::plain_internal(
      cat("expected a ", wanted, ", but received a ", json_type_name(found))));
}

enum class Directive : std::uint8_t { none, replace, remove };

ApiResult<Directive> directive_of(const Json& map) {
  const Json* value = map.get_object().if_contains(directive);
  if (value == nullptr) return Directive::none;
  if (*value == "replace") return Directive::replace;
  if (*value == "delete") return Directive::remove;
  return unknown_directive(*value, map);
}

// What a patch value becomes where there is nothing to merge it with: without its nulls and
// directives. False when the value says that it is to be deleted.
bool strip(Json& value) {
  if (JsonArray* array = value.if_array()) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (!strip((*array)[i])) continue;
      if (kept != i) (*array)[kept] = std::move((*array)[i]);
      ++kept;
    }
    array->resize(kept);
    return true;
  }
  JsonObject* object = value.if_object();
  if (object == nullptr) return true;
  if (const Json* what = object->if_contains(directive); what != nullptr && *what == "delete") {
    return false;
  }
  JsonObject out(object->storage());
  for (auto& member : *object) {
    if (is_directive(view(member.key())) || member.value().is_null()) continue;
    if (strip(member.value())) out.emplace(member.key(), std::move(member.value()));
  }
  value = std::move(out);
  return true;
}

// What an element is told apart by: the value of the merge key, or itself.
std::string identity_of(const Json& element, std::string_view merge_key) {
  if (merge_key.empty()) return codec::to_json(element);
  const JsonObject* object = element.if_object();
  const Json* value = object == nullptr ? nullptr : object->if_contains(merge_key);
  return value == nullptr ? std::string() : codec::to_json(*value);
}

// Where the first element with an identity stands.
class Positions {
 public:
  Positions(const JsonArray& list, std::string_view merge_key) : merge_key_(merge_key) {
    positions_.reserve(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
      std::string identity = identity_of(list[i], merge_key);
      if (!identity.empty()) positions_.try_emplace(std::move(identity), i);
    }
  }
  std::optional<std::size_t> find(const Json& element) const {
    const auto found = positions_.find(identity_of(element, merge_key_));
    if (found == positions_.end()) return std::nullopt;
    return found->second;
  }

 private:
  std::string_view merge_key_;
  std::unordered_map<std::string, std::size_t> positions_;
};

struct Placed {
  Json* element = nullptr;
  std::optional<std::size_t> wanted;  // in the order the patch asks for
  std::optional<std::size_t> stored;  // in the list as the server had it
};

// Without a place: at the end, in the order they are in.
void sort_by(std::vector<Placed>& row, std::optional<std::size_t> Placed::* place) {
  std::ranges::sort(row, {}, [&](const Placed& p) {
    return std::pair((p.*place).value_or(std::numeric_limits<std::size_t>::max()), p.element);
  });
}

// Elements the patch names come in the patch's order, the others in the server's; the two rows are
// zipped by the server's order as far as it knows both.
void put_in_order(JsonArray& list, const JsonArray& wanted_order, const JsonArray& stored_order,
                  std::string_view merge_key) {
  const Positions wanted(wanted_order, merge_key);
  const Positions stored(stored_order, merge_key);
  std::vector<Placed> named;
  std::vector<Placed> others;
  for (Json& element : list) {
    const Placed placed{&element, wanted.find(element), stored.find(element)};
    (placed.wanted ? named : others).push_back(placed);
  }
  sort_by(named, &Placed::wanted);
  sort_by(others, &Placed::stored);
  JsonArray out(list.storage());
  out.reserve(list.size());
  std::size_t i = 0;
  for (const Placed& next : named) {
    while (i < others.size() && others[i].stored && next.stored &&
           *others[i].stored < *next.stored) {
      out.push_back(std::move(*others[i++].element));
    }
    out.push_back(std::move(*next.element));
  }
  for (; i < others.size(); ++i) out.push_back(std::move(*others[i].element));
  list = std::move(out);
}

Merged merge_map(const Schema* schema, Json& original, Json& patch);

// Elements of `patch` with a directive are carried out and taken away; true when the list is to be
// replaced by what is left.
ApiResult<bool> apply_element_directives(JsonArray& original, JsonArray& patch,
                                         std::string_view merge_key) {
  bool replace = false;
  std::unordered_set<std::string> doomed;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < patch.size(); ++i) {
    if (const Json* value = patch[i].get_object().if_contains(directive);
        value && *value == "merge") {
      return refuse(ApiError::plain_internal("merging lists cannot yet be specified in the patch"));
    }
    TRY(const Directive what, directive_of(patch[i]));
    if (what == Directive::remove) {
      std::string identity = identity_of(patch[i], merge_key);
      if (identity.empty()) return no_merge_key(patch[i], merge_key);
      doomed.insert(std::move(identity));
      continue;
    }
    replace = replace || what == Directive::replace;
    if (what == Directive::replace) continue;
    if (kept != i) patch[kept] = std::move(patch[i]);
    ++kept;
  }
  patch.resize(kept);
  if (doomed.empty()) return replace;
  JsonArray left(original.storage());
  for (Json& element : original) {
    if (!doomed.contains(identity_of(element, merge_key))) left.push_back(std::move(element));
  }
  original = std::move(left);
  return replace;
}

Merged check_elements(const JsonArray& list, bool maps) {
  for (const Json& element : list) {
    if (element.is_array()) return refuse(ApiError::unprocessable());  // lists of lists
    if (element.is_object() != maps) return wrong_kind(maps ? "map" : "scalar", element);
  }
  return {};
}

// A list whose elements have a merge key.
Merged merge_keyed(const Field& field, JsonArray& original, JsonArray& patch) {
  TRY_VOID(check_elements(original, true));
  TRY_VOID(check_elements(patch, true));
  TRY(const bool replace, apply_element_directives(original, patch, field.merge_key));
  if (replace) {
    Json whole(std::move(patch));
    strip(whole);
    original = std::move(whole.get_array());
    return {};
  }
  const JsonArray stored = original;
  const JsonArray wanted = patch;
  Positions known(original, field.merge_key);
  std::unordered_map<std::string, std::size_t> fresh;
  for (Json& element : patch) {
    std::string identity = identity_of(element, field.merge_key);
    if (identity.empty()) return no_merge_key(element, field.merge_key);
    std::optional<std::size_t> at = known.find(element);
    if (const auto found = fresh.find(identity); !at && found != fresh.end()) at = found->second;
    if (at) {
      TRY_VOID(merge_map(field.schema, original[*at], element));
    } else if (strip(element)) {
      fresh.emplace(std::move(identity), original.size());
      original.push_back(std::move(element));
    }
  }
  put_in_order(original, wanted, stored, field.merge_key);
  return {};
}

// A list of scalars that is a set.
Merged merge_set(JsonArray& original, const JsonArray& patch) {
  TRY_VOID(check_elements(original, false));
  TRY_VOID(check_elements(patch, false));
  const JsonArray stored = original;
  original.insert(original.end(), patch.begin(), patch.end());
  std::unordered_set<std::string> seen;
  JsonArray unique(original.storage());
  for (Json& element : original) {
    if (seen.insert(codec::to_json(element)).second) unique.push_back(std::move(element));
  }
  original = std::move(unique);
  put_in_order(original, patch, stored, {});
  return {};
}

Merged merge_list(const Field* field, Json& original, Json& patch) {
  const ListMerge how = field == nullptr ? ListMerge::replace : field->merge;
  switch (how) {
    case ListMerge::replace:
      original = std::move(patch);
      return {};
    case ListMerge::by_key:
      return merge_keyed(*field, original.get_array(), patch.get_array());
    case ListMerge::set:
      return merge_set(original.get_array(), patch.get_array());
  }
  std::unreachable();
}

// "$retainKeys": [..]: everything else goes; the patch may name nothing else.
Merged apply_retained_keys(JsonObject& original, JsonObject& patch) {
  const Json* keys = patch.if_contains(retain_directive);
  if (keys == nullptr) return {};
  const JsonArray* list = keys->if_array();
  if (list == nullptr) return bad_request("invalid patch format of retainKeys");
  std::unordered_set<std::string> retained;
  for (const Json& key : *list) {
    if (key.is_string()) retained.insert(go_text(key));
  }
  for (const auto& member : patch) {
    const std::string_view name = view(member.key());
    if (member.value().is_null() || is_directive(name)) continue;
    if (!retained.contains(std::string(name))) {
      return bad_request("invalid patch format of retainKeys");
    }
  }
  JsonObject left(original.storage());
  for (auto& member : original) {
    if (retained.contains(std::string(view(member.key())))) {
      left.emplace(member.key(), std::move(member.value()));
    }
  }
  original = std::move(left);
  return {};
}

// The order list must name the patch's elements in the order the patch has them.
bool is_consistent(const JsonArray& patch, const JsonArray& order, std::string_view merge_key) {
  std::size_t at = 0;
  for (const Json& element : patch) {
    if (element.is_object() && element.get_object().contains(directive)) continue;
    const std::string identity = identity_of(element, merge_key);
    while (at < order.size() && identity_of(order[at], merge_key) != identity) ++at;
    if (at == order.size()) return false;
    ++at;
  }
  return true;
}

// "$setElementOrder/F": merges the list F as well, and takes it out of the patch.
Merged apply_order(const Schema* schema, std::string_view name, Json order, JsonObject& original,
                   JsonObject& patch) {
  if (!order.is_array()) return wrong_kind("list", order);
  Json* now = original.if_contains(name);
  Json* change = patch.if_contains(name);
  if (now != nullptr && !now->is_array()) return wrong_kind("list", *now);
  if (change != nullptr && change->is_null()) return {};  // the list goes, whatever its order
  if (change != nullptr && !change->is_array()) return wrong_kind("list", *change);
  if (now == nullptr && change == nullptr) return {};
  const Field* field = schema == nullptr ? nullptr : schema->find(name);
  const std::string_view key = field == nullptr ? std::string_view() : field->merge_key;
  if (change != nullptr && !is_consistent(change->get_array(), order.get_array(), key)) {
    return refuse(ApiError::plain_internal(cat("The order in patch list:\n", go_text(*change),
                                               "\n doesn't match ", order_prefix, " list:\n",
                                               go_text(order), "\n")));
  }
  const Json stored = now == nullptr ? Json(JsonArray()) : *now;
  if (now == nullptr) {
    strip(*change);
    now = &(original[name] = std::move(*change));
  } else if (change != nullptr) {
    TRY_VOID(merge_list(field, *now, *change));
  }
  if (change != nullptr) patch.erase(name);
  put_in_order(now->get_array(), order.get_array(), stored.get_array(), key);
  return {};
}

// "$deleteFromPrimitiveList/F".
Merged apply_deletion(std::string_view name, const Json& doomed, JsonObject& original) {
  if (!doomed.is_array()) return bad_request("invalid patch format of primitive list");
  Json* now = original.if_contains(name);
  if (now == nullptr || !now->is_array()) return {};
  TRY_VOID(check_elements(doomed.get_array(), false));
  const Positions positions(doomed.get_array(), {});
  JsonArray left(original.storage());
  for (Json& element : now->get_array()) {
    if (!positions.find(element)) left.push_back(std::move(element));
  }
  *now = std::move(left);
  return {};
}

Merged merge_member(const Schema* schema, JsonObject& original, std::string_view name,
                    Json& change) {
  if (change.is_null()) {
    original.erase(name);
    return {};
  }
  Json* now = original.if_contains(name);
  const bool mergeable = now != nullptr && ((now->is_object() && change.is_object()) ||
                                            (now->is_array() && change.is_array()));
  if (!mergeable) {
    if (strip(change)) {
      original[name] = std::move(change);
    } else {
      original.erase(name);
    }
    return {};
  }
  const Field* field = schema == nullptr ? nullptr : schema->find(name);
  if (change.is_array()) return merge_list(field, *now, change);
  const bool is_message = field != nullptr && field->shape == Shape::single;
  return merge_map(is_message ? field->schema : nullptr, *now, change);
}

// `patch` is used up. As deep as both are, and both were parsed with a limit.
Merged merge_map(const Schema* schema, Json& original, Json& patch) {
  TRY(const Directive what, directive_of(patch));
  if (what == Directive::remove) {
    original = JsonObject();
    return {};
  }
  if (what == Directive::replace) {
    strip(patch);
    original = std::move(patch);
    return {};
  }
  JsonObject& members = original.get_object();
  JsonObject& changes = patch.get_object();
  TRY_VOID(apply_retained_keys(members, changes));
  std::vector<std::string> orders;
  for (const auto& change : changes) {
    const std::string_view name = view(change.key());
    if (name.starts_with(order_prefix)) orders.emplace_back(name.substr(order_prefix.size()));
  }
  for (const std::string& name : orders) {
    Json order = std::move(changes[cat(order_prefix, name)]);
    TRY_VOID(apply_order(schema, name, std::move(order), members, changes));
  }
  for (auto& change : changes) {
    const std::string_view name = view(change.key());
    if (name.starts_with(delete_prefix)) {
      TRY_VOID(apply_deletion(name.substr(delete_prefix.size()), change.value(), members));
    } else if (!is_directive(name)) {
      TRY_VOID(merge_member(schema, members, name, change.value()));
    }
  }
  return {};
}

}  // namespace

ApiResult<Json> apply_strategic_patch(const Schema& schema, const Json& object, const Json& patch) {
  if (patch.is_null()) return object;
  if (!patch.is_object()) {
    return bad_request(cat("json: cannot unmarshal ", json_type_name(patch),
                           " into Go value of type map[string]interface {}"));
  }
  Json result = object;
  if (!result.is_object()) result = JsonObject();
  Json changes = patch;
  TRY_VOID(merge_map(&schema, result, changes));
  return result;
}

}  // namespace signet::machinery
