#include "support/cut_refresh.hpp"

namespace cut_refresh_tls_request_test {

TEST_CASE(
    "a renewal over TLS whose request is cut at any byte loses nothing, and the record says what is true") {
  cut_each_byte(true, Cut::Side::from_client, false, 1);
  cut_each_byte(true, Cut::Side::from_client, true, 2);
}

}  // namespace cut_refresh_tls_request_test
