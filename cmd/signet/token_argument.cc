#include "token_argument.h"
#include "base/ascii.h"

#include <iostream>

namespace signet::cmd {

Result<std::string> read_token(const std::string& argument) {
  constexpr std::size_t bytes_max = std::size_t{64} * 1024;
  std::string token = argument;
  if (argument == "-") {
    token.resize(bytes_max + 1);
    std::cin.read(token.data(), static_cast<std::streamsize>(token.size()));
    token.resize(static_cast<std::size_t>(std::cin.gcount()));
  }
  if (token.size() > bytes_max) return fail(ErrorKind::exhausted, "the token is over 64 KiB");
  const auto trimmed_token = trimmed(token, " \t\r\n");
  if (trimmed_token.empty()) return fail(ErrorKind::invalid, "the token is empty");
  return std::string(trimmed_token);
}

}  // namespace signet::cmd
