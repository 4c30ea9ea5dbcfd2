#include "base/registers.hpp"
#include "base/secret_pages.hpp"

#include <oauth_token/secret.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <mutex>
#include <new>
#include <string_view>
#include <utility>

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

namespace oauth_token {
namespace {

// Mapping, locking and excluding a page costs 5.6 us in system calls, a request needs several: they are
// mapped some at a time, and wiped single pages are kept for the next secret. The system gives back any page
// of a mapping, so that a module with its own copy of this file can give back what another one took.
constexpr std::size_t kept_pages = 32;
constexpr std::size_t pages_at_a_time = 8;

std::atomic<bool> everything_locked{true};
std::atomic<bool (*)(char*) noexcept> next_pool{nullptr};

std::size_t page_size() noexcept {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

struct PagePool {
  std::mutex mutex;
  std::array<char*, kept_pages> pages{};
  std::size_t count = 0;
  bool hears_of_forks = false;
  bool is_of_child = false;
};

PagePool* only_pool = nullptr;

// A child of fork has the pages, but not their locks (mlock(2)): it begins with none, and locks those of its
// parent's that come back. Safe wherever the other threads were: the mutex stays as it is.
void begin_in_child() noexcept {
  only_pool->count = 0;
  only_pool->is_of_child = true;
}

PagePool& pool() noexcept {
  // Never destroyed: secrets with static storage may be released after it would have been.
  alignas(PagePool) static std::array<std::byte, sizeof(PagePool)> storage;
  static PagePool* const instance = [] {
    only_pool = new (storage.data()) PagePool;
    only_pool->hears_of_forks = ::pthread_atfork(nullptr, nullptr, begin_in_child) == 0;
    return only_pool;
  }();
  return *instance;
}

// Whoever comes while the pool is held goes to the system instead: in a child of fork it may be held for
// ever.
std::unique_lock<std::mutex> hold(PagePool& kept) noexcept {
  if (!kept.hears_of_forks) return {};
  return {kept.mutex, std::try_to_lock};
}

enum class Unlocked { counts, gives_nothing };

// Locked as they are first touched, since many never are. Linux 4.4 has it.
bool lock_pages(void* pages, std::size_t bytes) noexcept {
  return ::mlock2(pages, bytes, MLOCK_ONFAULT) == 0 || ::mlock(pages, bytes) == 0;
}

/// Null only where Unlocked::gives_nothing has said so.
char* map_pages(std::size_t bytes, Unlocked unlocked = Unlocked::counts) {
  void* const pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  if (!lock_pages(pages, bytes)) {
    if (unlocked == Unlocked::gives_nothing) {
      ::munmap(pages, bytes);
      return nullptr;
    }
    everything_locked.store(false, std::memory_order_relaxed);
  }
  ::madvise(pages, bytes, MADV_DONTDUMP);
  ::madvise(pages, bytes, MADV_WIPEONFORK);
  return static_cast<char*>(pages);
}

/// One page of some, the others of which are kept. Where only one may be locked still, one.
char* map_some(PagePool& empty) {
  char* const pages = map_pages(pages_at_a_time * page_size(), Unlocked::gives_nothing);
  if (pages == nullptr) return map_pages(page_size());
  while (empty.count + 1 < pages_at_a_time) {
    ++empty.count;
    empty.pages.at(empty.count - 1) = pages + empty.count * page_size();
  }
  return pages;
}

std::size_t rounded(std::size_t bytes) noexcept {
  return (std::max<std::size_t>(bytes, 1) + page_size() - 1) / page_size() * page_size();
}

char* acquire(std::size_t capacity) {
  if (capacity == page_size()) {
    PagePool& kept = pool();
    if (const auto held = hold(kept)) return kept.count > 0 ? kept.pages.at(--kept.count) : map_some(kept);
  }
  return map_pages(capacity);
}

void release(char* data, std::size_t capacity) noexcept {
  if (data == nullptr) return;
  ::explicit_bzero(data, capacity);
  if (capacity == page_size()) {
    if (keep_secret_page(data)) return;
    if (auto* const next = next_pool.load(std::memory_order_acquire); next != nullptr && next(data)) return;
  }
  ::munmap(data, capacity);
}

// Fewer bytes than this are copied through general registers, which are overwritten all the time.
constexpr std::size_t vector_size = 16;

void copy_bytes(char* target, const char* source, std::size_t size) noexcept {
  std::memmove(target, source, size);
  if (size >= vector_size) wipe_vector_registers();
}

}  // namespace

Secret::Secret(std::string_view text) {
  if (text.empty()) return;
  capacity_ = rounded(text.size());
  data_ = acquire(capacity_);
  copy_bytes(data_, text.data(), text.size());
  size_ = text.size();
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
  }
  return *this;
}

Secret::~Secret() { wipe(); }

void Secret::wipe() noexcept {
  release(std::exchange(data_, nullptr), std::exchange(capacity_, 0));
  size_ = 0;
}

bool operator==(const Secret& left, const Secret& right) noexcept {
  const std::string_view a = left.expose();
  const std::string_view b = right.expose();
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned>(static_cast<unsigned char>(b[i]));
  return difference == 0;
}

SecretBuffer::SecretBuffer(std::size_t capacity) { room(capacity); }

char* SecretBuffer::room(std::size_t count) {
  const std::size_t needed = secret_.size_ + count;
  if (needed > secret_.capacity_ || secret_.data_ == nullptr) {
    const std::size_t capacity = rounded(std::max(needed, secret_.capacity_ * 2));
    char* const larger = acquire(capacity);
    if (secret_.size_ > 0) copy_bytes(larger, secret_.data_, secret_.size_);
    const std::size_t size = secret_.size_;
    secret_.wipe();
    secret_ = Secret(larger, size, capacity);
  }
  return secret_.data_ + secret_.size_;
}

SecretBuffer& SecretBuffer::append(std::string_view text) {
  if (!text.empty()) {
    copy_bytes(room(text.size()), text.data(), text.size());
    grew(text.size());
  }
  return *this;
}

void SecretBuffer::truncate(std::size_t size) noexcept {
  if (size >= secret_.size_) return;
  ::explicit_bzero(secret_.data_ + size, secret_.size_ - size);
  secret_.size_ = size;
}

void SecretBuffer::drop_front(std::size_t count) noexcept {
  if (count == 0) return;
  const std::size_t left = secret_.size_ - std::min(count, secret_.size_);
  if (left > 0) copy_bytes(secret_.data_, secret_.data_ + (secret_.size_ - left), left);
  truncate(left);
}

bool keep_secret_page(char* page) noexcept {
  PagePool& kept = pool();
  const auto held = hold(kept);
  if (!held || kept.count == kept.pages.size()) return false;
  if (kept.is_of_child && !lock_pages(page, page_size())) return false;
  kept.pages.at(kept.count++) = page;
  return true;
}

void hand_secret_pages_on_to(bool (*keep)(char* page) noexcept) noexcept {
  next_pool.store(keep, std::memory_order_release);
}

bool secret_memory_is_locked() noexcept { return everything_locked.load(std::memory_order_relaxed); }

}  // namespace oauth_token
