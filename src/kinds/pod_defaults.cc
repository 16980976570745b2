#include "kinds/pod_defaults.h"

#include <charconv>
#include <map>
#include <string>

#include "kinds/common.h"

namespace signet::kinds {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

constexpr int file_mode = 0644;

// Calls `visit` with every object in the array at a dotted path.
template <typename Visit>
void for_each_object(Json& in, std::string_view path, Visit visit) {
  auto* found = codec::find(in, path);
  if (found == nullptr || !found->is_array()) return;
  for (Json& entry : found->get_array()) {
    if (entry.is_object()) visit(entry);
  }
}

// Calls `visit` with the members of the object at a dotted path, if there is one.
template <typename Visit>
void if_object(Json& in, std::string_view path, Visit visit) {
  auto* found = codec::find(in, path);
  if (found != nullptr && found->is_object()) visit(found->get_object());
}

void default_number(JsonObject& object, std::string_view key, std::int64_t value) {
  Json& current = object[key];
  if (current.is_null() || current == Json(0)) current = value;
}

// No tag and no digest means the tag `latest`.
std::string_view pull_policy(std::string_view image) {
  const auto digest = image.find('@');
  const auto name = image.substr(0, digest);
  const auto tag = name.find(':', name.rfind('/') == name.npos ? 0 : name.rfind('/'));
  if (tag == name.npos) return digest == image.npos ? "Always" : "IfNotPresent";
  return name.substr(tag + 1) == "latest" ? "Always" : "IfNotPresent";
}

void default_field_ref(Json& holder) {
  if_object(holder, "fieldRef", [](auto& ref) { default_text(ref, "apiVersion", "v1"); });
  if_object(holder, "resourceFieldRef", [](auto& ref) { default_to(ref, "divisor", "0"); });
}

void default_http(Json& holder) {
  if_object(holder, "httpGet", [](auto& action) {
    default_text(action, "path", "/");
    default_text(action, "scheme", "HTTP");
  });
}

void default_probe(Json& container, std::string_view name) {
  auto* probe = codec::find(container, name);
  if (probe == nullptr || !probe->is_object()) return;
  default_http(*probe);
  if_object(*probe, "grpc", [](auto& action) { default_to(action, "service", ""); });
  auto& members = probe->get_object();
  default_number(members, "timeoutSeconds", 1);
  default_number(members, "periodSeconds", 10);
  default_number(members, "successThreshold", 1);
  default_number(members, "failureThreshold", 3);
}

// What is limited but not requested is requested up to its limit.
void default_requests(Json& container) {
  const auto limits = codec::object_at(container, "resources.limits");
  if (limits.empty()) return;
  auto& requests = codec::make_object_at(container, "resources.requests");
  for (const auto& limit : limits) {
    if (!requests.contains(limit.key())) requests[limit.key()] = limit.value();
  }
}

void default_container(Json& container, bool host_network) {
  auto& members = container.get_object();
  default_text(members, "imagePullPolicy", pull_policy(codec::string_at(container, "image")));
  default_text(members, "terminationMessagePath", "/dev/termination-log");
  default_text(members, "terminationMessagePolicy", "File");
  default_to(members, "resources", JsonObject{});
  default_requests(container);
  for (const auto name : {"livenessProbe", "readinessProbe", "startupProbe"}) {
    default_probe(container, name);
  }
  for (const auto path : {"lifecycle.postStart", "lifecycle.preStop"}) {
    if (auto* handler = codec::find(container, path)) default_http(*handler);
  }
  for_each_object(container, "ports", [&](Json& port) {
    default_text(port.get_object(), "protocol", "TCP");
    if (!host_network) return;
    default_number(port.get_object(), "hostPort", codec::int_at(port, "containerPort").value_or(0));
  });
  for_each_object(container, "env", [](Json& variable) {
    if (auto* source = codec::find(variable, "valueFrom")) default_field_ref(*source);
  });
}

void default_volume(Json& volume) {
  auto& members = volume.get_object();
  const std::size_t named = members.contains("name") ? 1 : 0;
  if (members.size() == named) members["emptyDir"].emplace_object();
  for (const auto source : {"secret", "configMap", "downwardAPI", "projected"}) {
    if_object(volume, source, [](auto& held) { default_to(held, "defaultMode", file_mode); });
  }
  if_object(volume, "hostPath", [](auto& held) { default_to(held, "type", ""); });
  if_object(volume, "image", [](auto& held) {
    const auto* reference = held.if_contains("reference");
    const auto* image = reference == nullptr ? nullptr : reference->if_string();
    default_text(held, "pullPolicy",
                 pull_policy(image == nullptr ? std::string_view{} : std::string_view(*image)));
  });
  for_each_object(volume, "downwardAPI.items", default_field_ref);
  for_each_object(volume, "projected.sources", [](Json& source) {
    if_object(source, "serviceAccountToken",
              [](auto& token) { default_to(token, "expirationSeconds", 3600); });
    for_each_object(source, "downwardAPI.items", default_field_ref);
  });
}

// The two names of one thing; the newer one wins.
void default_account(Json& pod, JsonObject& spec) {
  const std::string name(codec::string_at(pod, "spec.serviceAccountName"));
  const std::string alias(codec::string_at(pod, "spec.serviceAccount"));
  const std::string& account = name.empty() ? alias : name;
  if (account.empty()) return;
  spec["serviceAccountName"] = account;
  spec["serviceAccount"] = account;
}

// Requests and limits of the pod, or of its containers together, by resource.
struct Resources {
  std::map<std::string, double, std::less<>> requests;
  std::map<std::string, double, std::less<>> limits;
  bool all_limited = true;  // every container limits both cpu and memory

