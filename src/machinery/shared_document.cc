#include "machinery/shared_document.h"

#include <utility>

#include "base/ascii.h"
#include "base/cat.h"
#include "codec/base64.h"
#include "crypto/digest.h"

namespace signet::machinery {
namespace {

std::string tag_of(std::string_view bytes) {
  return upper_case(codec::hex_encode(crypto::digest(crypto::Digest::sha512, bytes)));
}

// Our tags are strong, and a weak comparison suffices.
bool matches(std::string_view if_none_match, std::string_view etag) {
  return if_none_match == "*" || if_none_match.contains(etag);
}

}  // namespace

SharedDocument::SharedDocument(std::string bytes)
    : tag_(tag_of(bytes)), bytes_(std::make_shared<const std::string>(std::move(bytes))) {}

net::Response SharedDocument::answer(const net::Request& request, std::string content_type) const {
  net::Response response;
  auto etag = cat('"', tag_, '"');
  const bool known = matches(request.header("if-none-match"), etag);
  response.headers.emplace_back("etag", std::move(etag));
  response.headers.emplace_back("vary", "Accept");
  if (known) {
    response.status = 304;
    return response;
  }
  response.content_type = std::move(content_type);
  response.body = bytes_;
  return response;
}

SharedDocument json_document(std::string json) {
  json += '\n';
  return SharedDocument(std::move(json));
}

}  // namespace signet::machinery
