// What everybody reads while one thread writes: an ordered map whose every version is immutable.
//
//   PersistentMap<std::shared_ptr<const Object>, KeyOfObject> map;
//   auto next = map.insert_or_assign(object->key, object);    // map is as it was
//   for (auto at = next.lower_bound("pods/"); at != next.end(); ++at) use(at.key(), at.value());
//
// Shape    a B+-tree of nodes of up to 64 entries; a change copies the nodes on one path from the
//          root (three with 100,000 entries) and shares the rest. Copying a map copies one pointer.
// Units    about 30 bytes an entry besides the value when KeyOf finds the key in the value; without
//          KeyOf the map stores a std::string a key.
// Limits   V is default constructible and cheap to copy: a change copies up to 64 of them.
// Threads  a map is a value. Copies of it may be read, changed into new versions and destroyed on
//          any threads at once. Iterators and pointers live as long as some copy of their version.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "machinery/persistent_map_node.h"

namespace signet::machinery {

// KeyOf, when given, is a stateless functor: std::string_view operator()(const V&) const. The view
// must stay true as long as the value, or a copy of it, lives.
template <typename V, typename KeyOf = void>
class PersistentMap {
  using Slot = persistent_map_detail::Slot<V, KeyOf>;
  using Key = std::shared_ptr<const std::string>;
  using NodePtr = std::shared_ptr<const void>;  // a Leaf at height 0, an Inner above
  // A leaf's heads are hashes of its keys: a lookup touches one value, not a path of six.
  using Leaf = persistent_map_detail::Node<std::uint32_t, Slot>;
  // An inner node's heads are lower bounds of its children; that of the first is never read.
  using Inner = persistent_map_detail::Node<Key, NodePtr>;
  static constexpr std::size_t fanout = persistent_map_detail::fanout;

 public:
  class Iterator {
   public:
    std::string_view key() const { return slot().key(); }
    const V& value() const { return slot().value; }
    const V& operator*() const { return value(); }
    Iterator& operator++();
    // Only iterators of the same version compare.
    bool operator==(const Iterator& other) const {
      return leaf_ == other.leaf_ && index_ == other.index_;
    }

   private:
    friend class PersistentMap;
    struct Step {
      const Inner* node = nullptr;
      std::size_t index = 0;
    };
    const Slot& slot() const { return leaf_->bodies[index_]; }
    void descend(const void* node, std::size_t height);
    void settle();

    // Twelve levels of half-full nodes hold more entries than there is memory.
    std::array<Step, 12> path_{};
    std::size_t depth_ = 0;
    const Leaf* leaf_ = nullptr;  // null at the end
    std::size_t index_ = 0;
  };

  PersistentMap() = default;

  // The entries must be in strictly ascending order of their keys; aborts otherwise. Much faster
  // than inserting one by one.
  static PersistentMap from_sorted(const std::vector<std::pair<std::string, V>>& entries);
  static PersistentMap from_sorted(const std::vector<V>& values)
    requires(!std::same_as<KeyOf, void>);

  [[nodiscard]] PersistentMap insert_or_assign(std::string_view key, V value) const;
  [[nodiscard]] PersistentMap erase(std::string_view key) const;

  const V* find(std::string_view key) const;
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  Iterator begin() const;
  Iterator end() const { return Iterator(); }
  // The first entry whose key is not less than `key`.
  Iterator lower_bound(std::string_view key) const;

 private:
  struct Grown {
    NodePtr node;
    NodePtr right;  // null unless the node had to be split
    Key right_bound;
    bool added = false;
  };
  class Loader;

  static const Leaf& as_leaf(const void* node) { return *static_cast<const Leaf*>(node); }
  static const Inner& as_inner(const void* node) { return *static_cast<const Inner*>(node); }
  static std::uint32_t tag(std::string_view key) {
    return static_cast<std::uint32_t>(std::hash<std::string_view>{}(key));
  }
  static std::size_t child_of(const Inner& node, std::string_view key);
  static std::size_t position(const Leaf& leaf, std::string_view key);

