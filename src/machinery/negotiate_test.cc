#include "machinery/negotiate.h"

#include <gtest/gtest.h>

#include <string>

#include "base/cat.h"
#include "machinery/fake_kinds.h"

namespace signet::machinery {
namespace {

constexpr Offered object{.table = true, .metadata = true, .kind = nullptr};
constexpr Offered watch{.table = true, .metadata = true, .watch = true, .kind = nullptr};

net::Request with_headers(std::string accept, std::string agent = "") {
  net::Request request;
  if (!accept.empty()) request.headers.emplace_back("accept", std::move(accept));
  if (!agent.empty()) request.headers.emplace_back("user-agent", std::move(agent));
  return request;
}

std::string_view name(Format format) {
  switch (format) {
    case Format::json:
      return "json";
    case Format::pretty_json:
      return "pretty";
    case Format::yaml:
      return "yaml";
    case Format::protobuf:
      return "protobuf";
  }
  return "?";
}

std::string outcome(const net::Request& request, Offered offered, std::string_view pretty = "") {
  const auto negotiated = negotiate(request, pretty, offered);
  if (!negotiated) return cat(negotiated.error().code, ' ', negotiated.error().message);
  constexpr std::string_view transforms[] = {"", " table ", " metadata ", " list "};
  const auto transform = static_cast<std::size_t>(negotiated->transform);
  return cat(name(negotiated->format), transforms[transform],
             transform == 0 ? "" : negotiated->transform_version);
}

constexpr std::string_view kubectl_table =
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/"
    "json;as=Table;v=v1beta1;g=meta.k8s.io,"
    "application/json";
constexpr std::string_view nothing =
    "406 only the following media types are accepted: application/json, application/yaml, "
    "application/vnd.kubernetes.protobuf";

struct NegotiationCase {
  const char* name;
  std::string_view accept;
  std::string_view expected;
};
class NegotiationOfObject : public testing::TestWithParam<NegotiationCase> {};

TEST_P(NegotiationOfObject, takes_the_best_clause_it_can_serve) {
  EXPECT_EQ(outcome(with_headers(std::string(GetParam().accept)), object), GetParam().expected);
}

constexpr NegotiationCase negotiation_cases[] = {
    {"none", "", "json"},
    {"anything", "*/*", "json"},
    {"kubectl_yaml_output", "application/json", "json"},
    {"old_typed", "application/json, */*", "json"},
    {"new_typed", "application/vnd.kubernetes.protobuf,application/json", "protobuf"},
    {"protobuf_second", "application/json,application/vnd.kubernetes.protobuf", "json"},
    {"protobuf_by_weight", "application/json;q=0.8,application/vnd.kubernetes.protobuf",
     "protobuf"},
    {"protobuf_table",
     "application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,application/json", "json"},
    {"protobuf_metadata",
     "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
     "protobuf metadata v1"},
    {"any_application", "application/*", "json"},
    {"kubectl_table", kubectl_table, "json table v1"},
    {"beta_table", "application/json;as=Table;v=v1beta1;g=meta.k8s.io", "json table v1beta1"},
    {"yaml_table", "application/yaml;as=Table;v=v1;g=meta.k8s.io", "yaml table v1"},
    {"alpha_table", "application/json;as=Table;v=v1alpha1;g=meta.k8s.io,application/yaml", "yaml"},
    {"foreign_table", "application/json;as=Table;v=v1;g=other.io,application/json", "json"},
    {"unknown_as", "application/json;as=Chair;v=v1;g=meta.k8s.io,*/*", "json"},
    {"as_alone", "application/json;as=Table", nothing},
    {"metadata", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
     "json metadata v1"},
    {"metadata_list_without_kind",
     "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json", "json"},
    {"yaml", "application/yaml", "yaml"},
    {"yaml_by_weight", "application/json;q=0.5,application/yaml", "yaml"},
    {"pretty_parameter", "application/json;pretty=1", "pretty"},
    {"pretty_off", "application/json;pretty=0", "json"},
    {"stream", "application/json;stream=watch,application/yaml", "yaml"},
    {"protobuf_only", "application/vnd.kubernetes.protobuf", "protobuf"},
    {"protobuf_pretty", "application/vnd.kubernetes.protobuf;pretty=1", "protobuf"},
    {"html", "text/html", nothing},
    {"refused", "application/json;q=0", nothing},
    {"browser", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "json"},
};
INSTANTIATE_TEST_SUITE_P(, NegotiationOfObject, testing::ValuesIn(negotiation_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Negotiation, asking_for_a_table_where_there_is_none_gives_the_plain_object) {
  EXPECT_EQ(outcome(with_headers(std::string(kubectl_table)), {}), "json");
}

TEST(Negotiation, of_a_watch_knows_streams_of_json_and_protobuf) {
  EXPECT_EQ(outcome(with_headers("application/json;stream=watch"), watch), "json");
  EXPECT_EQ(outcome(with_headers("application/json;stream=bogus,*/*"), watch), "json");
  EXPECT_EQ(outcome(with_headers("application/yaml,application/json"), watch), "json");
  EXPECT_EQ(outcome(with_headers("*/*", "curl/8"), watch, "true"), "json");
  const std::string refusal =
      "406 only the following media types are accepted: application/json;stream=watch, "
      "application/vnd.kubernetes.protobuf;stream=watch";
  EXPECT_EQ(outcome(with_headers("application/yaml"), watch), refusal);
  EXPECT_EQ(outcome(with_headers("application/vnd.kubernetes.protobuf;stream=watch"), watch),
            "protobuf");
  EXPECT_EQ(outcome(with_headers("application/vnd.kubernetes.protobuf"), watch), "protobuf");
}

TEST(Negotiation, says_when_a_list_is_asked_as_one_object_and_the_other_way_round) {
  const auto as = [](std::string_view what) {
    return with_headers(cat("application/json;as=", what, ";g=meta.k8s.io;v=v1,application/json"));
  };
  const Offered list{.metadata_list = true, .kind = &fake::widget()};
  const Offered one{.metadata = true, .kind = &fake::widget()};
  EXPECT_EQ(outcome(as("PartialObjectMetadata"), list),
            "406 you requested PartialObjectMetadata, but the requested object is a list "
            "(*core.WidgetList)");
  EXPECT_EQ(outcome(as("PartialObjectMetadataList"), one),
            "406 you requested PartialObjectMetadataList, but the requested object is not a list "
            "(*core.Widget)");
  EXPECT_EQ(outcome(as("PartialObjectMetadataList"), list), "json list v1");
}

TEST(Negotiation, not_acceptable_is_a_status_with_code_and_reason) {
  const auto negotiated = negotiate(with_headers("text/html"), "", {});
  ASSERT_FALSE(negotiated);
  EXPECT_EQ(negotiated.error().reason, "NotAcceptable");
}

TEST(Pretty, is_for_people_unless_told_otherwise) {
  EXPECT_EQ(outcome(with_headers("*/*", "curl/8.1"), object), "pretty");
  EXPECT_EQ(outcome(with_headers("*/*", "Wget/1.2"), object), "pretty");
  EXPECT_EQ(outcome(with_headers("*/*", "Mozilla/5.0 (X11)"), object), "pretty");
  EXPECT_EQ(outcome(with_headers("*/*", "Mozilla/4.0"), object), "json");
  EXPECT_EQ(outcome(with_headers("*/*", "kubectl/v1.30 curl"), object), "json");
  EXPECT_EQ(outcome(with_headers("*/*", "curl/8.1"), object, "false"), "json");
  EXPECT_EQ(outcome(with_headers("*/*", "curl/8.1"), object, "nonsense"), "json");
  EXPECT_EQ(outcome(with_headers("*/*"), object, "true"), "pretty");
  EXPECT_EQ(outcome(with_headers("*/*"), object, "1"), "pretty");
  EXPECT_EQ(outcome(with_headers("application/yaml", "curl/8.1"), object, "true"), "yaml");
}

TEST(ErrorFormat, is_the_base_type_without_conversion) {
  EXPECT_EQ(name(error_format(with_headers(std::string(kubectl_table)))), "json");
  EXPECT_EQ(name(error_format(with_headers("application/yaml"))), "yaml");
  EXPECT_EQ(name(error_format(with_headers(""))), "json");
  EXPECT_EQ(name(error_format(with_headers("*/*", "curl/8"))), "pretty");
  EXPECT_EQ(name(error_format(with_headers("text/html"))), "pretty");
  EXPECT_EQ(name(error_format(with_headers("application/vnd.kubernetes.protobuf"))), "protobuf");
}

TEST(ErrorFormat, honours_the_pretty_parameter_even_of_a_broken_query) {
  auto request = with_headers("application/json");
  request.query = "limit=1&pretty=true";
  EXPECT_EQ(name(error_format(request)), "pretty");
  request.query = "pretty=true&x=%zz";
  EXPECT_EQ(name(error_format(request)), "json");
}

}  // namespace
}  // namespace signet::machinery
