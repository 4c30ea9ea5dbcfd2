#include "base/module.hpp"

#include <array>
#include <climits>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <dlfcn.h>
#include <link.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace oauth_token {
namespace {

// The file that this code is linked into: the program, or an application's shared library.
std::string own_file() {
  Dl_info info{};
  link_map* map = nullptr;
  static const char anchor = 0;
  if (::dladdr1(&anchor, &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) != 0 && map != nullptr &&
      map->l_name != nullptr && map->l_name[0] == '/')
    return map->l_name;
  std::array<char, PATH_MAX> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  return length > 0 ? std::string(path.data(), static_cast<std::size_t>(length)) : std::string();
}

ModuleOpening around{[](std::string_view) noexcept {}, [](std::string_view) noexcept {}};

// Beside the file itself where it stands (a relocated or not yet installed tree: PREFIX/bin and PREFIX/lib),
// then where the build was told to install to.
std::vector<std::string> candidates(std::string_view name) {
  const std::string file = "/" OAUTH_TOKEN_MODULES "/oauth_token_" + std::string(name) + ".so";
  std::vector<std::string> paths;
  const std::string own = own_file();
  if (const auto slash = own.rfind('/'); slash != std::string::npos) {
    const std::string folder = own.substr(0, slash);
    paths.push_back(folder + file);
    if (const auto parent = folder.rfind('/'); parent != std::string::npos)
      paths.push_back(folder.substr(0, parent) + "/" OAUTH_TOKEN_LIBDIR + file);
  }
  paths.push_back(OAUTH_TOKEN_FULL_LIBDIR + file);
  return paths;
}

// The loader's reason, a text in some language, does not always tell memory from other trouble.
std::string advice_where_memory_is_limited() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {};
  return " Or raise the limit of memory: ulimit -v.";
}

}  // namespace

Result<void*> open_module(std::string_view name, Binding binding) {
  std::string reason;
  std::string missing;
  for (const std::string& path : candidates(name)) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
      missing += (missing.empty() ? "there is no " : ", nor ") + path;
      continue;
    }
    around.begins(name);
    void* const module =
        ::dlopen(path.c_str(), (binding == Binding::late ? RTLD_LAZY : RTLD_NOW) | RTLD_LOCAL);
    around.ended(name);
    if (module != nullptr) {
      if (void* const entry = ::dlsym(module, ("oauth_token_" + std::string(name) + "_module").c_str()))
        return entry;
    }
    // NOLINTNEXTLINE(concurrency-mt-unsafe): glibc keeps the text for each thread
    if (const char* const text = ::dlerror()) reason = text;
  }
  return fail(ErrorClass::internal,
              "The module \"" + std::string(name) +
                  "\" cannot be loaded: " + (reason.empty() ? missing : reason) + ".",
              "Install oauth-token again, with its " + std::string(name) +
                  " module; an application that carries the static library elsewhere puts its modules into " +
                  OAUTH_TOKEN_MODULES + " beside it." +
                  (reason.empty() ? std::string() : advice_where_memory_is_limited()));
}

void around_module_opening(const ModuleOpening& opening) noexcept { around = opening; }

}  // namespace oauth_token
