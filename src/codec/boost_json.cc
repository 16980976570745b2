// Boost.JSON is used header-only; this is the one place that compiles it.
#include <boost/json/src.hpp>
