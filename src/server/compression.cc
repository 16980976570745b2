#include "server/compression.h"

#include <cstddef>
#include <string_view>

#include "base/ascii.h"
#include "codec/gzip.h"

namespace signet::server {
namespace {

constexpr std::size_t bytes_min = std::size_t{128} * 1024;

// "gzip", "gzip;q=0.5", but not "gzip;q=0".
bool is_gzip(std::string_view coding) {
  const auto semicolon = coding.find(';');
  if (trimmed(coding.substr(0, semicolon)) != "gzip") return false;
  if (semicolon == std::string_view::npos) return true;
  const auto weight = trimmed(coding.substr(semicolon + 1));
  return !weight.starts_with("q=0") || weight.find_first_of("123456789") != weight.npos;
}

}  // namespace

bool accepts_gzip(const net::Request& request) {
  if (request.method != "GET") return false;
  auto rest = request.header("accept-encoding");
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    if (is_gzip(rest.substr(0, comma))) return true;
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return false;
}

void compress(net::Response& response) {
  const auto bytes = response.bytes();
  if (response.status != 200 || bytes.size() < bytes_min) return;
  response.body = codec::gzip(bytes);
  response.headers.emplace_back("content-encoding", "gzip");
  response.headers.emplace_back("vary", "Accept-Encoding");
}

}  // namespace signet::server
