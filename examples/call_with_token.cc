// Writes the Authorization header of a call as a curl configuration, so that the token stands in no
// command line:
//
//   call_with_token TOKEN-FILE | curl --config - https://vault.example/
//
// A program that runs for long keeps the source and asks it before each call.
#include <signet/file_token_source.h>

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: call_with_token TOKEN-FILE\n";
    return 2;
  }
  const auto source = signet::FileTokenSource::open(argv[1]);
  if (!source) {
    std::cerr << source.error() << '\n';
    return 2;
  }
  std::cout << "header = \"Authorization: Bearer " << source->token() << "\"\n";
}
