"""`.Capabilities`: the Kubernetes and the APIs that a chart is rendered for, and the Helm that it may think it meets."""

from __future__ import annotations

from steersman.errors import UsageError
from steersman.lazy import TYPE_CHECKING
from steersman.record import field, record
from steersman.template.values import GoMethods, GoObject, Method, method

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import ClassVar

# What helm 4.3.1 takes for granted where no cluster is asked: the versions its client library knows, in its order.
DEFAULT_KUBE_VERSION = "v1.37.0"
_KNOWN = """
    v1 admissionregistration.k8s.io/v1 admissionregistration.k8s.io/v1alpha1 admissionregistration.k8s.io/v1beta1
    internal.apiserver.k8s.io/v1alpha1 apps/v1 apps/v1beta1 apps/v1beta2 authentication.k8s.io/v1
    authentication.k8s.io/v1alpha1 authentication.k8s.io/v1beta1 authorization.k8s.io/v1
    authorization.k8s.io/v1beta1 autoscaling/v1 autoscaling/v2 batch/v1 batch/v1beta1 certificates.k8s.io/v1
    certificates.k8s.io/v1beta1 certificates.k8s.io/v1alpha1 coordination.k8s.io/v1alpha2
    coordination.k8s.io/v1beta1 coordination.k8s.io/v1 discovery.k8s.io/v1 discovery.k8s.io/v1beta1 events.k8s.io/v1
    events.k8s.io/v1beta1 extensions/v1beta1 flowcontrol.apiserver.k8s.io/v1 flowcontrol.apiserver.k8s.io/v1beta1
    flowcontrol.apiserver.k8s.io/v1beta2 flowcontrol.apiserver.k8s.io/v1beta3 lifecycle.k8s.io/v1alpha1
    networking.k8s.io/v1 networking.k8s.io/v1beta1 node.k8s.io/v1 node.k8s.io/v1alpha1 node.k8s.io/v1beta1 policy/v1
    policy/v1beta1 rbac.authorization.k8s.io/v1 rbac.authorization.k8s.io/v1beta1 rbac.authorization.k8s.io/v1alpha1
    resource.k8s.io/v1 resource.k8s.io/v1beta2 resource.k8s.io/v1beta1 resource.k8s.io/v1alpha3
    scheduling.k8s.io/v1alpha3 scheduling.k8s.io/v1beta1 scheduling.k8s.io/v1 storage.k8s.io/v1beta1
    storage.k8s.io/v1 storage.k8s.io/v1alpha1 storagemigration.k8s.io/v1 storagemigration.k8s.io/v1beta1
    apiextensions.k8s.io/v1beta1 apiextensions.k8s.io/v1
"""
DEFAULT_API_VERSIONS = tuple(_KNOWN.split())


_OF_NUMBERS = frozenset("0123456789.")


@record(frozen=True, slots=True)
class KubeVersion(GoObject):
    """`.Capabilities.KubeVersion`: `version` as it was given, `normalized` without any suffix, as constraints see it."""

    go_type: ClassVar[str] = "common.KubeVersion"
    go_fields: ClassVar[dict[str, str]] = {"Version": "version", "Major": "major", "Minor": "minor"}
    go_methods: ClassVar[dict[str, Method]] = {
        "String": method("go_string", returns="string"),
        "GitVersion": method("git_version", returns="string"),
    }

    version: str
    normalized: str
    major: str
    minor: str

    @classmethod
    def parse(cls, text: str) -> KubeVersion:
        """From `1.29`, `v1.33.4-gke.1245000` …; raises UsageError with Helm's message."""
        parts = _leading_numbers(text.lstrip().removeprefix("v"))
        if not parts:
            problem = f'could not parse "{text}" as version'
        elif len(parts) == 1:
            problem = f'illegal version string "{text}"'
        elif len(parts[0]) > 1 and parts[0][0] == "0":
            problem = f'illegal zero-prefixed version component "{parts[0]}" in "{text}"'
        else:
            numbers = [str(int(part)) for part in parts]
            return cls(text if text.startswith("v") else f"v{text}", f"v{'.'.join(numbers)}", numbers[0], numbers[1])
        hint = "A Kubernetes version looks like 1.31 or v1.31.4."
        raise UsageError(f"invalid kube version '{text}': {problem}", hint=hint)

    def go_string(self) -> str:
        return self.normalized

    def git_version(self) -> str:
        return self.version


def _leading_numbers(text: str) -> list[str]:
    """The numbers that the text begins with, parted by single dots."""
    end = 0
    while text[end : end + 1] in _OF_NUMBERS:
        end += 1
    numbers = text[:end].partition("..")[0].rstrip(".")
    return numbers.split(".") if numbers and numbers[0] != "." else []


class VersionSet(list[str], GoMethods):
    """`.Capabilities.APIVersions`."""

    __slots__ = ()
    go_type: ClassVar[str] = "common.VersionSet"
    go_kind: ClassVar[str] = "slice"
    go_methods: ClassVar[dict[str, Method]] = {"Has": method("has", "string", returns="bool")}

    def has(self, api_version: str) -> bool:
        return api_version in self


@record(frozen=True, slots=True)
class HelmVersion(GoObject):
    """`.Capabilities.HelmVersion`: what helm 4.3.1 says of itself, since charts compare it."""

    go_type: ClassVar[str] = "version.BuildInfo"
    go_fields: ClassVar[dict[str, str]] = {
        "Version": "version",
        "GitCommit": "git_commit",
        "GitTreeState": "git_tree_state",
        "GoVersion": "go_version",
        "KubeClientVersion": "kube_client_version",
    }
    # in JSON the fields go by the names that the Python attributes happen to have
    go_json_names: ClassVar[dict[str, str]] = go_fields

    version: str = "v4.3.1"
    git_commit: str = "c0d08d0d6d9424d4a14febb5e8a3e51b0dd00dff"
    git_tree_state: str = "clean"
    go_version: str = "go1.27.2"
    kube_client_version: str = "v1.37"


@record(frozen=True, slots=True)
class Capabilities(GoObject):
    """The object itself; `for_rendering` makes it from what the user said, a client from what a cluster says."""

    go_type: ClassVar[str] = "*common.Capabilities"
    go_kind: ClassVar[str] = "ptr"
    go_fields: ClassVar[dict[str, str]] = {
        "KubeVersion": "kube_version",
        "APIVersions": "api_versions",
        "HelmVersion": "helm_version",
    }

    kube_version: KubeVersion = field(default_factory=lambda: KubeVersion.parse(DEFAULT_KUBE_VERSION))
    api_versions: VersionSet = field(default_factory=lambda: VersionSet(DEFAULT_API_VERSIONS))
    helm_version: HelmVersion = field(default_factory=HelmVersion)

    @classmethod
    def for_rendering(cls, kube_version: str = "", api_versions: Iterable[str] = ()) -> Capabilities:
        """Helm's defaults, with another Kubernetes version and more API versions. Raises UsageError."""
        version = KubeVersion.parse(kube_version or DEFAULT_KUBE_VERSION)
        return cls(version, VersionSet([*DEFAULT_API_VERSIONS, *api_versions]))
