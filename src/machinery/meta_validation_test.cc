#include "machinery/meta_validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"

namespace signet::machinery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view subdomain_tail =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view name_tail =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view value_tail =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  "
    "or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

codec::Json parsed(std::string_view text) {
  auto document = codec::parse_json(text, {});
  EXPECT_TRUE(document) << text;
  return document ? std::move(document->value) : codec::Json();
}

std::vector<std::string> texts(const FieldErrors& errors) {
  std::vector<std::string> out;
  for (const FieldError& error : errors.all()) {
    out.push_back(cat(error.path, ": ", error.message()));
  }
  return out;
}

std::vector<std::string> checked(std::string_view members, Scope scope = Scope::namespaced) {
  Kind kind;
  kind.scope = scope;
  const std::string_view space = scope == Scope::namespaced ? R"("namespace":"ns",)" : "";
  FieldErrors errors;
  validate_metadata(kind, parsed(cat(R"({"metadata":{"name":"n",)", space, members, "}}")), errors);
  return texts(errors);
}

std::vector<std::string> checked_update(std::string_view now, std::string_view old) {
  FieldErrors errors;
  validate_metadata_update(parsed(cat(R"({"metadata":)", now, "}")),
                           parsed(cat(R"({"metadata":)", old, "}")), errors);
  return texts(errors);
}

std::vector<std::string> checked_name(NameRule rule, std::string_view name) {
  FieldErrors errors;
  validate_name(rule, name, "metadata.name", errors);
  return texts(errors);
}

TEST(GenerateName, obeys_the_rule_of_names_but_for_a_final_dash) {
  EXPECT_THAT(checked(R"("generateName":"a-")"), IsEmpty());
  EXPECT_THAT(checked(R"("generateName":"Bad_")"),
              ElementsAre(cat("metadata.generateName: Invalid value: \"Bad_\": ", subdomain_tail)));
}

TEST(Change, repeats_what_all_kinds_check_and_each_kind_once_more) {
  FieldErrors errors;
  const auto old = parsed(R"({"metadata":{"name":"n","namespace":"ns"}})");
  const auto now =
      parsed(R"({"metadata":{"name":"n","namespace":"ns","labels":{"a":"bad value!"}}})");
  validate_metadata_change(Kind(), now, old, errors);
  const auto text = cat("metadata.labels: Invalid value: \"bad value!\": ", value_tail);
  EXPECT_THAT(texts(errors), ElementsAre(text, text, text, text));
}

TEST(Names, that_are_subdomains) {
  for (const std::string_view good : {"a", "0", "a.b", "a-b.c-1"}) {
    EXPECT_THAT(checked_name(NameRule::dns_subdomain, good), IsEmpty()) << good;
  }
  for (const std::string_view bad : {"Web_1", "-a", "a-", "a..b", ".a", "a.", "a b", "ä"}) {
    EXPECT_THAT(
        checked_name(NameRule::dns_subdomain, bad),
        ElementsAre(cat("metadata.name: Invalid value: ", quoted(bad), ": ", subdomain_tail)));
  }
  const std::string longest(253, 'a');
  EXPECT_THAT(checked_name(NameRule::dns_subdomain, longest), IsEmpty());
  EXPECT_THAT(checked_name(NameRule::dns_subdomain, longest + "a"),
              ElementsAre(cat("metadata.name: Invalid value: \"", longest,
                              "a\": must be no more than 253 bytes")));
}

TEST(Names, that_are_labels) {
  EXPECT_THAT(checked_name(NameRule::dns_label, std::string(63, 'a')), IsEmpty());
  EXPECT_EQ(checked_name(NameRule::dns_label, std::string(64, 'a')).size(), 1U);
  EXPECT_THAT(checked_name(NameRule::dns_label, "a.b"),
              ElementsAre("metadata.name: Invalid value: \"a.b\": a lowercase RFC 1123 label must "
                          "consist of lower case alphanumeric characters or '-', and must start "
                          "and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', "
                          "regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"));
}

TEST(Names, that_are_path_segments) {
  EXPECT_THAT(checked_name(NameRule::path_segment, "system:Node_x"), IsEmpty());
  EXPECT_THAT(checked_name(NameRule::path_segment, "sys:role%x"),
              ElementsAre("metadata.name: Invalid value: \"sys:role%x\": may not contain '%'"));
  EXPECT_THAT(checked_name(NameRule::path_segment, "."),
              ElementsAre("metadata.name: Invalid value: \".\": may not be '.'"));
  EXPECT_THAT(checked_name(NameRule::path_segment, ".."),
              ElementsAre("metadata.name: Invalid value: \"..\": may not be '..'"));
}

