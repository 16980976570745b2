#include "cel/regex.h"

#include <re2/re2.h>

#include <cstdint>
#include <utility>

#include "base/cat.h"

namespace signet::cel {
namespace {

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

Result<Regex> Regex::compile(std::string_view pattern) {
  constexpr std::int64_t memory_max = std::int64_t{512} * 1024;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(memory_max);
  auto regex = std::make_shared<const re2::RE2>(piece(pattern), options);
  if (!regex->ok()) {
    return fail(ErrorKind::invalid, cat("error parsing regexp: ", regex->error()));
  }
  return Regex(std::move(regex));
}

bool Regex::found_in(std::string_view text) const {
  return re2::RE2::PartialMatch(piece(text), *regex_);
}

std::optional<std::string_view> Regex::find(std::string_view text, std::size_t from) const {
  re2::StringPiece match;
  if (!regex_->Match(piece(text), from, text.size(), re2::RE2::UNANCHORED, &match, 1)) {
    return std::nullopt;
  }
  return std::string_view(match.data(), match.size());
}

}  // namespace signet::cel
