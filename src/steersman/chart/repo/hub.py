"""Searching Artifact Hub, or another server with the search of Helm's old hub.

Source: https://artifacthub.io/docs/api/ (`/api/chartsvc/v1/charts/search`), and what helm 4.3.1 asks and makes of the answer.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from steersman.chart.repo.fetch import Access, get
from steersman.errors import FetchError, UsageError
from steersman.record import record

ENDPOINT = "https://hub.helm.sh"
_PATH = "/api/chartsvc/v1/charts/search"


@record(frozen=True, slots=True)
class HubChart:
    """One chart that was found; `url` is the page about it."""

    url: str
    version: str
    app_version: str
    description: str
    repository_name: str
    repository_url: str


def search_hub(term: str, endpoint: str = ENDPOINT) -> list[HubChart]:
    """The charts that a hub finds; none for an answer that is not of its kind, as with helm. Raises UsageError, FetchError."""
    if not urlsplit(endpoint).hostname:
        raise UsageError(
            f'unable to create connection to "{endpoint}": no hostname provided', hint=f"For example: {ENDPOINT}"
        )
    try:
        answer = get(f"{endpoint.rstrip('/')}{_PATH}?{urlencode({'q': term})}", Access())
    except FetchError as error:
        hint = f"{error}. Look at https://artifacthub.io for charts."
        message = f'unable to perform search against "{endpoint}"'
        raise FetchError(message, url=endpoint, status=error.status, hint=hint) from error
    try:
        found = json.loads(answer)["data"]
        return [_chart(one, endpoint) for one in found or ()]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _chart(found: dict[str, Any], endpoint: str) -> HubChart:
    about = found.get("attributes") or {}
    repository = about.get("repo") or {}
    latest = ((found.get("relationships") or {}).get("latestChartVersion") or {}).get("data") or {}
    page = (found.get("artifactHub") or {}).get("packageUrl") or f"{endpoint}/charts/{found.get('id', '')}"
    return HubChart(
        page,
        str(latest.get("version") or ""),
        str(latest.get("app_version") or ""),
        str(about.get("description") or ""),
        str(repository.get("name") or ""),
        str(repository.get("url") or ""),
    )
