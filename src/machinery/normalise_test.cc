#include "machinery/normalise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"

namespace signet::machinery {
namespace {

constexpr Field port_fields[] = {
    int32(1, "port").required(),
    text(2, "name"),
    scalar(3, "target", Type::int_or_string),
};
constexpr Schema port_schema{"Port", port_fields};
constexpr Field spec_fields[] = {
    text(1, "type").required(),
    list(2, "ports", port_schema),
    list_of(3, "args", Type::text),
    int64(4, "seconds").optional(),
    boolean(5, "flag"),
    scalar(6, "memory", Type::quantity),
    scalar(7, "any", Type::raw),
};
constexpr Schema spec_schema{"WidgetSpec", spec_fields};
constexpr Field widget_fields[] = {
    message(1, "metadata", object_meta),         message(2, "spec", spec_schema),
    message(3, "extra", port_schema).optional(), map_of(4, "data", Type::bytes),
    scalar(5, "seen", Type::micro_time),         map_of(6, "groups", Type::text_list),
};
constexpr Schema widget{"Widget", widget_fields};

codec::Json parsed(std::string_view text) {
  auto document = codec::parse_json(text, {});
  EXPECT_TRUE(document) << text;
  return document ? std::move(document->value) : codec::Json();
}

std::string normalised(std::string_view text) {
  codec::Json object = parsed(text);
  const auto report = normalise(widget, object);
  return report ? codec::to_json(object) : report.error().message;
}

std::string normalised_spec(std::string_view members) {
  return normalised(cat(R"({"metadata":{},"spec":{"type":"t",)", members, "}}"));
}

TEST(Normalised, members_come_in_schema_order_after_kind_and_version) {
  EXPECT_EQ(normalised(R"({"spec":{"args":["b","a"],"type":"t"},"apiVersion":"v1",)"
                       R"("metadata":{"uid":"u","name":"n"},"kind":"Widget"})"),
            R"({"kind":"Widget","apiVersion":"v1","metadata":{"name":"n","uid":"u"},)"
            R"("spec":{"type":"t","args":["b","a"]}})");
}

TEST(Normalised, empty_values_go_unless_they_are_pointers_or_required) {
  EXPECT_EQ(normalised(R"({"metadata":{"name":"","labels":{},"generation":0}})"),
            R"({"metadata":{},"spec":{"type":""}})");
  EXPECT_EQ(normalised_spec(R"("seconds":0,"flag":false,"args":[],"memory":null)"),
            R"({"metadata":{},"spec":{"type":"t","seconds":0}})");
  EXPECT_EQ(normalised(R"({"spec":null,"extra":{}})"),
            R"({"metadata":{},"spec":{"type":""},"extra":{"port":0}})");
}

TEST(Normalised, null_elements_are_zero_values) {
  EXPECT_EQ(normalised_spec(R"("args":[null],"ports":[null])"),
            R"({"metadata":{},"spec":{"type":"t","ports":[{"port":0}],"args":[""]}})");
  EXPECT_EQ(normalised(R"({"metadata":{"labels":{"a":null}}})"),
            R"({"metadata":{"labels":{"a":""}},"spec":{"type":""}})");
}

TEST(Normalised, maps_are_sorted_by_key) {
  EXPECT_EQ(normalised(R"({"metadata":{"labels":{"b":"2","a":"1","B":"3"}}})"),
            R"({"metadata":{"labels":{"B":"3","a":"1","b":"2"}},"spec":{"type":""}})");
}

TEST(Normalised, values_get_their_one_spelling) {
  EXPECT_EQ(normalised(R"({"metadata":{"creationTimestamp":"2026-01-02T04:04:05.9+01:00"},)"
                       R"("seen":"2026-01-02T03:04:05Z","data":{"a":"eB==","b":"aGVs\nbG8="},)"
                       R"("groups":{"x":["1",null]}})"),
            R"({"metadata":{"creationTimestamp":"2026-01-02T03:04:05Z"},"spec":{"type":""},)"
            R"("data":{"a":"eA==","b":"aGVsbG8="},"seen":"2026-01-02T03:04:05.000000Z",)"
            R"("groups":{"x":["1",""]}})");
  EXPECT_EQ(normalised_spec(R"("memory":2,"any":{"z":1,"a":[null]},"ports":[{"target":"http"}])"),
            R"({"metadata":{},"spec":{"type":"t","ports":[{"port":0,"target":"http"}],)"
            R"("memory":"2","any":{"z":1,"a":[null]}}})");
}

TEST(Normalised, what_is_normalised_stays_as_it_is) {
  const std::string once = normalised(R"({"data":{"b":"eB==","a":""},"metadata":{"name":"x"}})");
  EXPECT_EQ(normalised(once), once);
}

struct Refusal {
  std::string_view name;
  std::string_view object;
  std::string_view text;
};

class RefusedObjects : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedObjects, are_told_in_the_words_of_go) {
  EXPECT_EQ(normalised(GetParam().object), GetParam().text);
}

constexpr Refusal refusals[] = {
    {"top", "[]", "json: cannot unmarshal array into Go value of type v1.Widget"},
    {"number_for_text", R"({"metadata":{"name":1}})",
     "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string"},
    {"label", R"({"metadata":{"labels":{"a":true}}})",
     "json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string"},
    {"map", R"({"metadata":{"labels":[]}})",
     "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type "
     "map[string]string"},
    {"message", R"({"metadata":"x"})",
     "json: cannot unmarshal string into Go struct field Widget.metadata of type v1.ObjectMeta"},
    {"list", R"({"spec":{"ports":{}}})",
     "json: cannot unmarshal object into Go struct field WidgetSpec.spec.ports of type []v1.Port"},
    {"element", R"({"spec":{"args":["a",2]}})",
     "json: cannot unmarshal number into Go struct field WidgetSpec.spec.args of type string"},
    {"deep", R"({"spec":{"ports":[{"port":1},{"port":"x"}]}})",
     "json: cannot unmarshal string into Go struct field Port.spec.ports.port of type int32"},
    {"fraction", R"({"spec":{"seconds":1.5}})",
     "json: cannot unmarshal number 1.5 into Go struct field WidgetSpec.spec.seconds of type "
     "int64"},
    {"int32_overflow", R"({"extra":{"port":2147483648}})",
     "json: cannot unmarshal number 2147483648 into Go struct field Port.extra.port of type int32"},
    {"int64_overflow", R"({"spec":{"seconds":9223372036854775808}})",
     "json: cannot unmarshal number 9223372036854775808 into Go struct field "
     "WidgetSpec.spec.seconds of type int64"},
    {"base64_first", R"({"data":{"k":"***"}})", "illegal base64 data at input byte 0"},
    {"base64_later", R"({"data":{"k":"eA==x"}})", "illegal base64 data at input byte 4"},
    {"base64_type", R"({"data":{"k":1}})",
     "json: cannot unmarshal number into Go struct field Widget.data of type []uint8"},
    {"time", R"({"metadata":{"creationTimestamp":"soon"}})",
     "parsing time \"soon\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"soon\" as \"2006\""},
    {"time_zone", R"({"metadata":{"creationTimestamp":"2026-01-02T03:04:05"}})",
     "parsing time \"2026-01-02T03:04:05\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as "
     "\"Z07:00\""},
    {"month", R"({"metadata":{"creationTimestamp":"2026-13-02T03:04:05Z"}})",
     "parsing time \"2026-13-02T03:04:05Z\": month out of range"},
    {"time_type", R"({"metadata":{"creationTimestamp":5}})",
     "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of "
     "type string"},
    {"quantity", R"({"spec":{"memory":"lots"}})",
     "quantities must match the regular expression "
     "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"},
    {"quantity_suffix", R"({"spec":{"memory":"1KiB"}})",
     "quantities must match the regular expression "
     "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"},
    {"quantity_unit", R"({"spec":{"memory":"1K"}})", "unable to parse quantity's suffix"},
};
INSTANTIATE_TEST_SUITE_P(All, RefusedObjects, testing::ValuesIn(refusals),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Quantities, in_all_their_spellings_are_kept) {
  for (const std::string_view good :
       {"1", "0.5", "-1", "+.5", "100m", "1Ki", "2.5Gi", "1e3", "1E-3", "3E", "5n", "7u", "1."}) {
    EXPECT_EQ(normalised_spec(cat(R"("memory":")", good, '"')),
              cat(R"({"metadata":{},"spec":{"type":"t","memory":")", good, "\"}}"));
  }
}

TEST(UnknownFields, are_dropped_and_reported_with_their_paths) {
  codec::Json object =
      parsed(R"({"kind":"Widget","apiVersion":"v1","Spec":{},"metadata":{"Name":"x","kind":"y"},)"
             R"("spec":{"type":"t","ports":[{},{"foo":1}]}})");
  const auto report = normalise(widget, object);
  ASSERT_TRUE(report);
  EXPECT_THAT(report->unknown,
              testing::ElementsAre("Spec", "metadata.Name", "metadata.kind", "spec.ports[1].foo"));
  EXPECT_EQ(codec::to_json(object), R"({"kind":"Widget","apiVersion":"v1","metadata":{},)"
                                    R"("spec":{"type":"t","ports":[{"port":0},{"port":0}]}})");
}

TEST(UnknownFields, are_reported_32_times_at_most) {
  codec::JsonObject members;
  for (int i = 0; i < 40; ++i) members.emplace(cat("x", i), 1);
  codec::Json object = std::move(members);
  const auto report = normalise(widget, object);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->unknown.size(), 32U);
}

}  // namespace
}  // namespace signet::machinery
