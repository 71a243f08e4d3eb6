"""What differs each time: its shape, its alphabet, and that it does differ."""

from __future__ import annotations

import base64
import re
import uuid
from collections import Counter

import pytest

from steersman.template.failures import FunctionError
from steersman.template.functions import random


@pytest.mark.parametrize(
    ("make", "alphabet"),
    [
        (random.rand_alpha_num, "[a-zA-Z0-9]"),
        (random.rand_alpha, "[a-zA-Z]"),
        (random.rand_numeric, "[0-9]"),
        (random.rand_ascii, "[ -~]"),
    ],
)
def test_text(make: object, alphabet: str) -> None:
    assert callable(make)
    texts = [make(40) for _ in range(50)]
    assert all(re.fullmatch(f"{alphabet}{{40}}", text) for text in texts)
    assert len(set(texts)) == len(texts)
    # each letter of the alphabet has its turn: of 2,000 draws from at most 95, none stays away but by a miracle
    drawn = set("".join(texts))
    assert len(drawn) == sum(re.fullmatch(alphabet, chr(code)) is not None for code in range(32, 127))


def test_bytes() -> None:
    assert len(base64.b64decode(random.rand_bytes(33))) == 33
    assert random.rand_bytes(16) != random.rand_bytes(16)


def test_numbers_stay_below_the_end() -> None:
    assert {random.rand_int(-1, 2) for _ in range(200)} == {-1, 0, 1}


def test_uuid() -> None:
    assert uuid.UUID(random.uuidv4()).version == 4
    assert random.uuidv4() != random.uuidv4()


def test_shuffling_loses_no_letter() -> None:
    text = "abcdefghijklmnopqrstuvwxyzé"
    shuffled = random.shuffle(text)
    assert Counter(shuffled) == Counter(text)
    assert len({random.shuffle(text) for _ in range(5)}) > 1


def test_size_is_bounded() -> None:
    with pytest.raises(FunctionError, match="more than"):
        random.rand_alpha(10**12)
