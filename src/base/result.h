// Success or the reason why not, as a value.
//
//   Result<Key> load(std::string_view pem);      // Error unless said otherwise
//   return fail(ErrorKind::invalid, "key: not a PEM block");
//
// Shape    std::expected; dereferencing an error aborts in every build (_GLIBCXX_ASSERTIONS).
// Errors   Error says whose fault it is (ErrorKind) and a sentence for operators. Context is added
//          on the way up, the kind never changes. A message never holds a token, key or secret.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace signet {

enum class ErrorKind : std::uint8_t {
  invalid,          // the input can never be accepted
  unauthenticated,  // nobody we know
  forbidden,        // somebody we know who may not
  not_found,
  conflict,     // somebody else was first: read again, decide again
  exhausted,    // a limit was reached
  unavailable,  // try again later
  internal,     // our fault
};

std::string_view to_string(ErrorKind kind);

struct [[nodiscard]] Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;
};

template <typename T, typename E = Error>
using Result = std::expected<T, E>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return std::unexpected(Error{kind, std::move(message)});
}

// The same error, said to have happened while doing `what`.
[[nodiscard]] inline std::unexpected<Error> in_context(std::string_view what, const Error& error) {
  return std::unexpected(Error{error.kind, std::string(what) + ": " + error.message});
}

}  // namespace signet
