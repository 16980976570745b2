#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machinery/api_fixture_for_tests.h"
#include "machinery/api_kinds_for_tests.h"
#include "machinery/watch_event.h"

namespace signet::machinery {
namespace {

using fixture::ApiFixture;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view widgets = "/api/v1/namespaces/n/widgets";

class Watch : public testing::Test {
 protected:
  ApiFixture api{fake::api_registry(), 2};

  void make(std::string_view name, std::string_view labels = "", std::string_view ns = "n") {
    EXPECT_EQ(api.post(cat("/api/v1/namespaces/", ns, "/widgets"),
                       cat(R"({"metadata":{"name":")", name, R"(","labels":{)", labels, "}}}"))
                  .status,
              201);
  }
  void label(std::string_view name, std::string_view value) {
    EXPECT_EQ(api.patch(cat(widgets, '/', name), "merge-patch",
                        cat(R"({"metadata":{"labels":{"l":")", value, "\"}}}"))
                  .status,
              200);
  }
  void remove(std::string_view name) { EXPECT_EQ(api.del(cat(widgets, '/', name)).status, 200); }
  std::unique_ptr<fixture::OpenWatch> watch(std::string_view parameters) {
    return api.watch(cat(widgets, "?watch=true", parameters));
  }
};

TEST_F(Watch, from_a_version_tells_what_came_after_it) {
  make("a");
  make("b");
  auto from_one = watch("&resourceVersion=1");
  EXPECT_EQ(from_one->next_event(), "ADDED b 2");
  label("a", "x");
  remove("b");
  EXPECT_EQ(from_one->next_event(), "MODIFIED a 3");
  EXPECT_EQ(from_one->next_event(), "DELETED b 4");
  EXPECT_TRUE(from_one->quiet());
}

TEST_F(Watch, an_event_is_the_whole_object) {
  auto following = watch("&resourceVersion=0");
  make("a");
  auto object = api.get(cat(widgets, "/a")).body;
  object.pop_back();
  EXPECT_EQ(following->next(), cat(R"({"type":"ADDED","object":)", object, '}'));
}

TEST_F(Watch, in_protobuf_sends_frames_of_every_kind_of_event) {
  make("a");
  const fixture::Headers accept = {{"accept", "application/vnd.kubernetes.protobuf;stream=watch"}};
  auto following = api.watch(cat(widgets,
                                 "?watch=true&allowWatchBookmarks=true"
                                 "&sendInitialEvents=true"
                                 "&resourceVersionMatch=NotOlderThan"),
                             accept);
  const auto event = [](std::string_view type, std::string_view object) {
    return watch_event(type, object, *fake::widget().schema, Format::protobuf);
  };
  const auto object = api.get(cat(widgets, "/a")).body;
  EXPECT_EQ(following->next(), event("ADDED", object));
  EXPECT_EQ(
      following->next(),
      event("BOOKMARK", R"({"kind":"Widget","apiVersion":"v1","metadata":{"resourceVersion":"1",)"
                        R"("annotations":{"k8s.io/initial-events-end":"true"}}})"));
  remove("a");
  EXPECT_THAT(following->next(), HasSubstr("DELETED"));

  auto metadata = api.watch(cat(widgets, "?watch=true&resourceVersion=1"),
                            {{"accept",
                              "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;"
                              "g=meta.k8s.io;v=v1"}});
  EXPECT_THAT(metadata->next(), HasSubstr("PartialObjectMetadata"));
}

TEST_F(Watch, without_a_version_and_from_zero_starts_with_what_is_there) {
  make("a");
  make("b", "", "m");
  for (const auto* parameters : {"", "&resourceVersion=0"}) {
    auto following = watch(parameters);
    EXPECT_EQ(following->next_event(), "ADDED a 1");
    EXPECT_TRUE(following->quiet());
  }
  auto everywhere = api.watch("/api/v1/widgets?watch=1");
  EXPECT_EQ(everywhere->next_event(), "ADDED b 2");
  EXPECT_EQ(everywhere->next_event(), "ADDED a 1");
}

TEST_F(Watch, hears_writes_of_every_loop) {
  auto here = watch("&resourceVersion=0");
  auto there = api.watch(cat(widgets, "?watch=true"), {}, 1);
  make("a");
  EXPECT_EQ(api.send("DELETE", cat(widgets, "/a"), {}, {}, 1).status, 200);
  for (auto* following : {here.get(), there.get()}) {
    EXPECT_EQ(following->next_event(), "ADDED a 1");
    EXPECT_EQ(following->next_event(), "DELETED a 2");
  }
}

TEST_F(Watch, loses_nothing_between_its_answer_and_its_start) {
  make("a");
  auto opened = api.open(cat(widgets, "?watch=true&resourceVersion=1"));
  make("b");
  opened->start();
  make("c");
  EXPECT_EQ(opened->next_event(), "ADDED b 2");
  EXPECT_EQ(opened->next_event(), "ADDED c 3");
  EXPECT_TRUE(opened->quiet());
}

TEST_F(Watch, an_object_that_starts_or_stops_to_match_is_added_or_deleted) {
  make("a", R"("l":"no")");
  auto following = watch("&resourceVersion=1&labelSelector=l=yes");
  label("a", "yes");
  EXPECT_EQ(following->next_event(), "ADDED a 2");
  label("a", "no");
  const auto gone = following->next();
  EXPECT_THAT(gone, StartsWith(R"({"type":"DELETED")"));
  EXPECT_THAT(gone, HasSubstr(R"("labels":{"l":"yes"})")) << "as it last matched";
  EXPECT_THAT(gone, HasSubstr(R"("resourceVersion":"3")")) << "with the version of the change";
  label("a", "maybe");
  remove("a");
  EXPECT_TRUE(following->quiet());
}

TEST_F(Watch, of_one_name_hears_of_no_other) {
  auto following = watch("&fieldSelector=metadata.name=b");
  make("a");
  make("b");
  EXPECT_EQ(following->next_event(), "ADDED b 2");
}

// However a watch is found in the index, it hears the same.
TEST_F(Watch, of_a_field_of_a_name_of_a_namespace_and_of_all_hear_what_is_theirs) {
  constexpr std::string_view gadgets = "/apis/toys.example/v1/namespaces/n/gadgets";
  const auto open = [&](std::string_view path, std::string_view fields) {
    return api.watch(cat(path, "?watch=true&fieldSelector=", fields));
  };
  const auto of_field = open("/apis/toys.example/v1/gadgets", "spec.owner=me");
  const auto of_name = open(gadgets, "metadata.name=g,spec.owner=me");
  const auto of_name_anywhere = open("/apis/toys.example/v1/gadgets", "metadata.name=g");
  const auto of_namespace = open(gadgets, "spec.owner!=me");
  const auto put = [&](std::string_view owner) {
    ASSERT_EQ(
        api.patch(cat(gadgets, "/g"), "merge-patch", cat(R"({"spec":{"owner":")", owner, "\"}}"))
            .status,
        200);
  };
  ASSERT_EQ(api.post(gadgets, R"({"metadata":{"name":"g"},"spec":{"owner":"you"}})").status, 201);
  put("me");
  put("nobody");
  for (auto* mine : {of_field.get(), of_name.get()}) {
    EXPECT_EQ(mine->next_event(), "ADDED g 2");
    EXPECT_EQ(mine->next_event(), "DELETED g 3");
    EXPECT_TRUE(mine->quiet());
  }
  EXPECT_EQ(of_name_anywhere->next_event(), "ADDED g 1");
  EXPECT_EQ(of_name_anywhere->next_event(), "MODIFIED g 2");
  EXPECT_EQ(of_namespace->next_event(), "ADDED g 1");
  EXPECT_EQ(of_namespace->next_event(), "DELETED g 2");
  EXPECT_EQ(of_namespace->next_event(), "ADDED g 3");
}

