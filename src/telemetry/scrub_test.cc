#include "telemetry/scrub.h"

#include <gtest/gtest.h>

#include "base/cat.h"

namespace signet::telemetry {
namespace {

constexpr std::string_view token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJl";

TEST(Scrubbing, a_token_is_found_wherever_it_stands) {
  EXPECT_EQ(scrubbed(cat(R"({"a":")", token, R"(","b":1})")), R"({"a":"[redacted]","b":1})");
  EXPECT_EQ(scrubbed(cat("Bearer ", token, ", again x", token, '.')),
            "Bearer [redacted], again x[redacted]");
  EXPECT_EQ(scrubbed("eyJhbGciOiJub25lIn0.eyJzdWIiOiJqYW5lIn0."), "[redacted]") << "unsigned";
  EXPECT_EQ(scrubbed("eyJhbGciOiJub25lIn0.aaaaaaaaaa.b.c.d!"), "[redacted]!") << "encrypted";
  for (const std::string_view text :
       {"eyJ", "eyJ.eyJ.eyJ", "eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ", "eyJhbGciOiJub25lIn0.short.x",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJqYW5lIn0"}) {
    EXPECT_EQ(scrubbed(std::string(text)), text);
  }
}

TEST(Scrubbing, a_private_key_loses_what_makes_it_one) {
  EXPECT_EQ(
      scrubbed(R"("-----BEGIN RSA PRIVATE KEY-----\nMIIhush\n-----END RSA PRIVATE KEY-----\n")"),
      R"("-----BEGIN RSA PRIVATE KEY-----[redacted]-----END RSA PRIVATE KEY-----\n")");
  EXPECT_EQ(scrubbed(R"({"k":"-----BEGIN PRIVATE KEY-----\nMIIhush","l":1})"),
            R"({"k":"-----BEGIN PRIVATE KEY-----[redacted]","l":1})");
  EXPECT_EQ(scrubbed("-----BEGIN CERTIFICATE-----\\nMII"), "-----BEGIN CERTIFICATE-----\\nMII");
}

// Text of this kind must take time that grows with its length, not with its square.
TEST(Scrubbing, hostile_text_is_gone_through_once) {
  constexpr std::size_t bytes = std::size_t{1} << 20;
  for (const std::string_view part :
       {"eyJ", "eyJaaaaa.aaaaaaaa..", "eyJaaaaa.b.", "-----BEGIN PRIVATE KEY-----"}) {
    std::string text;
    while (text.size() < bytes) text += part;
    EXPECT_LE(scrubbed(std::move(text)).size(), 2 * bytes);
  }
}

}  // namespace
}  // namespace signet::telemetry
