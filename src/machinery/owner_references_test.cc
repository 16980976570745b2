#include "machinery/owner_references.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signet::machinery {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;

std::string owners_of(std::string_view owners, std::vector<std::string>& warnings) {
  auto object =
      codec::parse_json(
          std::string(R"({"metadata":{"ownerReferences":)") + std::string(owners) + "}}", {})
          ->value;
  drop_repeated_owners(object, warnings);
  return codec::to_json(*codec::find(object, "metadata.ownerReferences"));
}

TEST(OwnerReferences, that_are_repeated_are_kept_once_and_told) {
  std::vector<std::string> warnings;
  EXPECT_EQ(owners_of(R"([{"uid":"a"},{"uid":"b"},{"uid":"a"},{"uid":"a"},{"uid":"b"}])", warnings),
            R"([{"uid":"a"},{"uid":"b"}])");
  EXPECT_THAT(warnings, ElementsAre(EndsWith("; duplicate UID(s) observed: a, b")));
}

TEST(OwnerReferences, that_differ_stay) {
  std::vector<std::string> warnings;
  for (const auto* owners :
       {R"([{"uid":"a","name":"x"},{"uid":"a","name":"y"}])", R"([{"uid":"a"}])", "[]"}) {
    EXPECT_EQ(owners_of(owners, warnings), owners);
  }
  EXPECT_THAT(warnings, IsEmpty());
}

TEST(OwnerReferences, of_an_object_without_any_are_none) {
  std::vector<std::string> warnings;
  codec::Json object = codec::JsonObject();
  drop_repeated_owners(object, warnings);
  EXPECT_EQ(object, codec::Json(codec::JsonObject()));
}

}  // namespace
}  // namespace signet::machinery
