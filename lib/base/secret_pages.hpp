#pragma once

namespace oauth_token {

/// Each module has a copy of secret.cpp, with a pool of wiped pages of its own. Answers are read into pages
/// of the HTTP module's and wiped by the library's, whose pool overflows while the other one runs dry: 10 us
/// of system calls a request. So the library hands on what it has no room for.

/// Takes a wiped page of secret.cpp over; false where the pool is full. Thread-safe.
bool keep_secret_page(char* page) noexcept;

/// `keep` is another copy's keep_secret_page, which must never be unloaded.
void hand_secret_pages_on_to(bool (*keep)(char* page) noexcept) noexcept;

}  // namespace oauth_token
