#include "machinery/object.h"

#include <algorithm>
#include <array>

#include "base/cat.h"
#include "base/try.h"
#include "codec/rfc3339.h"

namespace signet::machinery {
namespace {

using codec::Json;
using codec::JsonObject;

// What stands before resourceVersion in metadata.
constexpr std::array<std::string_view, 5> before_revision = {"name", "generateName", "namespace",
                                                             "selfLink", "uid"};
// Wider than what a client may send: base64 of stringData and defaults are added on the way.
constexpr codec::ParseLimits stored_limits{.bytes_max = std::size_t{32} * 1024 * 1024,
                                           .depth_max = 128};

std::string_view view(boost::json::string_view text) {
  return {text.data(), text.size()};
}

// `{"kind":"ServiceAccount","apiVersion":"v1"`
std::size_t head_size(const Kind& kind) {
  constexpr std::string_view fixed = R"({"kind":"","apiVersion":"")";
  const std::size_t group = kind.group.empty() ? 0 : kind.group.size() + 1;
  return fixed.size() + kind.kind.size() + group + kind.version.size();
}

void append_member(std::string& out, std::string_view name, const Json& value) {
  if (out.back() != '{') out += ',';
  codec::append_json_string(out, name);
  out += ':';
  codec::append_json(out, value);
}

// Appends metadata without resourceVersion; returns where that belongs.
std::size_t append_metadata(std::string& out, const JsonObject& metadata) {
  out += R"(,"metadata":{)";
  std::size_t revision_offset = out.size();
  for (const auto& member : metadata) {
    const std::string_view name = view(member.key());
    if (name == "resourceVersion") continue;
    append_member(out, name, member.value());
    if (std::ranges::find(before_revision, name) != before_revision.end()) {
      revision_offset = out.size();
    }
  }
  out += '}';
  return revision_offset;
}

std::string text_of(const Json* value) {
  if (value == nullptr) return {};
  if (const auto* text = value->if_string()) return {text->data(), text->size()};
  if (value->is_number() || value->is_bool()) return codec::to_json(*value);
  return {};
}

bool is_boolean(const Schema& schema, std::string_view path) {
  const Schema* at = &schema;
  for (;;) {
    const auto dot = path.find('.');
    const auto* field = at->find(path.substr(0, dot));
    if (field == nullptr) return false;
    if (dot == std::string_view::npos) return field->type == Type::boolean;
    if (field->schema == nullptr) return false;
    at = field->schema;
    path.remove_prefix(dot + 1);
  }
}

// An absent boolean is selected as "false", anything else that is absent as "".
std::string selectable_text(const Kind& kind, const Json& object, std::string_view path) {
  if (kind.select != nullptr) {
    if (const auto own = kind.select(object, path)) return std::string(*own);
  }
  const auto* value = codec::find(object, path);
  if (value == nullptr && kind.schema != nullptr && is_boolean(*kind.schema, path)) return "false";
  return text_of(value);
}

std::vector<std::pair<std::string, std::string>> sorted_labels(const Json& object) {
  const JsonObject& labels = codec::object_at(object, "metadata.labels");
  std::vector<std::pair<std::string, std::string>> out;
  out.reserve(labels.size());
  for (const auto& label : labels) out.emplace_back(view(label.key()), text_of(&label.value()));
  std::ranges::sort(out);
  return out;
}

std::unique_ptr<const std::vector<Owner>> owners_of(const Json& object) {
  const auto& references = codec::array_at(object, "metadata.ownerReferences");
  if (references.empty()) return nullptr;
  auto out = std::make_unique<std::vector<Owner>>();
  out->reserve(references.size());
  for (const Json& one : references) {
    out->push_back({.api_version = std::string(codec::string_at(one, "apiVersion")),
                    .kind = std::string(codec::string_at(one, "kind")),
                    .name = std::string(codec::string_at(one, "name")),
                    .uid = std::string(codec::string_at(one, "uid")),
                    .blocks = codec::bool_at(one, "blockOwnerDeletion").value_or(false)});
  }
  return out;
}

std::shared_ptr<const IndexKeys> index_keys_of(const Kind& kind, const Json& object,
                                               std::string_view object_key) {
  if (kind.index == nullptr) return nullptr;
  IndexKeys keys;
  kind.index(object, keys);
  std::erase_if(keys, [](const auto& key) { return key.contains('\0'); });
  if (keys.empty()) return nullptr;
  std::ranges::sort(keys);
  const auto twice = std::ranges::unique(keys);
  keys.erase(twice.begin(), twice.end());
  for (auto& key : keys) append(key, '\0', object_key);
  keys.shrink_to_fit();
  return std::make_shared<const IndexKeys>(std::move(keys));
}

// The bytes that commit() puts at `offset`.
std::string revision_member(std::string_view json, std::size_t offset, Revision revision) {
  if (json[offset - 1] != '{') return cat(R"(,"resourceVersion":")", revision, '"');
  return cat(R"("resourceVersion":")", revision, json[offset] == '}' ? "\"" : "\",");
}

}  // namespace

