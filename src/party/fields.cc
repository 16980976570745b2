#include "party/fields.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/cat.h"
#include "base/utf8.h"
#include "codec/go_duration.h"
#include "codec/go_quote.h"

namespace signet::party {

using codec::Json;

namespace {

bool is_port(const Json& value) {
  return value.is_int64() && value.get_int64() >= 1 &&
         value.get_int64() <= std::numeric_limits<std::uint16_t>::max();
}

constexpr auto is_string = [](const Json& value) { return value.is_string(); };
constexpr auto is_object = [](const Json& value) { return value.is_object(); };

std::string seconds_text(std::chrono::seconds seconds) {
  return cat(seconds.count(), 's');
}

}  // namespace

Fields::Fields(const codec::PlacedYaml& document, std::string_view file, Problems& problems)
    : document_(&document), file_(file), problems_(&problems) {
  object_ = document.value.if_object();
  if (object_ == nullptr) problem("", "must be an object");
}

std::string Fields::path_of(std::string_view name) const {
  if (name.empty()) return path_;
  return path_.empty() ? std::string(name) : cat(path_, '.', name);
}

void Fields::problem_at(std::string_view path, std::string_view what) {
  // What is missing has no line of its own: then that of what it is missing from.
  auto line = document_->lines.find(path);
  for (auto above = path; line == document_->lines.end() && !above.empty();) {
    above = above.substr(
        0, above.find_last_of(".[") == std::string_view::npos ? 0 : above.find_last_of(".["));
    line = document_->lines.find(above);
  }
  problems_->add({.file = file_, .line = line == document_->lines.end() ? 0 : line->second}, path,
                 what);
}

void Fields::problem(std::string_view name, std::string_view what) {
  problem_at(path_of(name), what);
}

void Fields::allow(std::initializer_list<std::string_view> names) {
  if (object_ == nullptr) return;
  for (const auto& member : *object_) {
    const std::string_view name = member.key();
    if (std::ranges::find(names, name) == names.end()) {
      problem_at(path_.empty() ? excerpt(name) : cat(path_, '.', excerpt(name)), "no such field");
    }
  }
}

template <typename Is>
const Json* Fields::find(std::string_view name, Is is, std::string_view wanted) {
  const auto* value = object_ == nullptr ? nullptr : object_->if_contains(name);
  if (value == nullptr || value->is_null()) return nullptr;
  if (is(*value)) return value;
  problem(name, cat("must be ", wanted));
  return nullptr;
}

template <typename Is, typename Use>
void Fields::each(std::string_view name, Is is, std::string_view wanted, Use use) {
  const auto* list = find(name, [](const Json& value) { return value.is_array(); }, "a list");
  if (list == nullptr) return;
  for (std::size_t i = 0; i < list->get_array().size(); ++i) {
    const auto& element = list->get_array()[i];
    auto path = cat(path_of(name), '[', i, ']');
    if (is(element)) {
      use(element, std::move(path));
    } else {
      problem_at(path, cat("must be ", wanted));
    }
  }
}

void Fields::read(std::string_view name, std::string& out) {
  if (const auto* value = find(name, is_string, "a string")) {
    out = std::string_view(value->get_string());
  }
}

void Fields::read(std::string_view name, bool& out) {
  const auto is_bool = [](const Json& value) { return value.is_bool(); };
  if (const auto* value = find(name, is_bool, "true or false")) out = value->get_bool();
}

void Fields::read(std::string_view name, std::vector<std::string>& out) {
  if (!has(name)) return;
  out.clear();
  each(name, is_string, "a string", [&](const Json& element, const std::string&) {
    out.emplace_back(std::string_view(element.get_string()));
  });
}

void Fields::read(std::string_view name, std::vector<std::uint16_t>& out) {
  if (!has(name)) return;
  out.clear();
  each(name, is_port, "a port from 1 to 65535", [&](const Json& element, const std::string&) {
    out.push_back(static_cast<std::uint16_t>(element.get_int64()));
  });
}

void Fields::read(std::string_view name, std::chrono::seconds& out, std::chrono::seconds min,
                  std::chrono::seconds max) {
  const auto* value = find(name, is_string, "a duration such as \"90s\"");
  if (value == nullptr) return;
  const auto read = codec::parse_go_duration(std::string_view(value->get_string()));
  const auto whole = read ? std::chrono::duration_cast<std::chrono::seconds>(*read) : min;
  if (!read || whole != *read || whole < min || whole > max) {
    problem(name, cat("must be a duration from ", seconds_text(min), " to ", seconds_text(max)));
  } else {
    out = whole;
  }
}

void Fields::read(std::string_view name, std::size_t& out, std::size_t min, std::size_t max) {
  const auto is_number = [&](const Json& value) {
    return value.is_int64() && value.get_int64() >= 0 &&
           std::cmp_greater_equal(value.get_int64(), min) &&
           std::cmp_less_equal(value.get_int64(), max);
  };
  if (const auto* value = find(name, is_number, cat("a number from ", min, " to ", max))) {
    out = static_cast<std::size_t>(value->get_int64());
  }
}

bool Fields::has(std::string_view name) const {
  const auto* value = object_ == nullptr ? nullptr : object_->if_contains(name);
  return value != nullptr && !value->is_null();
}

std::optional<Fields> Fields::object(std::string_view name) {
  const auto* value = find(name, is_object, "an object");
  if (value == nullptr) return std::nullopt;
  return Fields(*this, &value->get_object(), path_of(name));
}

std::vector<Fields> Fields::objects(std::string_view name) {
  std::vector<Fields> all;
  each(name, is_object, "an object", [&](const Json& element, std::string path) {
    all.push_back(Fields(*this, &element.get_object(), std::move(path)));
  });
  return all;
}

}  // namespace signet::party
