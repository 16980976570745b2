// Looking for keys that the key ring has not, where somebody outside may have made new ones.
//
//   if (reviewer.keys_lacked() != before) co_await search.look();     // then review once more
//
// Shape    look() yields once keys were fetched anew after it was called; many share one fetch.
// Threads  one object a loop; a coroutine resumes on that loop.
// Source   tokens.md 10, "Keys".
#pragma once

#include "base/task.h"

namespace signet::identity {

class KeySearch {
 public:
  KeySearch() = default;
  KeySearch(const KeySearch&) = delete;
  KeySearch& operator=(const KeySearch&) = delete;
  virtual ~KeySearch() = default;

  // True once it was tried, whatever came of it.
  virtual Task<bool> look() = 0;
};

}  // namespace signet::identity
