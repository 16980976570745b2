// The body of a PATCH: JSON, or the YAML of an apply configuration.
#include <utility>

#include "base/cat.h"
#include "codec/yaml.h"
#include "machinery/body.h"
#include "machinery/go_json.h"
#include "machinery/normalise_scalar.h"

namespace signet::machinery {
namespace {

constexpr codec::ParseLimits limits{.bytes_max = body_bytes_max, .depth_max = 64};

}  // namespace

ApiResult<DecodedPatch> decode_patch(std::string_view body, std::string_view prefix) {
  if (body.size() > body_bytes_max) return refuse(ApiError::too_large(body_bytes_max));
  auto parsed = codec::parse_json(body, limits);
  if (!parsed) {
    const auto why = go_json_error(body);
    return refuse(ApiError::bad_request(cat(prefix, why.empty() ? parsed.error().message : why)));
  }
  return DecodedPatch{.patch = std::move(parsed->value),
                      .duplicates = std::move(parsed->duplicates)};
}

// The reader of JSON is the faster one; the other knows the lines of repeated keys.
ApiResult<DecodedConfiguration> decode_configuration(std::string_view body) {
  if (body.size() > body_bytes_max) return refuse(ApiError::too_large(body_bytes_max));
  DecodedConfiguration out;
  auto json = codec::parse_json(body, limits);
  if (json && json->duplicates.empty()) {
    out.object = std::move(json->value);
  } else {
    auto yaml = codec::parse_yaml_document(body, limits);
    if (!yaml) {
      return refuse(ApiError::bad_request(cat(
          "error decoding patch: error converting YAML to JSON: yaml: ", yaml.error().message)));
    }
    out.object = std::move(yaml->value);
    out.repeated_keys = std::move(yaml->duplicates);
  }
  if (out.object.is_null()) out.object.emplace_object();
  if (!out.object.is_object()) {
    return refuse(ApiError::bad_request(
        cat("error decoding patch: error unmarshaling JSON: while decoding JSON: json: cannot "
            "unmarshal ",
            json_type_name(out.object), " into Go value of type map[string]interface {}")));
  }
  return out;
}

}  // namespace signet::machinery
