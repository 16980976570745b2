// What is no token, or a token that says more than one should: before any key is looked at.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <array>
#include <sstream>

#include "party/attacks_fixture_for_tests.h"

namespace signet::party::fixture {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class AttacksOnForm : public AttackTest {
 protected:
  AttacksOnForm() { policy(main_issuer() + plain_route()); }

  // A token with a good signature over this header.
  std::string with_header(std::string_view more) const {
    return signed_with(header_of(p256(), more), payload());
  }
  std::string with_kid(std::string_view json) const {
    return signed_with(cat(R"({"alg":"ES256","kid":)", json, '}'), payload());
  }
};

TEST_F(AttacksOnForm, attack_04_a_key_id_is_looked_up_and_nothing_else) {
  write(p256(1).public_key().to_pem(), "key.pem");
  const auto path = directory_ / "key.pem";
  for (const auto& kid :
       {cat('"', path, '"'), std::string(R"("../../etc/passwd")"), std::string(R"("' OR 1=1 --")"),
        std::string(R"("\u0000")"), cat('"', kid_of(p256()), R"(\u0000")"),
        cat('"', std::string(256, 'k'), '"')}) {
    EXPECT_EQ(check_word(with_kid(kid)), "unknown_key") << kid;
    EXPECT_EQ(
        check_word(signed_with(cat(R"({"alg":"ES256","kid":)", kid, '}'), payload(), p256(1))),
        "unknown_key");
  }
  const auto own = cat('"', kid_of(p256()), '"');
  for (const auto& kid :
       {std::string("1"), std::string("null"), std::string("true"), cat('[', own, ']'),
        cat(R"({"kid":)", own, '}'), cat('"', std::string(257, 'k'), '"'),
        cat('"', std::string(std::size_t{100} * 1024, 'k'), '"')}) {
    EXPECT_EQ(check_word(with_kid(kid)), "malformed") << kid.substr(0, 60);
  }
  EXPECT_EQ(check_word(with_kid(own)), "allowed");
}

TEST_F(AttacksOnForm, attack_05_an_address_of_keys_in_the_header_is_not_visited) {
  serve({p256()});
  policy(fetched_issuer() + plain_route());
  run(milliseconds{200});
  network_.serve_others([](const auto&) { return verify::testing::ok(jwks({p256(1)})); });
  network_.forget();
  for (const auto* name : {"jku", "x5u"}) {
    const auto more = cat(",\"", name, R"(":"https://attacker.example/keys")");
    for (const auto& header :
         {header_of(p256(1), more), header_of(p256(), more), cat(R"({"alg":"ES256")", more, '}')}) {
      EXPECT_EQ(patient_word(signed_with(header, payload(), p256(1))), "unsupported") << header;
    }
    EXPECT_EQ(patient_word(with_header(more)), "unsupported");
  }
  EXPECT_TRUE(network_.seen().empty());
  EXPECT_EQ(patient_word(good_token()), "allowed");
}

TEST_F(AttacksOnForm, attack_06_a_token_brings_no_key_of_its_own) {
  const auto own = jose::to_jwk(jose::verification_key(p256(1).public_key()));
  for (const auto& more : {cat(",\"jwk\":", own), std::string(R"(,"x5c":["MIIB"])"),
                           std::string(R"(,"x5t":"AA")"), std::string(R"(,"x5t#S256":"AA")")}) {
    for (const auto& header :
         {header_of(p256(1), more), header_of(p256(), more), cat(R"({"alg":"ES256")", more, '}')}) {
      EXPECT_EQ(check_word(signed_with(header, payload(), p256(1))), "unsupported") << header;
    }
    EXPECT_EQ(check_word(with_header(more)), "unsupported") << "even beside a good signature";
  }
  EXPECT_EQ(check_word(with_header("")), "allowed");
}

// K-1 16 and 42: RFC 7515 s4.1.11, RFC 7797.
TEST_F(AttacksOnForm, attack_07_what_must_be_understood_is_not) {
  for (const auto* more :
       {R"(,"crit":["exp"])", R"(,"crit":[])", R"(,"crit":"b64")", R"(,"crit":["x"])",
        R"(,"crit":["x"],"x":1)", R"(,"crit":["x","x"],"x":1)", R"(,"crit":["alg"])",
        R"(,"crit":[1])", R"(,"crit":null)", R"(,"crit":{})", R"(,"crit":["b64"],"b64":false)",
        R"(,"b64":false)", R"(,"crit":["b64"],"b64":true)"}) {
    EXPECT_EQ(check_word(with_header(more)), "unsupported") << more;
  }
  EXPECT_EQ(check_word(with_header(R"(,"x":1)")), "allowed");
}

// K-1 11 and 12.
TEST_F(AttacksOnForm, attack_08_a_member_that_comes_twice_has_no_value) {
  for (const auto* more : {R"(,"alg":"ES256")", R"(,"alg":"RS256")", R"(,"kid":"x")",
                           R"(,"\u0061lg":"none")", R"(,"x":{"y":1,"y":1})"}) {
    EXPECT_EQ(check_word(with_header(more)), "malformed") << more;
  }
  const auto with_claims = [&](std::string_view members) {
    return check_word(signed_with(header_of(p256()), cat('{', members, payload().substr(1))));
  };
  for (const auto* members :
       {R"("iss":"https://k8s.example",)", R"("iss":"https://evil.example",)", R"("aud":["x"],)",
        R"("aud":["payments"],)", R"("sub":"system:serviceaccount:shop:admin",)",
        R"("exp":9007199254740991,)", R"("\u0069ss":"https://evil.example",)",
        R"("x":[{"y":{"z":1,"z":2}}],)", R"("kubernetes.io":{},)"}) {
    EXPECT_EQ(with_claims(members), "malformed") << members;
  }
  for (const auto* member : {R"("namespace":"shop",)", R"("namespace":"admin",)",
                             R"("serviceaccount":{"name":"admin","uid":"x"},)"}) {
    const auto nested =
        replaced(payload(), R"("kubernetes.io":{)", cat(R"("kubernetes.io":{)", member));
    EXPECT_EQ(check_word(signed_with(header_of(p256()), nested)), "malformed") << member;
  }
  EXPECT_EQ(with_claims(R"("x":1,)"), "allowed");
}

// RFC 4648 s3.5: the bits that encode nothing; and the spellings of other decoders.
TEST_F(AttacksOnForm, attack_09_a_token_has_one_spelling) {
  // With bits that encode nothing at the end of each part.
  std::string header = header_of(p256());
  while (header.size() % 3 == 0) header += ' ';
  std::string claimed = payload();
  while (claimed.size() % 3 == 0) claimed += ' ';
  const auto good = signed_with(header, claimed);
  ASSERT_EQ(check_word(good), "allowed");
  const auto first = good.find('.');
  const auto second = good.rfind('.');
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (const auto end : {first, second, good.size()}) {
    auto flipped = good;
    flipped[end - 1] = alphabet[alphabet.find(good[end - 1]) ^ 1U];
    EXPECT_EQ(check_word(flipped), "malformed");
    for (const auto* added : {"=", "==", "\n", "\r\n", " ", "A", "%3D", "+", "/"}) {
      auto longer = good;
      longer.insert(end, added);
      // One more letter can be a whole other part.
      EXPECT_NE(check_word(longer), "allowed") << added;
      if (std::string_view(added) != "A") EXPECT_EQ(check_word(longer), "malformed") << added;
    }
    for (const char other : {'+', '/', ' ', '\t', '\0', '\x80'}) {
      auto changed = good;
      changed[end - 2] = other;
      EXPECT_EQ(check_word(changed), "malformed");
    }
  }
  EXPECT_EQ(check_word(cat(' ', good)), "malformed");
}

long peak_kilobytes() {
  rusage usage{};
  EXPECT_EQ(getrusage(RUSAGE_SELF, &usage), 0);
  return usage.ru_maxrss;
}

TEST_F(AttacksOnForm, attack_25_what_is_too_large_is_not_looked_into) {
  const auto oversized = [&](std::size_t size) {
    // In one allocation, or making it would be what reaches the peak.
    std::string token(size, 'e');
    constexpr std::string_view end = ".e30.c2ln";
    token.replace(size - end.size(), end.size(), end);
    return token;
  };
  const std::array tokens{oversized(std::size_t{17} * 1024), oversized(std::size_t{1024} * 1024),
                          oversized(std::size_t{100} * 1024 * 1024)};
  const auto before = peak_kilobytes();
  for (int i = 0; i < 10; ++i) {
    for (const auto& token : tokens) EXPECT_EQ(check_word(token), "malformed");
  }
  EXPECT_LT(peak_kilobytes() - before, 16L * 1024);

  // K-1 14: at the limit of the whole a token is read, and one byte past it is not.
  const auto whole = [&](std::size_t size) {
    const auto start = cat(codec::base64url_encode(header_of(p256())), '.',
                           codec::base64url_encode(payload()), '.');
    return start + std::string(size - start.size(), 'A');
  };
  auto limit = jose::token_bytes_max;
  EXPECT_NE(check_word(whole(limit + 1)), "bad_signature");
  while ((limit - whole(limit).rfind('.') - 1) % 4 == 1) --limit;
  EXPECT_EQ(check_word(whole(limit)), "bad_signature");
}

struct Parts {
  std::string header;
  std::string payload;
  std::string signature;
};

Parts parts_of(const std::string& token) {
  const auto first = token.find('.');
  const auto second = token.rfind('.');
  return {.header = token.substr(0, first),
          .payload = token.substr(first + 1, second - first - 1),
          .signature = token.substr(second + 1)};
}

// K-1 15.
TEST_F(AttacksOnForm, attack_34_the_json_forms_are_no_tokens) {
  const auto good = good_token();
  const auto [protected_part, payload_part, signature] = parts_of(good);
  const auto flattened = cat(R"({"payload":")", payload_part, R"(","protected":")", protected_part,
                             R"(","signature":")", signature, "\"}");
  const auto general = cat(R"({"payload":")", payload_part, R"(","signatures":[{"protected":")",
                           protected_part, R"(","signature":")", signature, "\"}]}");
  for (const auto& text : {flattened, general, cat(R"({"x":")", good, "\"}"),
                           cat(flattened.substr(0, flattened.size() - 1), R"(,"x":"..."})"),
                           cat(flattened.substr(0, flattened.size() - 1), R"(,"x":")", good, "\"}"),
                           cat(R"({"x":"..","payload":")", payload_part, "\"}"),
                           cat('"', good, '"'), cat('[', good, ']'), cat(good, flattened)}) {
    EXPECT_EQ(check_word(text), "malformed") << text.substr(0, 40);
  }
  EXPECT_EQ(check_word(good), "allowed");
}

