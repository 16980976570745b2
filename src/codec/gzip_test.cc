#include "codec/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace signet::codec {
namespace {

std::string unzipped(std::string_view bytes, std::size_t size) {
  std::string out(size + 1, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string input(bytes);
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

TEST(Gzip, is_undone_by_every_reader) {
  std::string noise;
  for (unsigned i = 0, state = 1; i < 300'000; ++i) {
    state = state * 1664525U + 1013904223U;
    noise += static_cast<char>(state >> 24U);
  }
  for (const auto& text : {std::string(), std::string("a"), std::string(1'000'000, 'x'), noise}) {
    EXPECT_TRUE(unzipped(gzip(text), text.size()) == text) << text.size();
  }
}

TEST(Gzip, makes_what_repeats_small) {
  EXPECT_LT(gzip(std::string(1'000'000, 'x')).size(), 20'000U);
}

}  // namespace
}  // namespace signet::codec
