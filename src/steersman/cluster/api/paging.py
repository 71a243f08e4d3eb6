"""Lists in pages, and lists as they were: a page after the first shows what was there when the first was made."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass

from steersman.cluster import status
from steersman.cluster.api.negotiate import go_json_error
from steersman.cluster.history import Record, too_old
from steersman.cluster.store import Store
from steersman.errors import ApiError

_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You must start a new list without the "
    "continue parameter."
)


@dataclass(frozen=True, slots=True)
class Start:
    """Where a list begins: as of `revision`, after the key `after`; `exact` where the newest state will not do."""

    revision: int
    after: str = ""
    exact: bool = False


def start(store: Store, query: Mapping[str, str], namespace: str | None) -> Start:
    """What `continue`, `resourceVersion` and `resourceVersionMatch` ask for.

    Raises Invalid (400), Gone where that is no longer known, ApiError (504) where it is still to come.
    """
    if token := query.get("continue", ""):
        return _continued(store, token, namespace)
    wanted = revision_of(query)
    if wanted > store.revision:
        raise too_large(wanted, store.revision)
    if wanted and query.get("resourceVersionMatch") == "Exact":
        if wanted < store.history.floor:
            raise too_old(wanted, store.history.floor)
        return Start(wanted, exact=True)
    return Start(store.revision)


def revision_of(query: Mapping[str, str]) -> int:
    """`resourceVersion`; 0 for none. Raises Invalid (400)."""
    text = query.get("resourceVersion", "")
    if text and not (text.isascii() and text.isdigit()):
        why = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        raise status.bad_request(f"invalid resource version: {why}")
    return int(text or 0)


def too_large(wanted: int, current: int) -> ApiError:
    """Where a client knows of a later state than the server does."""
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    return ApiError(
        f"Timeout: Too large resource version: {wanted}, current: {current}",
        code=504, reason="Timeout", details={"causes": causes, "retryAfterSeconds": 1},
    )  # fmt: skip


def records(store: Store, storage: str, namespace: str | None, begin: Start) -> list[Record]:
    """The records of a list, in order."""
    if not begin.exact:
        return store.list(storage, namespace, begin.after)
    found = {record.key: record for record in store.list(storage, namespace)}
    for change in reversed(store.history.cursor(storage, begin.revision).take()):
        if namespace is not None and change.record.namespace != namespace:
            continue
        if change.previous is None:
            found.pop(change.record.key, None)
        else:
            found[change.record.key] = change.previous
    return [found[key] for key in sorted(found) if key > begin.after]


def token(revision: int, last: Record, namespace: str | None) -> str:
    """What `continue` has to be for the page after the one that ends with `last`."""
    begin = (last.name if namespace else last.key) + "\0"
    raw = json.dumps({"v": "meta.k8s.io/v1", "rv": revision, "start": begin}, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _continued(store: Store, text: str, namespace: str | None) -> Start:
    try:
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("latin-1"))
        revision, begin = int(found["rv"]), str(found["start"]).encode("latin-1").decode().rstrip("\0")
    except json.JSONDecodeError as error:
        why = f"invalid continue token: continue key is not valid: {go_json_error(error)}"
        raise status.bad_request(why) from None
    except (ValueError, KeyError, TypeError):
        raise status.bad_request("invalid continue token: continue key is not valid: no key of this server") from None
    if revision < store.history.floor:
        raise status.expired(_TOO_OLD)
    return Start(revision, f"{namespace}/{begin}" if namespace else begin, exact=revision != store.revision)