// K-1 2 to 5.
TEST_F(AttacksOnForm, attack_35_a_token_has_three_parts_and_none_is_empty) {
  const auto good = good_token();
  const auto [header, claimed, signature] = parts_of(good);
  for (const auto& text :
       {cat(header, "..", claimed, '.', signature), cat(header, '.', claimed, "..", signature),
        cat(good, '.'), cat('.', good), cat(header, "..", signature),
        cat(header, '.', claimed, '.'), cat('.', claimed, '.', signature),
        cat(header, '.', claimed), header, cat(good, '.', header),
        cat(good, '.', header, '.', claimed), std::string(".."), std::string("..."),
        std::string("."), std::string(), cat(good, '\n'), cat(good, ',', good),
        cat(good, ' ', good)}) {
    EXPECT_EQ(check_word(text), "malformed") << text;
  }
  EXPECT_EQ(check_word(good), "allowed");
}

TEST_F(AttacksOnForm, attack_37_an_encrypted_token_is_none_of_ours) {
  const auto jwe = [](std::string_view header) {
    return cat(codec::base64url_encode(header), ".AAAA.AAAA.AAAA.AAAA");
  };
  constexpr std::string_view bomb =
      R"({"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483648,"p2s":"AAAA"})";
  EXPECT_EQ(check_word(jwe(bomb)), "malformed");
  EXPECT_EQ(check_word(jwe(R"({"alg":"dir","enc":"A128GCM","zip":"DEF"})")), "malformed");
  EXPECT_EQ(check_word(jwe(header_of(p256()))), "malformed");
  EXPECT_EQ(check_word(joined(bomb, payload(), "x")), "malformed");
  // Marks of an encrypted token beside a good signature.
  EXPECT_EQ(check_word(with_header(R"(,"zip":"DEF")")), "malformed");
  EXPECT_EQ(check_word(with_header(R"(,"enc":"A128GCM")")), "malformed");
  for (const auto* name :
       {"RSA-OAEP", "RSA1_5", "dir", "A128KW", "ECDH-ES", "PBES2-HS256+A128KW"}) {
    EXPECT_EQ(
        check_word(joined(cat(R"({"alg":")", name, R"(","p2c":2147483648})"), payload(), "x")),
        "unsupported")
        << name;
  }
}

