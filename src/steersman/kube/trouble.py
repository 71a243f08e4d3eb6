"""What is said of an API server that is not there, does not answer, or answers that it cannot: one message, and the way out."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf

from steersman.errors import ApiError, ClusterUnreachable, KubernetesError, OutcomeUnknown
from steersman.kube.config import Connection
from steersman.kube.network import NOT_TLS, in_words

# Waiting that nobody would notice is not told of; long waiting is told of again, so that nobody takes it for a standstill.
SHORT_SECONDS = 1.0
AGAIN_SECONDS = 15.0
# That an answer is slow is told no more often, however many are.
SELDOM_SECONDS = 12.0

_READYZ = "`kubectl get --raw '/readyz?verbose'` tells what it lacks."
_TRY_LATER = "Try again later, or with a longer --timeout where the command takes one."
_GO_ON = "The next command for this release looks what was done, and goes on from there."


class Trouble:
    """The troubles with one server. `tell` gets a line when an answer, or retrying, takes longer than a second."""

    def __init__(self, connection: Connection, tell: Callable[[str], None] | None) -> None:
        self._connection = connection
        self._tell = tell
        self._told = self._told_slow = float("-inf")
        self._told_plugins: set[str] = set()

    def unreachable(self, error: Exception) -> ClusterUnreachable:
        """Nobody is there, or not who should be."""
        hint = (
            "Is the API server up, and is it the one you mean? `steer cluster status` tells of the one on this machine."
        )
        text = str(error)
        if text.startswith("the proxy "):
            hint = (
                "The kubeconfig's proxy-url or HTTPS_PROXY names that proxy; NO_PROXY names the servers that need none."
            )
        elif NOT_TLS in text:
            hint = "Correct the port in the kubeconfig's `server`, or write http:// there for a server without TLS."
        elif text.startswith("tls: "):  # somebody is there
            hint = _tls_hint(text)
        elif self._connection.server.startswith("http://") and "closed the connection" in text:
            hint = "The kubeconfig's `server` says http://; API servers speak https:// as a rule."
        return ClusterUnreachable(f"Kubernetes cluster unreachable: {self._connection.where()}: {text}", hint=hint)

    def no_api_server(self, why: str) -> ClusterUnreachable:
        """Somebody answers, but not as Kubernetes does."""
        return ClusterUnreachable(
            f"Kubernetes cluster unreachable: {self._connection.where()}: {why}",
            hint="Correct the `server` of the kubeconfig, or log in where a proxy or portal stands before it.",
        )

    def given_up(self, failure: KubernetesError, attempts: int, seconds: float) -> KubernetesError:
        """The last failure of many, with how often and how long it was tried."""
        effort = f"; tried {attempts} times in {in_words(seconds)}" if attempts > 1 else ""
        if not isinstance(failure, ApiError):
            failure.args = (f"{failure}{effort}",)
            return failure
        hint = f"It asks its clients to slow down. {_TRY_LATER}" if failure.code == 429 else f"{_TRY_LATER} {_READYZ}"
        return type(failure)(
            f"{self._answers(failure)}{effort}",
            code=failure.code,
            reason=failure.reason,
            details=failure.details,
            hint=hint,
        )

    def unknown(self, request: str, why: Exception, *, reached: bool = True) -> OutcomeUnknown:
        """A write was sent, and then came no answer, or one that does not tell what was done. `reached`: earlier ones came."""
        hint = _GO_ON
        if isinstance(why, ApiError):
            failure = self._answers(why)
        else:
            unreachable = self.unreachable(why)
            failure, hint = str(unreachable), _GO_ON if reached else unreachable.hint
        return OutcomeUnknown(f"{failure}; whether {request} was done is unknown", request=request, hint=hint)

    def unread(self, unknown: OutcomeUnknown, why: KubernetesError) -> OutcomeUnknown:
        """It could not be read back either: an answer to that says more than none to the write."""
        if not isinstance(why, ApiError):
            return unknown
        message = f"{why}; whether {unknown.request} was done is unknown"
        return OutcomeUnknown(message, request=unknown.request, hint=f"{_GO_ON} {_READYZ}")

    def undone(self, unknown: OutcomeUnknown) -> OutcomeUnknown:
        """It was read back as often as there was time, and had not been done by then."""
        message = str(unknown).replace(
            f"whether {unknown.request} was done is unknown", f"{unknown.request} was not done"
        )
        return OutcomeUnknown(message, request=unknown.request, hint=unknown.hint)

    def _answers(self, error: ApiError) -> str:
        reason = f" {error.reason}" if error.reason else ""
        return f"the API server {self._connection.server} answers {error.code}{reason}: {error}"

    def retrying(self, failure: KubernetesError, waited: float, left: float) -> None:
        """Tell, if it is time to, that we are still at it. Times in seconds."""
        now = time.monotonic()
        if self._tell is None or waited < SHORT_SECONDS or now - self._told < AGAIN_SECONDS:
            return
        self._told = now
        if isinstance(failure, ApiError):
            what = f"answers {failure.code} ({failure})"
        else:
            what = f"cannot be reached ({str(failure).rpartition(': ')[2]})"
        self._tell(f"API server {self._connection.server} {what}, retrying for up to {in_words(left)}")

    @property
    def is_told(self) -> bool:
        """Whether anybody listens."""
        return self._tell is not None

    def slow(self, what: str, left: float | None = None) -> None:
        """Tell that there is no answer yet, where it is not told too often already. `left`: how many seconds more."""
        now = time.monotonic()
        if self._tell is None or now - self._told_slow < SELDOM_SECONDS:  # many requests may wait side by side
            return
        self._told_slow = now
        most = "" if left is None else f", waiting for up to {in_words(max(0.0, left))}"
        self._tell(f"API server {self._connection.server} {what}{most}")

    def plugin_is_slow(self, command: str, left: float) -> None:
        """Tell that a plugin has brought no credential yet; once, where it may be asking a person (`left` is infinite)."""
        if self._tell is None or (left == inf and command in self._told_plugins):
            return
        self._told_plugins.add(command)
        most = "" if left == inf else f", waiting for up to {in_words(max(0.0, left))}"
        self._tell(f"exec plugin {command} has brought no credential yet{most}")

    def over(self) -> None:
        """It answers again."""
        self._told = float("-inf")


def _tls_hint(text: str) -> str:
    if "alert" in text and ("expired" in text or "required" in text):
        return "Renew the kubeconfig's client-certificate: log in again, or ask for a new kubeconfig."
    if "not yet valid" in text or "expired" in text:
        return "Check this machine's clock, and the server's certificate."
    if "mismatch" in text:
        return (
            "Name a host of the certificate in the kubeconfig's `server`, or say which to expect by tls-server-name "
            "(--kube-tls-server-name)."
        )
    if "alert" in text:
        return "The server refuses the kubeconfig's client-certificate: is it of this cluster?"
    return (
        "The kubeconfig's certificate-authority (--kube-ca-file) is not that of this server, or missing: is its `server` the one "
        "you mean?"
    )
