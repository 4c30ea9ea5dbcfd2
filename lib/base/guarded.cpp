#include "base/guarded.hpp"

#include <cstdlib>
#include <memory>
#include <string>
#include <typeinfo>

#include <cxxabi.h>

namespace oauth_token {
namespace {

std::string type_of(const std::exception_ptr& thrown) try { std::rethrow_exception(thrown); } catch (...) {
  const std::type_info* const type = abi::__cxa_current_exception_type();
  if (type == nullptr) return "an exception";
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(type->name(), nullptr, nullptr, nullptr), std::free);
  return name ? name.get() : type->name();
}

}  // namespace

Error thrown_by(std::string_view who, const std::exception_ptr& thrown, ErrorClass error_class) {
  return {.error_class = error_class,
          .message = "The application's " + std::string(who) + " threw " + type_of(thrown) + ".",
          .hint = "Catch it there and return an error that says more.",
          .reason = "thrown"};
}

}  // namespace oauth_token
