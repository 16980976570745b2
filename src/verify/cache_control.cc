#include "verify/cache_control.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/ascii.h"
#include "net/http_text.h"

namespace signet::verify {
namespace {

constexpr std::size_t bytes_max = std::size_t{4} * 1024;
constexpr std::size_t directives_max = 32;
constexpr std::int64_t seconds_max = std::int64_t{1} << 31U;

// RFC 9111 s1.2.2: more than fits is as much as we know.
std::optional<std::chrono::seconds> delta_seconds(std::string_view digits) {
  if (digits.empty()) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = std::min(seconds_max, value * 10 + (c - '0'));
  }
  return std::chrono::seconds(value);
}

class Directives {
 public:
  explicit Directives(std::string_view text) : rest_(text) {}

  struct Directive {
    std::string name;  // lower case
    std::optional<std::string> value;
  };

  // False at the end and at the first fault; well_formed() tells which.
  bool next(Directive& out) {
    // RFC 9110 s5.6.1: empty members are ignored.
    do {
      skip_space();
    } while (take(','));
    if (rest_.empty() || ++count_ > directives_max) return stop(rest_.empty());
    const auto name = token();
    if (name.empty()) return stop(false);
    out = {.name = lower_case(name), .value = std::nullopt};
    if (take('=') && !value(out.value)) return stop(false);
    skip_space();
    if (!rest_.empty() && !rest_.starts_with(',')) return stop(false);
    return true;
  }
  bool well_formed() const { return well_formed_; }

 private:
  bool stop(bool well_formed) {
    well_formed_ = well_formed;
    rest_ = {};
    return false;
  }
  void skip_space() {
    while (rest_.starts_with(' ') || rest_.starts_with('\t')) rest_.remove_prefix(1);
  }
  bool take(char expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view token() {
    std::size_t size = 0;
    while (size < rest_.size() && net::is_token(rest_.substr(size, 1))) ++size;
    const auto found = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return found;
  }
  bool value(std::optional<std::string>& out) {
    if (!take('"')) {
      out = std::string(token());
      return !out->empty();
    }
    out.emplace();
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c == '\\') {
        if (rest_.empty()) return false;
        c = rest_.front();
        rest_.remove_prefix(1);
      }
      if (c != '\t' && (c < ' ' || c == '\x7f')) return false;
      *out += c;
    }
    return false;
  }

  std::string_view rest_;
  std::size_t count_ = 0;
  bool well_formed_ = true;
};

}  // namespace

Freshness read_freshness(std::string_view cache_control, std::string_view age) {
  if (cache_control.size() > bytes_max) return {};
  Directives directives(cache_control);
  std::optional<std::chrono::seconds> max_age;
  bool contradicts = false;
  bool forbids = false;
  for (Directives::Directive directive; directives.next(directive);) {
    // s5.2.2.4: no-cache with field names binds those fields alone.
    if (directive.name == "no-store") forbids = true;
    if (directive.name == "no-cache" && !directive.value) forbids = true;
    if (directive.name != "max-age") continue;
    const auto seconds = delta_seconds(directive.value.value_or(""));
    contradicts |= !seconds || (max_age && max_age != seconds);
    max_age = seconds;
  }
  if (forbids) return {.lifetime = std::chrono::seconds{0}};
  if (!directives.well_formed() || contradicts || !max_age) return {};
  const auto already = delta_seconds(age).value_or(std::chrono::seconds{0});
  return {.lifetime = std::max(std::chrono::seconds{0}, *max_age - already)};
}

}  // namespace signet::verify
