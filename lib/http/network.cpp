#include "http/network.hpp"

#include "base/own_process.hpp"
#include "http/client_certificate.hpp"
#include "http/curl.hpp"

#include <array>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace oauth_token::http {
namespace {

// libcurl's own initialisation counts its users and is safe beside a host that did it, too.
Result<void> initialise() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) return fail(ErrorClass::internal, "libcurl cannot be initialised.");
  const auto* const info = curl_version_info(CURLVERSION_NOW);
  const std::string_view tls = info->ssl_version == nullptr ? "" : info->ssl_version;
  // 7.87 brought look-ups that can be left alone, 7.88 TLS that raises no SIGPIPE. Debian 12 has 7.88.1.
  if (info->version_num < 0x075800 || tls.find("OpenSSL") == std::string_view::npos)
    return fail(ErrorClass::internal,
                std::string("libcurl ") + info->version + " with " + std::string(tls) + " cannot be used.",
                "Install libcurl 7.88 or later, built with OpenSSL.");
  return {};
}

struct Share {
  CURLSH* handle = curl_share_init();
  std::array<std::mutex, CURL_LOCK_DATA_LAST> mutexes = {};

  Share() {
    curl_share_setopt(handle, CURLSHOPT_USERDATA, this);
    curl_share_setopt(
        handle, CURLSHOPT_LOCKFUNC, +[](CURL*, curl_lock_data what, curl_lock_access, void* self) {
          static_cast<Share*>(self)->mutexes.at(what).lock();
        });
    curl_share_setopt(
        handle, CURLSHOPT_UNLOCKFUNC, +[](CURL*, curl_lock_data what, void* self) {
          static_cast<Share*>(self)->mutexes.at(what).unlock();
        });
    curl_share_setopt(handle, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_share_setopt(handle, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
  }
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;
  ~Share() { curl_share_cleanup(handle); }
};

}  // namespace

Result<std::shared_ptr<const Network>> Network::open(const TransportOptions& options) {
  if (auto ready = initialise(); !ready) return fail(std::move(ready.error()));
  auto trust = Trust::choose(options);
  if (!trust) return fail(std::move(trust.error()));
  if (auto usable = check(options.client_certificate); !usable) return fail(std::move(usable.error()));
  const std::shared_ptr<Share> share(new Share, DeleteInOwnProcess<Share>());
  return std::make_shared<const Network>(Network{.trust = std::move(*trust),
                                                 .routes = Routes(options),
                                                 .certificate = options.client_certificate,
                                                 .connect_timeout = options.connect_timeout,
                                                 .share = {share, share->handle}});
}

}  // namespace oauth_token::http
