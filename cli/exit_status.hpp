#pragma once

#include <oauth_token/exit_status.hpp>
