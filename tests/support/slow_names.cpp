// A name service that hangs: in the program it is linked into, look-ups of names below "slow.test" take a
// minute.

#include <chrono>
#include <cstring>
#include <thread>

#include <dlfcn.h>
#include <netdb.h>

extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* name, const char* service,
                                                                  const addrinfo* hints, addrinfo** found) {
  if (name != nullptr && std::strstr(name, "slow.test") != nullptr)
    std::this_thread::sleep_for(std::chrono::minutes(1));
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(name, service, hints, found);
}
