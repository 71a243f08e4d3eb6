"""A Pod's host name, and its line in /etc/hosts."""

from __future__ import annotations

from typing import Any

import pytest

from steersman.cluster.kubelet.etc import hosts, kernel_hostname
from steersman.cluster.runtimes.interface import SandboxError


def pod(name: str = "web-0", **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": spec}


@pytest.mark.parametrize(
    ("name", "spec", "kernel", "line"),
    [
        ("web-0", {}, "web-0", "10.0.0.1\tweb-0"),
        ("web-0", {"hostname": "h"}, "h", "10.0.0.1\th"),
        ("web-0", {"subdomain": "s"}, "web-0", "10.0.0.1\tweb-0.s.shop.svc.cluster.local\tweb-0"),
        (
            "web-0", {"hostname": "h", "subdomain": "s", "setHostnameAsFQDN": True}, "h.s.shop.svc.cluster.local",
            "10.0.0.1\th.s.shop.svc.cluster.local\th",
        ),
        ("web-0", {"setHostnameAsFQDN": True}, "web-0", "10.0.0.1\tweb-0"),
        ("a" * 62 + ".bc", {}, "a" * 62, "10.0.0.1\t" + "a" * 62),
    ],
)  # fmt: skip
def test_host_names(name: str, spec: dict[str, Any], kernel: str, line: str) -> None:
    assert kernel_hostname(pod(name, **spec)) == kernel
    assert hosts(pod(name, **spec), "10.0.0.1").splitlines()[-1] == line


def test_a_full_name_that_the_kernel_does_not_take() -> None:
    with pytest.raises(SandboxError, match=r"is too long \(64 characters is the max, 75 characters requested\)"):
        kernel_hostname(pod("a" * 50, subdomain="s", setHostnameAsFQDN=True))
