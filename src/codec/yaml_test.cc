#include "codec/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signet::codec {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string as_json(std::string_view text) {
  const auto value = parse_yaml(text, {});
  return value ? to_json(*value) : value.error().message;
}

std::string problem(std::string_view text, const ParseLimits& limits = {}) {
  const auto value = parse_yaml(text, limits);
  if (value) return "accepted";
  EXPECT_EQ(value.error().kind, ErrorKind::invalid);
  return value.error().message;
}

TEST(YamlReader, reads_a_manifest) {
  EXPECT_EQ(as_json("# a pod\napiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels: {a: b}\n"
                    "spec:\n  containers:\n  - name: c\n    args: [\"--x\", 1]\n"),
            R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","labels":{"a":"b"}},)"
            R"("spec":{"containers":[{"name":"c","args":["--x",1]}]}})");
}

TEST(YamlReader, reads_json) {
  EXPECT_EQ(as_json(R"({"a":[1,"2",null,{"b":true}]})"), R"({"a":[1,"2",null,{"b":true}]})");
}

TEST(YamlReader, no_document_is_null) {
  EXPECT_EQ(as_json(""), "null");
  EXPECT_EQ(as_json("# only a comment\n"), "null");
  EXPECT_EQ(as_json("---\n"), "null");
}

TEST(YamlReader, reads_block_scalars) {
  EXPECT_EQ(as_json("a: |\n  one\n  two\nb: >-\n  three\n  four\n"),
            R"({"a":"one\ntwo\n","b":"three four"})");
}

