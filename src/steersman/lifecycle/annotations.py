"""What a hook's annotations ask for: Helm's own, and those of `steersman.dev/`, each checked here and nowhere else.

Source: Helm's docs/topics/charts_hooks; helm 4.3.1 for what it does with values it does not know (it drops or ignores them).
"""

from __future__ import annotations

from steersman.errors import HookAnnotationError, Location
from steersman.kube.interface import Object
from steersman.lazy import pattern
from steersman.lifecycle.policy import HookFailure
from steersman.manifest.hooks import (
    DELETE_ANNOTATION,
    EVENT_ANNOTATION,
    OUTPUT_LOG_ANNOTATION,
    WEIGHT_ANNOTATION,
    DeletePolicy,
    HookEvent,
)
from steersman.record import record

TIMEOUT = "steersman.dev/hook-timeout"
RETRIES = "steersman.dev/hook-retries"
FAILURE = "steersman.dev/hook-failure"
PARALLEL = "steersman.dev/hook-parallel"
RUN = "steersman.dev/hook-run"

# Helm 3's alias, and what Helm 2 used where charts now have crds/.
TEST_ALIAS, HELM_2_CRD = "test-success", "crd-install"

_DURATION = pattern(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_WEIGHT = pattern(r"[+-]?\d+")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@record(frozen=True, slots=True)
class HookSettings:
    """The `steersman.dev/` annotations of one hook; `timeout` in seconds, None where the action's own holds,
    `on_change` None where the hook says nothing of it."""

    timeout: float | None = None
    retries: int = 0
    failure: HookFailure | None = None
    parallel: bool = False
    on_change: bool | None = None


def annotations_of(obj: Object) -> dict[str, str]:
    found = (obj.get("metadata") or {}).get("annotations") or {}
    return {str(key): str(value) for key, value in found.items() if value is not None}


def duration(text: str) -> float | None:
    """Seconds of a Go duration such as `1h30m`, `90s` or `1.5m`; None when it is none."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def settings(obj: Object, path: str) -> HookSettings:
    """Raises HookAnnotationError, under either policy: nobody writes these annotations but for this tool."""
    found = annotations_of(obj)
    timeout = retries = None
    if TIMEOUT in found:
        timeout = duration(found[TIMEOUT].strip())
        if timeout is None or timeout <= 0:
            raise _error(path, TIMEOUT, found[TIMEOUT], ("a duration such as 90s, 10m or 1h30m",))
    if RETRIES in found:
        text = found[RETRIES].strip()
        if not text.isdecimal():
            raise _error(path, RETRIES, text, ("a number of retries, 0 or more",))
        retries = int(text)
    return HookSettings(
        timeout=timeout,
        retries=retries or 0,
        failure=HookFailure(_word(found, FAILURE, path, tuple(HookFailure))) if FAILURE in found else None,
        parallel=_word(found, PARALLEL, path, ("true", "false")) == "true" if PARALLEL in found else False,
        on_change=_word(found, RUN, path, ("always", "on-change")) == "on-change" if RUN in found else None,
    )


def require_known(obj: Object, path: str) -> None:
    """Policy `rollback`: an unknown event, weight or policy is an error. Raises HookAnnotationError.

    Helm drops a manifest with an unknown event, takes a weight that is no integer for 0, and an unknown delete policy for one
    that never deletes.
    """
    found = annotations_of(obj)
    if EVENT_ANNOTATION not in found:
        return
    known = (*(str(event) for event in HookEvent), TEST_ALIAS, HELM_2_CRD)
    for word in _words(found[EVENT_ANNOTATION]):
        if word not in known:
            raise _error(path, EVENT_ANNOTATION, word, known[:-1])
    if WEIGHT_ANNOTATION in found and _WEIGHT.fullmatch(found[WEIGHT_ANNOTATION]) is None:
        raise _error(path, WEIGHT_ANNOTATION, found[WEIGHT_ANNOTATION], ('an integer in quotes, such as "-5"',))
    for annotation, allowed in (
        (DELETE_ANNOTATION, tuple(DeletePolicy)),
        (OUTPUT_LOG_ANNOTATION, (DeletePolicy.HOOK_SUCCEEDED, DeletePolicy.HOOK_FAILED)),
    ):
        for word in _words(found.get(annotation, "")):
            if word and word not in allowed:
                raise _error(path, annotation, word, tuple(str(policy) for policy in allowed))


def is_helm_2_crd(obj: Object) -> bool:
    return HELM_2_CRD in _words(annotations_of(obj).get(EVENT_ANNOTATION, ""))


def _words(text: str) -> list[str]:
    return [word.strip().lower() for word in text.split(",")] if text else []


def _word(found: dict[str, str], annotation: str, path: str, allowed: tuple[str, ...]) -> str:
    word = found[annotation].strip().lower()
    if word not in allowed:
        raise _error(path, annotation, found[annotation], tuple(str(value) for value in allowed))
    return word


def _error(path: str, annotation: str, value: str, allowed: tuple[str, ...]) -> HookAnnotationError:
    return HookAnnotationError(
        f"{path}: annotation {annotation}: {value!r} is not allowed",
        location=Location(path),
        annotation=annotation,
        value=value,
        allowed=allowed,
        hint=f"allowed: {', '.join(allowed)}",
    )
