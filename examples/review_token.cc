// Asks a cluster who holds a token:
//
//   review_token SERVER CA-FILE REVIEWER-TOKEN-FILE AUDIENCE TOKEN-FILE
#include <signet/file_token_source.h>
#include <signet/review_client.h>

#include <chrono>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: review_token SERVER CA-FILE REVIEWER-TOKEN-FILE AUDIENCE TOKEN-FILE\n";
    return 2;
  }
  const auto client =
      signet::ReviewClient::create({.server = argv[1], .ca_file = argv[2], .token_file = argv[3]});
  if (!client) {
    std::cerr << client.error() << '\n';
    return 2;
  }
  const auto source = signet::FileTokenSource::open(argv[5]);
  if (!source) {
    std::cerr << source.error() << '\n';
    return 2;
  }
  const auto user = client->review(source->token(), {argv[4]}, std::chrono::seconds(5));
  if (!user) {
    const bool refused = user.error().kind == signet::NoReview::refused;
    std::cout << (refused ? "refused\n" : "unavailable\n");
    return refused ? 1 : 3;
  }
  std::cout << user->username << '\n';
}
