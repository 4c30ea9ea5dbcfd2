#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include <malloc.h>
#include <nlohmann/json.hpp>
#include <unistd.h>
#include <valgrind/memcheck.h>

inline long open_descriptors() {
  long count = -1;  // the one that reads them
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

/// What the process holds. Live heap is what was allocated and not freed; under valgrind its tool counts
/// that: memcheck says so here, massif writes it to the file `snapshot`.
inline nlohmann::json sample(const std::string& snapshot) {
  namespace fs = std::filesystem;
  ::malloc_trim(0);  // what is free is no matter
  nlohmann::json out = {{"threads", nlohmann::json::array()}};
  for (const auto& task : fs::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm") >> std::ws, name);
    out["threads"].push_back(name);
  }
  out["descriptors"] = open_descriptors();
  std::ifstream maps("/proc/self/maps");
  long mappings = 0;
  for (std::string line; std::getline(maps, line);) ++mappings;
  out["mappings"] = mappings;
  std::ifstream status("/proc/self/status");
  for (std::string key; status >> key;)
    for (const char* const name : {"VmRSS", "VmLck"})
      if (long kilobytes = 0; key == std::string(name) + ":" && status >> kilobytes)
        out[name] = kilobytes * 1024;
  if (RUNNING_ON_VALGRIND != 0) {
    unsigned long leaked = 0;
    unsigned long dubious = 0;
    unsigned long reachable = 0;
    unsigned long suppressed = 0;
    VALGRIND_DO_QUICK_LEAK_CHECK;
    VALGRIND_COUNT_LEAKS(leaked, dubious, reachable, suppressed);
    out["live"] = leaked + dubious + reachable + suppressed;
    out["leaked"] = leaked;
    (void)VALGRIND_MONITOR_COMMAND(("snapshot " + snapshot).c_str());
  } else {
    const auto info = ::mallinfo2();
    out["live"] = info.uordblks + info.hblkhd;
  }
  return out;
}
