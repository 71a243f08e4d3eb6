"""Cron schedules, and the Jobs that come of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from steersman.cluster.controllers import cron
from steersman.cluster.controllers.cronjobs import CronJobController

from .world import template, world


@pytest.mark.parametrize(
    ("schedule", "after", "upcoming"),
    [
        ("*/5 * * * *", "2026-11-22 10:02:30", "2026-11-22 10:05:00"),
        ("0 3 * * *", "2026-11-22 10:02:30", "2026-11-23 03:00:00"),
        ("30 8 * * mon-fri", "2026-11-21 09:00:00", "2026-11-23 08:30:00"),
        ("0 0 29 2 *", "2026-03-01 00:00:00", "2028-02-29 00:00:00"),
        ("0 0 13 * 5", "2026-11-22 00:00:00", "2026-11-27 00:00:00"),  # both days restricted: either one
        ("15,45 10-11/1 * * 0", "2026-11-22 10:20:00", "2026-11-22 10:45:00"),
        ("@hourly", "2026-11-22 10:02:30", "2026-11-22 11:00:00"),
        ("@every 90s", "2026-11-22 10:00:00", "2026-11-22 10:01:30"),
    ],
)
def test_the_next_time(schedule: str, after: str, upcoming: str) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert cron.parse(schedule).next_after(moment) == datetime.fromisoformat(upcoming).replace(tzinfo=UTC)


def test_in_a_time_zone() -> None:
    moment = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
    assert cron.parse("0 3 * * *").next_after(moment, "Europe/Berlin") == datetime(2026, 1, 16, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "schedule", ["", "* * * *", "60 * * * *", "* * * * 8", "5-1 * * * *", "*/0 * * * *", "a * * * *", "@every x"]
)
def test_not_a_schedule(schedule: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each says something else
        cron.parse(schedule)


async def test_a_job_when_it_is_due_and_none_while_one_must_not_run_beside_it() -> None:
    async with world(CronJobController) as found:
        job = {"spec": {"template": template(restartPolicy="Never")}}
        spec = {"schedule": "@every 1s", "jobTemplate": job, "concurrencyPolicy": "Forbid"}
        found.create("cronjobs.batch", "tick", spec)
        await found.until(lambda: found.objects.list("jobs.batch", "default"))
        await found.until(lambda: found.messages("JobAlreadyActive"))
        (made,) = found.objects.list("jobs.batch", "default")
        assert made["metadata"]["ownerReferences"][0]["name"] == "tick"
        assert found.status("cronjobs.batch", "tick")["active"][0]["name"] == made["metadata"]["name"]
