"""The lesson's Part 3: `connection refused`, the hook asks for `postgres`, the Service is `postgres-svc.data-layer`.

What is asked there: what the problem is, how to fix the hook (by values), how to verify that it is fixed.
"""

from __future__ import annotations

import pytest

from steersman.diagnose.diagnosis import Confidence
from steersman.diagnose.facts import Facts, HookFacts, ServiceFacts
from steersman.diagnose.ranking import diagnose

SPEC = {
    "containers": [{"name": "migrate", "image": "postgres:15", "env": [{"name": "PGHOST", "value": "postgres"}]}],
}
SERVICES = (
    ServiceFacts("kubernetes", "default", (443,)),
    ServiceFacts("postgres-svc", "data-layer", (5432,), 1),
    ServiceFacts("redis", "data-layer", (6379,), 1),
)


def facts(*logs: str, values: dict[str, str]) -> Facts:
    return Facts(
        release="my-app",
        namespace="production",
        hook=HookFacts("my-app-migrate", event="pre-upgrade", path="my-app/templates/migrate.yaml", spec=SPEC),
        logs=logs,
        services=SERVICES,
        values=values,
    )


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (
            'psql: error: connection to server at "postgres" (10.96.3.7), port 5432 failed: Connection refused',
            "connection-refused",
        ),
        (
            'psql: error: could not translate host name "postgres" to address: Name or service not known',
            "name-not-resolved",
        ),
    ],
)
def test_part_3_gives_the_problem_the_fix_in_values_and_how_to_verify(line: str, cause: str) -> None:
    found = diagnose(facts("Running migration…", line, values={"database.host": "postgres", "image.tag": "15"}))
    assert (found.cause, found.confidence) == (cause, Confidence.HIGH)
    assert "postgres-svc.data-layer" in found.problem + found.explanation
    assert "    database:\n      host: postgres-svc.data-layer" in found.fix
    assert "--set database.host=postgres-svc.data-layer" in found.fix
    assert "kubectl -n data-layer get service,endpoints postgres-svc" in found.verify
    assert "kubectl -n production describe job/my-app-migrate" in found.verify
    assert found.evidence[0].quote == line


def test_a_url_in_the_values_keeps_the_rest_of_itself() -> None:
    line = "failed to resolve host 'postgres': Name or service not known"
    found = diagnose(facts(line, values={"databaseUrl": "postgresql://postgres:5432/app"}))
    assert "databaseUrl: postgresql://postgres-svc.data-layer:5432/app" in found.fix


def test_without_a_value_the_place_in_the_template_is_named() -> None:
    found = diagnose(facts('could not translate host name "postgres" to address: x', values={}))
    assert (
        "In my-app/templates/migrate.yaml, env PGHOST of container migrate: write postgres-svc.data-layer" in found.fix
    )


def test_a_name_like_no_service_gets_no_suggestion() -> None:
    found = diagnose(facts("curl: (6) Could not resolve host: warehouse", values={"warehouse.host": "warehouse"}))
    assert found.cause == "name-not-resolved"
    assert "svc" not in found.problem + found.explanation
