#include "support/cut_refresh.hpp"

namespace cut_refresh_test {

TEST_CASE("a renewal over http that is cut at any byte loses nothing, and the record says what is true") {
  for (const auto side : {Cut::Side::to_client, Cut::Side::from_client})
    for (const bool by_reset : {false, true})
      for (const std::size_t times : {1U, 2U}) cut_each_byte(false, side, by_reset, times);
}

}  // namespace cut_refresh_test
