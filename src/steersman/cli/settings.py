"""The global settings: flags first, then Helm's environment variables, then defaults."""

from __future__ import annotations

import os

from steersman.lazy import TYPE_CHECKING
from steersman.record import record, replace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# field → the environment variable that Helm reads for it
ENVIRONMENT = {
    "namespace": "HELM_NAMESPACE",
    "kube_context": "HELM_KUBECONTEXT",
    "kube_apiserver": "HELM_KUBEAPISERVER",
    "kube_token": "HELM_KUBETOKEN",
    "kube_ca_file": "HELM_KUBECAFILE",
    "kube_as_user": "HELM_KUBEASUSER",
    "kube_tls_server_name": "HELM_KUBETLS_SERVER_NAME",
    "repository_config": "HELM_REPOSITORY_CONFIG",
    "repository_cache": "HELM_REPOSITORY_CACHE",
    "registry_config": "HELM_REGISTRY_CONFIG",
    "content_cache": "HELM_CONTENT_CACHE",
}


@record(frozen=True, slots=True)
class Settings:
    """What every command may need to know of the user's surroundings; None means not said."""

    namespace: str | None = None
    kubeconfig: str | None = None
    kube_context: str | None = None
    kube_apiserver: str | None = None
    kube_token: str | None = None
    kube_ca_file: str | None = None
    kube_as_user: str | None = None
    kube_as_group: tuple[str, ...] = ()
    kube_insecure_skip_tls_verify: bool = False
    kube_tls_server_name: str | None = None
    repository_config: str | None = None
    repository_cache: str | None = None
    registry_config: str | None = None
    content_cache: str | None = None
    embedded: bool = False
    color: str | None = None
    debug: bool = False

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Settings:
        """Settings from the environment, overridden by the flags that were given."""
        environment: dict[str, Any] = {
            field: value for field, variable in ENVIRONMENT.items() if (value := os.environ.get(variable))
        }
        if groups := os.environ.get("HELM_KUBEASGROUPS"):
            environment["kube_as_group"] = tuple(groups.split(","))
        environment["debug"] = truthy(os.environ.get("HELM_DEBUG", ""))
        environment["kube_insecure_skip_tls_verify"] = truthy(os.environ.get("HELM_KUBEINSECURE_SKIP_TLS_VERIFY", ""))
        return cls(**environment).override(options)

    def override(self, options: Mapping[str, Any]) -> Settings:
        """These settings with every option that says something put over them."""
        return replace(self, **{name: value for name, value in options.items() if value not in (None, False, ())})


def truthy(word: str) -> bool:
    """Go's strconv.ParseBool, with anything it does not know read as false."""
    return word.lower() in ("1", "t", "true")
