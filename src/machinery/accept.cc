#include "machinery/accept.h"

#include <algorithm>
#include <cstddef>

#include "base/ascii.h"

namespace signet::machinery {
namespace {

constexpr std::size_t clauses_max = 64;

// Takes what stands before the next `separator` outside quotes.
std::string_view take(std::string_view& rest, char separator) {
  bool in_quotes = false;
  std::size_t end = 0;
  for (; end < rest.size(); ++end) {
    if (rest[end] == '"') in_quotes = !in_quotes;
    if (rest[end] == separator && !in_quotes) break;
  }
  const auto taken = rest.substr(0, end);
  rest.remove_prefix(std::min(rest.size(), end + 1));
  return trimmed(taken);
}

// RFC 9110 s12.4.2; what is no weight counts as none given.
std::uint16_t read_weight(std::string_view text) {
  constexpr std::uint16_t full = 1000;
  if (text.empty() || (text.front() != '0' && text.front() != '1') || text.size() > 5) return full;
  unsigned weight = text.front() == '1' ? full : 0;
  if (text.size() > 1 && text[1] != '.') return full;
  unsigned unit = 100;
  for (std::size_t i = 2; i < text.size(); ++i, unit /= 10) {
    if (text[i] < '0' || text[i] > '9') return full;
    weight += unit * static_cast<unsigned>(text[i] - '0');
  }
  return static_cast<std::uint16_t>(std::min<unsigned>(weight, full));
}

void read_clauses(std::string_view header, std::vector<AcceptClause>& out) {
  while (!header.empty() && out.size() < clauses_max) {
    auto text = take(header, ',');
    const auto range = take(text, ';');
    const auto slash = range.find('/');
    if (slash == std::string_view::npos) continue;
    AcceptClause clause{
        .type = range.substr(0, slash), .subtype = range.substr(slash + 1), .parameters = text};
    clause.q = read_weight(clause.parameter("q"));
    if (clause.q == 0) continue;
    // After its equals: the order of arrival decides among them.
    const auto less_wanted = [](std::uint16_t q, const AcceptClause& other) { return q > other.q; };
    out.insert(std::upper_bound(out.begin(), out.end(), clause.q, less_wanted), clause);
  }
}

}  // namespace

bool AcceptClause::covers(std::string_view wanted_type, std::string_view wanted_subtype) const {
  if (type == "*") return subtype == "*";
  return equal_ignoring_case(type, wanted_type) &&
         (subtype == "*" || equal_ignoring_case(subtype, wanted_subtype));
}

std::string_view AcceptClause::parameter(std::string_view name) const {
  auto rest = parameters;
  while (!rest.empty()) {
    const auto part = take(rest, ';');
    const auto equals = part.find('=');
    if (equals == std::string_view::npos ||
        !equal_ignoring_case(trimmed(part.substr(0, equals)), name)) {
      continue;
    }
    auto value = trimmed(part.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return {};
}

std::vector<AcceptClause> parse_accept(const net::Request& request) {
  std::vector<AcceptClause> clauses;
  bool given = false;
  for (const auto& [name, value] : request.headers) {
    if (name != "accept" || trimmed(value).empty()) continue;
    given = true;
    read_clauses(value, clauses);
  }
  if (!given) return {AcceptClause{.type = "*", .subtype = "*", .parameters = {}}};
  return clauses;
}

bool is_media_type(std::string_view header, std::string_view wanted) {
  return equal_ignoring_case(take(header, ';'), wanted);
}

}  // namespace signet::machinery