std::shared_ptr<Object> Object::create(const Kind& kind, const Json& object) {
  std::shared_ptr<Object> out(new Object());
  out->kind_ = &kind;
  const JsonObject& metadata = codec::object_at(object, "metadata");
  const std::string_view name = codec::string_at(object, "metadata.name");
  const std::string_view namespace_name = codec::string_at(object, "metadata.namespace");
  out->key_ = kind.namespaced() ? cat(namespace_name, '/', name) : std::string(name);
  out->uid_ = codec::string_at(object, "metadata.uid");
  out->labels_ = sorted_labels(object);
  out->fields_.reserve(kind.selectable.size());
  for (const std::string_view path : kind.selectable) {
    out->fields_.push_back(selectable_text(kind, object, path));
  }
  const std::string_view deleted = codec::string_at(object, "metadata.deletionTimestamp");
  if (const auto instant = codec::parse_rfc3339(deleted)) {
    out->deleted_at_ = whole_seconds(*instant);
    out->cascade_ = cascade_of(object);
  }
  out->owners_ = owners_of(object);
  if (kind.compile != nullptr) out->compiled_ = kind.compile(object);
  out->index_keys_ = index_keys_of(kind, object, out->key_);

  std::string& json = out->json_;
  append(json, R"({"kind":")", kind.kind, R"(","apiVersion":")", kind.api_version(), '"');
  out->revision_offset_ = append_metadata(json, metadata);
  if (const JsonObject* members = object.if_object()) {
    for (const auto& member : *members) {
      const std::string_view key = view(member.key());
      if (key == "kind" || key == "apiVersion" || key == "metadata") continue;
      append_member(json, key, member.value());
    }
  }
  json += '}';
  return out;
}

Result<std::shared_ptr<Object>> Object::from_store(const Kind& kind, std::string_view stored,
                                                   Revision revision) {
  TRY(const auto document, codec::parse_json(stored, stored_limits));
  if (!document.value.is_object()) return fail(ErrorKind::invalid, "stored value is no object");
  auto object = create(kind, document.value);
  object->commit(revision);
  return object;
}

void Object::commit(Revision revision) {
  const std::string member = revision_member(json_, revision_offset_, revision);
  std::string whole;
  whole.reserve(json_.size() + member.size());  // exactly: objects live long
  whole.append(json_, 0, revision_offset_).append(member).append(json_, revision_offset_);
  json_ = std::move(whole);
  revision_ = revision;
}

void Object::share_index_keys(const Object& before) {
  if (index_keys_ != nullptr && before.index_keys_ != nullptr &&
      *index_keys_ == *before.index_keys_) {
    index_keys_ = before.index_keys_;
  }
}

std::string_view Object::name() const {
  if (!kind_->namespaced()) return key_;
  return std::string_view(key_).substr(key_.find('/') + 1);
}

std::string_view Object::namespace_name() const {
  if (!kind_->namespaced()) return {};
  return std::string_view(key_).substr(0, key_.find('/'));
}

std::string_view Object::list_item_tail() const {
  return std::string_view(json_).substr(head_size(*kind_) + 1);
}

std::string Object::stored_form() const {
  if (revision_ == 0) return json_;
  std::string out;
  const std::string_view json = json_;
  std::size_t end =
      json.find('"', revision_offset_ + std::string_view(R"(,"resourceVersion":")").size());
  // Past the closing quote, and past the comma that belongs to a first member.
  end += json[revision_offset_ - 1] == '{' && json[end + 1] == ',' ? 2 : 1;
  out.reserve(json.size());
  return out.append(json.substr(0, revision_offset_)).append(json.substr(end));
}

Json Object::parse() const {
  auto document = codec::parse_json(json_, stored_limits);
  return document ? std::move(document->value) : Json(nullptr);
}

}  // namespace signet::machinery
