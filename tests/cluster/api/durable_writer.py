"""A process that writes to a store as fast as it can and says what was acknowledged, until it is killed.

Usage: durable_writer.py STATE. Each line on standard output is `NAME VERSION`, printed after the write has returned.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from steersman.cluster.machinery import Objects
from steersman.cluster.store import Store


def main() -> None:
    objects = Objects(Store(Path(sys.argv[1])))
    if objects.find("namespaces", "default") is None:
        objects.create("namespaces", {"metadata": {"name": "default"}})
    known = {obj["metadata"]["name"]: int(obj["data"]["version"]) for obj in objects.list("configmaps")}
    print("ready", flush=True)
    for number in itertools.count():
        name = f"c{number % 40}"
        version = known.get(name, 0) + 1
        body = {"metadata": {"name": name}, "data": {"version": str(version), "filling": "x" * (number % 3000)}}
        if name in known:
            objects.patch("configmaps", name, body, "default")
        else:
            objects.create("configmaps", body, "default")
        known[name] = version
        sys.stdout.write(f"{name} {version}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
