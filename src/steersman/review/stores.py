"""Which commands empty a store that is no SQL database: documents, caches, queues, indexes, buckets, volumes.

What the programs' own manuals say. Each entry tells what is lost, as the end of a sentence that begins with the command.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from steersman.review.commands import Command
from steersman.review.shapes import as_object, entries
from steersman.review.shell import Script

# Searched in the program's name and words, one blank between them.
_LINES = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"^aws s3 (rm\b.*--recursive|rb\b.*--force)", "removes everything that is stored there"),
        (r"^aws s3api delete-bucket\b|^aws dynamodb delete-table\b|^aws rds delete-db-", "removes it with its data"),
        (r"^aws sqs purge-queue\b", "removes all messages"),
        (r"^(mc|mcli) (rm\b.*\s(-r|--recursive)\b|rb\b.*--force)", "removes everything that is stored there"),
        (r"^gsutil\b.* (rm\b.*\s-[a-zR]*[rR]|rb\b)", "removes everything that is stored there"),
        (
            r"^gcloud storage (rm\b.*\s(-r|-R|--recursive)\b|buckets delete\b)",
            "removes everything that is stored there",
        ),
        (r"^gcloud sql (databases|instances) delete\b", "removes it with its data"),
        (r"^az storage (blob delete-batch|container delete)\b", "removes everything that is stored there"),
        (r"^rclone purge\b|^s3cmd (del|rm)\b.*--recursive\b", "removes everything that is stored there"),
        (r"^bq rm\b.*\s-[a-z]*r", "removes the tables with their data"),
        (r"^kafka-topics(\.sh)?\b.* --delete\b", "removes the topic with all its messages"),
        (r"^kafka-delete-records(\.sh)?\b", "removes messages for good"),
        (r"^rabbitmqctl\b.* (delete_queue|purge_queue|delete_vhost)\b", "removes the messages with it"),
        (r"^rabbitmqctl\b.* (force_)?reset\b", "removes all queues, users and messages of the node"),
        (r"^rabbitmqadmin\b.* (delete (queue|vhost)|purge queue)\b", "removes the messages with it"),
        (r"^nats\b.* stream (rm|del|delete|purge)\b", "removes the messages of the stream"),
        (r"^etcdctl\b.* (del|rm)\b.*\s(--prefix|--from-key|--recursive)\b", "removes all keys below it"),
        (r"^consul kv delete\b.*-recurse\b", "removes all keys below it"),
        (r"^vault secrets disable\b", "removes all secrets of the mount"),
        (r"^(zkCli|zookeeper-shell)(\.sh)?\b.* (deleteall|rmr) ", "removes the node with all below it"),
        (r"^influx (delete\b|bucket delete\b)", "removes the points for good"),
        (r"^influx\b.*\bDROP (DATABASE|MEASUREMENT|SERIES)\b", "removes the points for good"),
        (r"^terraform destroy\b|^tofu destroy\b", "removes everything that it manages"),
    )
)
_EMPTY_MONGO = re.compile(
    r"\bdropDatabase\(|(?P<name>\w*)[\]\"')]*\.drop\(\s*\)|(?P<emptied>\w*)[\]\"')]*\.(deleteMany|remove)\(\s*(\{\s*\})?\s*\)"
)
_THROW_AWAY = re.compile(r"tmp|temp|old|bak|backup|test|staging|dummy|cache", re.IGNORECASE)
_FLUSH = re.compile(r"\b(FLUSHALL|FLUSHDB)\b", re.IGNORECASE)
_CACHE = re.compile(r"cache|invalidat|bust|memo", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:\w+://)?(?P<host>[^/\s]+)/(?P<path>[^?\s]*)")
_SEARCH = re.compile(r"elastic|opensearch|(?<![a-z])es(?![a-z])|:9200", re.IGNORECASE)
_CURL_DELETES = re.compile(r"(?:^|\s)(?:-X|--request|--method)[ =]?DELETE\b")
_FIND_CONDITIONS = re.compile(r"^-(i?name|i?path|i?regex|[cma](time|min)|newer\w*|size|empty|user|perm)$")


def emptied(script: Script, command: Command) -> str:
    """What a command empties, in words; "" for nothing."""
    reader = _READERS.get(command.name)
    if reader is not None:
        return reader(script, command)
    if command.name in ("echo", "printf"):
        return ""
    line = " ".join((command.name, *command.words))
    return next((words for pattern, words in _LINES if pattern.search(line)), "")


# Of programs in other languages: what their source must speak of, and the call that empties.
_DOCUMENTS = "removes the documents for good"
_CALLS = (
    (
        r"pymongo|mongoengine|\bmotor\b",
        r"\.delete_many\(\s*\{\s*\}|\.drop_(database|collection)\(",
        "removes the documents for good",
    ),
    (
        r"mongo",
        r"\.deleteMany\(\s*(\{\s*\})?\s*\)|\bdropDatabase\(|\.dropCollection\(",
        "removes the documents for good",
    ),
    (r"elasticsearch|opensearch", r"\bindices\.delete\(", "removes the index with all its documents"),
    (r"boto3", r"\.objects\.all\(\)\.delete\(|\bdelete_(bucket|table)\(", "removes everything that is stored there"),
)


def emptied_by(script: Script, source: str) -> str:
    """What a program's source empties, in words; "" for nothing."""
    for about, call, words in _CALLS:
        if re.search(about, source) and re.search(call, source):
            return words
    if re.search(r"\.(flushall|flushdb)\(", source, re.IGNORECASE) and not _is_cache(script, source):
        return "empties the database: sessions, queues and locks, too"
    return ""


