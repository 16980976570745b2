// Early return for Result, as statements:
//
//   TRY(auto key, load(pem));       // returns the error, or declares `key`
//   TRY_VOID(check(key));           // for Result<void>
//   CO_TRY(auto reply, co_await client.get(url));   // the same inside a coroutine
#pragma once

#include <expected>
#include <utility>

#define SIGNET_TRY_JOIN_(a, b) a##b
#define SIGNET_TRY_JOIN(a, b) SIGNET_TRY_JOIN_(a, b)
#define SIGNET_TRY_IMPL(tmp, ret, declaration, ...)      \
  auto tmp = (__VA_ARGS__);                              \
  if (!tmp) ret std::unexpected(std::move(tmp).error()); \
  declaration = *std::move(tmp)

#define TRY(declaration, ...) \
  SIGNET_TRY_IMPL(SIGNET_TRY_JOIN(try_result_, __LINE__), return, declaration, __VA_ARGS__)
#define CO_TRY(declaration, ...) \
  SIGNET_TRY_IMPL(SIGNET_TRY_JOIN(try_result_, __LINE__), co_return, declaration, __VA_ARGS__)

#define TRY_VOID(...)                                      \
  do {                                                     \
    if (auto try_void = (__VA_ARGS__); !try_void) {        \
      return std::unexpected(std::move(try_void).error()); \
    }                                                      \
  } while (false)
#define CO_TRY_VOID(...)                                      \
  do {                                                        \
    if (auto try_void = (__VA_ARGS__); !try_void) {           \
      co_return std::unexpected(std::move(try_void).error()); \
    }                                                         \
  } while (false)
