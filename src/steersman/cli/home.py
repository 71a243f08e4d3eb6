"""Helm's home as the running command sees it: its flags, then the environment, then the usual folders."""

from __future__ import annotations

import os

from steersman.cli.declare import settings as running_settings
from steersman.cli.settings import ENVIRONMENT, Settings
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from steersman.chart.repo.home import Home

_FIELDS = ("repository_config", "repository_cache", "registry_config", "content_cache")


def home() -> Home:
    """Where repositories, caches and credentials are kept for this command."""
    from steersman.chart.repo.home import Home
    from steersman.cli.progress import show_slow_downloads

    show_slow_downloads()  # whoever asks for this is about to look there, or to fetch
    settings = running_settings() or Settings()
    said = {ENVIRONMENT[field]: value for field in _FIELDS if (value := getattr(settings, field))}
    return Home.of_user({**os.environ, **said})
