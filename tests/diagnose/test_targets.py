"""Hooks whose programs say little or nothing: what their scripts ask for tells the cause."""

# ruff: noqa: E501 (logs stand whole)
from __future__ import annotations

from typing import Any

import pytest

from steersman.diagnose.diagnosis import Confidence
from steersman.diagnose.facts import Facts, HookFacts, RunFacts, ServiceFacts
from steersman.diagnose.ranking import diagnose
from steersman.diagnose.targets import targets

SERVICES = (
    ServiceFacts("kubernetes", "default", (443,), 1),
    ServiceFacts("postgres-svc", "data-layer", (5432,), 1),
    ServiceFacts("task-api", "apps", (8000,), 0),
    ServiceFacts("cache", "apps", (6379,), 1),
)
NOT_READY = "db not ready yet"


def facts(script: str, *logs: str, run: RunFacts | None = None, event: str = "pre-install", **env: str) -> Facts:
    container: dict[str, Any] = {
        "name": "main", "command": ["sh", "-c"], "args": [script], "env": [{"name": k, "value": v} for k, v in env.items()],
    }  # fmt: skip
    return Facts(
        release="my-app", namespace="apps", hook=HookFacts("migrate", event=event, spec={"containers": [container]}),
        run=run or RunFacts(result="Failed", exit_code=1), logs=logs, services=SERVICES,
    )  # fmt: skip


def test_a_client_that_is_told_its_server_by_the_environment() -> None:
    given = facts("until pg_isready; do sleep 1; done; mysqladmin ping", PGHOST="pg.data", PGPORT="5433")
    assert [str(each) for each in targets(given)] == ["pg.data:5433"]
    assert targets(facts("pg_isready -q", PGHOST="/var/run")) == []


@pytest.mark.parametrize(
    ("script", "asked"),
    [
        ("until nc -z -w 2 db 5432; do sleep 1; done", ["db:5432"]),
        ("nc -zv db 5432", ["db:5432"]),
        ('pg_isready -q -h "$DB_HOST" -p 5433', ["pg.data:5433"]),
        ("psql -h ${DB_HOST} -c 'select 1'", ["pg.data:5432"]),
        ("psql -h ${OTHER:-fallback} -c 'select 1'", ["fallback:5432"]),
        ("mysqladmin ping --host=mysql -P 3307", ["mysql:3307"]),
        ("redis-cli -h cache ping", ["cache:6379"]),
        ("curl -fsS http://task-api:8000/health", ["task-api:8000"]),
        ("wget -qO- https://task-api/health", ["task-api:443"]),
        ("alembic -x postgresql://u:p@pg.data:5432/shop upgrade head", ["pg.data:5432"]),
        ("getent hosts db; nslookup cache", ["db", "cache"]),
        ("timeout 5 bash -c '</dev/tcp/db/5432'", ["db:5432"]),
        ("./wait-for-it.sh db:5432 -- echo up", ["db:5432"]),
        ("dockerize -wait tcp://db:5432 -timeout 30s", ["db:5432"]),
        ("redis-cli -h cache ping; redis-cli -h cache flushall", ["cache:6379"]),
        ("psql -c 'select 1'", []),
        ("until pg_isready -q; do sleep 1; done", []),
        ("psql -h $UNKNOWN -c 'select 1'", []),
        ("echo http://; synchronise --host", []),
    ],
)
def test_the_servers_that_a_script_asks(script: str, asked: list[str]) -> None:
    assert [str(each) for each in targets(facts(script, DB_HOST="pg.data"))] == asked


TIMED_OUT = RunFacts(result="Failed", reason="Timeout", message="Job in progress")


