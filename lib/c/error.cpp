#include "c/handles.hpp"

#include <oauth_token/exit_status.hpp>
#include <oauth_token/text.hpp>

#include <exception>
#include <memory>
#include <new>

namespace oauth_token::c {

void report(oauth_token_error** place, Failure failure) noexcept {
  if (place == nullptr) return;
  *place = nullptr;
  try {
    auto made = std::make_unique<oauth_token_error>();
    made->error = std::move(failure.error);
    if (failure.unkept) made->token = std::make_unique<oauth_token_token>(*failure.unkept);
    *place = made.release();
  } catch (...) {  // no memory, which the caller is told by a NULL
    *place = nullptr;
  }
}

void report_exception(oauth_token_error** place) noexcept {
  const char* what = "An exception of an unknown type was thrown.";
  try {
    throw;
  } catch (const std::bad_alloc&) {
    what = "There is not enough memory.";
  } catch (const std::exception&) {
    what = "An exception was thrown.";  // its text may hold anything
  } catch (...) {
  }
  try {
    report(place, {.error = {.message = what}});
  } catch (...) {
    if (place != nullptr) *place = nullptr;
  }
}

}  // namespace oauth_token::c

const char* oauth_token_version(void) { return OAUTH_TOKEN_VERSION; }

const char* oauth_token_error_class(const oauth_token_error* error) {
  return oauth_token::to_string(error->error.error_class).data();
}

int oauth_token_error_exit_status(const oauth_token_error* error) {
  return oauth_token::exit_status(error->error.error_class);
}

const char* oauth_token_error_message(const oauth_token_error* error) { return error->error.message.c_str(); }
const char* oauth_token_error_hint(const oauth_token_error* error) { return error->error.hint.c_str(); }
const char* oauth_token_error_reason(const oauth_token_error* error) { return error->error.reason.c_str(); }
const char* oauth_token_error_code(const oauth_token_error* error) { return error->error.code.c_str(); }
const char* oauth_token_error_description(const oauth_token_error* error) {
  return error->error.description.c_str();
}
const char* oauth_token_error_uri(const oauth_token_error* error) { return error->error.uri.c_str(); }
const char* oauth_token_error_extra(const oauth_token_error* error) { return error->error.extra.c_str(); }
int oauth_token_error_http_status(const oauth_token_error* error) { return error->error.http_status; }

int64_t oauth_token_error_retry_after(const oauth_token_error* error) {
  return error->error.retry_after ? error->error.retry_after->count() : -1;
}

const char* oauth_token_error_sent(const oauth_token_error* error) {
  return oauth_token::to_string(error->error.sent).data();
}

int oauth_token_error_retry_safe(const oauth_token_error* error) { return error->error.retry_safe ? 1 : 0; }
oauth_token_token* oauth_token_error_take_token(oauth_token_error* error) { return error->token.release(); }
void oauth_token_error_free(oauth_token_error* error) { delete error; }

oauth_token_cancel* oauth_token_cancel_new(void) { return oauth_token::c::new_handle<oauth_token_cancel>(); }

void oauth_token_cancel_now(oauth_token_cancel* cancel) {
  if (cancel != nullptr) cancel->source.request_stop();
}

void oauth_token_cancel_free(oauth_token_cancel* cancel) { delete cancel; }
