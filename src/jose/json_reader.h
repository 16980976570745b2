// Reads one JSON text strictly, from front to back, without building a tree: for headers and
// claims, where every byte comes from a stranger and every microsecond counts.
//
//   JsonReader reader(text);
//   const bool ok = reader.object([&](std::string_view name) {
//     return name == "iss" ? reader.string(issuer) : reader.skip();
//   }) && reader.finish();
//
// Shape    each verb consumes one value and returns false at the first fault, after which the
//          reader must not be used. Strings are unescaped in place: the text changes, and the views
//          it hands out live as long as the text does and stays where it is.
// Limits   depth 16, 128 members an object, 256 in all objects open at once.
// Source   RFC 8259; invalid UTF-8, lone surrogates and repeated names are faults.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace signet::jose {

class JsonReader {
 public:
  enum class Repeated : std::uint8_t { refuse, allow };

  explicit JsonReader(std::string& text, Repeated repeated = Repeated::refuse)
      : at_(text.data()), end_(text.data() + text.size()), repeated_(repeated) {}
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;
  ~JsonReader() = default;

  // `on_member(name)` must consume the member's value.
  template <typename OnMember>
  bool object(OnMember on_member) {
    if (!open('{')) return false;
    const std::size_t first_name = names_used_;
    if (!take('}')) {
      do {
        std::string_view name;
        skip_space();
        if (!string(name) || !remember(name, first_name) || !take(':')) return false;
        if (!on_member(name)) return false;
      } while (take(','));
      if (!take('}')) return false;
    }
    names_used_ = first_name;
    --depth_;
    return true;
  }

  // `on_element()` must consume the element.
  template <typename OnElement>
  bool array(OnElement on_element) {
    if (!open('[')) return false;
    if (!take(']')) {
      do {
        if (!on_element()) return false;
      } while (take(','));
      if (!take(']')) return false;
    }
    --depth_;
    return true;
  }

  bool string(std::string_view& out);
  // A number from 0 to 2^53; a fraction is cut off.
  bool whole_number(std::int64_t& out);
  // Consumes `null` if it comes next; true then.
  bool null();
  // Consumes any value, checking all of it.
  bool skip();
  // Nothing but white space is left.
  bool finish();

  // What comes next, not consumed: the first character of the value, or NUL.
  char peek();

 private:
  struct Name {
    const char* data;
    std::size_t size;
  };
  static constexpr std::size_t depth_max = 16;
  static constexpr std::size_t members_max = 128;
  static constexpr std::size_t names_max = 256;

  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }
  bool take(char expected) {
    skip_space();
    if (at_ == end_ || *at_ != expected) return false;
    ++at_;
    return true;
  }
  bool open(char bracket) { return take(bracket) && ++depth_ <= depth_max; }
  bool remember(std::string_view name, std::size_t first_name);
  bool literal(std::string_view word);
  bool number(std::string_view& out);
  bool escaped_string(char* start, std::string_view& out);
  bool escape(char*& out);
  bool hex4(std::uint32_t& out);
  bool utf8(char*& out);

  char* at_;
  char* end_;
  Repeated repeated_;
  std::size_t depth_ = 0;
  std::size_t names_used_ = 0;
  std::array<Name, names_max> names_;  // only the first names_used_ are ever read
};

}  // namespace signet::jose
