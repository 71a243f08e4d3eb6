"""Parts of URLs, against `urllib.parse`."""

from __future__ import annotations

import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steersman.kube import urls

TEXT = st.text(st.sampled_from("aZ09-._~ /:%+&=äß€\n\0@!*'()"))
PIECES = ["a", "B", "host", ":", "6443", "/", "p", "?q", "#f", "[::1]", "u:p@", ".", "é", "99999", " ", "%41", "\t"]


@given(TEXT)
def test_a_part_of_a_path(text: str) -> None:
    assert urls.quote(text) == urllib.parse.quote(text, safe="")
    assert urls.quote(text, safe=":") == urllib.parse.quote(text, safe=":")


@given(st.lists(st.tuples(TEXT, TEXT)))
def test_a_query(pairs: list[tuple[str, str]]) -> None:
    assert urls.query(pairs) == urllib.parse.urlencode(pairs)


@given(st.sampled_from(["https://", "http://", "HTTPS://", "ftp://"]), st.lists(st.sampled_from(PIECES), max_size=6))
def test_taken_apart(scheme: str, pieces: list[str]) -> None:
    url = scheme + "".join(pieces)
    try:
        parts = urllib.parse.urlsplit(url)
        expected = urls.Url(parts.scheme, parts.hostname or "", parts.port, parts.path)
    except ValueError:
        with pytest.raises(ValueError):  # noqa: PT011 (the same that urllib raises)
            urls.split(url)
    else:
        assert urls.split(url) == expected
