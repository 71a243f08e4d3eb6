"""The cluster's address plan and who gets which address."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

BRIDGE, POD_PREFIX = "10.244.0.1", 16
"""The Pods' gateway; it is also the node's own address towards them."""
SERVICES, SERVICE_PREFIX = "10.96.0.0", 12
POD_NETWORK, SERVICE_NETWORK = "10.244.0.0/16", f"{SERVICES}/{SERVICE_PREFIX}"
API_SERVER = "10.96.0.1"
"""The Service `kubernetes` in `default`."""
DNS = "10.96.0.10"
"""The Service `kube-dns` in `kube-system`."""
CLUSTER_DOMAIN = "cluster.local"


PLAIN_POD = "127.0.0.1"
"""What every Pod's address is without a sandbox."""
_SERVICE_ADDRESS = re.compile(r"\b10\.(9[6-9]|10[0-9]|11[01])\.(\d+)\.(\d+)\b")


def plain(text: str) -> str:
    """`text` with each cluster IP replaced by the loopback address that stands for it without a sandbox."""
    return _SERVICE_ADDRESS.sub(r"127.\1.\2.\3", text)


class AddressesExhausted(Exception):
    """No address of that range is free."""


class AddressPool:
    """Hands out addresses of a network in turn, so that a freed one is not reused at once."""

    def __init__(self, network: str, *, reserved: Iterable[str] = ()) -> None:
        parsed = ipaddress.ip_network(network)
        self._first, self._size = int(parsed.network_address) + 1, parsed.num_addresses - 2
        self._network = parsed
        self._used = {int(ipaddress.ip_address(each)) for each in reserved}
        self._next = 0

    def take(self) -> str:
        for _ in range(self._size):
            number = self._first + self._next
            self._next = (self._next + 1) % self._size
            if number not in self._used:
                self._used.add(number)
                return str(ipaddress.ip_address(number))
        raise AddressesExhausted(f"range {self._network} is full")

    def claim(self, address: str) -> bool:
        """Takes that very address; False when it is taken already. Raises ValueError when it is not of this network."""
        parsed = ipaddress.ip_address(address)
        if parsed not in self._network:
            raise ValueError(
                f"the provided IP ({address}) is not in the valid range. The range of valid IPs is {self._network}"
            )
        if int(parsed) in self._used:
            return False
        self._used.add(int(parsed))
        return True

    def release(self, address: str) -> None:
        self._used.discard(int(ipaddress.ip_address(address)))


def pod_addresses() -> AddressPool:
    return AddressPool(POD_NETWORK, reserved=[BRIDGE])


def service_addresses() -> AddressPool:
    return AddressPool(SERVICE_NETWORK, reserved=[API_SERVER, DNS])
