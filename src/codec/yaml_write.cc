// The writer. Scalars other than strings are spelled as in JSON, of which YAML is a superset; so is
// a string in double quotes.
#include <algorithm>

#include "codec/yaml.h"
#include "codec/yaml_scalar.h"

namespace signet::codec {
namespace {

// YAML 1.2 s7.4.2: a key of more than 1024 characters is marked by "?".
constexpr std::size_t implicit_key_max = 1000;

// Whether a literal block holds `text` exactly: its lines need no escape, and the first does not
// begin with the space that would be taken for indentation.
bool fits_literal_block(std::string_view text) {
  if (!text.contains('\n') || text.front() == ' ' || text.front() == '\n') return false;
  if (text.contains(" \n") || text.ends_with(' ')) return false;
  return std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7f); });
}

class Writer {
 public:
  std::string take() { return std::move(out_); }

  // What stands at the top, or after "- ": the first line is already indented.
  void write(const Json& value, std::size_t indent) {
    if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
      write_members(*object, indent);
    } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
      write_elements(*array, indent);
    } else {
      write_scalar(value, indent);
      out_ += '\n';
    }
  }

 private:
  void write_members(const JsonObject& object, std::size_t indent) {
    bool first = true;
    for (const auto& member : object) {
      if (!first) out_.append(indent, ' ');
      first = false;
      write_key(member.key(), indent);
      write_member_value(member.value(), indent);
    }
  }

  void write_key(std::string_view key, std::size_t indent) {
    const auto start = out_.size();
    write_string(key);
    if (out_.size() - start > implicit_key_max) {
      out_.insert(start, "? ");
      out_ += '\n';
      out_.append(indent, ' ');
    }
    out_ += ':';
  }

  void write_member_value(const Json& value, std::size_t indent) {
    if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
      out_ += '\n';
      out_.append(indent + 2, ' ');
      write_members(*object, indent + 2);
    } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
      // The dashes of a list stand below the first letter of its key, as kubectl prints them.
      out_ += '\n';
      out_.append(indent, ' ');
      write_elements(*array, indent);
    } else {
      out_ += ' ';
      write_scalar(value, indent + 2);
      out_ += '\n';
    }
  }

  void write_elements(const JsonArray& array, std::size_t indent) {
    bool first = true;
    for (const auto& element : array) {
      if (!first) out_.append(indent, ' ');
      first = false;
      out_ += "- ";
      write(element, indent + 2);
    }
  }

  // Scalars and empty containers.
  void write_scalar(const Json& value, std::size_t indent) {
    const auto* string = value.if_string();
    if (string == nullptr) {
      append_json(out_, value);
    } else if (fits_literal_block(*string)) {
      write_literal_block(*string, indent);
    } else {
      write_string(*string);
    }
  }

  void write_string(std::string_view text) {
    if (is_plain_string(text)) {
      out_ += text;
    } else {
      append_json_string(out_, text, Escape::html);
    }
  }

  // YAML 1.2 s8.1.1.2: "-" drops the last line break, "+" keeps all of several.
  void write_literal_block(std::string_view text, std::size_t indent) {
    out_ += text.ends_with("\n\n") ? "|+" : text.ends_with('\n') ? "|" : "|-";
    while (!text.empty()) {
      const auto line = text.substr(0, text.find('\n'));
      out_ += '\n';
      if (!line.empty()) out_.append(std::max<std::size_t>(indent, 2), ' ');
      out_ += line;
      text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
  }

  std::string out_;
};

}  // namespace

std::string to_yaml(const Json& value) {
  Writer writer;
  writer.write(value, 0);
  return writer.take();
}

}  // namespace signet::codec
