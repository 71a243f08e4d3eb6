"""The bridge that all Pods hang on, and one network namespace for each of them."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from steersman.cluster.network import namespaces
from steersman.cluster.network.addresses import BRIDGE, POD_PREFIX, SERVICE_PREFIX, SERVICES
from steersman.cluster.network.netlink import Netlink

_LOOPBACK = 1


@dataclass(frozen=True, slots=True)
class PodNetwork:
    """A Pod's namespace (a descriptor, kept open for its life) and the bridge's end of its cable."""

    namespace: int
    link: int


class PodNetworks:
    """Owned by the agent, inside the cluster's namespace; with `enabled` False (no sandbox) every call does nothing."""

    def __init__(self, *, enabled: bool, way_out: bool = False) -> None:
        """With a `way_out`, Pods send what is not for the cluster to the bridge (see `gateway`)."""
        self._enabled = enabled
        self._way_out = way_out
        self._pods: dict[str, PodNetwork] = {}
        self._next = 0
        self._service_addresses: set[str] = set()

    def set_up(self) -> None:
        """Makes the bridge. Raises OSError where the kernel does not permit it."""
        if not self._enabled:
            return
        self._netlink = Netlink()
        self._netlink.set_up(_LOOPBACK)
        self._netlink.add_bridge("pods")
        self._bridge = socket.if_nametoindex("pods")
        self._netlink.add_address(self._bridge, BRIDGE, POD_PREFIX)
        self._netlink.set_up(self._bridge)

    def add(self, pod: str, address: str) -> None:
        if not self._enabled or pod in self._pods:
            return
        self._next += 1
        name = f"pod{self._next}"
        namespace = namespaces.new_network_namespace()
        self._netlink.add_veth(name, peer="eth0", peer_namespace=namespace, master=self._bridge)
        self._pods[pod] = PodNetwork(namespace, socket.if_nametoindex(name))
        with namespaces.inside(namespace):
            inner = Netlink()
            try:
                inner.set_up(_LOOPBACK)
                link = socket.if_nametoindex("eth0")
                inner.add_address(link, address, POD_PREFIX)
                inner.set_up(link)
                # Without a way out only the cluster is routed: anything else is "Network is unreachable" at once.
                inner.add_route(SERVICES, SERVICE_PREFIX, gateway=BRIDGE, index=link)
                if self._way_out:
                    inner.add_route("0.0.0.0", 0, gateway=BRIDGE, index=link)
            finally:
                inner.close()
            # No container is root, and yet ports below 1024 are usual in images (containerd sets the same).
            with contextlib.suppress(OSError), open("/proc/sys/net/ipv4/ip_unprivileged_port_start", "w") as setting:
                setting.write("0")

    def remove(self, pod: str) -> None:
        network = self._pods.pop(pod, None)
        if network is not None:
            with contextlib.suppress(OSError):
                self._netlink.delete_link(network.link)
            os.close(network.namespace)

    def path(self, pod: str) -> str:
        """Where other processes find the Pod's namespace."""
        return f"/proc/{os.getpid()}/fd/{self._pods[pod].namespace}"

    @contextlib.contextmanager
    def inside(self, pod: str | None) -> Iterator[None]:
        """Runs the block in the Pod's network; nothing may be awaited in it."""
        if pod is None or not self._enabled:
            yield
            return
        with namespaces.inside(self._pods[pod].namespace):
            yield

    def add_outside_address(self, address: str) -> None:
        """Takes an address of the outside world for our own, inside this namespace only."""
        with contextlib.suppress(OSError):
            self._netlink.add_address(_LOOPBACK, address, 32)

    def set_service_addresses(self, wanted: set[str]) -> None:
        """Gives this namespace exactly these cluster IPs, so that a Service's address answers even without endpoints."""
        if not self._enabled:
            return
        for address in wanted - self._service_addresses:
            self._netlink.add_address(_LOOPBACK, address, 32)
        for address in self._service_addresses - wanted:
            self._netlink.delete_address(_LOOPBACK, address, 32)
        self._service_addresses = set(wanted)
