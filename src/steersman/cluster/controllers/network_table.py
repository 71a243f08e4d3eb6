"""What the node's proxy and DNS serve, read off Services and EndpointSlices and pushed whenever it changes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any

from steersman.cluster.agent.link import AgentError, Link
from steersman.cluster.controllers.controller import Controller, Key, key_of
from steersman.cluster.machinery import Json, Objects
from steersman.cluster.network.addresses import API_SERVER, BRIDGE, CLUSTER_DOMAIN, DNS, plain


class NetworkTable(Controller):
    """Its only key is the whole cluster: the tables are small and pushing them whole cannot go wrong half way."""

    name = "kube-proxy"
    watches = ("services", "endpointslices.discovery.k8s.io")

    def __init__(self, objects: Objects, link: Link) -> None:
        super().__init__(objects)
        self._link = link
        self._pushed: tuple[Any, ...] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def attach(self, link: Link) -> None:
        """A new agent knows nothing yet."""
        self._link, self._pushed = link, None
        self.enqueue(("", ""))

    def keys(self, resource: str, obj: Json, kind: str) -> list[Key]:
        return [("", "")]

    def reconcile(self, namespace: str, name: str) -> float | None:
        made = tables(self.objects)
        if made != self._pushed:
            self._pushed = made
            task = asyncio.ensure_future(self._push(made))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return None

    async def _push(self, made: tuple[Any, ...]) -> None:
        addresses, table, names, aliases, services = made
        if self._link.mode == "plain":
            table = [[protocol, plain(address), *rest] for protocol, address, *rest in table]
        try:
            await self._link.ask("names", addresses=names, aliases=aliases, services=services)
            await self._link.ask("services", addresses=addresses, table=table)
        except AgentError:
            self._pushed = None


def tables(objects: Objects) -> tuple[Any, ...]:
    """(addresses to answer for, proxy table, A records, CNAME records, SRV records)."""
    slices: dict[Key, list[Json]] = defaultdict(list)
    for each in objects.list("endpointslices.discovery.k8s.io"):
        service = (each["metadata"].get("labels") or {}).get("kubernetes.io/service-name")
        if service:
            slices[each["metadata"]["namespace"], service].append(each)
    addresses: set[str] = {API_SERVER}
    table: list[Any] = []
    names: dict[str, list[str]] = {}
    aliases: dict[str, str] = {}
    services: dict[str, list[tuple[int, str]]] = {}
    for service in objects.list("services"):
        spec, key = service["spec"], key_of(service)
        full = f"{key[1]}.{key[0]}.svc.{CLUSTER_DOMAIN}"
        if spec.get("type") == "ExternalName":
            aliases[full] = spec.get("externalName", "").rstrip(".")
            continue
        address = spec.get("clusterIP")
        if address == "None":
            _headless(slices[key], full, names, services)
            continue
        if not address:
            continue
        names[full] = [address]
        if address not in (API_SERVER, DNS):
            addresses.add(address)
            for port in spec.get("ports") or ():
                protocol = port.get("protocol", "TCP")
                backends = _backends(slices[key], port.get("name", ""))
                table.append([protocol, address, port["port"], backends])
                if port.get("nodePort"):
                    table.append([protocol, BRIDGE, port["nodePort"], backends])
        for port in spec.get("ports") or ():
            if port.get("name"):
                services[f"_{port['name']}._{port.get('protocol', 'TCP').lower()}.{full}"] = [(port["port"], full)]
    return sorted(addresses), table, names, aliases, services


def _ready(each: Json) -> bool:
    return bool((each.get("conditions") or {}).get("ready", True))


def _backends(slices: list[Json], port_name: str) -> list[list[Any]]:
    return [
        [address, port["port"]]
        for each in slices
        for port in each.get("ports") or ()
        if (port.get("name") or "") == port_name
        for endpoint in each.get("endpoints") or ()
        if _ready(endpoint)
        for address in endpoint["addresses"][:1]
    ]


def _headless(
    slices: list[Json], full: str, names: dict[str, list[str]], services: dict[str, list[tuple[int, str]]]
) -> None:
    """The Service's name is all ready Pods' addresses; each Pod with a host name has a name of its own below it."""
    names[full] = []
    for each in slices:
        for endpoint in each.get("endpoints") or ():
            if not _ready(endpoint):
                continue
            names[full] += endpoint["addresses"][:1]
            host = f"{endpoint.get('hostname') or endpoint['addresses'][0].replace('.', '-')}.{full}"
            names[host] = endpoint["addresses"][:1]
            for port in each.get("ports") or ():
                if port.get("name"):
                    key = f"_{port['name']}._{port.get('protocol', 'TCP').lower()}.{full}"
                    services.setdefault(key, []).append((port["port"], host))
    if not names[full]:
        del names[full]
