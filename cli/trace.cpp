#include "trace.hpp"

#include "dry_run.hpp"
#include "report.hpp"

#include <utility>

namespace oauth_token::cli {
namespace {

Transport showing(Context& context, Transport transport) {
  return [&context, transport = std::move(transport)](const HttpRequest& request,
                                                      std::stop_token stop) -> Result<HttpResponse> {
    trace(context, describe(request));
    auto response = transport(request, std::move(stop));
    if (response) trace(context, describe(*response, request));
    return response;
  };
}

}  // namespace

std::function<Transport(Transport)> tracing(Context& context, const Settings& settings) {
  if (settings.flag("dry-run")) return [&context](const Transport&) { return sending_nothing(context); };
  if (!settings.flag("verbose")) return {};
  return [&context](Transport transport) { return showing(context, std::move(transport)); };
}

}  // namespace oauth_token::cli