  static Grown insert_leaf(const Leaf& leaf, std::string_view key, V value);
  static Grown insert_inner(const Inner& node, std::size_t height, std::string_view key, V value);
  static Grown insert_node(const void* node, std::size_t height, std::string_view key, V value);
  template <typename N, typename Head, typename Body>
  static Grown inserted(const N& node, std::size_t at, Head head, Body body);
  static Key bound_of(const Leaf& right) {
    return std::make_shared<const std::string>(right.bodies[0].key());
  }
  static Key bound_of(const Inner& right) { return right.heads[0]; }

  static NodePtr erase_node(const void* node, std::size_t height, std::string_view key);
  static bool join_neighbour(Inner& node, std::size_t at, std::size_t child_height);
  template <typename N>
  static bool join(Inner& node, std::size_t left);

  NodePtr root_;
  std::size_t height_ = 0;
  std::size_t size_ = 0;
};

template <typename V, typename KeyOf>
std::size_t PersistentMap<V, KeyOf>::child_of(const Inner& node, std::string_view key) {
  const auto first = node.heads.begin() + 1;
  const auto last = node.heads.begin() + node.count;
  const auto after = std::upper_bound(
      first, last, key, [](std::string_view k, const Key& bound) { return k < *bound; });
  return static_cast<std::size_t>(after - first);
}

template <typename V, typename KeyOf>
std::size_t PersistentMap<V, KeyOf>::position(const Leaf& leaf, std::string_view key) {
  const auto first = leaf.bodies.begin();
  const auto at =
      std::lower_bound(first, first + leaf.count, key,
                       [](const Slot& slot, std::string_view k) { return slot.key() < k; });
  return static_cast<std::size_t>(at - first);
}

template <typename V, typename KeyOf>
const V* PersistentMap<V, KeyOf>::find(std::string_view key) const {
  const void* node = root_.get();
  if (node == nullptr) return nullptr;
  for (std::size_t height = height_; height > 0; --height) {
    const Inner& inner = as_inner(node);
    node = inner.bodies[child_of(inner, key)].get();
  }
  const Leaf& leaf = as_leaf(node);
  const std::uint32_t wanted = tag(key);
  for (std::size_t i = 0; i < leaf.count; ++i) {
    if (leaf.heads[i] == wanted && leaf.bodies[i].key() == key) return &leaf.bodies[i].value;
  }
  return nullptr;
}

// ---- insertion

template <typename V, typename KeyOf>
template <typename N, typename Head, typename Body>
auto PersistentMap<V, KeyOf>::inserted(const N& node, std::size_t at, Head head, Body body)
    -> Grown {
  if (node.count < fanout) {
    auto copy = node.slice(0, node.count);
    copy->insert(at, std::move(head), std::move(body));
    return {.node = std::move(copy), .right = nullptr, .right_bound = nullptr, .added = true};
  }
  // Keys that come in ascending order would leave every node half empty if it were cut in halves.
  const std::size_t middle = at == fanout ? fanout - 1 : fanout / 2;
  auto left = node.slice(0, middle);
  auto right = node.slice(middle, fanout);
  if (at <= middle) {
    left->insert(at, std::move(head), std::move(body));
  } else {
    right->insert(at - middle, std::move(head), std::move(body));
  }
  Key bound = bound_of(*right);
  return {.node = std::move(left),
          .right = std::move(right),
          .right_bound = std::move(bound),
          .added = true};
}

template <typename V, typename KeyOf>
auto PersistentMap<V, KeyOf>::insert_leaf(const Leaf& leaf, std::string_view key, V value)
    -> Grown {
  const std::size_t at = position(leaf, key);
  if (at < leaf.count && leaf.bodies[at].key() == key) {
    auto copy = leaf.slice(0, leaf.count);
    copy->bodies[at] = Slot(key, std::move(value));
    return {.node = std::move(copy), .right = nullptr, .right_bound = nullptr, .added = false};
  }
  return inserted(leaf, at, tag(key), Slot(key, std::move(value)));
}

template <typename V, typename KeyOf>
auto PersistentMap<V, KeyOf>::insert_inner(const Inner& node, std::size_t height,
                                           std::string_view key, V value) -> Grown {
  const std::size_t at = child_of(node, key);
  Grown child = insert_node(node.bodies[at].get(), height - 1, key, std::move(value));
  if (!child.right) {
    auto copy = node.slice(0, node.count);
    copy->bodies[at] = std::move(child.node);
    return {
        .node = std::move(copy), .right = nullptr, .right_bound = nullptr, .added = child.added};
  }
  Inner replaced = node;
  replaced.bodies[at] = std::move(child.node);
  return inserted(replaced, at + 1, std::move(child.right_bound), std::move(child.right));
}

template <typename V, typename KeyOf>
auto PersistentMap<V, KeyOf>::insert_node(const void* node, std::size_t height,
                                          std::string_view key, V value) -> Grown {
  return height == 0 ? insert_leaf(as_leaf(node), key, std::move(value))
                     : insert_inner(as_inner(node), height, key, std::move(value));
}

template <typename V, typename KeyOf>
PersistentMap<V, KeyOf> PersistentMap<V, KeyOf>::insert_or_assign(std::string_view key,
                                                                  V value) const {
  PersistentMap next;
  if (!root_) {
    auto leaf = std::make_shared<Leaf>();
    leaf->push_back(tag(key), Slot(key, std::move(value)));
    next.root_ = std::move(leaf);
    next.size_ = 1;
    return next;
  }
  Grown grown = insert_node(root_.get(), height_, key, std::move(value));
  next.size_ = size_ + (grown.added ? 1U : 0U);
  next.height_ = height_;
  next.root_ = std::move(grown.node);
  if (grown.right) {
    auto root = std::make_shared<Inner>();
    root->push_back(nullptr, std::move(next.root_));
    root->push_back(std::move(grown.right_bound), std::move(grown.right));
    next.root_ = std::move(root);
    ++next.height_;
  }
  return next;
}

// ---- removal

template <typename V, typename KeyOf>
template <typename N>
bool PersistentMap<V, KeyOf>::join(Inner& node, std::size_t left) {
  const N& a = *static_cast<const N*>(node.bodies[left].get());
  const N& b = *static_cast<const N*>(node.bodies[left + 1].get());
  if (a.count + b.count > persistent_map_detail::merged_max) return false;
  auto both = a.slice(0, a.count);
  both->append(b, 0, b.count);
  if constexpr (std::same_as<N, Inner>) both->heads[a.count] = node.heads[left + 1];
  node.bodies[left] = std::move(both);
  auto rest = node.slice(0, left + 1);
  rest->append(node, left + 2, node.count);
  node = *rest;
  return true;
}

template <typename V, typename KeyOf>
bool PersistentMap<V, KeyOf>::join_neighbour(Inner& node, std::size_t at,
                                             std::size_t child_height) {
  const auto join_at = [&](std::size_t left) {
    return child_height == 0 ? join<Leaf>(node, left) : join<Inner>(node, left);
  };
  return (at + 1 < node.count && join_at(at)) || (at > 0 && join_at(at - 1));
}

// The node without `key`, which is in it; null when nothing is left.
template <typename V, typename KeyOf>
auto PersistentMap<V, KeyOf>::erase_node(const void* node, std::size_t height, std::string_view key)
    -> NodePtr {
  if (height == 0) {
    const Leaf& leaf = as_leaf(node);
    if (leaf.count == 1) return nullptr;
    const std::size_t at = position(leaf, key);
    auto copy = leaf.slice(0, at);
    copy->append(leaf, at + 1, leaf.count);
    return copy;
  }
  const Inner& inner = as_inner(node);
  const std::size_t at = child_of(inner, key);
  NodePtr child = erase_node(inner.bodies[at].get(), height - 1, key);
  if (!child) {
    if (inner.count == 1) return nullptr;
    auto copy = inner.slice(0, at);
    copy->append(inner, at + 1, inner.count);
    return copy;
  }
  const std::size_t left = height == 1 ? as_leaf(child.get()).count : as_inner(child.get()).count;
  auto copy = inner.slice(0, inner.count);
  copy->bodies[at] = std::move(child);
  if (left < persistent_map_detail::lonely) join_neighbour(*copy, at, height - 1);
  return copy;
}

template <typename V, typename KeyOf>
PersistentMap<V, KeyOf> PersistentMap<V, KeyOf>::erase(std::string_view key) const {
  if (find(key) == nullptr) return *this;
  PersistentMap next;
  next.root_ = erase_node(root_.get(), height_, key);
  if (!next.root_) return next;
  next.size_ = size_ - 1;
  next.height_ = height_;
  while (next.height_ > 0 && as_inner(next.root_.get()).count == 1) {
    NodePtr only = as_inner(next.root_.get()).bodies[0];
    next.root_ = std::move(only);
    --next.height_;
  }
  return next;
}

// ---- bulk load

// Fills leaves from left to right, then the levels above them.
template <typename V, typename KeyOf>
class PersistentMap<V, KeyOf>::Loader {
 public:
  void add(std::string_view key, V value) {
    if (leaf_ && !(leaf_->bodies[leaf_->count - 1].key() < key)) std::abort();
    if (!leaf_ || leaf_->count == persistent_map_detail::bulk_fill) start_leaf(key);
    leaf_->push_back(tag(key), Slot(key, std::move(value)));
    ++size_;
  }

