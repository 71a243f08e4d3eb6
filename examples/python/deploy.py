"""A deployment in CI: upgrade (or install) a release, show its hooks' output, and say why where it fails.

    python deploy.py NAME CHART [KEY=VALUE …]

Exit code 0 where the release is deployed, 1 where it is not; a failed post hook leaves it deployed, with a warning.
"""

from __future__ import annotations

import asyncio
import sys

from steersman.client import AsyncClient
from steersman.diagnose.failure import diagnose_failure
from steersman.errors import ReleaseFailed, SteersmanError
from steersman.lifecycle.events import HookFinished, HookLog
from steersman.lifecycle.plan import Options


async def deploy(name: str, chart: str, values: dict[str, str]) -> int:
    async with AsyncClient() as client:
        operation = await client.upgrade(name, chart, values, install=True, options=Options(timeout=120))
        try:
            async for event in operation:
                if isinstance(event, HookLog):
                    print(f"{event.hook} | {event.line}")
                elif isinstance(event, HookFinished):
                    print(f"{event.event} hook {event.hook}: {event.result} after {event.seconds:.1f}s")
            finished = await operation.result()
        except ReleaseFailed as error:
            print(f"error: {error}", file=sys.stderr)
            failed = (await client.status(name)).newest
            diagnosis = await diagnose_failure(client.kube, failed)
            if diagnosis is not None:
                print(f"why: {diagnosis.problem}\nfix: {diagnosis.fix}", file=sys.stderr)
            return 1
        print(f"{name} is {finished.status}, revision {finished.revision}")
        if (await client.status(name)).degraded:
            print("warning: a post hook failed; `steer hooks` shows it", file=sys.stderr)
        return 0


def main(name: str, chart: str, *settings: str) -> int:
    values = dict(setting.split("=", 1) for setting in settings)
    try:
        return asyncio.run(deploy(name, chart, values))
    except SteersmanError as error:
        print(f"error: {error}" + (f"\n{error.hint}" if error.hint else ""), file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
