#include "machinery/field_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signet::machinery {
namespace {

TEST(FieldErrors, print_as_kubernetes_does) {
  FieldErrors errors;
  errors.required("metadata.name", "name or generateName is required");
  errors.required("spec.containers");
  errors.invalid("spec.expirationSeconds", "599",
                 "may not specify a duration less than 10 minutes");
  errors.unsupported("subjects[0].kind", quoted("Robot"), {"ServiceAccount", "User", "Group"});
  errors.forbidden("data", "field is immutable when `immutable` is set");
  errors.duplicate("spec.volumes[1].name", quoted("a"));
  errors.too_long("data", "may not be more than 1048576 bytes");
  errors.not_found("spec.containers[0].volumeMounts[0].name", quoted("zzz"));
  errors.add({FieldError::Kind::too_many, "x", "5", "must have at most 3 items"});

  std::vector<std::string> texts;
  for (const FieldError& error : errors.all()) {
    texts.push_back(error.path + "|" + std::string(error.reason()) + "|" + error.message());
  }
  EXPECT_THAT(
      texts,
      testing::ElementsAre(
          "metadata.name|FieldValueRequired|Required value: name or generateName is required",
          "spec.containers|FieldValueRequired|Required value",
          "spec.expirationSeconds|FieldValueInvalid|Invalid value: 599: may not specify a duration "
          "less than 10 minutes",
          "subjects[0].kind|FieldValueNotSupported|Unsupported value: \"Robot\": supported values: "
          "\"ServiceAccount\", \"User\", \"Group\"",
          "data|FieldValueForbidden|Forbidden: field is immutable when `immutable` is set",
          "spec.volumes[1].name|FieldValueDuplicate|Duplicate value: \"a\"",
          "data|FieldValueTooLong|Too long: may not be more than 1048576 bytes",
          "spec.containers[0].volumeMounts[0].name|FieldValueNotFound|Not found: \"zzz\"",
          "x|FieldValueTooMany|Too many: 5: must have at most 3 items"));
}

TEST(FieldErrors, are_kept_up_to_a_limit) {
  FieldErrors errors;
  for (std::size_t i = 0; i <= FieldErrors::kept_max; ++i) errors.required(std::to_string(i));
  ASSERT_EQ(errors.all().size(), FieldErrors::kept_max);
  EXPECT_EQ(errors.all().back().path, std::to_string(FieldErrors::kept_max - 1));
}

}  // namespace
}  // namespace signet::machinery
