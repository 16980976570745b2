#include "codec/pem.h"

#include <gtest/gtest.h>

namespace signet::codec {
namespace {

std::string problem(std::string_view text) {
  const auto blocks = parse_pem(text);
  if (blocks) return "accepted";
  EXPECT_EQ(blocks.error().kind, ErrorKind::invalid);
  return blocks.error().message;
}

TEST(Pem, writes_lines_of_64_characters) {
  EXPECT_EQ(to_pem("X", std::string(49, '\0')),
            "-----BEGIN X-----\n" + std::string(64, 'A') + "\nAA==\n-----END X-----\n");
  EXPECT_EQ(to_pem("X", std::string(48, '\0')),
            "-----BEGIN X-----\n" + std::string(64, 'A') + "\n-----END X-----\n");
}

TEST(Pem, reads_what_it_writes) {
  for (std::size_t size = 0; size < 200; ++size) {
    const std::string der(size, 'x');
    const auto blocks = parse_pem(to_pem("RSA PRIVATE KEY", der));
    ASSERT_TRUE(blocks) << blocks.error().message;
    ASSERT_EQ(blocks->size(), 1U);
    EXPECT_EQ(blocks->front().label, "RSA PRIVATE KEY");
    EXPECT_EQ(blocks->front().der, der);
  }
}

TEST(Pem, reads_blocks_in_order_and_skips_what_is_between) {
  const auto blocks = parse_pem("subject=/CN=x\n" + to_pem("CERTIFICATE", "one") +
                                "\n# note: -----BEGIN is not at the start\n" +
                                to_pem("PUBLIC KEY", "two") + "the end");
  ASSERT_TRUE(blocks) << blocks.error().message;
  ASSERT_EQ(blocks->size(), 2U);
  EXPECT_EQ((*blocks)[0].der, "one");
  EXPECT_EQ((*blocks)[1].label, "PUBLIC KEY");
  EXPECT_EQ((*blocks)[1].der, "two");
}

TEST(Pem, forgives_line_ends_indentation_and_empty_lines) {
  const auto good = parse_pem("  -----BEGIN X-----\r\n\r\n  Zm\r\n\t9v \r\n-----END X-----");
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->front().der, "foo");
}

TEST(Pem, text_without_blocks_has_none) {
  for (const auto* text : {"", "\n\n", "hello", "-----BEGIN", "-----BEGIN X----",
                           "----BEGIN X-----", "-----END X-----"}) {
    const auto blocks = parse_pem(text);
    ASSERT_TRUE(blocks) << text;
    EXPECT_TRUE(blocks->empty()) << text;
  }
}

TEST(Pem, refuses_broken_blocks) {
  EXPECT_EQ(problem("-----BEGIN X-----\nZm9v\n"), "PEM block 1: it has no end line");
  EXPECT_EQ(problem("-----BEGIN X-----"), "PEM block 1: it has no end line");
  EXPECT_EQ(problem("-----BEGIN X-----\nZm9v\n-----END Y-----\n"),
            "PEM block 1: another line starts before it ends");
  EXPECT_EQ(problem("-----BEGIN X-----\nZm9v\n-----BEGIN X-----\nZm9v\n-----END X-----\n"),
            "PEM block 1: another line starts before it ends");
  EXPECT_EQ(problem(to_pem("X", "a") + "-----BEGIN X-----\nZm9\n-----END X-----\n"),
            "PEM block 2: base64: 3 characters are not whole groups of four");
  EXPECT_EQ(problem("-----BEGIN X-----\nZm9!\n-----END X-----\n"),
            "PEM block 1: base64: byte 3 is outside the alphabet");
}

TEST(Pem, refuses_headers_rather_than_misread_an_encrypted_key) {
  EXPECT_EQ(problem("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nZm9v\n"
                    "-----END RSA PRIVATE KEY-----\n"),
            "PEM block 1: headers (RFC 1421), as encrypted keys have, are not read");
}

TEST(Pem, takes_a_thousand_blocks_and_no_more) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += to_pem("X", "a");
  EXPECT_EQ(problem(text), "accepted");
  EXPECT_EQ(problem(text + to_pem("X", "a")), "PEM: more than 1000 blocks");
}

TEST(Pem, takes_a_mebibyte_and_no_more) {
  const std::string text(std::size_t{1} << 20U, '\n');
  EXPECT_EQ(problem(text), "accepted");
  EXPECT_EQ(problem(text + "\n"), "PEM: more than 1048576 bytes");
}

}  // namespace
}  // namespace signet::codec
