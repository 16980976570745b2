#include <algorithm>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "machinery/selector.h"

namespace signet::machinery {
namespace {

constexpr std::size_t text_max = 4096;
constexpr std::size_t requirements_max = 64;

// Splits at commas that no backslash stands before.
std::vector<std::string_view> split_terms(std::string_view text) {
  std::vector<std::string_view> terms;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == ',') {
      terms.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  terms.push_back(text.substr(start));
  std::erase(terms, std::string_view());
  return terms;
}

struct Term {
  std::string_view path;
  std::string_view value;
  bool equal = true;
};

std::optional<Term> split_term(std::string_view text) {
  const std::size_t at = text.find('=');
  if (at == std::string_view::npos) return std::nullopt;
  if (at > 0 && text[at - 1] == '!')
    return Term{text.substr(0, at - 1), text.substr(at + 1), false};
  const std::size_t width = text.substr(at).starts_with("==") ? 2 : 1;
  return Term{text.substr(0, at), text.substr(at + width)};
}

Result<std::string, std::string> unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',' || text[i] == '=') {
      return std::unexpected(
          cat("invalid field selector: unescaped character in value: ", static_cast<int>(text[i])));
    }
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    const std::string_view sequence = text.substr(i, 2);
    if (sequence != "\\\\" && sequence != "\\," && sequence != "\\=") {
      return std::unexpected(cat("invalid field selector: invalid escape sequence: ", sequence));
    }
    out += sequence[1];
    ++i;
  }
  return out;
}

// Kinds without fields of their own are told what there is; the others only that it is not there.
std::string unknown_field(const Kind& kind, std::string_view path) {
  if (!kind.selectable.empty()) return cat("field label not supported: ", path);
  return cat(quoted(path),
             " is not a known field selector: only \"metadata.name\", \"metadata.namespace\"");
}

bool is_known(const Kind& kind, std::string_view path) {
  if (path == "metadata.name") return true;
  if (path == "metadata.namespace") return kind.namespaced() || kind.selectable.empty();
  return kind.field_index(path).has_value();
}

}  // namespace

Result<FieldSelector, std::string> FieldSelector::parse_terms(std::string_view text) {
  FieldSelector out;
  std::vector<std::string_view> terms = split_terms(text);
  if (terms.size() > requirements_max) {
    return std::unexpected(
        cat("a field selector may have at most ", requirements_max, " requirements"));
  }
  std::ranges::sort(terms);
  for (const std::string_view written : terms) {
    const auto term = split_term(written);
    if (!term) {
      return std::unexpected(
          cat("invalid selector: '", text, "'; can't understand '", written, "'"));
    }
    TRY(std::string value, unescape(term->value));
    out.requirements_.push_back({.path = std::string(term->path),
                                 .value = std::move(value),
                                 .equal = term->equal,
                                 .index = std::nullopt});
  }
  return out;
}

ApiResult<FieldSelector> FieldSelector::parse(const Kind& kind, std::string_view text) {
  if (text.size() > text_max) {
    return refuse(
        ApiError::bad_request(cat("a field selector may have at most ", text_max, " bytes")));
  }
  auto parsed = parse_terms(text);
  if (!parsed) return refuse(ApiError::bad_request(std::move(parsed).error()));
  for (Requirement& requirement : parsed->requirements_) {
    if (!is_known(kind, requirement.path)) {
      return refuse(ApiError::bad_request(unknown_field(kind, requirement.path)));
    }
    requirement.index = kind.field_index(requirement.path);
  }
  return *std::move(parsed);
}

bool FieldSelector::is_well_formed(std::string_view text) {
  return text.size() <= text_max && parse_terms(text);
}

bool FieldSelector::matches(const Object& object) const {
  return std::ranges::all_of(requirements_, [&](const Requirement& requirement) {
    const std::string_view value = requirement.index ? object.field(*requirement.index)
                                   : requirement.path == "metadata.name" ? object.name()
                                                                         : object.namespace_name();
    return (value == requirement.value) == requirement.equal;
  });
}

std::optional<std::string_view> FieldSelector::required_name() const {
  return required("metadata.name");
}

std::optional<std::string_view> FieldSelector::required(std::string_view path) const {
  const auto found = std::ranges::find_if(requirements_, [&](const Requirement& requirement) {
    return requirement.equal && requirement.path == path;
  });
  if (found == requirements_.end()) return std::nullopt;
  return found->value;
}

}  // namespace signet::machinery
