"""The files of /etc that make a container's own: hosts, resolv.conf, hostname, passwd."""

from __future__ import annotations

from pathlib import Path

from steersman.cluster.machinery import Json
from steersman.cluster.network.addresses import CLUSTER_DOMAIN, DNS
from steersman.cluster.runtimes.interface import Mount, SandboxError

_LONGEST_NAME = 64
"""Characters that the kernel takes."""


def write(folder: Path, pod: Json, address: str) -> tuple[Mount, ...]:
    """Writes those that all containers of a Pod share, and says how to mount them."""
    files = {
        "hosts": hosts(pod, address),
        "resolv.conf": resolv_conf(pod),
        "hostname": kernel_hostname(pod) + "\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n",
    }
    return _write(folder, files)


def accounts(folder: Path, user: int, group: int) -> tuple[Mount, ...]:
    """`passwd` and `group` for a container that runs as that user: names for it, root and nobody."""
    own_user = f"app:x:{user}:{group}:app:/root:/bin/sh\n" if user else ""
    own_group = f"app:x:{group}:\n" if group else ""
    files = {
        "passwd": f"root:x:0:0:root:/root:/bin/sh\n{own_user}nobody:x:65534:65534::/:/bin/false\n",
        "group": f"root:x:0:\n{own_group}nogroup:x:65534:\n",
    }
    return _write(folder, files)


def _write(folder: Path, files: dict[str, str]) -> tuple[Mount, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o644)
    return tuple(Mount(str(folder / name), f"/etc/{name}", read_only=name != "hosts") for name in files)


def hostname(pod: Json) -> str:
    """The Pod's host name: what it asks for, else its name, cut to what the kernel takes."""
    wanted: str = pod["spec"].get("hostname") or pod["metadata"]["name"]
    return wanted[:63].rstrip("-.")


def full_name(pod: Json) -> str:
    """The Pod's name in the cluster's DNS; empty without a `subdomain`."""
    subdomain = pod["spec"].get("subdomain")
    return f"{hostname(pod)}.{subdomain}.{pod['metadata']['namespace']}.svc.{CLUSTER_DOMAIN}" if subdomain else ""


def kernel_hostname(pod: Json) -> str:
    """What `hostname` prints: the full name where `setHostnameAsFQDN` asks for it. Raises SandboxError where it is too long."""
    full = full_name(pod)
    if not full or not pod["spec"].get("setHostnameAsFQDN"):
        return hostname(pod)
    if len(full) > _LONGEST_NAME:
        raise SandboxError(
            f"failed to construct FQDN from pod hostname and cluster domain, FQDN {full} is too long "
            f"({_LONGEST_NAME} characters is the max, {len(full)} characters requested)"
        )
    return full


def hosts(pod: Json, address: str) -> str:
    name = hostname(pod)
    full = f"{full_name(pod)}\t".lstrip("\t")
    lines = [
        "# Kubernetes-managed hosts file.",
        "127.0.0.1\tlocalhost",
        "::1\tlocalhost ip6-localhost ip6-loopback",
        "fe00::0\tip6-localnet",
        "fe00::0\tip6-mcastprefix",
        "fe00::1\tip6-allnodes",
        "fe00::2\tip6-allrouters",
        f"{address}\t{full}{name}",
    ]
    if aliases := pod["spec"].get("hostAliases"):
        lines += ["", "# Entries added by HostAliases."]
        lines += ["\t".join([each["ip"], *each.get("hostnames", [])]) for each in aliases]
    return "\n".join(lines) + "\n"


def resolv_conf(pod: Json) -> str:
    own = pod["spec"].get("dnsConfig") or {}
    namespace = pod["metadata"]["namespace"]
    search = [f"{namespace}.svc.{CLUSTER_DOMAIN}", f"svc.{CLUSTER_DOMAIN}", CLUSTER_DOMAIN]
    servers, options = [DNS], {"ndots": "5"}
    if pod["spec"].get("dnsPolicy") == "None":
        servers, search, options = [], [], {}
    servers += own.get("nameservers") or []
    search += own.get("searches") or []
    options |= {each["name"]: each.get("value", "") for each in own.get("options") or []}
    lines = [f"search {' '.join(search)}"] if search else []
    lines += [f"nameserver {each}" for each in servers]
    if options:
        lines.append("options " + " ".join(f"{name}:{value}" if value else name for name, value in options.items()))
    return "\n".join(lines) + "\n"
