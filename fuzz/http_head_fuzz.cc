// However bytes are cut into pieces, Http1Reader sees the same request or the same refusal, and
// takes no byte that belongs to the next request: what smuggling would need to differ.
// DEPS net
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/http1_reader.h"
#include "property.h"

namespace {

using signet::fuzz::require;
using signet::net::Http1Reader;

struct Outcome {
  int status = 0;
  bool complete = false;
  std::size_t used = 0;
  signet::net::Request request;
};

Outcome read(std::string_view bytes, std::size_t step) {
  Http1Reader reader({.head_bytes_max = 4096, .body_bytes_max = 1024});
  Outcome out;
  std::size_t offered = 0;
  while (offered < bytes.size() && !reader.complete() && reader.refusal() == nullptr) {
    offered = std::min(bytes.size(), offered + step);
    out.used += reader.feed(bytes.substr(out.used, offered - out.used));
  }
  out.complete = reader.complete();
  if (const auto* refusal = reader.refusal()) out.status = refusal->status;
  if (out.complete) out.request = reader.take();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = signet::fuzz::text_of(data, size);
  const Outcome whole = read(bytes, std::max<std::size_t>(size, 1));
  const Outcome pieces = read(bytes, 1);
  require(whole.used <= size, "takes no more than it is given");
  require(whole.complete == pieces.complete, "complete however it is cut");
  if (!whole.complete) return 0;
  require(whole.used == pieces.used, "ends at the same byte");
  require(whole.request.path == pieces.request.path && whole.request.body == pieces.request.body,
          "same path and body");
  require(whole.request.headers == pieces.request.headers, "same headers");
  require(whole.request.path.starts_with('/') || whole.request.path == "*", "path is absolute");
  require(whole.request.body.size() <= 1024, "body within its limit");
  return 0;
}
