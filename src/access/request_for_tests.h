// What a request asks for, from its first line. Only for this folder's tests.
#pragma once

#include <gtest/gtest.h>

#include <string_view>

#include "machinery/request_info.h"

namespace signet::access::fixture {

// `target` with its query.
inline machinery::RequestInfo parse(std::string_view method, std::string_view target) {
  const auto mark = target.find('?');
  auto info = machinery::RequestInfo::parse(
      method, target.substr(0, mark),
      mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1));
  EXPECT_TRUE(info) << target;
  return info ? *info : machinery::RequestInfo{};
}

}  // namespace signet::access::fixture
