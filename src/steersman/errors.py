"""The one exception hierarchy: a class per thing that a caller can act on, carrying data; the message comes last.

Every error that a person may see derives from `SteersmanError`. Its `str()` is the one clear message (what went wrong and
where); `hint` is the way out, shown below it. Nothing here imports anything of the project.
"""

from __future__ import annotations

from steersman.record import record


@record(frozen=True, slots=True)
class Location:
    """A place in a file: `path` as the user knows it, 1-based `line` and `column` where known."""

    path: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)


class SteersmanError(Exception):
    """Base of all errors meant for a person.

    `hint` says the way out in one or two sentences, or is empty where there is none to name.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


# --- what the user gave -------------------------------------------------------------------------------------------


class UsageError(SteersmanError):
    """Options or arguments that do not go together."""


class ChartError(SteersmanError):
    """Something that is not a usable chart: not found, broken archive, bad Chart.yaml, missing dependency."""

    def __init__(self, message: str, *, location: Location | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.location = location


class ChartNotFound(ChartError):
    """No chart of that name, or no version of it that was asked for, where it was looked for."""

    def __init__(self, message: str, *, name: str, version: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.name = name
        self.version = version


class RepositoryError(SteersmanError):
    """A chart repository or registry that is not known, or that is not what it should be."""


class SignatureError(SteersmanError):
    """A chart that is not signed as it should be, or that cannot be signed."""


class FetchError(SteersmanError):
    """Something that could not be had over the network; `status` is the HTTP status, 0 where no answer came."""

    def __init__(self, message: str, *, url: str, status: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.url = url
        self.status = status


class YamlError(SteersmanError):
    """Text that is not YAML as Go's library reads it."""

    def __init__(self, message: str, *, location: Location | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.location = location


class RenderedYamlError(YamlError):
    """Templates gave text that is no YAML; `files` holds all rendered text by path, to be looked at."""

    def __init__(
        self, message: str, *, files: dict[str, str], location: Location | None = None, hint: str = ""
    ) -> None:
        super().__init__(message, location=location, hint=hint)
        self.files = files


class ValuesError(SteersmanError):
    """A values file or `--set` argument that cannot be read."""


class SchemaError(ValuesError):
    """Values that a chart's values.schema.json rejects; `problems` lists every one as (chart, path, message)."""

    def __init__(self, message: str, *, problems: tuple[tuple[str, str, str], ...] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.problems = problems


class TemplateError(SteersmanError):
    """A template that does not parse or fails while it runs; `chain` is the chain of includes, outermost first."""

    def __init__(
        self,
        message: str,
        *,
        location: Location | None = None,
        action: str = "",
        chain: tuple[Location, ...] = (),
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.location = location
        self.action = action
        self.chain = chain


class PostRenderError(SteersmanError):
    """The post-renderer could not be run, failed, or gave nothing."""


class PluginError(SteersmanError):
    """A plugin that is not there, cannot be read, installed or run, or that failed; `exit_code` is its own, where it ran."""

    def __init__(self, message: str, *, exit_code: int | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.exit_code = exit_code


class HookAnnotationError(SteersmanError):
    """An unknown hook event, a weight that is no integer or an unknown delete policy (policy `rollback` only)."""

    def __init__(
        self, message: str, *, location: Location, annotation: str, value: str, allowed: tuple[str, ...], hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.location = location
        self.annotation = annotation
        self.value = value
        self.allowed = allowed


# --- what Kubernetes answered -------------------------------------------------------------------------------------


class KubernetesError(SteersmanError):
    """Something between us and the API server."""


class ClusterUnreachable(KubernetesError):
    """No answer from the API server, or no kubeconfig that leads to one."""


class ApiError(KubernetesError):
    """The API server answered with a Status; `code` is the HTTP code, `reason` Kubernetes' word for it."""

    def __init__(
        self, message: str, *, code: int, reason: str = "", details: dict[str, object] | None = None, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.reason = reason
        self.details = details or {}


class NotFound(ApiError):
    """404 NotFound."""


class AlreadyExists(ApiError):
    """409 AlreadyExists: the object is there."""


class Conflict(ApiError):
    """409 Conflict: another writer was faster, or another field manager owns the field."""


class FieldConflict(Conflict):
    """A server-side apply met fields that others own; `conflicts` lists each as (manager, field)."""

    def __init__(
        self,
        message: str,
        *,
        code: int,
        reason: str = "",
        details: dict[str, object] | None = None,
        conflicts: tuple[tuple[str, str], ...] = (),
        hint: str = "",
    ) -> None:
        super().__init__(message, code=code, reason=reason, details=details, hint=hint)
        self.conflicts = conflicts


class Forbidden(ApiError):
    """403 Forbidden; 401 Unauthorized is `Unauthorized`."""


class Unauthorized(ApiError):
    """401 Unauthorized."""


class Invalid(ApiError):
    """422 Invalid, or 400 BadRequest: the object is not what its schema says."""


class ImmutableField(Invalid):
    """A change to `fields` that the object's kind never allows; only making the object anew can bring it about."""

    def __init__(
        self,
        message: str,
        *,
        code: int,
        reason: str = "",
        details: dict[str, object] | None = None,
        fields: tuple[str, ...] = (),
        hint: str = "",
    ) -> None:
        super().__init__(message, code=code, reason=reason, details=details, hint=hint)
        self.fields = fields


class Gone(ApiError):
    """410 Gone or Expired: the resourceVersion is too old; list again."""


class ServerBusy(ApiError):
    """429, 500, 503, 504 after all retries."""


class OutcomeUnknown(KubernetesError):
    """A write was sent and the answer never came, and reading back could not tell whether it was done.

    `request` is its method and path.
    """

    def __init__(self, message: str, *, request: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.request = request


class NoMatchingKind(KubernetesError):
    """The API server serves no such apiVersion and kind."""

    def __init__(self, message: str, *, api_version: str, kind: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.api_version = api_version
        self.kind = kind


@record(frozen=True, slots=True)
class Unready:
    """An object that a wait ended without: `state` and `message` are kstatus', `reason` and `evidence` say why where known."""

    kind: str
    namespace: str
    name: str
    state: str
    message: str
    reason: str = ""
    evidence: tuple[str, ...] = ()

    def __str__(self) -> str:
        why = f" ({self.reason})" if self.reason and self.reason not in self.message else ""
        place = f"{self.kind}/{self.namespace}/{self.name}"
        return f"resource {place} not ready. status: {self.state}, message: {self.message}{why}"


class NotReady(KubernetesError):
    """A wait ended and not all was ready; `resources` lists what was not."""

    def __init__(self, message: str, *, resources: tuple[Unready, ...], hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.resources = resources


class WaitTimedOut(NotReady):
    """The time of a wait was over."""


class WaitFailed(NotReady):
    """Something failed for good, or shows that it cannot succeed any more, so there is nothing to wait for."""


class ObjectDeleted(KubernetesError):
    """An object that was waited for is gone: somebody deleted it, or its time to live was over."""

    def __init__(self, message: str, *, kind: str, namespace: str, name: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.kind = kind
        self.namespace = namespace
        self.name = name


# --- what a release did -------------------------------------------------------------------------------------------


class ReleaseError(SteersmanError):
    """Base of what can go wrong with a release; `release` is its name."""

    def __init__(self, message: str, *, release: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.release = release


class ReleaseNotFound(ReleaseError):
    """No such release, or no such revision of it."""


class ReleaseExists(ReleaseError):
    """install of a name that is in use."""


class ReleaseTooLarge(ReleaseError):
    """The record would not fit into the API's object size limit; refused before anything is touched.

    `size` and `limit` in bytes of base64; `parts` is what fills it, largest first: (name, bytes before compression).
    """

    def __init__(
        self,
        message: str,
        *,
        release: str,
        size: int = 0,
        limit: int = 0,
        parts: tuple[tuple[str, int], ...] = (),
        hint: str = "",
    ) -> None:
        super().__init__(message, release=release, hint=hint)
        self.size = size
        self.limit = limit
        self.parts = parts


class ReleaseLocked(ReleaseError):
    """Another live process holds the release's lease: `holder` since `since` (RFC 3339), at `step` of `action`."""

    def __init__(
        self,
        message: str,
        *,
        release: str,
        holder: str = "",
        since: str = "",
        action: str = "",
        step: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, release=release, hint=hint)
        self.holder = holder
        self.since = since
        self.action = action
        self.step = step


class RecoveryFailed(ReleaseError):
    """What a dead process left could not be put in order; the next command tries again. `step` is the id of what failed."""

    def __init__(self, message: str, *, release: str, step: str = "", hint: str = "") -> None:
        super().__init__(message, release=release, hint=hint)
        self.step = step


class LeaseLost(ReleaseError):
    """Another process took the release's lease over while we worked; nothing more is written."""


class ReleasePending(ReleaseError):
    """The newest revision is `pending-*` and no lease says who works on it: Helm does, or died while it did."""

    def __init__(self, message: str, *, release: str, status: str, revision: int, hint: str = "") -> None:
        super().__init__(message, release=release, hint=hint)
        self.status = status
        self.revision = revision


class PlanOutdated(ReleaseError):
    """A saved plan that no longer fits the cluster; `moved` names what has changed since."""

    def __init__(self, message: str, *, release: str, moved: tuple[str, ...] = (), hint: str = "") -> None:
        super().__init__(message, release=release, hint=hint)
        self.moved = moved


class OwnershipError(ReleaseError):
    """A resource exists and belongs to something else."""


class StepFailed(ReleaseError):
    """A step of a plan that could not be done; `step` is its id. The message is the cause, in one line."""

    def __init__(self, message: str, *, release: str, step: str, hint: str = "") -> None:
        super().__init__(message, release=release, hint=hint)
        self.step = step


class HookFailed(StepFailed):
    """A hook that ran and failed, or could not run.

    `reason` is Kubernetes' word for it or `Timeout`, `Cancelled`, `Deleted`; `exit_code` that of the container, if any.
    """

    def __init__(
        self,
        message: str,
        *,
        release: str,
        step: str,
        hook: str,
        kind: str,
        event: str,
        reason: str = "",
        exit_code: int | None = None,
        log_tail: tuple[str, ...] = (),
        hint: str = "",
    ) -> None:
        super().__init__(message, release=release, step=step, hint=hint)
        self.hook = hook
        self.kind = kind
        self.event = event
        self.reason = reason
        self.exit_code = exit_code
        self.log_tail = log_tail


class ReleaseFailed(ReleaseError):
    """An action that failed, after all that the failure policy prescribes was done.

    The message is the line to print after `Error: `, `lines` what to print below it (`Release "my-app" rolled back`).
    `step` is the id of the step that failed, `__cause__` the error that it failed with.
    """

    def __init__(
        self,
        message: str,
        *,
        release: str,
        action: str,
        step: str = "",
        lines: tuple[str, ...] = (),
        interrupted: bool = False,
        hint: str = "",
    ) -> None:
        super().__init__(message, release=release, hint=hint)
        self.action = action
        self.step = step
        self.lines = lines
        self.interrupted = interrupted