TEST(Metadata, needs_a_name_and_the_right_place) {
  Kind kind;
  FieldErrors missing;
  validate_metadata(kind, parsed(R"({"metadata":{}})"), missing);
  EXPECT_THAT(texts(missing),
              ElementsAre("metadata.name: Required value: name or generateName is required",
                          "metadata.namespace: Required value"));
  EXPECT_THAT(checked(R"("namespace":"ns")", Scope::cluster),
              ElementsAre("metadata.namespace: Forbidden: not allowed on this type"));
  EXPECT_THAT(checked(R"("generation":-1)"),
              ElementsAre("metadata.generation: Invalid value: -1: must be greater than or equal "
                          "to 0"));
}

TEST(Metadata, labels_are_checked_key_and_value) {
  EXPECT_THAT(checked(R"("labels":{"a":"","x.io/B_c":"1.a","k":"V-1"})"), IsEmpty());
  EXPECT_THAT(checked(R"("labels":{"bad key":"bad value!"})"),
              ElementsAre(cat("metadata.labels: Invalid value: \"bad key\": ", name_tail),
                          cat("metadata.labels: Invalid value: \"bad value!\": ", value_tail)));
  const std::string longest(63, 'a');
  EXPECT_THAT(checked(cat(R"("labels":{"k":")", longest, "\"}")), IsEmpty());
  EXPECT_THAT(checked(cat(R"("labels":{"k":"a)", longest, "\"}")),
              ElementsAre(cat("metadata.labels: Invalid value: \"a", longest,
                              "\": must be no more than 63 bytes")));
}

TEST(Metadata, qualified_names_say_which_part_is_wrong) {
  EXPECT_THAT(qualified_name_messages("a/b/c").front(),
              testing::EndsWith("with an optional DNS subdomain prefix and '/' (e.g. "
                                "'example.com/MyName')"));
  EXPECT_THAT(qualified_name_messages("/b"), ElementsAre("prefix part must be non-empty"));
  EXPECT_THAT(qualified_name_messages("X/b"), ElementsAre(cat("prefix part ", subdomain_tail)));
  EXPECT_THAT(qualified_name_messages("x/"),
              ElementsAre("name part must be non-empty", std::string(name_tail)));
  EXPECT_THAT(qualified_name_messages(std::string(64, 'a')),
              ElementsAre("name part must be no more than 63 bytes"));
  EXPECT_THAT(qualified_name_messages("example.com/MyName"), IsEmpty());
  EXPECT_THAT(qualified_name_messages(""), testing::Not(IsEmpty()));
}

TEST(Metadata, annotations_have_a_limit_and_keys_in_any_case) {
  EXPECT_THAT(checked(R"("annotations":{"X.io/a":"any thing!"})"), IsEmpty());
  EXPECT_THAT(checked(R"("annotations":{"a b":""})"),
              ElementsAre(cat("metadata.annotations: Invalid value: \"a b\": ", name_tail)));
  const std::string value(262143, 'x');
  EXPECT_THAT(checked(cat(R"("annotations":{"k":")", value, "\"}")), IsEmpty());
  EXPECT_THAT(checked(cat(R"("annotations":{"kk":")", value, "\"}")),
              ElementsAre("metadata.annotations: Too long: may not be more than 262144 bytes"));
}

TEST(Metadata, finalizers_are_qualified_or_known) {
  EXPECT_THAT(checked(R"("finalizers":["x.io/y","orphan","kubernetes"])"), IsEmpty());
  EXPECT_THAT(checked(R"("finalizers":["nodomain"])"),
              ElementsAre("metadata.finalizers[0]: Invalid value: \"nodomain\": name is neither a "
                          "standard finalizer name nor is it fully qualified"));
  EXPECT_THAT(checked(R"("finalizers":["orphan","foregroundDeletion"])"),
              ElementsAre("metadata.finalizers: Invalid value: [\"orphan\",\"foregroundDeletion\"]"
                          ": finalizer orphan and foregroundDeletion cannot be both set"));
}

