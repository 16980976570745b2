#include "codec/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <new>

namespace signet::codec {
namespace {

constexpr int level = 1;
constexpr int window_bits = 15 + 16;  // the largest window, in a gzip wrapper
constexpr int memory_level = 8;

}  // namespace

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  // Nothing but memory can be missing: the parameters are constant.
  if (deflateInit2(&stream, level, Z_DEFLATED, window_bits, memory_level, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw std::bad_alloc();
  }
  std::string out;
  out.resize(deflateBound(&stream, bytes.size()));
  std::size_t written = 0;
  // zlib counts in unsigned int.
  constexpr std::size_t step = std::numeric_limits<uInt>::max();
  for (int state = Z_OK; state != Z_STREAM_END;) {
    if (stream.avail_in == 0) {
      const auto next = bytes.substr(0, step);
      // The interface is older than const.
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(next.data()));
      stream.avail_in = static_cast<uInt>(next.size());
      bytes.remove_prefix(next.size());
    }
    const auto room = std::min(out.size() - written, step);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + written);
    stream.avail_out = static_cast<uInt>(room);
    state = deflate(&stream, bytes.empty() ? Z_FINISH : Z_NO_FLUSH);
    written += room - stream.avail_out;
  }
  deflateEnd(&stream);
  out.resize(written);
  return out;
}

}  // namespace signet::codec
