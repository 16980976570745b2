#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/try.h"
#include "machinery/normalise_scalar.h"
#include "machinery/patch.h"

namespace signet::machinery {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

constexpr std::size_t operations_max = 10'000;
// Values touched by copying, moving and shifting, over the whole patch: "copy" could double the
// object with every operation, and each insertion at the front of an array moves all of it.
constexpr std::size_t work_max = 500'000;
// Nesting of the result; a patch could otherwise stack values deeper than any parser lets in.
constexpr std::size_t depth_max = 64;

// Nothing is said about what is wrong: Kubernetes answers every failure in the same words.
struct Refused {};
template <typename T>
using Step = Result<T, Refused>;
constexpr std::unexpected<Refused> refused{Refused{}};

struct Extent {
  std::size_t values = 0;
  std::size_t depth = 0;
};

Extent extent_of(const Json& value) {
  Extent out{1, 1};
  const auto add = [&](const Json& child) {
    const Extent inner = extent_of(child);
    out.values += inner.values;
    out.depth = std::max(out.depth, inner.depth + 1);
  };
  if (const JsonArray* array = value.if_array()) {
    for (const Json& child : *array) add(child);
  } else if (const JsonObject* object = value.if_object()) {
    for (const auto& member : *object) add(member.value());
  } else if (const auto* text = value.if_string()) {
    out.values += text->size() / sizeof(Json);
  }
  return out;
}

// RFC 6901, decoded into its reference tokens. As Kubernetes' patch library reads it: what stands
// before the first slash is passed over, and a "~" that escapes nothing stands for itself.
using Pointer = std::vector<std::string>;

std::optional<Pointer> parse_pointer(std::string_view text) {
  Pointer tokens;
  if (text.empty()) return tokens;
  const auto first = text.find('/');
  if (first == std::string_view::npos) return std::nullopt;
  text.remove_prefix(first);
  while (!text.empty()) {
    text.remove_prefix(1);
    std::string token;
    std::size_t i = 0;
    for (; i < text.size() && text[i] != '/'; ++i) {
      const char next = i + 1 < text.size() ? text[i + 1] : '\0';
      if (text[i] == '~' && (next == '0' || next == '1')) {
        token += next == '0' ? '~' : '/';
        ++i;
      } else {
        token += text[i];
      }
    }
    tokens.push_back(std::move(token));
    text.remove_prefix(i);
  }
  return tokens;
}

// As Go's Atoi reads numbers; "-1" is the last of `size` places, and so on.
std::optional<std::size_t> array_index(std::string_view token, std::size_t size) {
  const bool from_end = token.starts_with('-');
  if (from_end || token.starts_with('+')) token.remove_prefix(1);
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc() || end != token.data() + token.size()) return std::nullopt;
  if (!from_end || index == 0) return index;
  return index <= size ? std::optional(size - index) : std::nullopt;
}

Json* child_of(Json& parent, std::string_view token) {
  if (JsonObject* object = parent.if_object()) return object->if_contains(token);
  JsonArray* array = parent.if_array();
  if (array == nullptr) return nullptr;
  const auto index = array_index(token, array->size());
  return index && *index < array->size() ? &(*array)[*index] : nullptr;
}

class JsonPatch {
 public:
  explicit JsonPatch(const Json& object) : root_(object) {}

  Step<void> apply(const Json& operation);
  Json take() { return std::move(root_); }

 private:
  Step<Pointer> pointer(const Json& operation, std::string_view member) const;
  Json* find(const Pointer& path, std::size_t length);
  Step<Json*> place(const Pointer& path);
  Step<void> add(const Pointer& path, Json value);
  Step<Json> remove(const Pointer& path);
  Step<void> replace(const Pointer& path, Json value);
  Step<void> move(const Json& operation, const Pointer& path);
  Step<void> copy(const Json& operation, const Pointer& path);
  Step<void> test(const Json& operation, const Pointer& path);
  Step<void> spend(std::size_t work);
  Step<void> fits(const Pointer& path, const Json& value);

  Json root_;
  std::size_t work_ = 0;
};

Step<void> JsonPatch::spend(std::size_t work) {
  work_ += work;
  if (work_ > work_max) return refused;
  return {};
}

// Refuses a value that would make the document too deep, or the work too much.
Step<void> JsonPatch::fits(const Pointer& path, const Json& value) {
  const Extent extent = extent_of(value);
  if (path.size() + extent.depth > depth_max) return refused;
  return spend(extent.values);
}

Step<Pointer> JsonPatch::pointer(const Json& operation, std::string_view member) const {
  const Json* text = operation.get_object().if_contains(member);
  if (text == nullptr || !text->is_string()) return refused;
  auto parsed = parse_pointer({text->get_string().data(), text->get_string().size()});
  if (!parsed) return refused;
  return *std::move(parsed);
}

// The value at the first `length` tokens of `path`.
Json* JsonPatch::find(const Pointer& path, std::size_t length) {
  Json* at = &root_;
  for (std::size_t i = 0; i < length && at != nullptr; ++i) at = child_of(*at, path[i]);
  return at;
}

