// Rows of texts in columns, as kubectl shows them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <iostream>
#include <string>
#include <vector>

namespace signet::cmd {

// `gap` spaces between two columns; nothing after the last one.
template <std::size_t columns>
void print_table(const std::vector<std::array<std::string, columns>>& rows, std::size_t gap) {
  std::array<std::size_t, columns> widths{};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < columns; ++i) {
      line += row[i];
      if (i + 1 < columns) line.append(widths[i] + gap - row[i].size(), ' ');
    }
    std::cout << line << '\n';
  }
}

}  // namespace signet::cmd
