#pragma once

#include <string>
#include <string_view>

namespace oauth_token {

/// Each message is a sentence: "It failed." and " (why)" make "It failed (why).".
inline void insert_before_full_stop(std::string& sentence, std::string_view words) {
  sentence.insert(sentence.size() - (sentence.ends_with('.') ? 1 : 0), words);
}

}  // namespace oauth_token