  PersistentMap finish() {
    PersistentMap map;
    map.size_ = size_;
    while (level_.size() > 1) {
      std::vector<std::pair<Key, NodePtr>> above;
      std::shared_ptr<Inner> inner;
      for (auto& [bound, node] : level_) {
        if (!inner || inner->count == persistent_map_detail::bulk_fill) {
          inner = std::make_shared<Inner>();
          above.emplace_back(bound, inner);
        }
        inner->push_back(std::move(bound), std::move(node));
      }
      level_ = std::move(above);
      ++map.height_;
    }
    if (!level_.empty()) map.root_ = std::move(level_[0].second);
    return map;
  }

 private:
  void start_leaf(std::string_view key) {
    leaf_ = std::make_shared<Leaf>();
    level_.emplace_back(std::make_shared<const std::string>(key), leaf_);
  }

  std::shared_ptr<Leaf> leaf_;
  std::vector<std::pair<Key, NodePtr>> level_;
  std::size_t size_ = 0;
};

template <typename V, typename KeyOf>
PersistentMap<V, KeyOf> PersistentMap<V, KeyOf>::from_sorted(
    const std::vector<std::pair<std::string, V>>& entries) {
  Loader loader;
  for (const auto& [key, value] : entries) loader.add(key, value);
  return loader.finish();
}

template <typename V, typename KeyOf>
PersistentMap<V, KeyOf> PersistentMap<V, KeyOf>::from_sorted(const std::vector<V>& values)
  requires(!std::same_as<KeyOf, void>)
{
  Loader loader;
  for (const V& value : values) loader.add(KeyOf{}(value), value);
  return loader.finish();
}

// ---- iteration

template <typename V, typename KeyOf>
void PersistentMap<V, KeyOf>::Iterator::descend(const void* node, std::size_t height) {
  for (; height > 0; --height) {
    path_[depth_++] = {.node = &as_inner(node), .index = 0};
    node = as_inner(node).bodies[0].get();
  }
  leaf_ = &as_leaf(node);
  index_ = 0;
}

// Moves on to the next leaf when this one is read to its end.
template <typename V, typename KeyOf>
void PersistentMap<V, KeyOf>::Iterator::settle() {
  if (index_ < leaf_->count) return;
  const std::size_t full = depth_;
  while (depth_ > 0 && path_[depth_ - 1].index + 1 == path_[depth_ - 1].node->count) --depth_;
  if (depth_ == 0) {
    *this = Iterator();
    return;
  }
  Step& step = path_[depth_ - 1];
  ++step.index;
  descend(step.node->bodies[step.index].get(), full - depth_);
}

template <typename V, typename KeyOf>
auto PersistentMap<V, KeyOf>::Iterator::operator++() -> Iterator& {
  ++index_;
  settle();
  return *this;
}

template <typename V, typename KeyOf>
auto PersistentMap<V, KeyOf>::begin() const -> Iterator {
  Iterator at;
  if (root_) at.descend(root_.get(), height_);
  return at;
}

template <typename V, typename KeyOf>
auto PersistentMap<V, KeyOf>::lower_bound(std::string_view key) const -> Iterator {
  Iterator at;
  if (!root_) return at;
  const void* node = root_.get();
  for (std::size_t height = height_; height > 0; --height) {
    const Inner& inner = as_inner(node);
    const std::size_t index = child_of(inner, key);
    at.path_[at.depth_++] = {.node = &inner, .index = index};
    node = inner.bodies[index].get();
  }
  at.leaf_ = &as_leaf(node);
  at.index_ = position(*at.leaf_, key);
  at.settle();
  return at;
}

}  // namespace signet::machinery
