"""One call cannot take all memory: what Go would allocate is refused here from some size on."""

from __future__ import annotations

import pytest

from .oracle import steersman_renders


@pytest.mark.parametrize(
    "snippet",
    [
        '{{ repeat 2000000000 "xxxx" | len }}',
        "{{ until 2000000000 | len }}",
        "{{ untilStep 0 9000000000000000000 3 | len }}",
        "{{ seq 2000000000 | len }}",
        '{{ indent 2000000000 "x" | len }}',
        '{{ replace "" (repeat 100000 "x") (repeat 100000 "y") | len }}',
        "{{ randBytes 9000000000000 | len }}",
    ],
)
def test_sizes_are_bounded(snippet: str) -> None:
    assert "more than the" in steersman_renders(snippet, {})
