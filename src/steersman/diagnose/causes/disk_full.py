"""No room on a disk (SQLSTATE 53100, ENOSPC)."""

from __future__ import annotations

from steersman.diagnose.diagnosis import Confidence
from steersman.diagnose.log_rule import latest_of, log_rule

WRITER = log_rule(
    "disk-full",
    (
        r"(?i)No space left on device",
        r"\bENOSPC\b",
        r"Disk quota exceeded",
        r"curl: \(23\)",
        r"OOM command not allowed when used memory",
    ),
    sqlstates=("53100",),
    mysql=(1021, 1114),
    oracle=(1652, 1653, 1654, 1655, 1536, 257),
    mssql=(1105, 9002, 1101),
    clickhouse=(243,),
    problem="There is no space left where the hook, or its server, writes.",
    explanation="A volume, an emptyDir with a sizeLimit or the server's own disk is full.",
    fix=(
        "Make the volume larger (resources.requests.storage of the claim, or the emptyDir's sizeLimit), or "
        "remove what is old before writing (backups!)."
    ),
    verify=(
        "kubectl -n {namespace} get pvc",
        "kubectl -n {namespace} exec POD -- df -h",
    ),
)
SEARCH = log_rule(
    "disk-full",
    (r"(?P<name>flood[- ]stage (?:disk )?watermark)|read-only-allow-delete",),
    problem="The search cluster's disks are nearly full, and it has made the index read-only ({name}).",
    explanation="Above the flood-stage watermark (95 % unless set otherwise) Elasticsearch and OpenSearch refuse writes.",
    fix="Delete old indices or make the data volumes larger; recent versions take the block off by themselves, older ones with "
    'PUT INDEX/_settings {{"index.blocks.read_only_allow_delete": null}}.',
    verify=("kubectl -n {namespace} exec POD -- curl -s 'localhost:9200/_cat/allocation?v'",),
)
ETCD = log_rule(
    "disk-full",
    (r"mvcc: database space exceeded",),
    problem="etcd has used up its quota (--quota-backend-bytes) and refuses writes.",
    explanation="Old revisions were not compacted, or a client writes a lot.",
    fix="etcdctl compact, etcdctl defrag, then etcdctl alarm disarm; raise the quota if it comes back.",
    verify=("etcdctl endpoint status -w table",),
)
MINIO = log_rule(
    "disk-full",
    (r"XMinioStorageFull|Storage backend has reached its minimum free drive threshold",),
    problem="The object store has no space left.",
    explanation="MinIO keeps a part of each disk free and refuses writes below it.",
    fix="Delete old objects (or let a lifecycle rule do it), or make its volumes larger.",
    verify=("kubectl -n {namespace} get pvc",),
)
REDIS = log_rule(
    "disk-full",
    (r"\bMISCONF\b",),
    problem="Redis could not save its snapshot to its disk, and refuses all writes until it can.",
    explanation="stop-writes-on-bgsave-error is on. The disk of the Redis Pod is full, its folder is not writable, or it had no "
    "memory left to fork; its own log says which.",
    fix="Look into the log of the Redis Pod; give its volume more space (or the Pod more memory). Turning "
    "stop-writes-on-bgsave-error off only hides it.",
    verify=("kubectl -n {namespace} get pvc", "kubectl -n {namespace} logs POD --tail=20"),
    at_most=Confidence.MEDIUM,
)

find = latest_of(WRITER, SEARCH, ETCD, MINIO, REDIS)
