// What is wrong with an object, field by field: the causes of a 422.
//
//   FieldErrors errors;
//   errors.invalid("metadata.name", quoted(name), "must be ...");
//   errors.required("spec.containers");
//
// Shape    path, kind of error, the offending value as Go would print it, detail.
// Limits   the first 1,000; more are not kept, so that a list of a million wrong elements costs no
//          answer of a gigabyte.
// Source   Kubernetes field.Error: the texts are wire facts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace signet::machinery {

struct FieldError {
  enum class Kind : std::uint8_t {
    required,
    invalid,
    unsupported,
    forbidden,
    duplicate,
    too_long,
    too_many,
    not_found,
    type_invalid,
  };
  Kind kind = Kind::invalid;
  std::string path;
  std::string value;  // printed form: quoted("x"), "512"; empty where the kind shows none
  std::string detail;

  std::string_view reason() const;  // "FieldValueInvalid"
  std::string message() const;      // "Invalid value: 512: must be ..."
};

class FieldErrors {
 public:
  static constexpr std::size_t kept_max = 1000;

  void required(std::string path, std::string detail = {});
  void invalid(std::string path, std::string value, std::string detail);
  // `supported` in the order to be shown, without quotes.
  void unsupported(std::string path, std::string value,
                   const std::vector<std::string_view>& supported);
  void forbidden(std::string path, std::string detail);
  void duplicate(std::string path, std::string value);
  void too_long(std::string path, std::string detail);
  void not_found(std::string path, std::string value);
  void add(FieldError error);

  bool empty() const { return errors_.empty(); }
  const std::vector<FieldError>& all() const { return errors_; }

 private:
  std::vector<FieldError> errors_;
};

// As Go's %q.
std::string quoted(std::string_view text);
// As Go's %#U shows what is not printable: "U+0007".
std::string code_point_text(std::string_view character);

}  // namespace signet::machinery
