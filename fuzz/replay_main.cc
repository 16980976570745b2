// Runs a fuzz target over every file of the directories given, so that what fuzzing found stays a
// test in builds without libFuzzer.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  std::size_t replayed = 0;
  for (const std::string_view directory :
       std::span(argv, static_cast<std::size_t>(argc)).subspan(1)) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
      // Printed first: when a target aborts, the last line names the input.
      std::cout << entry.path().string() << std::endl;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
      const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
      LLVMFuzzerTestOneInput(input.data(), input.size());
      ++replayed;
    }
    if (error) std::cerr << directory << ": " << error.message() << '\n';
  }
  if (replayed == 0) std::cerr << "no input to replay\n";
  return replayed == 0 ? 1 : 0;
}
