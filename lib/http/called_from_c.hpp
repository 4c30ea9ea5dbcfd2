#pragma once

namespace oauth_token::http {

/// For what libcurl and OpenSSL call: an exception, as where memory is used up, does not pass through their
/// frames; they are told `failed` instead.
template <class Answer, class Work>
Answer called_from_c(Answer failed, const Work& work) noexcept {
  try {
    return work();
  } catch (...) {
    return failed;
  }
}

}  // namespace oauth_token::http
