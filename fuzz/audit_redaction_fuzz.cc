// Whatever a body under /secrets or a line of the log holds, no marked value and no token is left,
// and what was JSON is JSON.
// DEPS access
#include "access/audit_redaction.h"

#include "property.h"

using namespace signet;
using namespace signet::access;

namespace {

constexpr std::string_view token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJl";

void require_no_data(const codec::Json& data) {
  const auto is_redacted = [](const codec::Json& value) {
    const auto* text = value.if_string();
    return value.is_null() ||
           (text != nullptr && (text->empty() || *text == redacted || *text == "W3JlZGFjdGVkXQ=="));
  };
  const auto* members = data.if_object();
  if (members == nullptr) return fuzz::require(is_redacted(data), "no data");
  for (const auto& member : *members) fuzz::require(is_redacted(member.value()), "no data");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto once =
      scrubbed(std::string(text) + "\"" + std::string(token) + "\"" + std::string(text));
  fuzz::require(!once.contains(token), "a token is found");
  fuzz::require(scrubbed(once) == once, "and nothing is left to be found");
  auto document = codec::parse_json(text, {});
  if (!document) return 0;
  for (const auto sensitivity :
       {Sensitivity::secret, Sensitivity::token_review, Sensitivity::token_request}) {
    auto body = document->value;
    redact(sensitivity, body);
    const auto json = codec::to_json(body);
    fuzz::require(codec::parse_json(json, {}).has_value(), "stays JSON");
    auto again = body;
    redact(sensitivity, again);
    fuzz::require(again == body, "redacting twice changes nothing");
    const auto* secret = codec::find(body, "data");
    if (sensitivity == Sensitivity::secret && secret != nullptr) require_no_data(*secret);
  }
  drop_managed_fields(document->value);
  return 0;
}
