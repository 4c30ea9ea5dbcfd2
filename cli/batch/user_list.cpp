#include "batch/user_list.hpp"

#include "base/characters.hpp"
#include "batch/csv.hpp"
#include "byte_order_mark.hpp"
#include "counted.hpp"

#include <oauth_token/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace oauth_token::cli {
namespace {

constexpr std::size_t longest_entry = std::size_t{64} * 1024;
constexpr std::size_t piece = 1024;  // few passwords at a time
constexpr std::string_view example =
    "Begin with the line \"username,password\", or write one JSON object in each line.";

// Of a list without a first line, the field may be a password.
bool is_named(std::string_view field, std::string_view name) {
  SecretBuffer column;
  append_csv_field(column, field);
  return equal_ignoring_case(column.expose(), name);
}

Result<std::size_t> column_of(const CsvRecord& header, std::string_view name) {
  const auto begin = header.fields.begin();
  const auto end = header.fields.end();
  const auto is_it = [&](std::string_view field) { return is_named(field, name); };
  const auto column = std::find_if(begin, end, is_it);
  const auto count = header.broken ? 0 : std::count_if(column, end, is_it);
  if (count == 1) return static_cast<std::size_t>(column - begin);
  return fail(ErrorClass::usage,
              std::string("The first line of the list of users names ") +
                  (count == 0 ? "no column" : "more than one column") + " \"" + std::string(name) + "\".",
              std::string(example));
}

std::string decoded(std::string_view field) {
  SecretBuffer out;
  append_csv_field(out, field);
  return std::string(out.expose());
}

}  // namespace

Result<void> UserList::read() {
  ssize_t count = 0;
  do count = ::read(descriptor_, input_.room(piece), piece);
  while (count < 0 && errno == EINTR);
  if (count < 0)
    return fail(ErrorClass::usage,
                std::string("The list of users cannot be read: ") + std::strerror(errno) + ".");
  input_.grew(static_cast<std::size_t>(count));
  ended_ = count == 0;
  return {};
}

// An unclosed quote would make the rest of the list one entry.
Result<void> UserList::check_length() const {
  if (input_.size() <= longest_entry) return {};
  return fail(
      ErrorClass::usage,
      "Entry " + std::to_string(count_) + " (counted from 0) of the list of users is longer than 64 KiB.",
      "Look for a quote that is not closed.");
}

Result<bool> UserList::find_form() {
  if (input_.size() < byte_order_mark.size() && !ended_) return false;
  if (input_.expose().starts_with(byte_order_mark)) drop(byte_order_mark.size());
  const std::size_t blank = std::min(input_.expose().find_first_not_of(" \t\r\n"), input_.size());
  drop(blank);
  if (input_.empty()) return false;
  if (input_.expose().front() == '{') {
    form_ = Form::json;
    return true;
  }
  return take_header();
}

Result<bool> UserList::take_header() {
  const CsvRecord header = csv_record(input_.expose(), ended_);
  if (header.size == 0) {
    if (auto fits = check_length(); !fits) return fail(std::move(fits.error()));
    return false;
  }
  columns_ = header.fields.size();
  for (const auto& [name, place] :
       {std::pair("username", &username_column_), std::pair("password", &password_column_)}) {
    const auto column = column_of(header, name);
    if (!column) return fail(column.error());
    *place = *column;
  }
  drop(header.size);
  form_ = Form::csv;
  return true;
}

void UserList::drop(std::size_t size) {
  const std::string_view gone = input_.expose().substr(0, size);
  line_ += static_cast<std::size_t>(std::count(gone.begin(), gone.end(), '\n'));
  input_.drop_front(size);
}

ListedUser UserList::entry(const std::string& problem) {
  ListedUser user{.index = count_++};
  if (!problem.empty())
    user.error = Error{.error_class = ErrorClass::usage,
                       .message = "Line " + std::to_string(entry_line_) + " " + problem,
                       .hint = "Mend that line of the list."};
  return user;
}

Result<std::optional<ListedUser>> UserList::next() {
  if (form_ == Form::unknown) {
    const auto known = find_form();
    if (!known) return fail(known.error());
    if (!*known) return std::nullopt;
  }
  return form_ == Form::csv ? next_of_csv() : next_of_json();
}

Result<std::optional<ListedUser>> UserList::next_of_csv() {
  for (;;) {
    const CsvRecord record = csv_record(input_.expose(), ended_);
    if (input_.empty() || record.size == 0) {
      if (auto fits = check_length(); !fits) return fail(std::move(fits.error()));
      return std::nullopt;
    }
    if (record.fields.size() == 1 && record.fields[0].empty()) {
      drop(record.size);
      continue;
    }
    entry_line_ = line_;
    ListedUser user = entry(record.broken ? "has a quote in the wrong place."
                            : record.fields.size() != columns_
                                ? "has " + counted(record.fields.size(), "value") +
                                      "; the first line names " + counted(columns_, "column") + "."
                                : "");
    if (!user.error) {
      user.username = decoded(record.fields[username_column_]);
      SecretBuffer password;
      append_csv_field(password, record.fields[password_column_]);
      user.password = password.take();
    }
    drop(record.size);
    return user;
  }
}

Result<std::optional<ListedUser>> UserList::next_of_json() {
  for (;;) {
    std::size_t size = input_.expose().find('\n');
    if (size == std::string_view::npos) {
      if (auto fits = check_length(); !fits) return fail(std::move(fits.error()));
      if (!ended_ || input_.empty()) return std::nullopt;
      size = input_.size();
    }
    const Secret line(input_.expose().substr(0, size));
    entry_line_ = line_;
    drop(std::min(size + 1, input_.size()));
    if (line.expose().find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto document = json::parse(line.copy());
    if (!document) return entry("holds JSON that " + std::string(document.error().what) + ".");
    const auto username = document->root()["username"].text();
    const auto password = document->root()["password"].text();
    ListedUser user = entry(!document->root().is_object() ? "is no JSON object."
                            : !username                   ? "has no text \"username\"."
                            : !password                   ? "has no text \"password\"."
                                                          : "");
    if (username) user.username = *username;
    if (!user.error) user.password = Secret(*password);
    return user;
  }
}

}  // namespace oauth_token::cli
