#include "machinery/normalise_scalar.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include "base/cat.h"
#include "codec/base64.h"
#include "codec/rfc3339.h"
#include "machinery/field_error.h"

namespace signet::machinery {
namespace {

using codec::Json;
using Checked = Result<void, ScalarError>;

std::string_view view(const boost::json::string& text) {
  return {text.data(), text.size()};
}

std::unexpected<ScalarError> wrong_type(const Json& value, std::string_view wanted) {
  return std::unexpected(ScalarError{{}, std::string(json_type_name(value)), wanted});
}

std::unexpected<ScalarError> refuse_text(std::string text) {
  return std::unexpected(ScalarError{std::move(text), {}, {}});
}

Checked check_integer(const Json& value, std::int64_t low, std::int64_t high,
                      std::string_view wanted) {
  if (!value.is_number()) return wrong_type(value, wanted);
  const std::int64_t* number = value.if_int64();
  if (number == nullptr || *number < low || *number > high) {
    return std::unexpected(ScalarError{{}, cat("number ", codec::to_json(value)), wanted});
  }
  return {};
}

Checked check_int32(const Json& value) {
  using Limits = std::numeric_limits<std::int32_t>;
  return check_integer(value, Limits::min(), Limits::max(), "int32");
}

// Go skips line breaks in base64 and does not look at unused bits; YAML block texts need the first.
// Returns the canonical spelling or the offset of the first bad byte.
std::expected<std::string, std::size_t> lenient_base64(std::string_view text) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::size_t padding = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' || c == '\n') continue;
    if (padding > 0 && out.size() % 4 == 0) return std::unexpected(i);
    if (c == '=') {
      if (out.size() % 4 < 2) return std::unexpected(i);
      ++padding;
    } else if (padding > 0 || !alphabet.contains(c)) {
      return std::unexpected(i);
    }
    out += c;
  }
  // Where a group is cut short, Go names the place the group began at.
  if (out.size() % 4 != 0) return std::unexpected(text.size() - out.size() % 4);
  if (padding > 0) {
    char& last = out[out.size() - padding - 1];
    const std::size_t used = padding == 2 ? 0x30 : 0x3C;
    last = alphabet[alphabet.find(last) & used];
  }
  return out;
}

Checked normalise_bytes(Json& value) {
  const auto* text = value.if_string();
  if (text == nullptr) return wrong_type(value, "[]uint8");
  if (codec::base64_decode(view(*text))) return {};
  auto canonical = lenient_base64(view(*text));
  if (!canonical) {
    return refuse_text(cat("illegal base64 data at input byte ", canonical.error()));
  }
  value = *canonical;
  return {};
}

// Go's words for what does not parse as a time: the first element of the layout that fails.
std::string time_error(std::string_view text, std::string_view layout) {
  constexpr std::array<std::string_view, 11> elements = {"2006", "-", "01", "-", "02", "T",
                                                         "15",   ":", "04", ":", "05"};
  std::string prefix = cat("parsing time ", quoted(text));
  std::string_view rest = text;
  for (const std::string_view element : elements) {
    const bool number = element.front() >= '0' && element.front() <= '9';
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const bool fits = rest.size() >= element.size() &&
                      (number ? std::ranges::all_of(rest.substr(0, element.size()), digit)
                              : rest.starts_with(element));
    if (!fits) {
      return cat(prefix, " as ", quoted(layout), ": cannot parse ", quoted(rest), " as ",
                 quoted(element));
    }
    rest.remove_prefix(element.size());
  }
  const auto two = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
  if (two(5) < 1 || two(5) > 12) return prefix + ": month out of range";
  if (two(11) > 23) return prefix + ": hour out of range";
  if (two(14) > 59) return prefix + ": minute out of range";
  if (two(17) > 59) return prefix + ": second out of range";
  if (two(8) < 1 || two(8) > 28) return prefix + ": day out of range";
  return cat(prefix, " as ", quoted(layout), ": cannot parse ", quoted(rest), " as \"Z07:00\"");
}

