// The few questions that are asked of a URL before anybody connects to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace signet::verify {

inline constexpr std::size_t url_bytes_max = 2048;

enum class Query : std::uint8_t { refuse, allow };

// An absolute https URL with a host and nothing that could mislead a reader or a client.
bool is_https_url(std::string_view url, Query query);

// "host:port" of such a URL, in lower case, the port written out: "k8s.example:443".
std::string host_and_port(std::string_view url);

}  // namespace signet::verify