TEST(Metadata, owners_are_complete) {
  EXPECT_THAT(checked(R"("ownerReferences":[{"apiVersion":"apps/v1","kind":"A","name":"b",)"
                      R"("uid":"u","controller":true}])"),
              IsEmpty());
  EXPECT_THAT(
      checked(R"("ownerReferences":[{"apiVersion":"a/b/c","kind":"","name":"","uid":""}])"),
      ElementsAre("metadata.ownerReferences.apiVersion: Invalid value: \"a/b/c\": version must "
                  "not be empty",
                  "metadata.ownerReferences.kind: Invalid value: \"\": kind must not be empty",
                  "metadata.ownerReferences.name: Invalid value: \"\": name must not be empty",
                  "metadata.ownerReferences.uid: Invalid value: \"\": uid must not be empty"));
  const auto two = checked(
      R"("ownerReferences":[{"apiVersion":"v1","kind":"A","name":"a","uid":"1","controller":true},)"
      R"({"apiVersion":"v1","kind":"B","name":"b","uid":"2","controller":true}])");
  ASSERT_EQ(two.size(), 1U);
  EXPECT_THAT(two.front(),
              testing::EndsWith(": Only one reference can have Controller set to true. Found "
                                "\"true\" in references for A/a and B/b"));
  const auto event =
      checked(R"("ownerReferences":[{"apiVersion":"v1","kind":"Event","name":"a","uid":"1"}])");
  ASSERT_EQ(event.size(), 1U);
  EXPECT_THAT(event.front(),
              testing::EndsWith(": /v1, Kind=Event is disallowed from being an owner"));
}

TEST(MetadataUpdate, keeps_what_never_changes) {
  constexpr std::string_view same =
      R"({"name":"n","namespace":"s","uid":"u","creationTimestamp":"2026-01-02T03:04:05Z"})";
  EXPECT_THAT(checked_update(same, same), IsEmpty());
  EXPECT_THAT(
      checked_update(R"({"name":"m","namespace":"t","uid":"v"})", same),
      ElementsAre("metadata.name: Invalid value: \"m\": field is immutable",
                  "metadata.namespace: Invalid value: \"t\": field is immutable",
                  "metadata.uid: Invalid value: \"v\": field is immutable",
                  "metadata.creationTimestamp: Invalid value: \"null\": field is immutable"));
  EXPECT_THAT(
      checked_update(R"({"deletionGracePeriodSeconds":5})", R"({"deletionGracePeriodSeconds":6})"),
      ElementsAre("metadata.deletionGracePeriodSeconds: Invalid value: 5: field is "
                  "immutable"));
  EXPECT_THAT(checked_update(R"({"generation":1})", R"({"generation":2})"),
              ElementsAre("metadata.generation: Invalid value: 1: must not be decremented"));
}

TEST(MetadataUpdate, adds_no_finalizer_to_what_is_being_deleted) {
  constexpr std::string_view old =
      R"({"deletionTimestamp":"2026-01-02T03:04:05Z","finalizers":["x.io/f"]})";
  EXPECT_THAT(
      checked_update(
          R"({"deletionTimestamp":"2026-01-02T03:04:05Z","finalizers":["x.io/f","y.io/g"]})", old),
      ElementsAre("metadata.finalizers: Forbidden: no new finalizers can be added if the "
                  "object is being deleted, found new finalizers []string{\"y.io/g\"}"));
  EXPECT_THAT(checked_update(R"({"deletionTimestamp":"2026-01-02T03:04:05Z"})", old), IsEmpty());
  EXPECT_THAT(checked_update(R"({"finalizers":["x.io/f"]})", "{}"), IsEmpty());
}

TEST(DataKeys, are_file_names) {
  const auto checked_key = [](std::string_view key) {
    FieldErrors errors;
    validate_data_key(key, "data", errors);
    return texts(errors);
  };
  constexpr std::string_view tail =
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
      "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
      "'[-._a-zA-Z0-9]+')";
  for (const std::string_view good : {"a", ".a", "-", "_.b"}) {
    EXPECT_THAT(checked_key(good), IsEmpty());
  }
  EXPECT_THAT(checked_key("bad key!"),
              ElementsAre(cat("data[bad key!]: Invalid value: \"bad key!\": ", tail)));
  EXPECT_THAT(checked_key(".."), ElementsAre("data[..]: Invalid value: \"..\": must not be '..'"));
  EXPECT_THAT(checked_key("..a"),
              ElementsAre("data[..a]: Invalid value: \"..a\": must not start with '..'"));
  EXPECT_THAT(checked_key(std::string(253, 'a')), IsEmpty());
  EXPECT_EQ(checked_key(std::string(254, 'a')).size(), 1U);
}

TEST(GeneratedNames, fit_a_label_and_have_no_vowels) {
  SeededRandom random(1);
  const std::string name = generate_name(std::string(70, 'a'), random);
  EXPECT_EQ(name.size(), 63U);
  EXPECT_EQ(name.substr(0, 58), std::string(58, 'a'));
  EXPECT_EQ(name.find_first_not_of("bcdfghjklmnpqrstvwxz2456789", 58), std::string::npos);
  EXPECT_TRUE(generate_name("gen-", random).starts_with("gen-"));
  EXPECT_NE(random_suffix(random), random_suffix(random));
}

}  // namespace
}  // namespace signet::machinery
