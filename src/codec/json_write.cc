// The writer. Values come from the reader or from our own code, so their depth is bounded.
#include <array>
#include <charconv>
#include <cmath>

#include "base/cat.h"
#include "base/utf8.h"
#include "codec/json.h"

namespace signet::codec {
namespace {

constexpr bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

constexpr bool is_carefree(char c, Escape escape) {
  const bool html = c == '<' || c == '>' || c == '&';
  return is_ascii(c) && static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\' &&
         !(escape == Escape::html && html);
}

// Every byte is looked at, whatever the others are: that loop becomes vector instructions.
template <Escape escape>
bool is_carefree_block(const char* block, std::size_t length) {
  bool all = true;
  for (std::size_t i = 0; i < length; ++i) all &= is_carefree(block[i], escape);
  return all;
}

// How much of `text` can be copied as it is. Tokens and names are all of it.
template <Escape escape>
std::size_t carefree_length(std::string_view text) {
  constexpr std::size_t block = 32;
  std::size_t length = 0;
  while (text.size() - length >= block && is_carefree_block<escape>(text.data() + length, block)) {
    length += block;
  }
  while (length < text.size() && is_carefree(text[length], escape)) ++length;
  return length;
}

std::size_t carefree_length(std::string_view text, Escape escape) {
  return escape == Escape::html ? carefree_length<Escape::html>(text)
                                : carefree_length<Escape::plain>(text);
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view characters = "\"\\\b\f\n\r\t";
  constexpr std::string_view letters = "\"\\bfnrt";
  constexpr std::string_view digits = "0123456789abcdef";
  if (const auto index = characters.find(c); index != std::string_view::npos) {
    append(out, '\\', letters[index]);
    return;
  }
  const auto byte = static_cast<unsigned char>(c);
  append(out, "\\u00", digits[byte >> 4U], digits[byte & 15U]);
}

// The sequence at the start of `text`; returns its length.
std::size_t append_sequence(std::string& out, std::string_view text, Escape escape) {
  const auto length = utf8_sequence(text);
  if (length == 0) {
    out += "\\ufffd";
    return 1;
  }
  const auto sequence = text.substr(0, length);
  if (escape == Escape::html && sequence == "\u2028") {
    out += "\\u2028";
  } else if (escape == Escape::html && sequence == "\u2029") {
    out += "\\u2029";
  } else {
    out += sequence;
  }
  return length;
}

// As Go: the shortest digits that read back the same, with an exponent only for the very large and
// the very small, and no zero before a one-digit exponent.
void append_double(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  if (number == 0) {  // negative zero too: it reads back as the integer 0
    out += '0';
    return;
  }
  constexpr double exact_max = 9007199254740992;  // 2^53
  const double size = std::abs(number);
  const bool scientific = size < 1e-6 || size >= 1e21;
  const bool padded = !scientific && size >= exact_max;
  std::array<char, 32> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                    scientific || padded ? std::chars_format::scientific : std::chars_format::fixed)
          .ptr;
  const std::string_view text(buffer.data(), end);
  const auto exponent = text.size() >= 4 ? text.size() - 4 : 0;
  if (padded) {
    // "-1.25e+19": all digits, then zeros, where fixed would print digits that mean nothing.
    const auto before = out.size();
    for (const char c : text.substr(0, exponent)) {
      if (c != '.') out += c;
    }
    const int magnitude = (text[exponent + 2] - '0') * 10 + (text[exponent + 3] - '0');
    const std::size_t digits = static_cast<std::size_t>(magnitude) + 1 + (number < 0 ? 1 : 0);
    out.resize(before + digits, '0');
  } else if (scientific && text.substr(exponent, 3) == "e-0") {
    append(out, text.substr(0, text.size() - 2), text.back());
  } else {
    out += text;
  }
}

template <typename Integer>
void append_integer(std::string& out, Integer number) {
  std::array<char, 24> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  out.append(buffer.data(), end);
}

class Writer {
 public:
  enum class Layout : std::uint8_t { compact, pretty };
  Writer(std::string& out, Escape escape, Layout layout)
      : out_(out), escape_(escape), pretty_(layout == Layout::pretty) {}

  void write(const Json& value) {
    switch (value.kind()) {
      case boost::json::kind::null:
        out_ += "null";
        return;
      case boost::json::kind::bool_:
        out_ += value.get_bool() ? "true" : "false";
        return;
      case boost::json::kind::int64:
        append_integer(out_, value.get_int64());
        return;
      case boost::json::kind::uint64:
        append_integer(out_, value.get_uint64());
        return;
      case boost::json::kind::double_:
        append_double(out_, value.get_double());
        return;
      case boost::json::kind::string:
        append_json_string(out_, value.get_string(), escape_);
        return;
      case boost::json::kind::array:
        write(value.get_array());
        return;
      case boost::json::kind::object:
        write(value.get_object());
        return;
    }
  }

 private:
  void write(const JsonArray& array) {
    out_ += '[';
    ++level_;
    bool first = true;
    for (const auto& element : array) {
      separate(first);
      write(element);
    }
    end(first);
    out_ += ']';
  }

  void write(const JsonObject& object) {
    out_ += '{';
    ++level_;
    bool first = true;
    for (const auto& member : object) {
      separate(first);
      append_json_string(out_, member.key(), escape_);
      out_ += pretty_ ? ": " : ":";
      write(member.value());
    }
    end(first);
    out_ += '}';
  }

  void separate(bool& first) {
    if (!first) out_ += ',';
    first = false;
    new_line();
  }

  void end(bool empty) {
    --level_;
    if (!empty) new_line();
  }

  void new_line() {
    if (!pretty_) return;
    out_ += '\n';
    out_.append(level_ * 2, ' ');
  }

  std::string& out_;
  Escape escape_;
  bool pretty_;
  std::size_t level_ = 0;
};

}  // namespace

void append_json_string(std::string& out, std::string_view text, Escape escape) {
  out += '"';
  for (;;) {
    const auto carefree = carefree_length(text, escape);
    out += text.substr(0, carefree);
    text.remove_prefix(carefree);
    if (text.empty()) break;
    std::size_t done = 1;
    if (is_ascii(text.front())) {
      append_escape(out, text.front());
    } else {
      done = append_sequence(out, text, escape);
    }
    text.remove_prefix(done);
  }
  out += '"';
}

void append_json(std::string& out, const Json& value, Escape escape) {
  Writer(out, escape, Writer::Layout::compact).write(value);
}

std::string to_json(const Json& value, Escape escape) {
  std::string out;
  append_json(out, value, escape);
  return out;
}

std::string to_pretty_json(const Json& value) {
  std::string out;
  Writer(out, Escape::plain, Writer::Layout::pretty).write(value);
  return out;
}

}  // namespace signet::codec
