#include "session/policy.hpp"

#include <oauth_token/token_source.hpp>

#include <chrono>
#include <optional>
#include <string>

#include <doctest/doctest.h>

namespace renewal_policy_test {

using namespace oauth_token;
using namespace std::chrono_literals;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

constexpr sys_seconds start{seconds(1'700'000'000)};

SecretHalf half_of(std::optional<seconds> lifetime) {
  SecretHalf half{.generation = 1, .obtained_at = start};
  half.token.access_token = Secret("at-1");
  if (lifetime) half.token.expires_at = start + *lifetime;
  half.token.lifetime = lifetime;
  return half;
}

}  // namespace

TEST_CASE("the margin is a tenth of the life, 60 s at least, half of it at most") {
  struct {
    seconds lifetime, margin;
  } const rows[] = {{0s, 0s},    {-5s, 0s},     {1s, 0s},        {10s, 5s},
                    {60s, 30s},  {119s, 59s},   {120s, 60s},     {600s, 60s},
                    {601s, 60s}, {3600s, 360s}, {86400s, 8640s}, {31536000s, 3153600s}};
  for (const auto& row : rows)
    CHECK_MESSAGE(renewal_margin(row.lifetime) == row.margin, row.lifetime.count());
}

TEST_CASE("a token is handed out while more than the margin, or --min-valid, is left") {
  struct {
    std::optional<seconds> lifetime, min_valid;
    seconds age;
    bool fresh, alive;
  } const rows[] = {
      {3600s, {}, 0s, true, true},
      {3600s, {}, 3239s, true, true},
      {3600s, {}, 3240s, false, true},
      {3600s, {}, 3599s, false, true},
      {3600s, {}, 3600s, false, false},
      {3600s, 10s, 3590s, true, true},
      {3600s, 10s, 3591s, false, true},
      {3600s, 0s, 3599s, true, true},
      {3600s, -7s, 3600s, false, false},
      {3600s, 3600s, 0s, true, true},
      {3600s, 3601s, 0s, false, true},
      {3600s, seconds::max(), 0s, false, true},
      // Ten years are as good as for ever.
      {std::chrono::years(20), seconds::max(), 0s, true, true},
      {seconds(1'000'000'000'000), {}, 24h, true, true},
      {10s, {}, 4s, true, true},
      {10s, {}, 5s, false, true},
      // Nobody knows how long it lives.
      {{}, {}, 240000h, true, true},
      {{}, 3600s, 240000h, true, true},
      // The clock went back: by less than the margin, by more.
      {3600s, {}, -360s, true, true},
      {3600s, {}, -361s, false, false},
      {{}, {}, -24h, true, true},
  };
  for (const auto& row : rows) {
    const SecretHalf half = half_of(row.lifetime);
    CAPTURE(row.age.count());
    CAPTURE(row.lifetime.value_or(-1s).count());
    CAPTURE(row.min_valid.value_or(-1s).count());
    CHECK(is_fresh(half, row.min_valid, start + row.age) == row.fresh);
    CHECK(is_alive(half, start + row.age) == row.alive);
  }
}

TEST_CASE("a token whose lifetime was unusable is used once") {
  SecretHalf half = half_of(std::nullopt);
  half.token.lifetime_unusable = true;
  CHECK_FALSE(is_fresh(half, std::nullopt, start));
  CHECK_FALSE(is_alive(half, start));
}

TEST_CASE("where there is no access token, none is handed out") {
  SecretHalf half = half_of(3600s);
  half.token.access_token = {};
  CHECK_FALSE(is_fresh(half, std::nullopt, start));
  CHECK_FALSE(is_alive(half, start));
}

TEST_CASE(
    "after a failure nobody asks for 1 s, doubling to 60, or as long as the server said, an hour at most") {
  const Error error{
      .error_class = ErrorClass::server, .message = "The server is out of order.", .code = "busy"};
  std::optional<SessionRecord::Failure> failure;
  for (const seconds wait : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    failure = next_failure(failure, error, start);
    CHECK(failure->not_before == start + wait);
  }
  CHECK(failure->count == 8);
  CHECK(failure->error_class == "server");
  CHECK(failure->code == "busy");
  Error told = error;
  told.retry_after = 90s;
  CHECK(next_failure(failure, told, start).not_before == start + 90s);
  told.retry_after = 24h;
  CHECK(next_failure(failure, told, start).not_before == start + 1h);
  told.retry_after = 1s;
  CHECK(next_failure(failure, told, start).not_before == start + 60s);
}

TEST_CASE("a failure stands until its time is over, and not at all once the clock was set before it") {
  SessionRecord record;
  CHECK_FALSE(standing_failure(record, start).has_value());
  record.failure = next_failure(
      std::nullopt,
      {.error_class = ErrorClass::rate_limited, .message = "Too many requests.", .retry_after = 30s}, start);
  const auto error = standing_failure(record, start + 10s);
  REQUIRE(error.has_value());
  CHECK(error->error_class == ErrorClass::rate_limited);
  CHECK(error->message == "Too many requests.");
  CHECK(error->hint == "A renewal failed at 2023-11-14 22:13:20 UTC; the server is asked again in 20 s.");
  CHECK(error->retry_after == 20s);
  CHECK(error->sent == Sent::no);
  CHECK_FALSE(standing_failure(record, start + 30s).has_value());
  CHECK_FALSE(standing_failure(record, start - 1s).has_value());
  for (const seconds later : {-1s, 30s, 3600s}) {
    const auto passed_on = standing_failure(record, start + later, true);
    REQUIRE(passed_on.has_value());
    CHECK(passed_on->message == "Too many requests.");
  }
  CHECK(standing_failure(record, start + 30s, true)->retry_after == 0s);
}

TEST_CASE("what may be repeated is what promise 1 allows") {
  struct {
    Error error;
    bool later, at_once;
  } const rows[] = {
      {{.error_class = ErrorClass::network, .reason = "refused", .sent = Sent::no}, true, false},
      {{.error_class = ErrorClass::network, .reason = "closed", .sent = Sent::maybe}, false, true},
      {{.error_class = ErrorClass::network, .reason = "reset", .sent = Sent::maybe}, false, true},
      {{.error_class = ErrorClass::network, .reason = "truncated", .sent = Sent::yes}, false, false},
      {{.error_class = ErrorClass::network, .reason = "closed", .http_status = 200, .sent = Sent::maybe},
       false,
       false},
      {{.error_class = ErrorClass::timeout, .reason = "connect", .sent = Sent::no}, true, false},
      {{.error_class = ErrorClass::timeout, .reason = "answer", .sent = Sent::maybe}, false, false},
      {{.error_class = ErrorClass::server,
        .http_status = 503,
        .retry_after = 3s,
        .sent = Sent::yes,
        .retry_safe = true},
       true,
       false},
      {{.error_class = ErrorClass::rate_limited,
        .http_status = 429,
        .retry_after = 3s,
        .sent = Sent::yes,
        .retry_safe = true},
       true,
       false},
      // The answer to a repetition after a cut.
      {{.error_class = ErrorClass::server, .http_status = 503, .retry_after = 3s, .sent = Sent::yes},
       false,
       false},
      {{.error_class = ErrorClass::rate_limited, .http_status = 429, .sent = Sent::yes}, false, false},
      {{.error_class = ErrorClass::server, .http_status = 500, .retry_after = 3s, .sent = Sent::yes},
       false,
       false},
      {{.error_class = ErrorClass::reauthenticate, .http_status = 400, .retry_after = 3s}, false, false},
      {{.error_class = ErrorClass::tls, .sent = Sent::no}, false, false},
      {{.error_class = ErrorClass::store, .reason = "locked"}, false, false},
  };
  for (const auto& row : rows) {
    CAPTURE(to_string(row.error.error_class));
    CAPTURE(row.error.reason);
    CAPTURE(row.error.http_status);
    CHECK(may_be_repeated(row.error) == row.later);
    CHECK(was_cut_off(row.error) == row.at_once);
  }
}

TEST_CASE("only an answer of the authorization server itself is a refusal") {
  CHECK(is_refusal({.code = "invalid_grant", .http_status = 400}));
  CHECK(is_refusal({.code = "invalid_client", .http_status = 401}));
  CHECK_FALSE(is_refusal({.code = "server_error", .http_status = 500}));
  CHECK_FALSE(is_refusal({.code = "invalid_grant", .http_status = 200}));
  CHECK_FALSE(is_refusal({.http_status = 404}));
  CHECK_FALSE(is_refusal({}));
}

TEST_CASE("a server that is asked too often does not call the refresh token invalid") {
  CHECK(is_end_of_refresh_token(
      {.error_class = ErrorClass::reauthenticate, .code = "invalid_grant", .http_status = 400}));
  CHECK_FALSE(is_end_of_refresh_token(
      {.error_class = ErrorClass::rate_limited, .code = "invalid_grant", .http_status = 429}));
  CHECK_FALSE(is_end_of_refresh_token(
      {.error_class = ErrorClass::reauthenticate, .code = "invalid_client", .http_status = 401}));
}

TEST_CASE("nothing was issued where nothing was sent, and where the client's certificate was refused") {
  CHECK(has_issued_nothing({.code = "invalid_grant", .http_status = 400, .sent = Sent::yes}));
  CHECK(has_issued_nothing({.error_class = ErrorClass::network, .sent = Sent::no}));
  CHECK_FALSE(has_issued_nothing({.error_class = ErrorClass::network, .sent = Sent::maybe}));
  CHECK_FALSE(has_issued_nothing({.error_class = ErrorClass::tls,
                                  .reason = "client-certificate",
                                  .http_status = 200,
                                  .sent = Sent::maybe}));
  const Error refused{.error_class = ErrorClass::tls, .reason = "client-certificate", .sent = Sent::maybe};
  CHECK(has_issued_nothing(refused));
  CHECK_FALSE(has_issued_nothing({.error_class = ErrorClass::tls, .reason = "other", .sent = Sent::maybe}));
}

}  // namespace renewal_policy_test
