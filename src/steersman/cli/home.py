"""Helm's home as the running command sees it: its flags, then the environment, then the usual folders."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from steersman.cli.settings import ENVIRONMENT, Settings

if TYPE_CHECKING:
    from steersman.chart.repo.home import Home

_FIELDS = ("repository_config", "repository_cache", "registry_config", "content_cache")


def home() -> Home:
    """Where repositories, caches and credentials are kept for this command."""
    from steersman.chart.repo.home import Home

    context = click.get_current_context(silent=True)
    settings = context.obj if context is not None and isinstance(context.obj, Settings) else Settings()
    said = {ENVIRONMENT[field]: value for field in _FIELDS if (value := getattr(settings, field))}
    return Home.of_user({**os.environ, **said})
