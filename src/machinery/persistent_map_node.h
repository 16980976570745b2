// The nodes of PersistentMap: what an entry holds, and two parallel arrays of a fixed capacity.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace signet::machinery {

namespace persistent_map_detail {

inline constexpr std::size_t fanout = 64;
// Below this a node looks for a neighbour to become one with; together they leave room to grow.
inline constexpr std::size_t lonely = 16;
inline constexpr std::size_t merged_max = 48;
inline constexpr std::size_t bulk_fill = 48;

template <typename V, typename KeyOf>
struct Slot {
  V value{};

  Slot() = default;
  Slot(std::string_view, V v) : value(std::move(v)) {}
  std::string_view key() const { return KeyOf{}(value); }
};

template <typename V>
struct Slot<V, void> {
  V value{};
  std::string stored_key;

  Slot() = default;
  Slot(std::string_view key, V v) : value(std::move(v)), stored_key(key) {}
  std::string_view key() const { return stored_key; }
};

// Two parallel arrays that are filled once, before anybody else sees the node.
template <typename Head, typename Body>
struct Node {
  std::uint32_t count = 0;
  std::array<Head, fanout> heads{};
  std::array<Body, fanout> bodies{};

  std::shared_ptr<Node> slice(std::size_t begin, std::size_t end) const {
    auto part = std::make_shared<Node>();
    part->append(*this, begin, end);
    return part;
  }
  void append(const Node& other, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) push_back(other.heads[i], other.bodies[i]);
  }
  void push_back(Head head, Body body) {
    heads[count] = std::move(head);
    bodies[count] = std::move(body);
    ++count;
  }
  void insert(std::size_t at, Head head, Body body) {
    for (std::size_t i = count; i > at; --i) {
      heads[i] = std::move(heads[i - 1]);
      bodies[i] = std::move(bodies[i - 1]);
    }
    heads[at] = std::move(head);
    bodies[at] = std::move(body);
    ++count;
  }
};

}  // namespace persistent_map_detail

}  // namespace signet::machinery
