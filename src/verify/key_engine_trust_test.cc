// Whom the engine believes about where keys are, and what operators change.

#include "base/files.h"
#include "base/temp_directory_for_tests.h"
#include "verify/key_engine_fixture_for_tests.h"

namespace signet::verify::testing {
namespace {

// K-1 63: discovery mismatch.
TEST_F(KeyEngineTest, attack_17_a_document_about_another_issuer_is_refused_and_the_keys_stay) {
  for (const auto* other :
       {"https://k8s.example/", "https://K8S.example", "https://k8s.example:443",
        "http://k8s.example", "https://evil.example"}) {
    start();
    load();
    network_.serve(document_, ok(discovery(other, "https://k8s.example/stolen")));
    for (int hour = 0; hour < 25; ++hour) {
      run(hours{1});
      ASSERT_EQ(find(0), KeyAnswer::keys) << other;
    }
    EXPECT_GT(status().counts.failed, 0) << other;
    EXPECT_EQ(status().jwks_uri, keys_);
  }
  EXPECT_TRUE(metrics_.text().contains("fetch_failures_total{reason=\"document\"}"));
  EXPECT_EQ(network_.count("https://k8s.example/stolen"), 0);
}

TEST_F(KeyEngineTest, a_wrong_document_loads_nothing) {
  for (const auto* other :
       {"https://k8s.example/", "https://K8S.example", "https://k8s.example:443",
        "http://k8s.example", "https://evil.example"}) {
    start();
    network_.serve(document_, ok(discovery(other, keys_)));
    network_.serve(keys_, ok(jwks({0})));
    configure({{.issuer = issuer_}});
    run(minutes{10});
    EXPECT_EQ(find(0), KeyAnswer::keys_unavailable) << other;
    EXPECT_EQ(network_.count(keys_), 0);
    EXPECT_EQ(status().last_error, cat(document_, ": discovery: the document is about issuer \"",
                                       other, "\", not \"https://k8s.example\""));
  }
}

// K-1 64.
TEST_F(KeyEngineTest, a_mirror_of_the_document_must_be_about_the_issuer) {
  const std::string mirror = "https://mirror.example/doc";
  network_.serve(mirror, ok(discovery(issuer_, "https://mirror.example/keys")));
  network_.serve("https://mirror.example/keys", ok(jwks({0})));
  configure({{.issuer = issuer_, .discovery_url = mirror}});
  run(seconds{1});
  EXPECT_EQ(find(0), KeyAnswer::keys);
  EXPECT_EQ(network_.count(document_), 0);
  start();
  network_.serve(mirror, ok(discovery("https://mirror.example", "https://mirror.example/keys")));
  configure({{.issuer = issuer_, .discovery_url = mirror}});
  run(seconds{1});
  EXPECT_EQ(find(0), KeyAnswer::keys_unavailable);
}

// K-1 65: what a document names is not followed anywhere.
TEST_F(KeyEngineTest, attack_19_keys_are_fetched_from_listed_hosts_only) {
  const std::string elsewhere = "https://keys.example:6443/jwks";
  network_.serve(elsewhere, ok(jwks({0})));
  for (const auto* uri : {"http://k8s.example/openid/v1/jwks", "https://keys.example:6443/jwks",
                          "https://k8s.example:6443/jwks", "https://k8s.example.evil/jwks",
                          "file:///etc/passwd", "https://user@k8s.example/jwks"}) {
    start();
    network_.forget();
    network_.serve(document_, ok(discovery(issuer_, uri)));
    configure({{.issuer = issuer_}});
    run(milliseconds{500});
    EXPECT_EQ(network_.seen().size(), 1) << uri;
    EXPECT_EQ(find(0), KeyAnswer::keys_unavailable) << uri;
  }
  start();
  network_.serve(document_, ok(discovery(issuer_, elsewhere)));
  configure({{.issuer = issuer_, .jwks_hosts = {"Keys.example:6443"}}});
  run(seconds{1});
  EXPECT_EQ(find(0), KeyAnswer::keys);
  EXPECT_EQ(status().jwks_uri, elsewhere);
}

TEST_F(KeyEngineTest, a_configured_jwks_uri_needs_no_document) {
  network_.serve("https://10.0.0.1:6443/openid/v1/jwks", ok(jwks({0})));
  configure({{.issuer = issuer_,
              .jwks_uri = "https://10.0.0.1:6443/openid/v1/jwks",
              .allowed_cidrs = {"10.0.0.0/8"}}});
  run(seconds{1});
  EXPECT_EQ(find(0), KeyAnswer::keys);
  EXPECT_EQ(network_.seen().size(), 1);
  const auto& request = network_.seen().front().request;
  EXPECT_TRUE(request.addresses.allows("10.0.0.1", 6443));
  EXPECT_FALSE(request.addresses.allows("169.254.169.254", 443));
  EXPECT_EQ(request.body_bytes_max, 128 * 1024);
  EXPECT_EQ(request.timeout, seconds{5});
}

TEST_F(KeyEngineTest, a_document_narrows_what_keys_are_for) {
  network_.serve(document_, ok(cat(R"({"issuer":")", issuer_, R"(","jwks_uri":")", keys_,
                                   R"(","id_token_signing_alg_values_supported":["RS256"]})")));
  network_.serve(keys_, ok(jwks({0})));
  configure({{.issuer = issuer_}});
  run(seconds{1});
  EXPECT_EQ(find(0), KeyAnswer::keys_unavailable);
}

TEST_F(KeyEngineTest, the_document_is_read_again_once_a_day) {
  load();
  for (int hour = 0; hour < 23; ++hour) {
    run(hours{1});
    find(0);
  }
  EXPECT_EQ(network_.count(document_), 1);
  for (int hour = 0; hour < 2; ++hour) {
    run(hours{1});
    find(0);
  }
  EXPECT_EQ(network_.count(document_), 2);
}

TEST_F(KeyEngineTest, keys_that_moved_are_found_by_the_document_at_once) {
  for (const auto& gone : {with_status(404), with_status(410), broken(net::FetchFault::tls)}) {
    start();
    load();
    network_.forget();
    const auto moved = issuer_ + "/new/jwks";
    network_.serve(document_, ok(discovery(issuer_, moved)));
    network_.serve(moved, ok(jwks({1})));
    network_.serve(keys_, gone);
    run(minutes{11});
    EXPECT_EQ(find(1), KeyAnswer::keys);
    EXPECT_EQ(network_.count(document_), 1);
    EXPECT_EQ(status().counts.failed, 0);
  }
}

TEST_F(KeyEngineTest, a_document_is_read_again_once_a_minute_at_most) {
  load();
  run(minutes{11});
  network_.forget();
  network_.serve(keys_, with_status(404));
  run(hours{1});
  SteadyTime last = SteadyTime::min();
  for (const auto& seen : network_.seen()) {
    if (seen.url() != document_) continue;
    if (last != SteadyTime::min()) EXPECT_GE(seen.at - last, seconds{60});
    last = seen.at;
  }
  EXPECT_GE(network_.count(document_), 3);
}

TEST_F(KeyEngineTest, keys_are_fetched_while_the_document_cannot_be) {
  load();
  network_.serve(document_, with_status(500));
  for (int hour = 0; hour < 48; ++hour) {
    run(hours{1});
    ASSERT_EQ(find(0), KeyAnswer::keys);
    ASSERT_EQ(status().state, KeyState::fresh);
  }
}

TEST_F(KeyEngineTest, attack_40_credentials_go_to_the_pinned_origin_alone) {
  const signet::fixture::TempDirectory directory;
  const auto file = directory / "token";
  ASSERT_TRUE(write_file_durably(file, "secret-token\n", 0600));
  network_.serve(document_, ok(discovery(issuer_, "https://evil.example/jwks")));
  network_.serve("https://evil.example/jwks", ok(jwks({0})));
  configure({{.issuer = issuer_,
              .jwks_hosts = {"evil.example"},
              .credentials_file = file,
              .credentials_origin = "https://k8s.example"}});
  run(seconds{1});
  ASSERT_EQ(network_.seen().size(), 2);
  EXPECT_EQ(network_.seen()[0].header("authorization"), "Bearer secret-token");
  EXPECT_EQ(network_.seen()[1].url(), "https://evil.example/jwks");
  EXPECT_EQ(network_.seen()[1].header("authorization"), "");
  // Read again for each request.
  ASSERT_TRUE(write_file_durably(file, "rotated", 0600));
  network_.serve(document_, ok(discovery(issuer_, keys_)));
  network_.serve(keys_, ok(jwks({0})));
  network_.serve("https://evil.example/jwks", with_status(404));
  run(minutes{11});
  EXPECT_EQ(network_.seen().back().header("authorization"), "Bearer rotated");
}

TEST_F(KeyEngineTest, without_its_credentials_nothing_is_sent) {
  serve_issuer(issuer_, jwks({0}));
  configure({{.issuer = issuer_,
              .credentials_file = "/nowhere/token",
              .credentials_origin = "https://k8s.example"}});
  run(seconds{1});
  EXPECT_TRUE(network_.seen().empty());
  EXPECT_TRUE(status().last_error.contains("/nowhere/token"));
  EXPECT_EQ(ask(0)->answer, KeyAnswer::keys_unavailable);
}

// K-1 69: CA and pin, also when they change on disk.
TEST_F(KeyEngineTest, a_ca_file_is_read_for_each_fetch) {
  const signet::fixture::TempDirectory directory;
  const auto file = directory / "ca.pem";
  ASSERT_TRUE(write_file_durably(file, "first", 0600));
  serve_issuer(issuer_, jwks({0}));
  const std::string pin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  configure({{.issuer = issuer_, .ca_file = file, .spki_pin = pin}});
  run(seconds{1});
  EXPECT_EQ(network_.seen().back().request.trust->ca_pem, "first");
  EXPECT_EQ(network_.seen().back().request.trust->spki_pin, pin);
  ASSERT_TRUE(write_file_durably(file, "second", 0600));
  run(minutes{11});
  EXPECT_EQ(network_.seen().back().request.trust->ca_pem, "second");
  network_.forget();
  ASSERT_TRUE(write_file_durably(file, "\n", 0600));
  run(minutes{11});
  EXPECT_TRUE(network_.seen().empty()) << "an empty CA file must not mean the system's";
  EXPECT_EQ(find(0), KeyAnswer::keys);
}

// K-1 94.
TEST_F(KeyEngineTest, a_removed_issuer_is_gone_at_once_and_its_fetch_with_it) {
  load();
  network_.serve(keys_, hanging());
  const auto waiting = ask("bogus");
  run(milliseconds{10});
  ASSERT_EQ(network_.running(), 1);
  configure({{.issuer = "https://other.example"}});
  EXPECT_EQ(find(0), KeyAnswer::unknown_issuer);
  EXPECT_EQ(generation(), 0);
  EXPECT_EQ(waiting->answer, KeyAnswer::unknown_issuer);
  EXPECT_EQ(network_.cancelled(), 1);
  run(seconds{10});
  EXPECT_EQ(find(0), KeyAnswer::unknown_issuer);
  EXPECT_FALSE(engine_->status(issuer_));
}

TEST_F(KeyEngineTest, an_issuer_that_comes_back_has_another_generation) {
  load();
  const auto before = generation();
  configure({});
  EXPECT_EQ(find(0), KeyAnswer::unknown_issuer);
  configure({{.issuer = issuer_}});
  run(seconds{1});
  EXPECT_EQ(find(0), KeyAnswer::keys);
  EXPECT_NE(generation(), before);
}

TEST_F(KeyEngineTest, a_source_that_did_not_change_keeps_its_keys) {
  load();
  const auto before = generation();
  network_.forget();
  configure({{.issuer = issuer_}, {.issuer = "https://other.example"}});
  EXPECT_EQ(find(0), KeyAnswer::keys);
  EXPECT_EQ(generation(), before);
  EXPECT_EQ(network_.count(keys_), 0);
  // Another origin of keys: what came from the last one is not believed any more.
  configure({{.issuer = issuer_, .jwks_uri = "https://mirror.example/keys"}});
  EXPECT_EQ(find(0), KeyAnswer::keys_unavailable);
}

TEST_F(KeyEngineTest, a_wrong_configuration_changes_nothing) {
  load();
  const auto configured = engine_->configure(
      {{.issuer = "http://a"}, {.issuer = "https://b", .ports = {}}, {.issuer = "https://c"}});
  ASSERT_FALSE(configured);
  EXPECT_EQ(configured.error().size(), 2);
  EXPECT_EQ(find(0), KeyAnswer::keys);
  EXPECT_EQ(engine_->status().size(), 1);
}

// "drop kid" of verify.md B.15.
TEST_F(KeyEngineTest, a_refused_kid_is_gone_at_once_and_comes_back_when_allowed) {
  serve_issuer(issuer_, "");
  network_.serve(keys_, [](const SimulatedNetwork::Seen& seen) {
    return seen.header("if-none-match") == "\"t\"" ? with_status(304)
                                                   : ok(jwks({0, 1}), {{"etag", "\"t\""}});
  });
  configure({{.issuer = issuer_}});
  run(seconds{1});
  const auto before = generation();
  configure({{.issuer = issuer_, .refused_kids = {test_key(0).kid}}});
  EXPECT_EQ(find(0), KeyAnswer::unknown_key);
  EXPECT_EQ(find(1), KeyAnswer::keys);
  EXPECT_NE(generation(), before);
  run(hours{1});
  EXPECT_EQ(find(0), KeyAnswer::unknown_key);
  configure({{.issuer = issuer_}});
  run(minutes{11});
  EXPECT_EQ(find(0), KeyAnswer::keys);
}

// K-1 43.
TEST_F(KeyEngineTest, a_kid_that_is_not_the_hash_of_its_key_is_refused_where_that_is_the_rule) {
  serve_issuer(issuer_, jwks({0}, "made-up"));
  configure({{.issuer = issuer_, .verify_kid_hash = true}});
  run(seconds{1});
  EXPECT_EQ(reader_->find(issuer_, "made-up", alg).answer, KeyAnswer::unknown_key);
  network_.serve(keys_, ok(jwks({0})));
  run(minutes{11});
  EXPECT_EQ(find(0), KeyAnswer::keys);
  // The same for keys that are written down.
  auto set = jwks({0}, "made-up");
  set.insert(set.rfind(']'), cat(',', jose::to_jwk(test_key(1))));
  configure({{.issuer = issuer_, .jwks = set, .verify_kid_hash = true}});
  EXPECT_EQ(find_kid("made-up"), KeyAnswer::unknown_key);
  EXPECT_EQ(find(1), KeyAnswer::keys);
}

// K-1 36: one bad key does not lose the set.
TEST_F(KeyEngineTest, a_key_of_no_use_is_skipped_and_the_others_work) {
  auto set = jwks({0});
  set.insert(set.find('[') + 1, R"({"kty":"RSA","kid":"weak","n":"AQAB","e":"AQAB"},)");
  serve_issuer(issuer_, set);
  configure({{.issuer = issuer_}});
  run(seconds{1});
  EXPECT_EQ(find(0), KeyAnswer::keys);
  EXPECT_EQ(find_kid("weak"), KeyAnswer::unknown_key);
  EXPECT_TRUE(metrics_.text().contains("signet_keys_skipped_total 1"));
}

// K-1 88, and a key set that is shared is fetched once.
TEST_F(KeyEngineTest, issuers_that_share_a_jwks_uri_share_its_fetches_by_the_stricter_rule) {
  const std::string uri = "https://shared.example/keys";
  network_.serve(uri, ok(jwks({0}), {{"cache-control", "max-age=3600"}}));
  configure(
      {{.issuer = "a", .jwks_uri = uri},
       {.issuer = "b", .jwks_uri = uri, .soft_ttl = seconds{60}, .soft_ttl_max = seconds{60}}});
  run(seconds{1});
  EXPECT_EQ(network_.count(uri), 1);
  EXPECT_EQ(find(0, "a"), KeyAnswer::keys);
  EXPECT_EQ(find(0, "b"), KeyAnswer::keys);
  EXPECT_EQ(reader_->generation("a"), reader_->generation("b"));
  run(hours{1});
  EXPECT_GE(network_.count(uri), 60);
  EXPECT_LE(network_.count(uri), 77);
  EXPECT_EQ(engine_->status().size(), 2);
}

TEST_F(KeyEngineTest, metrics_tell_kinds_of_events_and_no_issuer) {
  load();
  network_.serve(keys_, with_status(500));
  ask("bogus");
  run(minutes{5});
  engine_->step();
  const auto text = metrics_.text();
  EXPECT_TRUE(text.contains("signet_keys_fetches_total{result=\"fetched\"} 1")) << text;
  EXPECT_TRUE(text.contains("signet_keys_fetch_failures_total{reason=\"status\"}")) << text;
  EXPECT_TRUE(text.contains("signet_keys_unknown_total{fetch=\"allowed\"} 1")) << text;
  EXPECT_TRUE(text.contains("signet_keys_dead 1")) << text;
  EXPECT_TRUE(text.contains("signet_keys_sets{state=\"fresh\"}")) << text;
  EXPECT_FALSE(text.contains("k8s.example")) << text;
}

}  // namespace
}  // namespace signet::verify::testing
