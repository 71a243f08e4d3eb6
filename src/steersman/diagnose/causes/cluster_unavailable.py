"""Servers that answer, and whose cluster cannot do the work: no leader, no quorum, not enough replicas."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "cluster-unavailable",
    (
        r"etcdserver: (?P<name>request timed out\b.*|no leader|leader changed|too many requests|not capable)",
        r"\b(?P<name>CLUSTERDOWN)\b|ClusterDownError",
        r"(?P<name>master_not_discovered_exception|cluster_manager_not_discovered_exception|no_shard_available_action_exception)",
        r"(?P<name>SERVICE_UNAVAILABLE/1/state not recovered / initialized)",
        r"(?P<name>Cannot achieve consistency level \w+|NotEnoughReplicas\w*|NOT_ENOUGH_REPLICAS|not enough in-?sync replicas)",
        r"Replication factor: (?P<name>\d+ larger than available brokers: \d+)|InvalidReplicationFactorException(?P<name2>.*)",
        r"Broker: (?P<name>Invalid replication factor|Not enough in-sync replicas|Coordinator not available)",
        r"(?P<name>No cluster leader)|local node not active but active cluster node not found",
        r"(?P<name>No primary (?:found|available)\b.*|No replica set members match selector.*|ReplicaSetNoPrimary)",
        r"DB::Exception: .*(?P<name>No active replica|ALL_REPLICAS_LOST|KEEPER_EXCEPTION|Coordination::Exception.*)",
        r"nats: (?P<name>JetStream (?:system temporarily unavailable|not enabled)|no responders available for request)",
        r"Error from server \(ServiceUnavailable\): (?P<name>.*)",
    ),
    clickhouse=(999,),
    problem="The server answers, but its cluster cannot do what the hook asks: {name}{name2}.",
    explanation="It has no leader or no quorum, too few members are ready, or more replicas are asked for than "
    "there are members. "
    "Often the cluster is still coming up, or some of its Pods are not ready.",
    fix="See that all members are ready and know each other before the hook runs (let the hook wait for the cluster's own health "
    "command, not for its port), or ask for fewer replicas than there are members. A fleeting change of the leader: "
    'steersman.dev/hook-retries: "3".',
    verify=("kubectl -n {namespace} get pods",),
)
