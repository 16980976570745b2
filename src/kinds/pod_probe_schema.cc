#include "kinds/pod_probe_schema.h"

#include <array>

#include "kinds/common_schema.h"

namespace signet::kinds {
namespace {

constexpr Field exec_action_fields[] = {
    list_of(1, "command", Type::text),
};
constexpr Schema exec_action{"ExecAction", exec_action_fields};

constexpr Field http_header_fields[] = {
    text(1, "name").required(),
    text(2, "value").required(),
};
constexpr Schema http_header{"HTTPHeader", http_header_fields};

constexpr Field http_get_action_fields[] = {
    text(1, "path"),
    scalar(2, "port", Type::int_or_string).required(),
    text(3, "host"),
    text(4, "scheme"),
    list(5, "httpHeaders", http_header),
};
constexpr Schema http_get_action{"HTTPGetAction", http_get_action_fields};

constexpr Field tcp_socket_action_fields[] = {
    scalar(1, "port", Type::int_or_string).required(),
    text(2, "host"),
};
constexpr Schema tcp_socket_action{"TCPSocketAction", tcp_socket_action_fields};

constexpr Field grpc_action_fields[] = {
    int32(1, "port").required(),
    text(2, "service").optional(),
};
constexpr Schema grpc_action{"GRPCAction", grpc_action_fields};

constexpr Field probe_handler_fields[] = {
    message(1, "exec", exec_action).optional(),
    message(2, "httpGet", http_get_action).optional(),
    message(3, "tcpSocket", tcp_socket_action).optional(),
    message(4, "grpc", grpc_action).optional(),
};
constexpr Schema probe_handler{"ProbeHandler", probe_handler_fields};

constexpr auto probe_fields = joined(embedded(1, probe_handler, probe_handler_fields),
                                     std::to_array<Field>({
                                         int32(2, "initialDelaySeconds"),
                                         int32(3, "timeoutSeconds"),
                                         int32(4, "periodSeconds"),
                                         int32(5, "successThreshold"),
                                         int32(6, "failureThreshold"),
                                         int64(7, "terminationGracePeriodSeconds").optional(),
                                     }));

constexpr Field sleep_action_fields[] = {
    int64(1, "seconds").required(),
};
constexpr Schema sleep_action{"SleepAction", sleep_action_fields};

constexpr Field lifecycle_handler_fields[] = {
    message(1, "exec", exec_action).optional(),
    message(2, "httpGet", http_get_action).optional(),
    message(3, "tcpSocket", tcp_socket_action).optional(),
    message(4, "sleep", sleep_action).optional(),
};
constexpr Schema lifecycle_handler{"LifecycleHandler", lifecycle_handler_fields};

constexpr Field lifecycle_fields[] = {
    message(1, "postStart", lifecycle_handler).optional(),
    message(2, "preStop", lifecycle_handler).optional(),
    text(3, "stopSignal").optional(),
};

}  // namespace

constinit const Schema probe{"Probe", probe_fields};
constinit const Schema lifecycle{"Lifecycle", lifecycle_fields};

}  // namespace signet::kinds
