// `signet tokens report`: whose tokens are still to be migrated, as the authority has seen them.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "authority_client.h"
#include "base/cat.h"
#include "base/try.h"
#include "base/utf8.h"
#include "codec/json.h"
#include "codec/rfc3339.h"
#include "commands.h"
#include "identity/migration_report.h"
#include "net/kubeconfig.h"
#include "seconds_argument.h"
#include "table.h"

namespace signet::cmd {
namespace {

using identity::Finding;
using identity::LedgerContents;

struct Flags {
  std::string kubeconfig = default_kubeconfig();
  std::string seen_within;  // empty: whatever the authority still knows
  std::string output;
};

// What to do about a finding, for whoever reads the table.
std::string_view advice(Finding finding) {
  switch (finding) {
    case Finding::legacy_token:
      return "mount a projected token or ask for one (kubectl create token), then delete the "
             "secret";
    case Finding::stale_token:
      return "the program has to read its token file again, at least every few minutes";
    case Finding::default_audience:
      return "the client has to present a token with the audience under FOR";
  }
  return {};
}

Result<LedgerContents> ask(const std::string& kubeconfig) {
  TRY(const auto access, net::load_kubeconfig(kubeconfig));
  TRY(const auto answer, ask_authority(access, {.path = "/signet/v1/tokens/report"}));
  auto report = identity::read_report(answer);
  if (!report) return in_context("what the authority answered", report.error());
  return report;
}

using Row = std::array<std::string, 9>;

// Safe for a terminal, whoever wrote it.
std::string cell(std::string_view text) {
  constexpr std::size_t bytes_max = 300;
  return text.empty() ? "-" : excerpt(text, bytes_max);
}

std::vector<Row> rows_of(const LedgerContents& report) {
  std::vector<Row> rows{
      {"FINDING", "ACCOUNT", "SINCE", "LAST SEEN", "COUNT", "TOKEN OF", "FROM", "ASKED BY", "FOR"}};
  for (const auto& entry : report.entries) {
    for (const auto& source : entry.sources) {
      rows.push_back({std::string(to_string(entry.finding)),
                      cell(cat(entry.ns, '/', entry.account)), codec::to_rfc3339(entry.first_seen),
                      codec::to_rfc3339(source.last_seen), std::to_string(source.count),
                      cell(source.object), cell(source.address), cell(source.reviewer),
                      cell(source.wanted)});
    }
  }
  return rows;
}

void print(const LedgerContents& report) {
  std::cout << "Recorded since " << codec::to_rfc3339(report.since) << ".\n";
  if (report.accounts_dropped > 0 || report.sources_dropped > 0) {
    std::cout << "Not complete: " << report.accounts_dropped << " accounts and "
              << report.sources_dropped << " sources made room for newer ones.\n";
  }
  if (report.entries.empty()) {
    std::cout << "Nothing to migrate was seen.\n";
    return;
  }
  std::cout << '\n';
  constexpr std::size_t gap = 3;
  print_table(rows_of(report), gap);
  std::cout << '\n';
  for (const auto finding : identity::all_findings) {
    if (std::ranges::find(report.entries, finding, &identity::ToMigrate::finding) !=
        report.entries.end()) {
      std::cout << to_string(finding) << ": " << advice(finding) << ".\n";
    }
  }
}

void keep_later_than(LedgerContents& report, UnixTime limit) {
  std::erase_if(report.entries, [&](const auto& entry) { return entry.last_seen < limit; });
  for (auto& entry : report.entries) {
    std::erase_if(entry.sources, [&](const auto& source) { return source.last_seen < limit; });
  }
}

int report_tokens(const Flags& flags) {
  if (flags.kubeconfig.empty()) {
    std::cerr << which_authority;
    return exit_unknown;
  }
  auto report = ask(flags.kubeconfig);
  if (!report) {
    std::cerr << "signet: cannot tell: " << report.error().message << '\n';
    return exit_unknown;
  }
  bool long_enough = true;
  if (!flags.seen_within.empty()) {
    const auto within = parse_seconds(flags.seen_within).value_or(std::chrono::seconds{0});
    const auto limit = report->at - within;
    keep_later_than(*report, limit);
    long_enough = report->since <= limit;
  }
  if (flags.output == "json") {
    std::cout << codec::to_pretty_json(identity::to_report(*report)) << '\n';
  } else {
    print(*report);
  }
  if (!report->entries.empty()) return exit_no;  // something is left
  if (long_enough) return exit_yes;
  std::cerr << "signet: cannot tell: uses are recorded for a shorter time than "
            << flags.seen_within << '\n';
  return exit_unknown;
}

}  // namespace

void add_tokens(CLI::App& app, Run& run) {
  auto flags = std::make_shared<Flags>();
  auto* tokens = app.add_subcommand("tokens", "The use of tokens, as the authority sees it");
  tokens->require_subcommand(1);
  auto* command = tokens->add_subcommand(
      "report",
      "Accounts that present tokens which are to go: legacy ones, extended ones past their "
      "warning, "
      "and ones for the default audience shown to services that have their own. Exit code 0: "
      "nothing is left, 1: something is, 2: cannot tell");
  command->add_option("--kubeconfig", flags->kubeconfig,
                      "How to reach the authority (default: $KUBECONFIG)");
  command
      ->add_option("--seen-within", flags->seen_within,
                   "Only what was seen in this time, as 168h (default: all that is known)")
      ->check([](const std::string& text) -> std::string {
        const auto within = parse_seconds(text);
        if (!within) return within.error().message;
        return within->count() == 0 ? "must be at least a second" : "";
      });
  command->add_option("-o,--output", flags->output, "json")->check(CLI::IsMember({"json"}));
  command->callback([flags, &run] { run = [flags] { return report_tokens(*flags); }; });
}

}  // namespace signet::cmd
