"""The report: a release's history as one self-contained page."""

from __future__ import annotations
