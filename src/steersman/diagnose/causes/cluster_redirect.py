"""A client for one Redis server that asks a member of a cluster."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "cluster-redirect",
    (
        r"\b(?:MOVED|ASK) \d+ (?P<host>[\w.-]+):\d+|MovedError: \d+ (?P<host2>[\w.:-]+)",
        r"CROSSSLOT Keys in request don't hash to the same slot",
    ),
    problem="The Redis server belongs to a cluster, and the hook's client does not know how to ask one.",
    explanation="A cluster's member answers only for its own slots, and sends the client to the member that has the key "
    "({host}{host2}).",
    fix="Use the cluster mode of the client (redis-cli -c, redis.cluster.RedisCluster, new Redis.Cluster([...]), "
    "spring.data.redis.cluster.nodes), or the host of a Redis without a cluster.",
    verify=("kubectl -n {namespace} exec POD -- redis-cli cluster info",),
)