  void add(const Json& holder) {
    add_to(requests, holder, "resources.requests");
    const auto limited = add_to(limits, holder, "resources.limits");
    all_limited = all_limited && limited == 2;
  }

 private:
  static int add_to(std::map<std::string, double, std::less<>>& sums, const Json& holder,
                    std::string_view path) {
    int found = 0;
    const auto& quantities = codec::object_at(holder, path);
    for (const std::string_view name : {"cpu", "memory"}) {
      const auto* quantity = quantities.if_contains(name);
      const auto value = quantity == nullptr ? std::nullopt : quantity_value(*quantity);
      if (!value || *value <= 0) continue;
      sums[std::string(name)] += *value;
      ++found;
    }
    return found;
  }
};

}  // namespace

void set_pod_defaults(Json& pod) {
  auto& spec = codec::make_object_at(pod, "spec");
  default_account(pod, spec);
  default_text(spec, "restartPolicy", "Always");
  default_text(spec, "dnsPolicy", "ClusterFirst");
  default_text(spec, "schedulerName", "default-scheduler");
  default_to(spec, "terminationGracePeriodSeconds", 30);
  default_to(spec, "enableServiceLinks", true);
  default_to(spec, "securityContext", JsonObject{});

  const bool host_network = codec::bool_at(pod, "spec.hostNetwork").value_or(false);
  for (const auto path : {"spec.initContainers", "spec.containers", "spec.ephemeralContainers"}) {
    for_each_object(pod, path,
                    [&](Json& container) { default_container(container, host_network); });
  }
  for_each_object(pod, "spec.volumes", default_volume);
}

void prepare_pod(Json& pod, const machinery::WriteContext& /*context*/) {
  set_pod_defaults(pod);
  pod.as_object()["status"] = {{"phase", "Pending"}, {"qosClass", qos_class(pod)}};
}

std::string_view qos_class(const Json& pod) {
  Resources resources;
  if (codec::find(pod, "spec.resources.limits") != nullptr ||
      codec::find(pod, "spec.resources.requests") != nullptr) {
    resources.add(*codec::find(pod, "spec"));
  } else {
    for (const auto path : {"spec.initContainers", "spec.containers"}) {
      for (const Json& container : codec::array_at(pod, path)) resources.add(container);
    }
  }
  if (resources.requests.empty() && resources.limits.empty()) return "BestEffort";
  const bool guaranteed = resources.all_limited && resources.requests == resources.limits;
  return guaranteed ? "Guaranteed" : "Burstable";
}

std::optional<double> quantity_value(const Json& quantity) {
  if (const auto* whole = quantity.if_int64()) return static_cast<double>(*whole);
  if (const auto* real = quantity.if_double()) return *real;
  const auto* held = quantity.if_string();
  if (held == nullptr) return std::nullopt;
  std::string_view text(*held);
  if (text.starts_with('+')) text.remove_prefix(1);

  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{}) return std::nullopt;
  const std::string_view suffix = text.substr(static_cast<std::size_t>(read.ptr - text.data()));
  struct Unit {
    std::string_view suffix;
    double times;
    double divided_by;  // divided, not multiplied by a fraction: so that 500m is 0.5 exactly
  };
  static constexpr Unit units[] = {
      {"", 1, 1},
      {"n", 1, 1e9},
      {"u", 1, 1e6},
      {"m", 1, 1e3},
      {"k", 1e3, 1},
      {"M", 1e6, 1},
      {"G", 1e9, 1},
      {"T", 1e12, 1},
      {"P", 1e15, 1},
      {"E", 1e18, 1},
      {"Ki", 1024.0, 1},
      {"Mi", 1048576.0, 1},
      {"Gi", 1073741824.0, 1},
      {"Ti", 1099511627776.0, 1},
      {"Pi", 1125899906842624.0, 1},
      {"Ei", 1152921504606846976.0, 1},
  };
  for (const auto& unit : units) {
    if (unit.suffix == suffix) return number * unit.times / unit.divided_by;
  }
  return std::nullopt;
}

}  // namespace signet::kinds
