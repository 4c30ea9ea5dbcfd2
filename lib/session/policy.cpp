#include "session/policy.hpp"

#include "base/clock.hpp"
#include "session/record.hpp"

#include <oauth_token/token_source.hpp>

#include <algorithm>
#include <chrono>
#include <string>

namespace oauth_token {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr seconds longest_life = std::chrono::years(10);
constexpr seconds longest_wait = 1h;
constexpr seconds longest_backoff = 60s;

// What counts as the lifetime: as told, or as seen from its two ends.
std::optional<seconds> life(const SecretHalf& half) noexcept {
  const Token& token = half.token;
  if (!token.expires_at) return std::nullopt;
  return std::clamp(token.lifetime.value_or(*token.expires_at - half.obtained_at), 0s, longest_life);
}

bool clock_went_back(const SecretHalf& half, seconds tolerance, sys_seconds now) noexcept {
  return now + tolerance < half.obtained_at;
}

}  // namespace

seconds renewal_margin(seconds lifetime) noexcept {
  return std::min(std::max(60s, lifetime / 10), std::max(lifetime, 0s) / 2);
}

bool is_fresh(const SecretHalf& half, std::optional<seconds> min_valid, sys_seconds now) noexcept {
  if (half.token.access_token.empty() || half.token.lifetime_unusable) return false;
  const auto lifetime = life(half);
  if (!lifetime) return true;
  const seconds spare = renewal_margin(*lifetime);
  if (clock_went_back(half, spare, now)) return false;
  const seconds left = std::min(*half.token.expires_at - now, longest_life);
  return min_valid ? left >= std::clamp(*min_valid, 1s, longest_life) : left > spare;
}

bool is_alive(const SecretHalf& half, sys_seconds now) noexcept {
  if (half.token.access_token.empty() || half.token.lifetime_unusable) return false;
  const auto lifetime = life(half);
  return !lifetime ||
         (!clock_went_back(half, renewal_margin(*lifetime), now) && *half.token.expires_at > now);
}

SessionRecord::Failure next_failure(const std::optional<SessionRecord::Failure>& last, const Error& error,
                                    sys_seconds now) {
  const int count = last ? std::min(last->count + 1, most_failures_counted) : 1;
  const seconds backoff = std::min(longest_backoff, seconds(1LL << std::min(count - 1, 10)));
  const seconds told = std::min(error.retry_after.value_or(0s), longest_wait);
  return {.at = now,
          .not_before = now + std::max(backoff, told),
          .error_class = std::string(to_string(error.error_class)),
          .code = error.code,
          .message = error.message,
          .count = count};
}

std::optional<Error> standing_failure(const SessionRecord& record, sys_seconds now, bool waited_for_it) {
  const auto& failure = record.failure;
  if (!failure) return std::nullopt;
  if (!waited_for_it && (now >= failure->not_before || now < failure->at)) return std::nullopt;
  const seconds left = std::clamp(failure->not_before - now, 0s, longest_wait);
  return Error{.error_class = error_class_from(failure->error_class).value_or(ErrorClass::server),
               .message = failure->message,
               .hint = "A renewal failed at " + to_text(failure->at) + "; the server is asked again in " +
                       std::to_string(left.count()) + " s.",
               .reason = "recent",
               .code = failure->code,
               .retry_after = left,
               .sent = Sent::no,
               .retry_safe = true};
}

bool may_be_repeated(const Error& error) noexcept {
  switch (error.error_class) {
    case ErrorClass::network:
    case ErrorClass::timeout:
      return error.sent == Sent::no;
    case ErrorClass::rate_limited:
    case ErrorClass::server:
      return error.reason == "recent" || ((error.http_status == 429 || error.http_status == 503) &&
                                          error.retry_after.has_value() && error.retry_safe);
    default:
      return false;
  }
}

bool was_cut_off(const Error& error) noexcept {
  return error.error_class == ErrorClass::network && error.sent == Sent::maybe && error.http_status == 0 &&
         (error.reason == "closed" || error.reason == "reset" || error.reason == "broken");
}

bool is_refusal(const Error& error) noexcept {
  return !error.code.empty() && error.http_status >= 400 && error.http_status < 500;
}

bool is_end_of_refresh_token(const Error& error) noexcept {
  return error.code == "invalid_grant" && is_refusal(error) && error.error_class != ErrorClass::rate_limited;
}

bool has_issued_nothing(const Error& error) noexcept {
  // In TLS 1.3 a server refuses a client certificate when the request is on its way already, and ignores
  // that.
  const bool is_handshake = error.error_class == ErrorClass::tls && error.reason == "client-certificate";
  return is_refusal(error) || ((error.sent == Sent::no || is_handshake) && error.http_status == 0);
}

std::string why_refused(std::optional<sys_seconds> began, bool was_cut) {
  if (began)
    return " A renewal that began at " + to_text(*began) +
           " ended before its answer could be kept; the server has probably replaced the refresh token then.";
  if (was_cut)
    return " The connection was cut after it was sent first; the server has probably replaced it then, and "
           "the answer was lost.";
  return {};
}

}  // namespace oauth_token
