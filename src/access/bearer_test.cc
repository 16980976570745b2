#include "access/bearer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"
#include "codec/base64.h"

namespace signet::access {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(BearerText, is_the_second_of_words_that_single_spaces_part) {
  struct Row {
    std::string_view header;
    std::string_view token;  // "": no credential
    bool extra_space = false;
  };
  for (const auto& row :
       {Row{"Bearer t", "t"}, Row{"bearer t", "t"}, Row{"BEARER t", "t"},
        Row{"  Bearer t \r\n", "t"}, Row{"Bearer t third", "t"}, Row{"Bearer", ""},
        Row{"Bearer ", ""}, Row{"Bearer: t", ""}, Row{"bear t", ""}, Row{"Basic dTpw", ""},
        Row{"", ""}, Row{" ", ""}, Row{"Bearer\tt", ""}, Row{"Bearer  t", "", true}}) {
    const auto text = bearer_text(row.header);
    EXPECT_EQ(text.token.value_or(""), row.token) << row.header;
    EXPECT_EQ(text.token.has_value(), !row.token.empty()) << row.header;
    EXPECT_EQ(text.extra_space, row.extra_space) << row.header;
  }
}

constexpr std::string_view token_protocol = "base64url.bearer.authorization.k8s.io.";

net::Request websocket(std::vector<std::string> protocols, std::string connection = "Upgrade") {
  net::Request request;
  request.headers = {{"connection", std::move(connection)}, {"upgrade", "WebSocket"}};
  for (auto& protocol : protocols) {
    request.headers.emplace_back("sec-websocket-protocol", std::move(protocol));
  }
  return request;
}
std::string with_token(std::string_view token) {
  return cat(token_protocol, codec::base64url_encode(token));
}
// The token, "(none)", or what is wrong.
std::string found(const net::Request& request) {
  const auto token = websocket_bearer(request);
  return token ? token->value_or("(none)") : token.error().message;
}

TEST(WebsocketBearer, is_a_subprotocol_beside_another) {
  EXPECT_EQ(found(websocket({cat("a, ", with_token("t.u.v"))})), "t.u.v");
  EXPECT_EQ(found(websocket({with_token("t"), "a"})), "t");
  EXPECT_EQ(found(websocket({cat("a,", with_token("t"))}, "keep-alive, upgrade")), "t");
  EXPECT_EQ(found(websocket({"a, b"})), "(none)");
  EXPECT_EQ(found(websocket({})), "(none)");
  EXPECT_EQ(found(websocket({cat("a,", with_token("t"))}, "keep-alive")), "(none)");
  net::Request plain;
  plain.headers = {{"sec-websocket-protocol", cat("a,", with_token("t"))}};
  EXPECT_EQ(found(plain), "(none)") << "no upgrade";
}

TEST(WebsocketBearer, is_refused_when_it_is_alone_doubled_or_broken) {
  EXPECT_EQ(found(websocket({with_token("t")})), "missing additional subprotocol");
  EXPECT_EQ(found(websocket({cat("a,", with_token("t")), with_token("u")})),
            "multiple base64.bearer.authorization tokens specified");
  EXPECT_EQ(found(websocket({cat("a,", token_protocol, "dA==")})),
            "invalid base64.bearer.authorization token encoding");
  EXPECT_EQ(found(websocket({cat("a,", with_token("\xff"))})),
            "invalid base64.bearer.authorization token");
  EXPECT_EQ(found(websocket({cat("a,", token_protocol)})), "(none)") << "an empty token is none";
}

TEST(Credentials, are_off_the_request_before_a_handler_sees_it) {
  net::Request request;
  request.headers = {{"authorization", "Bearer t"},
                     {"accept", "*/*"},
                     {"authorization", "Basic u"},
                     {"sec-websocket-protocol", cat("a, ", with_token("t"), ",b")},
                     {"sec-websocket-protocol", "c,d"}};
  strip_credentials(request);
  EXPECT_THAT(request.headers,
              ElementsAre(Pair("accept", "*/*"), Pair("sec-websocket-protocol", "a, b"),
                          Pair("sec-websocket-protocol", "c,d")));
}

}  // namespace
}  // namespace signet::access
