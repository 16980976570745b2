// What expressions come to, in tables.
#include "cel/expressions_for_tests.h"

namespace signet::cel {
namespace {

TEST(Expression, literals_are_what_they_say) {
  expect_all({{"null", "null"},
              {"true", "true"},
              {"42", "42"},
              {"-42", "-42"},
              {"0x1F", "31"},
              {"-0x10", "-16"},
              {"42u", "42u"},
              {"0xffu", "255u"},
              {"1.5", "1.5d"},
              {".5", "0.5d"},
              {"1e3", "1000d"},
              {"-1.5E-1", "-0.15d"},
              {"9223372036854775807", "9223372036854775807"},
              {"-9223372036854775808", "-9223372036854775808"},
              {"18446744073709551615u", "18446744073709551615u"},
              {"[1, 'a', true,]", "[1, \"a\", true]"},
              {"{'a': 1, 2: 'b'}", "{2: \"b\", \"a\": 1}"},
              {"[]", "[]"},
              {"{}", "{}"},
              {"1 // and a comment\n + 1", "2"}});
}

TEST(Expression, text_is_escaped_raw_or_of_several_lines) {
  expect_all({{R"('a' + "b")", "\"ab\""},
              {R"("\x41\u00e9\U0001F600\101" == 'Aé😀A')", "true"},
              {R"("\n\r\t\a\b\f\v\\\?\"\'\`".size())", "12"},
              {R"(r"\d+\n" + R'\x')", R"("\d+\n\x")"},
              {"\"\"\"a\n\"b\" c\"\"\"", "\"a\n\"b\" c\""},
              {"'''it's'''", "\"it's\""},
              {R"(b"\xff\101" == b'\377A')", "true"},
              {R"(b"é".size())", "2"},
              {R"(br"\x41")", R"(b"\x41")"}});
}

TEST(Expression, arithmetic_never_wraps_and_never_converts) {
  expect_all({{"1 + 2 * 3 - 4 / 2 % 2", "7"},
              {"7 / -2", "-3"},
              {"7 % -2", "1"},
              {"-7 % 2", "-1"},
              {"7u / 2u", "3u"},
              {"7.0 / 2.0", "3.5d"},
              {"1.0 / 0.0", "+Infd"},
              {"9223372036854775807 + 1", "error: integer overflow"},
              {"-9223372036854775808 - 1", "error: integer overflow"},
              {"4611686018427387904 * 2", "error: integer overflow"},
              {"-9223372036854775808 / -1", "error: integer overflow"},
              {"-(-9223372036854775808)", "error: integer overflow"},
              {"0u - 1u", "error: unsigned integer overflow"},
              {"18446744073709551615u + 1u", "error: unsigned integer overflow"},
              {"1 / 0", "error: division by zero"},
              {"1u % 0u", "error: modulus by zero"},
              {"dyn(1) + 1.0", "error: no such overload"},
              {"dyn(1) + 1u", "error: no such overload"},
              {"claims.exp - claims.iat <= 86400", "false"},
              {"[1] + ['a']", "[1, \"a\"]"},
              {"b'a' + b'b'", "b\"ab\""}});
}

TEST(Expression, numbers_of_different_types_compare_by_value) {
  expect_all({{"1 < 2u", "true"},
              {"1u < 1.5", "true"},
              {"-1 < 0u", "true"},
              {"9223372036854775807 < 9223372036854775808.0", "true"},
              {"9007199254740993 > 9007199254740992.0", "true"},
              {"18446744073709551615u < 18446744073709551616.0", "true"},
              {"dyn(1) == 1.0", "true"},
              {"dyn(1u) == 1", "true"},
              {"dyn(1) == '1'", "false"},
              {"dyn(0.0 / 0.0) == dyn(0.0 / 0.0)", "false"},
              {"0.0 / 0.0 < 1.0", "false"},
              {"'a' < 'b'", "true"},
              {"false < true", "true"},
              {"b'a' < b'b'", "true"},
              {"dyn([1, 2.0]) == [1.0, 2]", "true"},
              {"dyn({'a': 1}) == {'a': 1.0}", "true"},
              {"null == claims.nothing", "true"},
              {"claims.sub == null", "false"},
              {"type(claims.big) == int && type(claims.bigger) == double", "true"}});
}

TEST(Expression, a_side_that_decides_absorbs_the_error_of_the_other) {
  expect_all({{"false && claims.none == 1", "false"},
              {"claims.none == 1 && false", "false"},
              {"true || claims.none == 1", "true"},
              {"claims.none == 1 || true", "true"},
              {"claims.none == 1 || false", "error: no such key: none"},
              {"true && claims.none == 1", "error: no such key: none"},
              {"dyn('a') && false", "false"},
              {"dyn('a') && true", "error: no such overload"},
              {"true ? 1 : 1 / 0", "1"},
              {"false ? 1 / 0 : 2", "2"},
              {"false ? 1 : true ? 2 : 3", "2"},
              {"!false && !!true", "true"},
              {"[0, 1].exists(x, 1 / x == 1)", "true"},
              {"[0, 1].all(x, 1 / x == 2)", "false"},
              {"[0, 1].all(x, 1 / x == 1)", "error: division by zero"}});
}

TEST(Expression, members_and_elements_are_found_or_an_error) {
  expect_all({{"claims.sub", "\"119abc\""},
              {"claims['sub']", "\"119abc\""},
              {"claims.nested.roles[1]", "\"r2\""},
              {"claims.groups[2]", "error: index out of bounds: 2"},
              {"claims.groups[-1]", "error: index out of bounds: -1"},
              {"claims.groups[dyn(1.0)]", "\"devs\""},
              {"claims.groups['a']", "error: unsupported index type 'string' in list"},
              {"claims.missing", "error: no such key: missing"},
              {"claims.sub.more", "error: no such overload"},
              {"{1: 'a'}[dyn(1.0)]", "\"a\""},
              {"{'a': 1, 'a': 2}", "error: Failed with repeated key"},
              {"{dyn(1.5): 2}", "error: unsupported key type"},
              {"has(claims.sub)", "true"},
              {"has(claims.missing)", "false"},
              {"has(claims.nested.roles)", "true"},
              {"'admins' in claims.groups", "true"},
              {"'sub' in claims", "true"},
              {"dyn(1) in [1.0]", "true"}});
}

TEST(Expression, what_may_be_missing_is_optional) {
  expect_all({{"claims.?missing", "none"},
              {"claims.?sub", "some(\"119abc\")"},
              {"claims.?roles.orValue([])", "[]"},
              {"claims.?nested.roles", "some([\"r1\", \"r2\"])"},
              {"claims.?nested.?x.?y.orValue('z')", "\"z\""},
              {"claims.groups[?5].orValue('none')", "\"none\""},
              {"claims[?'sub'].hasValue()", "true"},
              {"claims.?missing.or(claims.?sub).value()", "\"119abc\""},
              {"claims.?missing.value()", "error: optional.none() dereference"},
              {"claims.?sub.orValue(string(1 / 0))", "\"119abc\""},
              {"optional.of(1).orValue(2)", "1"},
              {"optional.none().orValue(2)", "2"},
              {"optional.ofNonZeroValue('')", "none"},
              {"[?claims.?missing, ?claims.?sub]", "[\"119abc\"]"},
              {"{?'a': claims.?missing, ?'b': claims.?on}", "{\"b\": true}"},
              {"claims.?sub.optMap(s, s + '!')", "some(\"119abc!\")"},
              {"claims.?groups.optFlatMap(g, g[?0])", "some(\"admins\")"},
              {"has(claims.?missing.x)", "false"},
              {"claims.?email_verified.orValue(true) == true", "true"}});
}

TEST(Expression, macros_walk_lists_and_the_keys_of_maps) {
  expect_all({{"claims.groups.all(g, g.size() > 3)", "true"},
              {"claims.groups.exists(g, g == 'devs')", "true"},
              {"claims.groups.exists_one(g, g.startsWith('a'))", "true"},
              {"claims.groups.existsOne(g, true)", "false"},
              {"claims.groups.map(g, 'oidc:' + g)", "[\"oidc:admins\", \"oidc:devs\"]"},
              {"claims.groups.map(g, g != 'devs', g.upperAscii())", "[\"ADMINS\"]"},
              {"claims.groups.filter(g, g.contains('v'))", "[\"devs\"]"},
              {"claims.nested.map(k, k)", "[\"n\", \"roles\"]"},
              {"[1, 2].map(x, [3, 4].map(y, x * y))", "[[3, 4], [6, 8]]"},
              {"[1].map(claims, claims)", "[1]"},
              {"claims.empty.all(x, false)", "true"},
              {"claims.empty.exists(x, true)", "false"},
              {"claims.sub.all(c, true)", "error: no such overload"}});
}

TEST(Expression, functions_of_text_count_characters) {
  expect_all(
      {{"size(claims.wide)", "3"},
       {"claims.wide.charAt(2)", "\"z\""},
       {"'abc'.charAt(3)", "\"\""},
       {"'abc'.charAt(4)", "error: index out of range: 4"},
       {"claims.wide.indexOf('z')", "2"},
       {"'hello mellow'.indexOf('ello', 2)", "7"},
       {"'hello mellow'.indexOf('ello', 20)", "error: index out of range: 20"},
       {"'hello'.indexOf('jello')", "-1"},
       {"'hello'.indexOf('')", "0"},
       {"'hello mellow'.lastIndexOf('ello')", "7"},
       {"'hello mellow'.lastIndexOf('ello', 6)", "1"},
       {"'hello'.lastIndexOf('')", "5"},
       {"claims.wide.substring(1, 2) == '😀'", "true"},
       {"'tacocat'.substring(4)", "\"cat\""},
       {"'tacocat'.substring(2, 1)", "error: invalid substring range. start: 2, end: 1"},
       {"'tacocat'.substring(0, 8)", "error: index out of range: 8"},
       {"'TacoÆ'.lowerAscii()", "\"tacoÆ\""},
       {"' \\t\\u2003x\\n'.trim()", "\"x\""},
       {"'hello hello'.replace('he', 'we')", "\"wello wello\""},
       {"'hello hello'.replace('he', 'we', 1)", "\"wello hello\""},
       {"'ab'.replace('', '_')", "\"_a_b_\""},
       {"'a,b,c'.split(',')", "[\"a\", \"b\", \"c\"]"},
       {"'a,b,c'.split(',', 2)", "[\"a\", \"b,c\"]"},
       {"'a,b'.split(',', 0)", "[]"},
       {"'aé'.split('')", "[\"a\", \"é\"]"},
       {"['a', 'b'].join('-')", "\"a-b\""},
       {"['a', 'b'].join()", "\"ab\""},
       {"claims.mixed.join()", "error: no such overload"},
       {"'foo123'.matches('^[a-z]+[0-9]{3}$')", "true"},
       {"matches('xaay', 'a+')", "true"},
       {"'a1b22'.findAll('[0-9]+')", "[\"1\", \"22\"]"},
       {"'a1b22'.findAll('[0-9]+', 1)", "[\"1\"]"},
       {"'é1'.findAll('x*')", "[\"\", \"\", \"\"]"},
       {"'abc'.find('x')", "\"\""},
       {"'abc'.matches(claims.?re.orValue('('))", "error: error parsing regexp: missing ): ("}});
}

TEST(Expression, conversions_are_asked_for_and_exact) {
  expect_all({{"int('42')", "42"},
              {"int('-42')", "-42"},
              {"int('4.2')", "error: type conversion error from 'string' to 'int'"},
              {"int(4.9)", "4"},
              {"int(-4.9)", "-4"},
              {"int(1e19)", "error: integer overflow"},
              {"int(18446744073709551615u)", "error: integer overflow"},
              {"uint(-1)", "error: unsigned integer overflow"},
              {"uint('7')", "7u"},
              {"double('1.5')", "1.5d"},
              {"string(1) + string(2u) + string(1.5) + string(true)", "\"121.5true\""},
              {"string(b'abc')", "\"abc\""},
              {"string(b'\\xff')", "error: invalid UTF-8 in bytes, cannot convert to string"},
              {"bytes('é') == b'\\xc3\\xa9'", "true"},
              {"bool('true')", "true"},
              {"bool('yes')", "error: type conversion error from 'string' to 'bool'"},
              {"type(1) == int", "true"},
              {"type(claims.groups) == list", "true"},
              {"type(null) == null_type", "true"},
              {"type(type(1)) == type", "true"}});
}

TEST(Expression, sets_look_at_what_is_in_a_list_at_all) {
  expect_all({{"sets.contains(claims.groups, ['admins'])", "true"},
              {"sets.contains(['a'], ['a', 'b'])", "false"},
              {"sets.intersects(['a'], ['b', 'a'])", "true"},
              {"sets.equivalent(['a', 'b', 'a'], ['b', 'a'])", "true"},
              {"sets.contains([], [])", "true"}});
}

}  // namespace
}  // namespace signet::cel
