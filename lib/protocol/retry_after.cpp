#include "protocol/retry_after.hpp"

#include "protocol/numbers.hpp"

#include <oauth_token/http.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace oauth_token::protocol {
namespace {

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Of a word, which has no sign: that parts words.
std::optional<int> digits(std::string_view text) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, status] = std::from_chars(text.data(), end, value);
  if (status != std::errc() || rest != end) return std::nullopt;
  return value;
}

std::optional<std::chrono::seconds> time_of_day(std::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto hours = digits(text.substr(0, 2));
  const auto minutes = digits(text.substr(3, 2));
  const auto seconds = digits(text.substr(6, 2));
  // 60 is a leap second.
  if (!hours || !minutes || !seconds || *hours > 23 || *minutes > 59 || *seconds > 60) return std::nullopt;
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds);
}

struct Words {
  std::array<std::string_view, 6> word{};
  std::size_t count = 0;
};

Words split(std::string_view text) {
  Words words;
  for (;;) {
    const auto start = text.find_first_not_of(" ,-\t");
    if (start == std::string_view::npos) return words;
    if (words.count == words.word.size()) return {};
    const auto end = std::min(text.find_first_of(" ,-\t", start), text.size());
    words.word.at(words.count++) = text.substr(start, end - start);
    text.remove_prefix(end);
  }
}

int full_year(int year, std::string_view written, std::chrono::sys_seconds now) {
  if (written.size() != 2) return year;
  const int this_year =
      static_cast<int>(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(now)).year());
  year += this_year / 100 * 100;
  return year > this_year + 50 ? year - 100 : year;
}

}  // namespace

std::optional<std::chrono::sys_seconds> http_date(std::string_view text, std::chrono::sys_seconds now) {
  const auto [word, count] = split(text);
  // "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"
  const bool is_asctime = count == 5;
  if (!is_asctime && (count != 6 || word[5] != "GMT")) return std::nullopt;
  const auto day = digits(word[is_asctime ? 2 : 1]);
  const auto month = std::find(months.begin(), months.end(), word[is_asctime ? 1 : 2]);
  const std::string_view written_year = word[is_asctime ? 4 : 3];
  const auto year =
      written_year.size() == 2 || written_year.size() == 4 ? digits(written_year) : std::nullopt;
  const auto time = time_of_day(word[is_asctime ? 3 : 4]);
  if (!day || month == months.end() || !year || !time) return std::nullopt;
  const std::chrono::year_month_day date(
      std::chrono::year(full_year(*year, written_year, now)),
      std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + *time;
}

std::optional<std::chrono::seconds> retry_after(std::string_view value, std::chrono::sys_seconds now) {
  const auto first = value.find_first_not_of(" \t");
  if (first == std::string_view::npos) return std::nullopt;
  value = value.substr(first, value.find_last_not_of(" \t") - first + 1);
  if (value.find_first_not_of("0123456789") == std::string_view::npos) {
    std::int64_t seconds = 0;
    const auto status = std::from_chars(value.data(), value.data() + value.size(), seconds).ec;
    return status == std::errc() ? std::min(std::chrono::seconds(seconds), ten_years) : ten_years;
  }
  const auto date = http_date(value, now);
  if (!date) return std::nullopt;
  return std::clamp(*date - now, std::chrono::seconds(0), ten_years);
}

}  // namespace oauth_token::protocol

namespace oauth_token {

std::optional<std::chrono::sys_seconds> date_of(const HttpResponse& response, std::chrono::sys_seconds now) {
  const auto text = response.header("Date");
  return text ? protocol::http_date(*text, now) : std::nullopt;
}

}  // namespace oauth_token
