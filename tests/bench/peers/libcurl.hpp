// The same POST by libcurl alone, its answer unparsed, as its documentation shows it for one transfer after
// another and for many at once. The wanted count is of answers; whatever goes wrong ends the program.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <curl/curl.h>

[[noreturn]] inline void give_up(const char* why) {
  std::fprintf(stderr, "%s\n", why);
  std::exit(1);
}

class TokenPosts {
 public:
  explicit TokenPosts(const char* url) : url_(url) {
    headers_ = curl_slist_append(headers_, "Accept: application/json");
  }
  TokenPosts(const TokenPosts&) = delete;
  TokenPosts& operator=(const TokenPosts&) = delete;
  ~TokenPosts() { curl_slist_free_all(headers_); }

  CURL* make() const {
    CURL* const easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url_);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                     "grant_type=password&client_id=app&username=alice&password=secret&scope=read");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &discard);
    // With the bundle, every connection would parse it anew: 26 ms and 0.9 MiB.
    curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
    curl_easy_setopt(easy, CURLOPT_CAPATH, "/etc/ssl/certs");
    return easy;
  }

 private:
  static std::size_t discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

  const char* url_;
  curl_slist* headers_ = nullptr;
};

class SerialByLibcurl {
 public:
  explicit SerialByLibcurl(const char* url) : posts_(url), easy_(posts_.make()) {}
  SerialByLibcurl(const SerialByLibcurl&) = delete;
  SerialByLibcurl& operator=(const SerialByLibcurl&) = delete;
  ~SerialByLibcurl() { curl_easy_cleanup(easy_); }

  void run(int wanted) {
    for (int i = 0; i < wanted; ++i)
      if (const CURLcode code = curl_easy_perform(easy_); code != CURLE_OK) give_up(curl_easy_strerror(code));
  }

 private:
  TokenPosts posts_;
  CURL* easy_;
};

class ManyByLibcurl {
 public:
  ManyByLibcurl(const char* url, int at_once) : posts_(url), multi_(curl_multi_init()) {
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(at_once));
    for (int i = 0; i < at_once; ++i) easy_.push_back(posts_.make());
  }
  ManyByLibcurl(const ManyByLibcurl&) = delete;
  ManyByLibcurl& operator=(const ManyByLibcurl&) = delete;
  ~ManyByLibcurl() {
    for (CURL* const easy : easy_) curl_easy_cleanup(easy);
    curl_multi_cleanup(multi_);
  }

  void run(int wanted) {
    int begun = 0;
    int ended = 0;
    for (CURL* const easy : easy_) begin(easy, begun, wanted);
    while (ended < wanted) {
      int running = 0;
      curl_multi_perform(multi_, &running);
      int left = 0;
      while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
        if (message->data.result != CURLE_OK) give_up(curl_easy_strerror(message->data.result));
        CURL* const easy = message->easy_handle;
        curl_multi_remove_handle(multi_, easy);
        ++ended;
        begin(easy, begun, wanted);
      }
      if (ended < wanted) curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
    }
  }

 private:
  void begin(CURL* easy, int& begun, int wanted) {
    if (begun == wanted) return;
    ++begun;
    curl_multi_add_handle(multi_, easy);
  }

  TokenPosts posts_;
  CURLM* multi_;
  std::vector<CURL*> easy_;
};