TEST_F(Watch, from_a_version_that_is_forgotten_is_one_error_and_the_end) {
  make("a");
  make("b");
  api.view().start_history();
  auto late = watch("&resourceVersion=1");
  EXPECT_EQ(
      late->next(),
      R"j({"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version: 1 (2)","reason":"Expired","code":410}})j");
  EXPECT_EQ(late->next(), "(finished)");
  auto just = watch("&resourceVersion=2");
  make("c");
  EXPECT_EQ(just->next_event(), "ADDED c 3");
}

TEST_F(Watch, of_a_version_to_come_waits_until_it_has_passed) {
  auto following = watch("&resourceVersion=2");
  make("a");
  make("b");
  make("c");
  EXPECT_EQ(following->next_event(), "ADDED c 3");
}

TEST_F(Watch, parameters_that_make_no_sense_are_refused) {
  const auto refused = [&](std::string_view parameters) {
    return api.get(cat(widgets, "?watch=true", parameters)).refusal();
  };
  EXPECT_EQ(
      refused("&resourceVersion=abc"),
      R"(500 (none) resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax)");
  EXPECT_EQ(refused("&timeoutSeconds=x"),
            R"(400 BadRequest strconv.ParseInt: parsing "x": invalid syntax)");
  EXPECT_EQ(refused("&limit="), R"(400 BadRequest strconv.ParseInt: parsing "": invalid syntax)");
  EXPECT_THAT(refused("&resourceVersionMatch=Exact&sendInitialEvents=true"),
              HasSubstr(R"(Unsupported value: "Exact": supported values: "NotOlderThan")"));
  EXPECT_THAT(refused("&resourceVersionMatch=NotOlderThan&sendInitialEvents=1&continue=x"),
              HasSubstr("resourceVersionMatch is forbidden when continue is provided"));
  EXPECT_THAT(refused("&sendInitialEvents=true"),
              HasSubstr("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
  EXPECT_THAT(
      refused("&resourceVersionMatch=NotOlderThan"),
      HasSubstr(
          "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
  EXPECT_THAT(refused("&labelSelector=a%20in"), StartsWith("400 BadRequest"));
}

TEST_F(Watch, initial_events_end_with_a_bookmark_that_says_so) {
  make("a");
  auto following =
      watch("&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
  EXPECT_EQ(following->next_event(), "ADDED a 1");
  EXPECT_EQ(
      following->next(),
      R"({"type":"BOOKMARK","object":{"kind":"Widget","apiVersion":"v1","metadata":{"resourceVersion":"1","annotations":{"k8s.io/initial-events-end":"true"}}}})");
  make("b");
  EXPECT_EQ(following->next_event(), "ADDED b 2");
}

TEST_F(Watch, ends_after_its_timeout_with_a_bookmark_before_for_who_asked) {
  make("a");
  auto asked = watch("&resourceVersion=1&allowWatchBookmarks=true&timeoutSeconds=1");
  auto silent = watch("&resourceVersion=1&timeoutSeconds=1");
  EXPECT_EQ(
      asked->next(),
      R"({"type":"BOOKMARK","object":{"kind":"Widget","apiVersion":"v1","metadata":{"resourceVersion":"1"}}})");
  EXPECT_EQ(asked->next(), "(finished)");
  EXPECT_EQ(silent->next(), "(finished)");
}

TEST(WatchBookmarks, come_each_interval_and_say_how_far_the_client_has_got) {
  ApiFixture api{fake::api_registry(), 1, std::chrono::milliseconds{5}};
  const auto make = [&](std::string_view name) {
    return api.post(widgets, cat(R"({"metadata":{"name":")", name, R"("}})")).status;
  };
  ASSERT_EQ(make("a"), 201);
  auto asked = api.watch(cat(widgets,
                             "?watch=true&resourceVersion=1&allowWatchBookmarks=yes"
                             "&fieldSelector=metadata.name%3Dnone"));
  auto silent = api.watch(cat(widgets,
                              "?watch=true&resourceVersion=1&allowWatchBookmarks=False"
                              "&fieldSelector=metadata.name%3Dnone"));
  const auto bookmark = [](std::string_view version) {
    return cat(R"({"type":"BOOKMARK","object":{"kind":"Widget","apiVersion":"v1","metadata":)",
               R"({"resourceVersion":")", version, R"("}}})");
  };
  EXPECT_EQ(asked->next(), bookmark("1"));
  EXPECT_EQ(asked->next(), bookmark("1"));
  ASSERT_EQ(make("b"), 201);
  while (asked->next() == bookmark("1")) {
  }
  EXPECT_EQ(asked->next(), bookmark("2")) << "what it did not select counts too";
  EXPECT_TRUE(silent->quiet());
}

TEST_F(Watch, without_initial_events_starts_from_now) {
  make("a");
  for (const auto* version : {"", "&resourceVersion=0"}) {
    auto following =
        watch(cat("&sendInitialEvents=false&resourceVersionMatch=NotOlderThan", version));
    EXPECT_TRUE(following->quiet());
  }
}

TEST_F(Watch, marks_the_end_of_initial_events_for_who_takes_bookmarks) {
  make("a");
  auto following = watch("&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
  EXPECT_EQ(following->next_event(), "ADDED a 1");
  EXPECT_TRUE(following->quiet());
}

TEST_F(Watch, with_a_timeout_that_has_passed_ends_at_once) {
  EXPECT_EQ(watch("&timeoutSeconds=-1")->next(), "(finished)");
}

TEST_F(Watch, with_a_timeout_of_zero_stays) {
  EXPECT_TRUE(watch("&timeoutSeconds=0")->quiet());
}

TEST_F(Watch, as_table_names_the_columns_once) {
  make("a");
  auto following = api.watch(cat(widgets, "?watch=true"),
                             {{"accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}});
  make("b");
  const auto first = following->next();
  EXPECT_THAT(first, HasSubstr(R"("kind":"Table")"));
  EXPECT_THAT(first, HasSubstr(R"("columnDefinitions":[{"name":"Name")"));
  EXPECT_THAT(first, HasSubstr(R"("cells":["a",0])"));
  const auto second = following->next();
  EXPECT_THAT(second, Not(HasSubstr(R"("columnDefinitions":[)")));
  EXPECT_THAT(second, HasSubstr(R"("cells":["b",0])"));
}

TEST_F(Watch, as_metadata_shows_metadata) {
  auto following =
      api.watch(cat(widgets, "?watch=true"),
                {{"accept", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"}});
  make("a");
  EXPECT_THAT(following->next(),
              StartsWith(R"({"type":"ADDED","object":{"kind":"PartialObjectMetadata")"));
}

TEST_F(Watch, a_client_that_does_not_read_is_told_nothing_more_and_hinders_nobody) {
  auto slow = watch("&resourceVersion=0");
  auto quick = watch("&resourceVersion=0");
  slow->clog();
  make("a");
  make("b");
  EXPECT_EQ(quick->next_event(), "ADDED a 1");
  EXPECT_EQ(quick->next_event(), "ADDED b 2");
  EXPECT_TRUE(slow->quiet());
  slow.reset();
  make("c");
  EXPECT_EQ(quick->next_event(), "ADDED c 3");
}

TEST_F(Watch, many_writers_are_told_in_the_order_of_their_versions) {
  auto following = api.watch("/api/v1/widgets?watch=true");
  constexpr int each = 50;
  std::vector<std::thread> writers;
  for (std::size_t loop = 0; loop < 2; ++loop) {
    writers.emplace_back([this, loop] {
      for (int i = 0; i < each; ++i) {
        ASSERT_EQ(api.send("POST", widgets, cat(R"({"metadata":{"name":"w-)", loop, '-', i, "\"}}"),
                           {}, loop)
                      .status,
                  201);
      }
    });
  }
  for (int i = 1; i <= 2 * each; ++i) {
    EXPECT_THAT(following->next_event(), testing::EndsWith(cat(' ', i)));
  }
  for (auto& writer : writers) writer.join();
}

}  // namespace
}  // namespace signet::machinery
