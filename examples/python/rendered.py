"""Charts without a cluster: render one, and look at what came out.

    python rendered.py CHART

Prints each hook by its weight, then how many objects of each kind there are.
"""

from __future__ import annotations

import sys
from collections import Counter

from steersman.chart.load import load
from steersman.chart.render import ReleaseOptions, prepare, render
from steersman.manifest.order import hook_order


def main(path: str) -> int:
    rendered = render(prepare(load(path), {}), ReleaseOptions(name="demo", namespace="default"))
    for hook in hook_order(rendered.hooks):
        print(f"{hook.weight:4} {hook.kind}/{hook.name}: {', '.join(hook.events)}")
    kinds = Counter(document.kind for document in rendered.manifests)
    for kind, count in sorted(kinds.items()):
        print(f"{count:4} {kind}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
