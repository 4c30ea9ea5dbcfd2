#pragma once

// What the probes, which tests written in Python drive by lines of JSON, have in common.

#include <oauth_token/error.hpp>

#include <string>

#include <nlohmann/json.hpp>

inline nlohmann::json failure(const oauth_token::Error& error) {
  return {{"class", to_string(error.error_class)},
          {"reason", error.reason},
          {"message", error.message},
          {"hint", error.hint}};
}

/// Empty where there is none.
inline std::string member(const nlohmann::json& request, const char* name) {
  return request.value(name, std::string());
}
