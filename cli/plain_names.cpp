// Names of types as the compiler writes them, in place of libstdc++'s demangler, of which a program without
// callbacks of an application needs nothing: a tenth of what the loader relocates at every start, most of a
// page. Where libstdc++ is not linked in, this one serves as well.

#include <cstddef>

#include <cxxabi.h>

namespace {

constexpr int no_valid_name = -2;  // in the words of the C++ ABI

}  // namespace

// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
extern "C" char* __cxxabiv1::__cxa_demangle(const char* /*name*/, char* /*buffer*/, std::size_t* /*size*/,
                                            int* status) {
  if (status != nullptr) *status = no_valid_name;
  return nullptr;
}
