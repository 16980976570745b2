#include "machinery/field_error.h"

#include <utility>

#include "base/ascii.h"
#include "base/cat.h"
#include "base/utf8.h"
#include "codec/go_quote.h"

namespace signet::machinery {
namespace {

struct KindText {
  std::string_view title;
  std::string_view reason;
  bool shows_value = true;
};

KindText text_of(FieldError::Kind kind) {
  switch (kind) {
    case FieldError::Kind::required:
      return {"Required value", "FieldValueRequired", false};
    case FieldError::Kind::invalid:
      return {"Invalid value", "FieldValueInvalid"};
    case FieldError::Kind::unsupported:
      return {"Unsupported value", "FieldValueNotSupported"};
    case FieldError::Kind::forbidden:
      return {"Forbidden", "FieldValueForbidden", false};
    case FieldError::Kind::duplicate:
      return {"Duplicate value", "FieldValueDuplicate"};
    case FieldError::Kind::too_long:
      return {"Too long", "FieldValueTooLong", false};
    case FieldError::Kind::too_many:
      return {"Too many", "FieldValueTooMany"};
    case FieldError::Kind::not_found:
      return {"Not found", "FieldValueNotFound"};
    case FieldError::Kind::type_invalid:
      return {"Invalid value", "FieldValueTypeInvalid"};
  }
  std::unreachable();
}

void append_hex(std::string& out, char32_t value, int digits) {
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
    out += "0123456789abcdef"[(value >> shift) & 0xF];
  }
}

}  // namespace

std::string_view FieldError::reason() const {
  return text_of(kind).reason;
}

std::string FieldError::message() const {
  const KindText text = text_of(kind);
  std::string out(text.title);
  if (text.shows_value) append(out, ": ", value);
  if (!detail.empty()) append(out, ": ", detail);
  return out;
}

void FieldErrors::required(std::string path, std::string detail) {
  add({FieldError::Kind::required, std::move(path), {}, std::move(detail)});
}

void FieldErrors::invalid(std::string path, std::string value, std::string detail) {
  add({FieldError::Kind::invalid, std::move(path), std::move(value), std::move(detail)});
}

void FieldErrors::unsupported(std::string path, std::string value,
                              const std::vector<std::string_view>& supported) {
  std::string detail;
  for (const std::string_view choice : supported) {
    append(detail, detail.empty() ? "supported values: " : ", ", quoted(choice));
  }
  add({FieldError::Kind::unsupported, std::move(path), std::move(value), std::move(detail)});
}

void FieldErrors::forbidden(std::string path, std::string detail) {
  add({FieldError::Kind::forbidden, std::move(path), {}, std::move(detail)});
}

void FieldErrors::duplicate(std::string path, std::string value) {
  add({FieldError::Kind::duplicate, std::move(path), std::move(value), {}});
}

void FieldErrors::too_long(std::string path, std::string detail) {
  add({FieldError::Kind::too_long, std::move(path), {}, std::move(detail)});
}

void FieldErrors::not_found(std::string path, std::string value) {
  add({FieldError::Kind::not_found, std::move(path), std::move(value), {}});
}

void FieldErrors::add(FieldError error) {
  if (errors_.size() == kept_max) return;
  errors_.push_back(std::move(error));
}

std::string quoted(std::string_view text) {
  return codec::go_quote(text);
}

std::string code_point_text(std::string_view character) {
  const std::size_t length = utf8_sequence(character);
  char32_t c = 0xFFFD;
  if (length == 1) c = static_cast<unsigned char>(character.front());
  if (length > 1) c = code_point(character.substr(0, length));
  std::string hex;
  append_hex(hex, c, c < 0x10000 ? 4 : 6);
  return "U+" + upper_case(hex);
}

}  // namespace signet::machinery