// The value at `path`. Null: a member of an object, which may be there or not, and is not.
Step<Json*> JsonPatch::place(const Pointer& path) {
  if (path.empty()) return refused;
  Json* parent = find(path, path.size() - 1);
  if (parent == nullptr || !(parent->is_object() || parent->is_array())) return refused;
  Json* at = child_of(*parent, path.back());
  if (at == nullptr && parent->is_array()) return refused;
  return at;
}

Step<void> JsonPatch::add(const Pointer& path, Json value) {
  TRY_VOID(fits(path, value));
  if (path.empty()) return refused;
  Json* parent = find(path, path.size() - 1);
  if (parent == nullptr) return refused;
  if (JsonObject* object = parent->if_object()) {
    (*object)[path.back()] = std::move(value);
    return {};
  }
  JsonArray* array = parent->if_array();
  if (array == nullptr) return refused;
  const auto index =
      path.back() == "-" ? array->size() : array_index(path.back(), array->size() + 1);
  if (!index || *index > array->size()) return refused;
  TRY_VOID(spend(array->size() - *index));
  array->insert(array->begin() + static_cast<std::ptrdiff_t>(*index), std::move(value));
  return {};
}

Step<Json> JsonPatch::remove(const Pointer& path) {
  if (path.empty()) return refused;
  Json* parent = find(path, path.size() - 1);
  Json* at = parent == nullptr ? nullptr : child_of(*parent, path.back());
  if (at == nullptr) return refused;
  Json removed = std::move(*at);
  if (JsonObject* object = parent->if_object()) {
    object->erase(path.back());
  } else {
    JsonArray& array = parent->get_array();
    const auto index = at - array.data();
    TRY_VOID(spend(array.size() - static_cast<std::size_t>(index)));
    array.erase(array.begin() + index);
  }
  return removed;
}

// Of the whole, another object or list; anything else changes nothing. A member of an object need
// not be there.
Step<void> JsonPatch::replace(const Pointer& path, Json value) {
  TRY_VOID(fits(path, value));
  if (path.empty()) {
    if (value.is_object() || value.is_array()) root_ = std::move(value);
    return {};
  }
  TRY(Json* const at, place(path));
  if (at == nullptr) return add(path, std::move(value));
  *at = std::move(value);
  return {};
}

Step<void> JsonPatch::move(const Json& operation, const Pointer& path) {
  TRY(const Pointer from, pointer(operation, "from"));
  if (from == path) {
    if (find(from, from.size()) == nullptr) return refused;
    return {};
  }
  // RFC 6902 s4.4: nothing moves into itself.
  if (from.size() < path.size() && std::equal(from.begin(), from.end(), path.begin())) {
    return refused;
  }
  TRY(Json moved, remove(from));
  return add(path, std::move(moved));
}

Step<void> JsonPatch::copy(const Json& operation, const Pointer& path) {
  TRY(const Pointer from, pointer(operation, "from"));
  TRY(const Json* const source, place(from));
  if (source == nullptr) return add(path, nullptr);
  TRY_VOID(fits(path, *source));  // before the copy is made
  return add(path, *source);
}

Step<void> JsonPatch::test(const Json& operation, const Pointer& path) {
  const Json* wanted = operation.get_object().if_contains("value");
  const Json* at = &root_;
  if (!path.empty()) {
    TRY(at, place(path));
  }
  // As Kubernetes' patch library, which takes a missing member for null.
  const bool wants_null = wanted == nullptr || wanted->is_null();
  if (at == nullptr || at->is_null()) {
    if (wants_null) return {};
    return refused;
  }
  if (wants_null) return refused;
  TRY_VOID(spend(extent_of(*wanted).values));
  if (*at == *wanted) return {};
  return refused;
}

Step<void> JsonPatch::apply(const Json& operation) {
  TRY(const Pointer path, pointer(operation, "path"));
  const std::string_view op = codec::string_at(operation, "op");
  if (op == "move") return move(operation, path);
  if (op == "copy") return copy(operation, path);
  if (op == "test") return test(operation, path);
  if (op == "remove") {
    TRY_VOID(remove(path));
    return {};
  }
  if (op != "add" && op != "replace") return refused;
  // As Kubernetes' patch library, which takes a missing member for null.
  const Json* value = operation.get_object().if_contains("value");
  Json fresh = value == nullptr ? Json() : *value;
  return op == "add" ? add(path, std::move(fresh)) : replace(path, std::move(fresh));
}

}  // namespace

ApiResult<Json> apply_json_patch(const Json& object, const Json& operations) {
  if (operations.is_null()) return object;
  const JsonArray* list = operations.if_array();
  if (list == nullptr) {
    return refuse(ApiError::bad_request(cat("json: cannot unmarshal ", json_type_name(operations),
                                            " into Go value of type jsonpatch.Patch")));
  }
  if (list->size() > operations_max) {
    return refuse(ApiError::too_large(cat("The allowed maximum operations in a JSON patch is ",
                                          operations_max, ", got ", list->size())));
  }
  JsonPatch patch(object);
  for (const Json& operation : *list) {
    if (operation.is_null()) return refuse(ApiError::unprocessable());
    if (!operation.is_object()) {
      return refuse(ApiError::bad_request(cat("json: cannot unmarshal ", json_type_name(operation),
                                              " into Go value of type jsonpatch.Operation")));
    }
    if (!patch.apply(operation)) return refuse(ApiError::unprocessable());
  }
  return patch.take();
}

}  // namespace signet::machinery
