#include "machinery/meta_validation.h"

#include <algorithm>
#include <cstdint>

#include "base/ascii.h"
#include "base/cat.h"
#include "base/utf8.h"
#include "codec/dns_name.h"
#include "codec/go_quote.h"

namespace signet::machinery {
namespace {

using codec::Json;
using codec::JsonArray;
using Messages = std::vector<std::string>;

constexpr std::size_t label_max = codec::dns_label_max;
constexpr std::size_t subdomain_max = codec::dns_subdomain_max;
constexpr std::size_t suffix_length = 5;

constexpr std::string_view subdomain_text =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view dns_label_text =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view dns_1035_text =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
    "regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view qualified_text =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view label_value_text =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  "
    "or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
constexpr std::string_view data_key_text =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
    "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

bool is_name_character(char c) {
  return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
}

// ([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]
bool has_name_form(std::string_view text) {
  return !text.empty() && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         std::ranges::all_of(text, is_name_character);
}

std::string too_long_text(std::size_t limit) {
  return cat("must be no more than ", limit, " bytes");
}

Messages subdomain_messages(std::string_view text) {
  Messages out;
  if (text.size() > subdomain_max) out.push_back(too_long_text(subdomain_max));
  if (!codec::has_dns_subdomain_form(text)) out.emplace_back(subdomain_text);
  return out;
}

Messages dns_label_messages(std::string_view text) {
  Messages out;
  if (text.size() > label_max) out.push_back(too_long_text(label_max));
  if (!codec::has_dns_label_form(text)) out.emplace_back(dns_label_text);
  return out;
}

Messages dns_1035_messages(std::string_view text) {
  Messages out;
  if (text.size() > label_max) out.push_back(too_long_text(label_max));
  const bool starts_well = !text.empty() && text.front() >= 'a' && text.front() <= 'z';
  if (!starts_well || !codec::has_dns_label_form(text)) out.emplace_back(dns_1035_text);
  return out;
}

Messages path_segment_messages(std::string_view text) {
  if (text == "." || text == "..") return {cat("may not be '", text, "'")};
  Messages out;
  for (const char c : {'/', '%'}) {
    if (text.contains(c)) out.push_back(cat("may not contain '", c, "'"));
  }
  return out;
}

void report(FieldErrors& errors, std::string_view path, std::string_view value,
            const Messages& messages) {
  for (const std::string& message : messages) {
    errors.invalid(std::string(path), quoted(value), message);
  }
}

std::string_view view(boost::json::string_view text) {
  return {text.data(), text.size()};
}

std::string_view text_of(const Json& value) {
  const auto* text = value.if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

// A name that is to be completed may end in '-'.
std::string without_final_dash(std::string_view base) {
  if (base.size() < 2 || !base.ends_with('-')) return std::string(base);
  return cat(base.substr(0, base.size() - 2), "a");
}

void validate_generated_name(NameRule rule, const Json& object, FieldErrors& errors) {
  const std::string_view base = codec::string_at(object, "metadata.generateName");
  if (base.empty()) return;
  Messages messages = name_messages(rule, without_final_dash(base));
  // As a beginning, these are fine.
  if (rule == NameRule::path_segment && (base == "." || base == "..")) messages.clear();
  report(errors, "metadata.generateName", base, messages);
}

void validate_place(const Kind& kind, NameRule rule, const Json& object, FieldErrors& errors) {
  validate_generated_name(rule, object, errors);
  const std::string_view name = codec::string_at(object, "metadata.name");
  if (name.empty()) {
    errors.required("metadata.name", "name or generateName is required");
  } else {
    validate_name(rule, name, "metadata.name", errors);
  }
  const std::string_view space = codec::string_at(object, "metadata.namespace");
  if (!kind.namespaced()) {
    if (!space.empty()) errors.forbidden("metadata.namespace", "not allowed on this type");
  } else if (space.empty()) {
    errors.required("metadata.namespace");
  } else {
    validate_name(NameRule::dns_label, space, "metadata.namespace", errors);
  }
}

void validate_labels(const Json& object, FieldErrors& errors) {
  for (const auto& label : codec::object_at(object, "metadata.labels")) {
    const std::string_view key = view(label.key());
    const std::string_view value = text_of(label.value());
    report(errors, "metadata.labels", key, qualified_name_messages(key));
    report(errors, "metadata.labels", value, label_value_messages(value));
  }
}

void validate_annotations(const Json& object, FieldErrors& errors) {
  std::size_t total = 0;
  for (const auto& annotation : codec::object_at(object, "metadata.annotations")) {
    const std::string_view key = view(annotation.key());
    report(errors, "metadata.annotations", key, qualified_name_messages(lower_case(key)));
    total += key.size() + text_of(annotation.value()).size();
  }
  if (total > annotations_bytes_max) {
    errors.too_long("metadata.annotations",
                    cat("may not be more than ", annotations_bytes_max, " bytes"));
  }
}

// "version" of "group/version" or of "version"; empty when there is no such thing.
std::string_view version_of(std::string_view api_version) {
  const auto slashes = std::ranges::count(api_version, '/');
  if (slashes > 1) return {};
  return slashes == 0 ? api_version : api_version.substr(api_version.find('/') + 1);
}

void validate_owner(const Json& owner, FieldErrors& errors) {
  constexpr std::string_view path = "metadata.ownerReferences";
  const std::string_view api_version = codec::string_at(owner, "apiVersion");
  const std::string_view kind = codec::string_at(owner, "kind");
  if (version_of(api_version).empty()) {
    errors.invalid(cat(path, ".apiVersion"), quoted(api_version), "version must not be empty");
  }
  for (const std::string_view member : {"kind", "name", "uid"}) {
    if (!codec::string_at(owner, member).empty()) continue;
    errors.invalid(cat(path, ".", member), quoted(""), cat(member, " must not be empty"));
  }
  if (api_version == "v1" && kind == "Event") {
    errors.invalid(std::string(path), codec::to_json(owner),
                   "/v1, Kind=Event is disallowed from being an owner");
  }
}

void validate_owners(const Json& object, FieldErrors& errors) {
  const JsonArray& owners = codec::array_at(object, "metadata.ownerReferences");
  std::string controller;
  for (const Json& owner : owners) {
    validate_owner(owner, errors);
    if (!codec::bool_at(owner, "controller").value_or(false)) continue;
    std::string name = cat(codec::string_at(owner, "kind"), "/", codec::string_at(owner, "name"));
    if (!controller.empty()) {
      errors.invalid("metadata.ownerReferences", codec::to_json(owners),
                     cat("Only one reference can have Controller set to true. Found \"true\" in "
                         "references for ",
                         controller, " and ", name));
    } else {
      controller = std::move(name);
    }
  }
}

bool is_standard_finalizer(std::string_view name) {
  return name == "foregroundDeletion" || name == "orphan" || name == "kubernetes";
}

void validate_finalizers(const Json& object, FieldErrors& errors) {
  const JsonArray& finalizers = codec::array_at(object, "metadata.finalizers");
  bool orphan = false;
  bool foreground = false;
  for (const Json& finalizer : finalizers) {
    const std::string_view name = text_of(finalizer);
    report(errors, "metadata.finalizers", name, qualified_name_messages(name));
    orphan = orphan || name == "orphan";
    foreground = foreground || name == "foregroundDeletion";
  }
  if (orphan && foreground) {
    errors.invalid("metadata.finalizers", codec::to_json(finalizers),
                   "finalizer orphan and foregroundDeletion cannot be both set");
  }
  for (std::size_t i = 0; i < finalizers.size(); ++i) {
    const std::string_view name = text_of(finalizers[i]);
    if (name.contains('/') || is_standard_finalizer(name)) continue;
    errors.invalid(cat("metadata.finalizers[", i, "]"), quoted(name),
                   "name is neither a standard finalizer name nor is it fully qualified");
  }
}

void validate_all(const Kind& kind, NameRule rule, const Json& object, FieldErrors& errors) {
  validate_place(kind, rule, object, errors);
  const std::int64_t generation = codec::int_at(object, "metadata.generation").value_or(0);
  if (generation < 0) {
    errors.invalid("metadata.generation", cat(generation), "must be greater than or equal to 0");
  }
  validate_labels(object, errors);
  validate_annotations(object, errors);
  validate_owners(object, errors);
  validate_finalizers(object, errors);
}

// A value as an error shows it: strings quoted as Go does, "null" for none.
std::string printed(const Json* value) {
  if (value == nullptr || value->is_null()) return "\"null\"";
  return value->is_string() ? quoted(text_of(*value)) : codec::to_json(*value);
}

void validate_finalizers_update(const Json& object, const Json& old, FieldErrors& errors) {
  if (codec::string_at(old, "metadata.deletionTimestamp").empty()) return;
  std::vector<std::string_view> known;
  for (const Json& finalizer : codec::array_at(old, "metadata.finalizers")) {
    known.push_back(text_of(finalizer));
  }
  std::ranges::sort(known);
  std::vector<std::string_view> added;
  for (const Json& finalizer : codec::array_at(object, "metadata.finalizers")) {
    if (!std::ranges::binary_search(known, text_of(finalizer))) added.push_back(text_of(finalizer));
  }
  if (added.empty()) return;
  std::ranges::sort(added);
  const auto repeated = std::ranges::unique(added);
  added.erase(repeated.begin(), repeated.end());
  std::string list;
  for (const std::string_view name : added) append(list, list.empty() ? "" : ", ", quoted(name));
  errors.forbidden(
      "metadata.finalizers",
      cat("no new finalizers can be added if the object is being deleted, found new finalizers "
          "[]string{",
          list, "}"));
}

}  // namespace

std::vector<std::string> name_messages(NameRule rule, std::string_view name) {
  switch (rule) {
    case NameRule::dns_subdomain:
      return subdomain_messages(name);
    case NameRule::dns_label:
      return dns_label_messages(name);
    case NameRule::dns_1035_label:
      return dns_1035_messages(name);
    case NameRule::path_segment:
      return path_segment_messages(name);
  }
  return {};
}

Messages qualified_name_messages(std::string_view text) {
  const auto slashes = std::ranges::count(text, '/');
  if (slashes > 1) {
    return {cat("a qualified name ", qualified_text,
                " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')")};
  }
  Messages out;
  std::string_view name = text;
  if (slashes == 1) {
    const std::string_view prefix = text.substr(0, text.find('/'));
    name.remove_prefix(prefix.size() + 1);
    if (prefix.empty()) out.emplace_back("prefix part must be non-empty");
    if (!prefix.empty()) {
      for (const std::string& message : subdomain_messages(prefix)) {
        out.push_back("prefix part " + message);
      }
    }
  }
  if (name.empty()) {
    out.emplace_back("name part must be non-empty");
  } else if (name.size() > label_max) {
    out.push_back(cat("name part ", too_long_text(label_max)));
  }
  if (!has_name_form(name)) out.push_back(cat("name part ", qualified_text));
  return out;
}

Messages label_value_messages(std::string_view text) {
  Messages out;
  if (text.size() > label_max) out.push_back(too_long_text(label_max));
  if (!text.empty() && !has_name_form(text)) out.emplace_back(label_value_text);
  return out;
}

void validate_name(NameRule rule, std::string_view name, std::string_view path,
                   FieldErrors& errors) {
  report(errors, path, name, name_messages(rule, name));
}

void validate_metadata(const Kind& kind, const Json& object, FieldErrors& errors) {
  validate_all(kind, kind.name_rule, object, errors);
}

void validate_metadata_update(const Json& object, const Json& old, FieldErrors& errors) {
  validate_finalizers_update(object, old, errors);
  const std::int64_t generation = codec::int_at(object, "metadata.generation").value_or(0);
  if (generation < codec::int_at(old, "metadata.generation").value_or(0)) {
    errors.invalid("metadata.generation", cat(generation), "must not be decremented");
  }
  for (const std::string_view path :
       {"metadata.name", "metadata.namespace", "metadata.uid", "metadata.creationTimestamp",
        "metadata.deletionTimestamp", "metadata.deletionGracePeriodSeconds"}) {
    const Json* now = codec::find(object, path);
    const Json* before = codec::find(old, path);
    const bool same = now == nullptr || before == nullptr ? now == before : *now == *before;
    if (!same) errors.invalid(std::string(path), printed(now), "field is immutable");
  }
  validate_labels(object, errors);
  validate_annotations(object, errors);
  validate_owners(object, errors);
}

void validate_metadata_change(const Kind& kind, const Json& object, const Json& old,
                              FieldErrors& errors) {
  validate_all(kind, NameRule::path_segment, object, errors);
  validate_metadata_update(object, old, errors);
  if (!errors.empty()) validate_metadata_update(object, old, errors);
  validate_all(kind, kind.name_rule, object, errors);
}

void validate_field_manager(std::string_view manager, std::string_view path, FieldErrors& errors) {
  constexpr std::size_t bytes_max = 128;
  if (manager.size() > bytes_max) {
    errors.too_long(std::string(path), cat("may not be more than ", bytes_max, " bytes"));
  }
  for (std::size_t at = 0; at < manager.size();) {
    const auto length = std::max<std::size_t>(utf8_sequence(manager.substr(at)), 1);
    const auto character = manager.substr(at, length);
    if (!codec::is_go_printable(character)) {
      errors.invalid(
          std::string(path), quoted(manager),
          cat("invalid character ", code_point_text(character), " (at position ", at, ')'));
    }
    at += length;
  }
}

void validate_data_key(std::string_view key, std::string_view path, FieldErrors& errors) {
  Messages messages;
  if (key.size() > subdomain_max) messages.push_back(too_long_text(subdomain_max));
  if (key.empty() || !std::ranges::all_of(key, is_name_character)) {
    messages.emplace_back(data_key_text);
  }
  if (key == "." || key == "..") {
    messages.push_back(cat("must not be '", key, "'"));
  } else if (key.starts_with("..")) {
    messages.emplace_back("must not start with '..'");
  }
  report(errors, cat(path, "[", key, "]"), key, messages);
}

std::string random_suffix(Random& random) {
  constexpr std::string_view alphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string out(suffix_length, ' ');
  for (char& c : out) c = alphabet[uniform(random, alphabet.size())];
  return out;
}

std::string generate_name(std::string_view base, Random& random) {
  return cat(base.substr(0, label_max - suffix_length), random_suffix(random));
}

}  // namespace signet::machinery
