#pragma once

#include <oauth_token/error.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace oauth_token {

/// What the application's function `who`, e.g. "transport", threw, named by its type alone: what it says may
/// hold a secret.
Error thrown_by(std::string_view who, const std::exception_ptr& thrown,
                ErrorClass error_class = ErrorClass::internal);

template <class T>
struct AsResult {
  using Type = Result<T>;
};
template <class T>
struct AsResult<Result<T>> {
  using Type = Result<T>;
};

/// Calls a function of the application's: what it throws is an error, and passes through no state, lock or
/// thread of ours.
template <class Function, class... Arguments>
auto guarded(std::string_view who, Function&& function, Arguments&&... arguments) ->
    typename AsResult<std::invoke_result_t<Function, Arguments...>>::Type try {
  if constexpr (std::is_void_v<std::invoke_result_t<Function, Arguments...>>) {
    std::invoke(std::forward<Function>(function), std::forward<Arguments>(arguments)...);
    return {};
  } else {
    return std::invoke(std::forward<Function>(function), std::forward<Arguments>(arguments)...);
  }
} catch (...) {
  return fail(thrown_by(who, std::current_exception()));
}

/// Work of ours, which throws where memory is used up: that is the trouble of one call, not of its thread.
/// `failed` is what is said of it, e.g. "The request failed".
template <class Work>
auto unless_it_throws(const char* failed, const Work& work) -> decltype(work()) try {
  return work();
} catch (const std::exception& error) {
  return fail(ErrorClass::internal, std::string(failed) + ": " + error.what() + ".");
}

/// As guarded, where nobody is left to be told: on a thread of the library's own.
template <class Function>
void guarded_alone(const Function& function) noexcept {
  try {
    function();
  } catch (...) {  // NOLINT(bugprone-empty-catch)
  }
}

}  // namespace oauth_token