Checked normalise_time(Json& value, bool micro) {
  const auto* text = value.if_string();
  if (text == nullptr) return wrong_type(value, "string");
  const auto instant = codec::parse_rfc3339(view(*text));
  if (!instant) {
    return refuse_text(time_error(
        view(*text), micro ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00"));
  }
  value = micro ? codec::to_rfc3339_micro(*instant) : codec::to_rfc3339(whole_seconds(*instant));
  return {};
}

bool is_quantity_suffix(std::string_view suffix) {
  constexpr std::array<std::string_view, 17> units = {
      "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "e", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
  if (std::ranges::find(units, suffix) != units.end()) return suffix != "e";
  if (suffix.front() != 'e' && suffix.front() != 'E') return false;
  suffix.remove_prefix(1);
  if (suffix.starts_with('+') || suffix.starts_with('-')) suffix.remove_prefix(1);
  return !suffix.empty() && suffix.find_first_not_of("0123456789") == std::string_view::npos;
}

Checked check_quantity(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with('+') || rest.starts_with('-')) rest.remove_prefix(1);
  const std::size_t number = std::min(rest.size(), rest.find_first_not_of("0123456789."));
  const std::string_view digits = rest.substr(0, number);
  const std::string_view suffix = rest.substr(number);
  const bool has_digit = digits.find_first_not_of('.') != std::string_view::npos;
  if (!has_digit || std::ranges::count(digits, '.') > 1 ||
      suffix.find_first_not_of("eEinumkKMGTP+-0123456789") != std::string_view::npos) {
    return refuse_text(
        "quantities must match the regular expression "
        "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  }
  if (!is_quantity_suffix(suffix)) return refuse_text("unable to parse quantity's suffix");
  return {};
}

Checked normalise_quantity(Json& value) {
  if (value.is_number()) value = codec::to_json(value);
  const auto* text = value.if_string();
  if (text == nullptr) {
    return refuse_text(
        "quantities must match the regular expression "
        "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  }
  return check_quantity(view(*text));
}

Checked normalise_text_list(Json& value) {
  auto* list = value.if_array();
  if (list == nullptr) return wrong_type(value, "[]string");
  for (Json& element : *list) {
    if (element.is_null()) element = "";
    if (!element.is_string()) return wrong_type(element, "string");
  }
  return {};
}

}  // namespace

std::string_view json_type_name(const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return "null";
    case boost::json::kind::bool_:
      return "bool";
    case boost::json::kind::string:
      return "string";
    case boost::json::kind::array:
      return "array";
    case boost::json::kind::object:
      return "object";
    default:
      return "number";
  }
}

std::string_view go_type_name(Type type) {
  switch (type) {
    case Type::text:
      return "string";
    case Type::boolean:
      return "bool";
    case Type::int32:
      return "int32";
    case Type::int64:
      return "int64";
    case Type::bytes:
      return "[]uint8";
    case Type::time:
      return "v1.Time";
    case Type::micro_time:
      return "v1.MicroTime";
    case Type::quantity:
      return "resource.Quantity";
    case Type::int_or_string:
      return "intstr.IntOrString";
    case Type::text_list:
      return "[]string";
    case Type::raw:
      return "interface {}";
    case Type::message:
      return {};
  }
  std::unreachable();
}

Checked normalise_scalar(Type type, Json& value) {
  using Limits = std::numeric_limits<std::int64_t>;
  switch (type) {
    case Type::text:
      if (!value.is_string()) return wrong_type(value, "string");
      return {};
    case Type::boolean:
      if (!value.is_bool()) return wrong_type(value, "bool");
      return {};
    case Type::int32:
      return check_int32(value);
    case Type::int64:
      return check_integer(value, Limits::min(), Limits::max(), "int64");
    case Type::bytes:
      return normalise_bytes(value);
    case Type::time:
      return normalise_time(value, false);
    case Type::micro_time:
      return normalise_time(value, true);
    case Type::quantity:
      return normalise_quantity(value);
    case Type::int_or_string:
      return value.is_string() ? Checked{} : check_int32(value);
    case Type::text_list:
      return normalise_text_list(value);
    case Type::message:
    case Type::raw:
      return {};
  }
  std::unreachable();
}

Json zero_value(Type type) {
  switch (type) {
    case Type::text:
      return "";
    case Type::boolean:
      return false;
    case Type::int32:
    case Type::int64:
    case Type::int_or_string:
      return std::int64_t{0};
    case Type::quantity:
      return "0";
    case Type::message:
      return codec::JsonObject();
    case Type::bytes:
    case Type::time:
    case Type::micro_time:
    case Type::text_list:
    case Type::raw:
      return nullptr;
  }
  std::unreachable();
}

bool is_zero(const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return true;
    case boost::json::kind::bool_:
      return !value.get_bool();
    case boost::json::kind::int64:
      return value.get_int64() == 0;
    case boost::json::kind::uint64:
      return value.get_uint64() == 0;
    case boost::json::kind::double_:
      return value.get_double() == 0;
    case boost::json::kind::string:
      return value.get_string().empty();
    case boost::json::kind::array:
      return value.get_array().empty();
    case boost::json::kind::object:
      return value.get_object().empty();
  }
  std::unreachable();
}

}  // namespace signet::machinery
