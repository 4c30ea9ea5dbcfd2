#include "trace.hpp"

#include "dry_run.hpp"
#include "report.hpp"
#include "terminal/progress.hpp"

#include <utility>

namespace oauth_token::cli {
namespace {

// Metadata are asked for by GET, all else by POST.
Transport noting(Context& context, Transport transport) {
  return [&context, transport = std::move(transport)](const HttpRequest& request, std::stop_token stop) {
    auto response = transport(request, std::move(stop));
    if (response && request.method == "POST") context.sent = Sent::yes;
    return response;
  };
}

Transport showing(Context& context, Transport transport) {
  return [&context, transport = std::move(transport)](const HttpRequest& request,
                                                      std::stop_token stop) -> Result<HttpResponse> {
    trace(context, describe(request));
    auto response = transport(request, std::move(stop));
    if (response) trace(context, describe(*response, request));
    return response;
  };
}

Transport waiting(Transport transport) {
  return [transport = std::move(transport)](const HttpRequest& request, std::stop_token stop) {
    const Waiting shows_for_how_long;
    return transport(request, std::move(stop));
  };
}

}  // namespace

std::function<Transport(Transport)> tracing(Context& context, const Settings& settings) {
  if (settings.flag("dry-run")) return [&context](const Transport&) { return sending_nothing(context); };
  if (!settings.flag("verbose")) {
    if (progress_is_allowed()) return waiting;
    if (context.json)
      return [&context](Transport transport) { return noting(context, std::move(transport)); };
    return {};
  }
  return [&context](Transport transport) { return showing(context, noting(context, std::move(transport))); };
}

}  // namespace oauth_token::cli
