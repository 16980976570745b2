#include "signer/signed_header.h"

#include "base/cat.h"
#include "base/try.h"
#include "codec/base64.h"
#include "codec/go_quote.h"
#include "jose/algorithm.h"
#include "jose/json_reader.h"
#include "jose/jws.h"

namespace signet::signer {
namespace {

constexpr std::string_view token_type = "JWT";
constexpr std::size_t shown_bytes_max = 32;

struct Header {
  std::string algorithm;
  std::string kid;
  std::string type;
};

Result<Header> read(std::string_view encoded) {
  if (encoded.size() > (jose::header_bytes_max * 4 + 2) / 3) {
    return fail(ErrorKind::internal, "header is too large");
  }
  auto text = codec::base64url_decode(encoded);
  if (!text) return fail(ErrorKind::internal, "header is not base64url");
  Header header;
  bool foreign = false;
  jose::JsonReader reader(*text);
  const bool is_object = reader.object([&](std::string_view name) {
    const auto take = [&](std::string& member) {
      std::string_view value;
      if (!reader.string(value)) return false;
      member = value;
      return true;
    };
    if (name == "alg") return take(header.algorithm);
    if (name == "kid") return take(header.kid);
    if (name == "typ") return take(header.type);
    foreign = true;
    return reader.skip();
  });
  if (!is_object || !reader.finish()) {
    return fail(ErrorKind::internal, "header is not a JSON object of strings");
  }
  if (foreign) return fail(ErrorKind::internal, "header has a member beside alg, kid and typ");
  return header;
}

}  // namespace

Result<std::string> check_signed_header(std::string_view encoded) {
  TRY(auto header, read(encoded));
  if (header.type != token_type) return fail(ErrorKind::internal, "bad type");
  if (header.kid.empty()) return fail(ErrorKind::internal, "key id missing");
  if (header.kid.size() > jose::token_kid_bytes_max) {
    return fail(ErrorKind::internal, "key id longer than 1 kb");
  }
  const auto algorithm = jose::algorithm_named(header.algorithm);
  if (!algorithm || !jose::is_kubernetes(*algorithm)) {
    const auto shown = std::string_view(header.algorithm).substr(0, shown_bytes_max);
    return fail(ErrorKind::internal, cat("bad signing algorithm ", codec::go_quote(shown)));
  }
  return std::move(header.kid);
}

}  // namespace signet::signer
