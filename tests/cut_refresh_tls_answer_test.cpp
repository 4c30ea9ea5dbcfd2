#include "support/cut_refresh.hpp"

namespace cut_refresh_tls_answer_test {

TEST_CASE(
    "a renewal over TLS whose answer is cut at any byte loses nothing, and the record says what is true") {
  cut_each_byte(true, Cut::Side::to_client, false, 2);
  cut_each_byte(true, Cut::Side::to_client, true, 1);
}

}  // namespace cut_refresh_tls_answer_test
