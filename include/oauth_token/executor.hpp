#pragma once

#include <functional>

#pragma GCC visibility push(default)
namespace oauth_token {

/// Where the callbacks of `..._async` calls run: runs `work` soon on a thread that the application chooses,
/// e.g. the one of its windows. Is called from any thread, also while the object that calls it is being
/// destroyed; must not block. Empty, or where it throws: callbacks run on the library's own thread, where
/// they must not block.
///
/// For every `..._async` call holds: it returns at once, and never calls `done` itself, unless there is no
/// executor and no further thread can be started: then `done` gets that error before the call returns. `done`
/// is called exactly once; what it throws reaches whoever runs it, on the library's own thread nobody. A stop
/// request has it called with class `interrupted` within 100 ms. Destroying the object that was called drops
/// what is under way: a `done` that has not begun is destroyed without being called, and one that runs on
/// another thread is waited for; `done` itself may destroy the object, even before the call has returned. In
/// a child after fork, calls of an object that was made before give class `usage`, and the object can be
/// destroyed there without touching what the parent is busy with. Objects that are made in the child work as
/// long as no other thread was in OpenSSL at the fork, whose locks it would leave held there for ever.
using Executor = std::function<void(std::function<void()> work)>;

}  // namespace oauth_token
#pragma GCC visibility pop
