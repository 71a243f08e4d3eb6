"""The options that every command takes, before its name or after."""

from __future__ import annotations

from steersman.cli.declare import Choice, Parameter
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


def _option(*names: str, **attributes: Any) -> Parameter:
    return Parameter(names, attributes)


GLOBAL = (
    _option("-n", "--namespace", help="namespace scope for this request"),
    _option("--kubeconfig", help="path to the kubeconfig file"),
    _option("--kube-context", help="name of the kubeconfig context to use"),
    _option("--kube-apiserver", help="address and port of the Kubernetes API server"),
    _option("--kube-token", help="bearer token used for authentication"),
    _option("--kube-ca-file", help="certificate authority file for the API server's connection"),
    _option("--kube-as-user", help="username to impersonate for the operation"),
    _option("--kube-as-group", multiple=True, help="group to impersonate (repeatable)"),
    _option("--kube-insecure-skip-tls-verify", is_flag=True, help="do not check the API server's certificate"),
    _option("--kube-tls-server-name", help="server name to check the API server's certificate against"),
    _option("--repository-config", help="path to the file containing repository names and URLs"),
    _option("--repository-cache", help="path to the directory containing cached repository indexes"),
    _option("--registry-config", help="path to the registry config file"),
    _option("--content-cache", help="path to the directory containing cached content (e.g. charts)"),
    _option("--embedded", is_flag=True, help="use the embedded cluster even where a kubeconfig is given"),
    _option("--color", "--colour", type=Choice(("never", "auto", "always")), help="use coloured output"),
    _option("--qps", expose_value=False, help="taken as helm's; steer does not throttle itself"),
    _option("--burst-limit", expose_value=False, help="taken as helm's; steer does not throttle itself"),
    _option("--debug", is_flag=True, help="enable verbose output"),
)
