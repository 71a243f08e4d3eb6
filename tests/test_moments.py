"""Times as text, against `datetime`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steersman import moments

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(
    st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)),
    st.sampled_from(["Z", "+00:00", "+05:30", "-11:59"]),
    st.sampled_from(["", ".5", ".000000001", ".123456789"]),
)
def test_read_as_datetime_reads_it(moment: datetime, zone: str, fraction: str) -> None:
    text = moment.isoformat(timespec="seconds")
    expected = datetime.fromisoformat(text + zone.replace("Z", "+00:00"))
    assert moments.read(text + fraction + zone) == ((expected - EPOCH) // timedelta(seconds=1), fraction)


@given(st.integers(-(10**10), 10**11))
def test_written_as_datetime_writes_it(seconds: int) -> None:
    expected = (EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()
    assert moments.utc(seconds) == expected
    assert moments.read(f"{expected}Z") == (seconds, "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Z",
        "2026-11-27",
        "2026-11-27T04:05:06",
        "2026-11-27 04:05:06Z",
        "2026-11-27T04:05:06.Z",
        "2026-11-27T04:05:06+0200",
        "2026-11-27T04:05:06ZZ",
        "2026-13-27T04:05:06Z",
        "2026-02-29T04:05:06Z",
        "1900-02-29T04:05:06Z",
        "2026-11-31T04:05:06Z",
        "2026-11-27T24:05:06Z",
        "2026-11-27T04:60:06Z",
        "0000-11-27T04:05:06Z",
        "２026-11-27T04:05:06Z",
    ],
)
def test_what_is_no_time(text: str) -> None:
    assert moments.read(text) is None
