// Comma-separated values, as Go's encoding/csv reads them with its defaults.
//
//   TRY(auto records, parse_csv("t,alice,u1,\"dev,ops\"\n"));   // {{"t", "alice", "u1",
//   "dev,ops"}}
//
// Shape    records may differ in length; empty lines are none. A field in quotes may hold commas,
//          line ends and doubled quotes. Spaces are part of a field.
// Errors   invalid, with the line and column in Go's words; never with what stands there.
// Source   RFC 4180; the texts are those of kube-apiserver's start-up.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace signet::codec {

using CsvRecord = std::vector<std::string>;

Result<std::vector<CsvRecord>> parse_csv(std::string_view text);

}  // namespace signet::codec