def _given(command: Command) -> str:
    """All that a client is told: its words, what it reads, and what is piped into it."""
    printed = command.fed_by if re.match(r"(echo|printf)\s", command.fed_by) else ""
    return "\n".join([*command.words, *(heredoc.text for heredoc in command.heredocs), printed])


def _mongo(_script: Script, command: Command) -> str:
    for match in _EMPTY_MONGO.finditer(_given(command)):
        name = match["name"] or match["emptied"] or ""
        if not _THROW_AWAY.search(name):
            return "removes the documents for good"
    return ""


def _redis(script: Script, command: Command) -> str:
    """A cache is there to be emptied, and says by its name that it is one."""
    found = _FLUSH.search(_given(command))
    if not found:
        return ""
    if _is_cache(script, script.text):
        return ""
    whose = "every database of the server" if found[1].upper() == "FLUSHALL" else "the database"
    return f"empties {whose}: sessions, queues and locks, too"


def _is_cache(script: Script, text: str) -> bool:
    around = (script.item.name, script.container.name, script.container.text, text)
    values = (f"{entry.get('name')}={entry.get('value')}" for _, entry in entries(script.container.spec.get("env")))
    return any(_CACHE.search(each) for each in (*around, *values))


def _curl(_script: Script, command: Command) -> str:
    line = " ".join(command.words)
    if _CURL_DELETES.search(line):
        for word in command.words:
            index = _index(word)
            if index:
                return f"removes the index {index} with all its documents"
        if re.search(r"/v1/kv/\S*\?(\S*&)?recurse", line):
            return "removes all keys below it"
    if re.search(r"/_delete_by_query\b", line) and re.search(r"\"match_all\"\s*:\s*\{\s*\}", line):
        return "removes all documents of the index"
    return ""


def _index(address: str) -> str:
    """The index of a search engine that an address names as a whole; "" for its parts, its settings and other servers."""
    found = _ADDRESS.fullmatch(address.partition("?")[0])
    if not found or not _SEARCH.search(found["host"]):
        return ""
    path = found["path"].strip("/")
    return path if path and "/" not in path and (path == "_all" or path[0] not in "_.") else ""


def _rm(script: Script, command: Command) -> str:
    if not command.option("-r", "-R", "--recursive"):
        return ""
    kept = set(_lasting(script))
    for word in command.words:
        if word.startswith("/") and word.rstrip("*").rstrip("/") in kept:
            return "empties the volume that is mounted there"
    return ""


def _find(script: Script, command: Command) -> str:
    deletes = "-delete" in command.words or ("-exec" in command.words and "rm" in command.words)
    if not deletes or any(_FIND_CONDITIONS.match(word) for word in command.words):
        return ""
    kept = set(_lasting(script))
    roots = [word for word in command.words if word.startswith("/")]
    return "empties the volume that is mounted there" if any(root.rstrip("/") in kept for root in roots) else ""


def _lasting(script: Script) -> Iterator[str]:
    """Where volumes are mounted whose files outlive the Pod."""
    volumes = {
        str(volume.get("name"))
        for _, volume in entries(script.item.pod_spec.get("volumes"))
        if any(as_object(volume.get(kind)) for kind in ("persistentVolumeClaim", "hostPath", "nfs"))
    }
    for _, mount in entries(script.container.spec.get("volumeMounts")):
        if str(mount.get("name")) in volumes and mount.get("readOnly") is not True:
            yield str(mount.get("mountPath") or "").rstrip("/")


_READERS: dict[str, Callable[[Script, Command], str]] = {
    **dict.fromkeys(("mongosh", "mongo"), _mongo),
    **dict.fromkeys(("redis-cli", "valkey-cli", "keydb-cli"), _redis),
    "curl": _curl,
    "wget": _curl,
    "rm": _rm,
    "find": _find,
}