@pytest.mark.parametrize(
    ("given", "cause", "said"),
    [
        (facts("until nc -z db 5432; do sleep 1; done", run=TIMED_OUT), "name-not-resolved", "No Service db is in"),
        (
            facts("until nc -z postgres 5432; do sleep 1; done", run=TIMED_OUT), "name-not-resolved",
            "the closest one that exists is postgres-svc.data-layer",
        ),
        (
            facts("until curl -sf http://task-api:8000/; do sleep 1; done", run=TIMED_OUT), "connection-refused",
            "no ready Pod stands behind it. A pre-install hook runs before the release's own resources",
        ),
        (facts("until nc -z cache 6380; do sleep 1; done", run=TIMED_OUT), "connection-refused", "has no port 6380, only 6379"),
        (facts("nc -z -w 2 127.0.0.1 5432"), "connection-refused", "127.0.0.1 inside a Pod is the Pod itself"),
        (facts("for i in 1 2; do nc -z db 5432; done; exit 1", NOT_READY), "name-not-resolved", "No Service db"),
    ],
)  # fmt: skip
def test_a_script_that_waits_in_vain_is_told_for_what(given: Facts, cause: str, said: str) -> None:
    found = diagnose(given)
    assert (found.cause, found.confidence) == (cause, Confidence.MEDIUM)
    assert said in found.explanation


@pytest.mark.parametrize(
    "given",
    [
        facts(
            "until nc -z cache 6379; do sleep 1; done", run=TIMED_OUT
        ),  # it is there: why nobody answered is not known
        facts("until nc -z db.example.com 5432; do sleep 1; done", run=TIMED_OUT),  # outside the cluster
        facts("nc -z db 5432; ./migrate", "migrated 3 of 4 tables", "tables differ"),  # it ended with other words
    ],
)
def test_what_the_cluster_does_not_show_is_not_said(given: Facts) -> None:
    assert diagnose(given).cause in ("deadline", "exit-code")


SOCKET = 'psql: error: connection to server on socket "/tmp/.s.PGSQL.5432" failed: No such file or directory'
RUNNING = "\tIs the server running locally and accepting connections on that socket?"
OLD_PSQL = "psql: could not connect to server: Connection refused"
OLD_RUNNING = '\tIs the server running on host "db" (10.0.0.1) and accepting TCP/IP connections on port 5432?'


@pytest.mark.parametrize(
    ("given", "cause", "said"),
    [
        (facts("psql -f /m.sql", SOCKET, RUNNING), "host-not-given", "told no host"),
        (
            facts("mysql", "ERROR 2002 (HY000): Can't connect to local MySQL server through socket '/run/mysqld.sock' (2)"),
            "host-not-given", "/run/mysqld.sock",
        ),
        (
            facts("psql -h $DB_HOST -U $DB_USER", 'psql: error: could not translate host name "-U" to address: Name …'),
            "variable-missing", "it took -U, the next option",
        ),
        (facts("psql -h db", OLD_PSQL, OLD_RUNNING), "connection-refused", "refused a connection to db"),
        (facts("pg_isready -h cache -p 5432", "cache:5432 - no response"), "connection-refused", "cache:5432"),
        (facts("pg_isready -h cache", "cache:5432 - rejecting connections"), "server-starting", "rejecting connections"),
        (
            facts("curl http://cache:1/; ./register", "URLError: <urlopen error [Errno 111] Connection refused>"),
            "connection-refused", "cache:1",
        ),
        (facts("echo x > /data/x", "sh: line 1: /data/x: No such file or directory"), "file-missing", "cannot write /data/x"),
        (facts("echo x > /data/x", "sh: 1: cannot create /data/x: Directory nonexistent"), "file-missing", "cannot write /data/x"),
        (facts("/scripts/run.sh", "sh: line 1: /scripts/run.sh: No such file or directory"), "command-not-found", "/scripts/run.sh"),
        (
            facts("kubectl apply -f x.yaml", 'error: resource mapping not found for name: "a" namespace: "" from "x.yaml": no matches '
                  'for kind "Foo" in version "example.com/v1"', "ensure CRDs are installed first"),
            "kubernetes-not-found", "Foo example.com/v1",
        ),
    ],
)  # fmt: skip
def test_what_clients_say_of_what_they_were_not_given(given: Facts, cause: str, said: str) -> None:
    found = diagnose(given)
    assert (found.cause, found.confidence) == (cause, Confidence.HIGH)
    assert said in found.problem


def test_a_shells_own_exit_codes_are_put_into_words() -> None:
    assert "did not find" in diagnose(facts("exit 127", run=RunFacts(result="Failed", exit_code=127))).explanation
