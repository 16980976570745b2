// Owning pointers to what C libraries allocate, by the function that frees it.
//
//   using X509Ptr = std::unique_ptr<X509, Release<X509_free>>;
#pragma once

namespace signet {

template <auto release>
struct Release {
  template <typename T>
  void operator()(T* object) const {
    release(object);
  }
};

}  // namespace signet
