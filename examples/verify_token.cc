// Says who holds a token, or why nobody should believe it:
//
//   verify_token JWKS-FILE ISSUER AUDIENCE TOKEN-FILE
#include <signet/file_token_source.h>
#include <signet/token_verifier.h>

#include <chrono>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: verify_token JWKS-FILE ISSUER AUDIENCE TOKEN-FILE\n";
    return 2;
  }
  const auto keys = signet::KeySource::from_file(argv[1]);
  if (!keys) {
    std::cerr << keys.error() << '\n';
    return 2;
  }
  const auto verifier =
      signet::TokenVerifier::create({.issuer = argv[2], .audiences = {argv[3]}}, *keys);
  if (!verifier) {
    std::cerr << verifier.error() << '\n';
    return 2;
  }
  const auto source = signet::FileTokenSource::open(argv[4]);
  if (!source) {
    std::cerr << source.error() << '\n';
    return 2;
  }
  const auto caller = verifier->verify(source->token(), std::chrono::system_clock::now());
  if (!caller) {
    std::cout << "refused: " << signet::to_string(caller.error().refusal) << '\n';
    return 1;
  }
  std::cout << caller->subject << '\n';
}