struct ScalarCase {
  const char* name;
  const char* text;
  const char* json;
};
constexpr ScalarCase scalar_cases[] = {
    {"tilde", "~", "null"},
    {"null_word", "Null", "null"},
    {"true_word", "TRUE", "true"},
    {"mixed_case_is_a_string", "tRUE", R"("tRUE")"},
    {"yes_is_a_string", "yes", R"("yes")"},
    {"off_is_a_string", "off", R"("off")"},
    {"integer", "-12", "-12"},
    {"plus", "+12", "12"},
    {"hexadecimal", "0xFf", "255"},
    {"octal", "0o17", "15"},
    {"octal_as_file_modes", "0644", "420"},
    {"leading_zero_without_octal_digits", "089", "89"},
    {"uint64", "18446744073709551615", "18446744073709551615"},
    {"beyond_64_bits", "18446744073709551616", "18446744073709552000"},
    {"hexadecimal_beyond_64_bits_is_a_string", "0x10000000000000000", R"("0x10000000000000000")"},
    {"fraction", "1.50", "1.5"},
    {"point_first", ".5", "0.5"},
    {"point_last", "5.", "5"},
    {"exponent", "1e3", "1000"},
    {"negative_fraction", "-0.25", "-0.25"},
    {"overflow_is_a_string", "1e999", R"("1e999")"},
    {"lone_sign_is_a_string", "+", R"("+")"},
    {"version_is_a_string", "1.2.3", R"("1.2.3")"},
    {"underscore_is_a_string", "1_000", R"("1_000")"},
    {"date_is_a_string", "2026-11-23", R"("2026-11-23")"},
    {"quoted_number", "\"12\"", R"("12")"},
    {"quoted_null", "'null'", R"("null")"},
    {"quoted_nothing", "''", R"("")"},
    {"tagged_string", "!!str 12", R"("12")"},
    {"tagged_integer", "!!int 12", "12"},
    {"tagged_float", "!!float 12", "12"},
};
class YamlScalar : public testing::TestWithParam<ScalarCase> {};
TEST_P(YamlScalar, means_what_the_core_schema_says) {
  EXPECT_EQ(as_json(GetParam().text), GetParam().json);
}
INSTANTIATE_TEST_SUITE_P(, YamlScalar, testing::ValuesIn(scalar_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(YamlReader, keys_are_strings) {
  EXPECT_EQ(as_json("1: a\ntrue: b\n\"c\": d\n"), R"({"1":"a","true":"b","c":"d"})");
}

TEST(YamlReader, takes_the_last_of_a_key_and_tells_of_it_at_its_value) {
  const auto document = parse_yaml_document("a: 1\nb:\n  c: 1\n  c: 2\na:\n- 3\nb: {}\n", {});
  ASSERT_TRUE(document);
  EXPECT_EQ(to_json(document->value), R"({"a":[3],"b":{}})");
  EXPECT_THAT(document->duplicates, testing::ElementsAre("line 4: key \"c\" already set in map",
                                                         "line 6: key \"a\" already set in map",
                                                         "line 7: key \"b\" already set in map"));
}

TEST(YamlReader, tells_of_16_repeated_keys_at_most) {
  std::string text;
  for (int i = 0; i < 20; ++i) text += "a: 1\n";
  EXPECT_EQ(parse_yaml_document(text, {})->duplicates.size(), 16U);
}

struct RefusalCase {
  const char* name;
  std::string_view text;
  const char* message;
};
constexpr RefusalCase refusal_cases[] = {
    {"duplicate_key", "a: 1\nb: 2\na: 3\n", "line 3: key \"a\" already set in map"},
    {"duplicate_key_in_flow", "{a: 1, \"a\": 2}", "line 1: key \"a\" already set in map"},
    {"alias", "a: &x 1\nb: *x\n", "line 2: aliases are not read"},
    {"second_document", "a: 1\n---\nb: 2\n", "line 2: a second document"},
    {"null_key", "{~: 1, : 2}", "line 1: a key that is null"},
    {"list_as_key", "? [a]\n: 1\n", "line 1: a key that is no scalar"},
    {"map_as_key", "{{a: 1}: 1}", "line 1: a key that is no scalar"},
    {"infinity", "a: -.inf", "line 1: -.inf is no number that JSON has"},
    {"not_a_number", ".NaN", "line 1: .NaN is no number that JSON has"},
    {"binary", "!!binary aGk=", "line 1: a tag that does not fit its value or has no JSON type"},
    {"wrong_tag", "!!int x", "line 1: a tag that does not fit its value or has no JSON type"},
    {"own_tag", "!ruby/object x", "line 1: a tag without a JSON type"},
    {"set", "!!set {a}", "line 1: a tag without a JSON type"},
    {"bad_utf8", "a: \"\\xff\"\nb: \xff\xfe", "line 2: text that is not UTF-8"},
    {"open_flow", "[1, 2", "line 1: "},
    {"open_quote", "a: \"b", "line 1: "},
    {"tab_indent", "a:\n\t- b\n", "line "},
    {"bad_indent", "a: 1\n b: 2\n", "line 2: "},
};
class YamlRefusal : public testing::TestWithParam<RefusalCase> {};
TEST_P(YamlRefusal, names_the_line) {
  EXPECT_THAT(problem(GetParam().text), StartsWith(std::string("YAML: ") + GetParam().message));
}
INSTANTIATE_TEST_SUITE_P(, YamlRefusal, testing::ValuesIn(refusal_cases),
                         [](const auto& row) { return std::string(row.param.name); });

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

TEST(YamlLimits, the_last_level_is_accepted_and_the_next_refused) {
  EXPECT_EQ(problem(nested(64)), "accepted");
  EXPECT_EQ(problem(nested(65)), "YAML: line 1: nested deeper than 64 levels");
}

TEST(YamlLimits, deep_blocks_and_keys_do_no_harm) {
  std::string dashes;
  for (int i = 0; i < 10'000; ++i) dashes += "- ";
  EXPECT_THAT(problem(dashes), HasSubstr("nested deeper"));
  EXPECT_THAT(problem(std::string(10'000, '{')), HasSubstr("no scalar"));
  EXPECT_THAT(problem(std::string(10'000, '[')), StartsWith("YAML: line 1: "));
}

TEST(YamlLimits, bytes_and_keys_are_counted) {
  EXPECT_EQ(problem("a: 1", {.bytes_max = 4}), "accepted");
  EXPECT_EQ(problem("a: 1", {.bytes_max = 3}), "YAML: larger than 3 bytes");
  EXPECT_EQ(problem("{a: 1, b: 2}", {.members_max = 2}), "accepted");
  EXPECT_EQ(problem("{a: 1, b: 2}", {.members_max = 1}), "YAML: line 1: more than 1 keys");
}

std::string as_yaml(std::string_view json) {
  const auto document = parse_json(json, {});
  return document ? to_yaml(document->value) : document.error().message;
}

TEST(YamlWriter, is_readable) {
  EXPECT_EQ(as_yaml(R"({"kind":"Pod","metadata":{"name":"web","labels":{}},"spec":{"list":)"
                    R"([{"name":"c","args":["--x","z"]},[1,[2]],[],{}]},"m":null,"b":true})"),
            "kind: Pod\nmetadata:\n  name: web\n  labels: {}\nspec:\n  list:\n  - name: c\n"
            "    args:\n    - \"--x\"\n    - z\n  - - 1\n    - - 2\n  - []\n  - {}\nm: null\n"
            "b: true\n");
}

TEST(YamlWriter, writes_lines_as_a_block) {
  EXPECT_EQ(as_yaml(R"({"a":"one\n two\n","b":"x\ny","c":"z\n\n"})"),
            "a: |\n  one\n   two\nb: |-\n  x\n  y\nc: |+\n  z\n\n");
}

TEST(YamlWriter, quotes_strings_that_would_read_as_something_else) {
  for (const auto* text :
       {"",    "null", "~",  "True",  "yes",  "N",    "on",    "12",         "-1",
        "0x1", "1e3",  ".5", "1_000", "0b1",  "089",  "12:30", "2026-11-23", ".inf",
        "=",   "<<",   " a", "a ",    "a: b", "a #b", "a:",    "- a",        "[a",
        "{a",  "#a",   "&a", "*a",    "!a",   "|",    "> a",   "@a",         "`a",
        "'a",  "\"a",  "%a", "? a",   "\x7f", "a\tb", "---",   "..."}) {
    EXPECT_THAT(to_yaml(Json(text)), StartsWith("\"")) << text;
  }
}

TEST(YamlWriter, leaves_ordinary_strings_plain) {
  for (const auto* text : {"web", "v1", "a:b", "a#b", "10.0.0.1", "https://x/y?z=1", "a b", "Pod",
                           "system:serviceaccount:ns:name", "100m", "1.2.3", "nothing", "x-y_z"}) {
    EXPECT_EQ(to_yaml(Json(text)), std::string(text) + "\n");
  }
}

TEST(YamlWriter, what_is_written_reads_back_the_same) {
  for (const auto* json :
       {R"({"a":["","~","no","1","\n","a\n","\na","a\n\n\nb\n\n"," a\nb","a \nb","tab\tx\ny"]})",
        R"([[[]],[{}],[[1],[2]],{"a":[{"b":[{}]}]}])", R"({"":{"":""}," ":[" "],"a b":"c: d"})",
        R"(["\u0000\u001f\u007f\u0085\u2028\ud83d\ude00\ufeff","\\","\"","'","é"])",
        R"([0,-1,18446744073709551615,0.1,1e21,1e-7,true,false,null])", R"("a\nb")",
        R"({"a\nb":1})", R"({"k":"---\na","m":"...\n"})", R"(["# a","a\n# b","\ta\nb"])"}) {
    SCOPED_TRACE(json);
    const auto written = as_yaml(json);
    SCOPED_TRACE(written);
    EXPECT_EQ(as_json(written), to_json(parse_json(json, {})->value));
  }
}

TEST(YamlWriter, long_keys_read_back_the_same) {
  for (const std::size_t length : {1000U, 1001U, 5000U}) {
    const std::string json = R"({"a":[{")" + std::string(length, 'k') + R"(":{"b":[1]},"c":"d"}]})";
    EXPECT_EQ(as_json(as_yaml(json)), json);
  }
}

TEST(YamlStream, gives_each_document_with_the_lines_of_its_values) {
  const auto read = parse_yaml_stream("a: 1\nb:\n- x\n- c: {d: 2}\n---\n---\n\ne: 3\n", {}, 3);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ(to_json((*read)[0].value), R"({"a":1,"b":["x",{"c":{"d":2}}]})");
  const std::map<std::string, std::size_t, std::less<>> lines{
      {"", 1}, {"a", 1}, {"b", 3}, {"b[0]", 3}, {"b[1]", 4}, {"b[1].c", 4}, {"b[1].c.d", 4}};
  EXPECT_EQ((*read)[0].lines, lines);
  EXPECT_EQ(to_json((*read)[1].value), R"({"e":3})");
  EXPECT_EQ((*read)[1].lines.at("e"), 8U);
}

TEST(YamlStream, refuses_what_one_document_refuses_and_too_many) {
  const auto refusal = [](std::string_view text, std::size_t documents_max) {
    const auto read = parse_yaml_stream(text, {.bytes_max = 64}, documents_max);
    return read ? std::string() : read.error().message;
  };
  EXPECT_EQ(refusal("a: 1\n---\nb: 1\nb: 2\n", 2), "YAML: line 4: key \"b\" already set in map");
  EXPECT_EQ(refusal("a: 1\n---\nb: 1\n", 1), "YAML: line 2: more than 1 documents");
  EXPECT_EQ(refusal("a: &x 1\nb: *x\n", 1), "YAML: line 2: aliases are not read");
  EXPECT_EQ(refusal(std::string(65, ' '), 1), "YAML: larger than 64 bytes");
}

}  // namespace
}  // namespace signet::codec
