#include <oauth_token/token_store.hpp>

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace memory_store_test {

using namespace oauth_token;

TEST_CASE("the memory store gives back what was saved last under an id") {
  const auto store = make_memory_store();
  REQUIRE(store->probe({}).has_value());
  CHECK_FALSE((*store->load("a", {})).has_value());
  REQUIRE(store->save({.id = "a"}, Secret("first"), {}).has_value());
  REQUIRE(store->save({.id = "b"}, Secret("other"), {}).has_value());
  REQUIRE(store->save({.id = "a", .generation = 2}, Secret("second"), {}).has_value());
  CHECK((*store->load("a", {}))->expose() == "second");
  CHECK((*store->load("b", {}))->expose() == "other");
  CHECK(*store->list({}) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("erasing from the memory store succeeds also when there was nothing") {
  const auto store = make_memory_store();
  REQUIRE(store->save({.id = "a"}, Secret("first"), {}).has_value());
  CHECK(store->erase("a", {}).has_value());
  CHECK(store->erase("a", {}).has_value());
  CHECK((*store->list({})).empty());
}

}  // namespace memory_store_test