// K-1 118, with attack 17's document as another way in.
TEST_F(AttacksOnForm, attack_44_nothing_of_a_token_or_a_document_breaks_a_line_of_the_log) {
  log::set_level(log::Level::debug);
  ::testing::internal::CaptureStderr();
  serve({p256()});
  policy(fetched_issuer() + plain_route());
  run(milliseconds{200});
  const auto nasty = with_kid(R"("k\r\nevil: 1\u001b[31m")");
  const auto answer = begin(nasty);
  run(milliseconds{500});
  ASSERT_EQ(answer->times, 1);
  ASSERT_EQ(word(*answer->verdict), "unknown_key");
  const auto& refused = answer->verdict->error();
  auto seen = cat(refused.detail, public_text(refused.reason), challenge(refused.reason));
  EXPECT_THAT(seen, Not(HasSubstr("\n")));

  const std::string url(issuer_url);
  network_.serve(url + "/keys", verify::testing::with_status(404));
  network_.serve(url + "/.well-known/openid-configuration",
                 verify::testing::ok(verify::testing::discovery(
                     url, R"(https://evil\r\n\u001b[31m.example/keys)")));
  run(minutes{15});
  log::set_level(log::Level::off);
  const auto lines = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(lines, HasSubstr("keys of an issuer cannot be fetched"));
  std::istringstream each(lines);
  for (std::string line; std::getline(each, line);) {
    EXPECT_TRUE(line.starts_with("{\"") && line.ends_with('}')) << line;
  }
  append(seen, lines, metrics_.text());
  for (const auto* part : {"\r", "\x1b", "evil: 1"}) EXPECT_THAT(seen, Not(HasSubstr(part)));
  for (std::size_t at = 0, end = 0; end != std::string::npos; at = end + 1) {
    end = nasty.find('.', at);
    EXPECT_THAT(seen, Not(HasSubstr(nasty.substr(at, end - at))));
  }
}

}  // namespace
}  // namespace signet::party::fixture
