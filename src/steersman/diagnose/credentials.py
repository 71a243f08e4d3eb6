"""What must not be told: the user and password in a URL, and what is called a secret by its name."""

from __future__ import annotations

import re

_CREDENTIALS = re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)")
_SECRET = re.compile(r"pass(word|phrase|wd)?$|secret|token|credential|api_?key|private", re.IGNORECASE)


def without_credentials(text: str) -> str:
    """`postgresql://app:pw@db/app` → `postgresql://***:***@db/app`."""
    return _CREDENTIALS.sub("***:***", text)


def speaks_of_a_secret(name: str) -> bool:
    """Whether a variable or value is called a password, token or the like."""
    return _SECRET.search(name) is not None
