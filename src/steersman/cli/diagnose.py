"""`steer diagnose`: why a release's hook failed, with the evidence, the fix and how to verify it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from steersman.cli import declare
from steersman.cli.formats import emit, output_option
from steersman.cli.output import echo
from steersman.cli.settings import Settings

if TYPE_CHECKING:
    from steersman.client.async_client import AsyncClient
    from steersman.diagnose.diagnosis import Diagnosis

WIDTH = 110


@declare.command("diagnose")
@declare.argument("name", metavar="RELEASE")
@declare.option(
    "--revision", type=int, default=0, help="the hooks of this revision (default: the newest in which one failed)"
)
@declare.option("--hook", default="", help="this hook, where several failed")
@output_option
@declare.pass_obj
def command(settings: Settings, name: str, revision: int, hook: str, output: str) -> None:
    """Say why a hook failed or a resource is not ready: the most likely cause, the evidence, the fix and how to verify it."""
    from steersman.cli.session import ask

    diagnosis = ask(settings, lambda client: newest_failure(client, name, revision, hook))
    if output != "table":
        emit(diagnosis.to_data() if diagnosis else None, output)
    elif diagnosis is None:
        echo(
            f"No hook of {name} has failed{f' in revision {revision}' if revision else ''}, and its resources are ready."
        )
    else:
        echo(diagnosis_text(diagnosis))


async def newest_failure(client: AsyncClient, name: str, revision: int = 0, hook: str = "") -> Diagnosis | None:
    """The diagnosis of the newest revision in which a hook failed, or of the one that is asked for. Raises ReleaseNotFound."""
    from steersman.diagnose.failure import diagnose_failure

    releases = [await client.get(name, revision)] if revision else reversed(await client.history(name))
    for number, release in enumerate(releases):
        if (diagnosis := await diagnose_failure(client.kube, release, hook, resources=number == 0)) is not None:
            return diagnosis
    return None


def diagnosis_text(diagnosis: Diagnosis) -> str:
    """For people: problem, evidence, fix, verification; the alternatives and what was looked at where they matter."""
    about = f"{diagnosis.event} hook {diagnosis.hook}" if diagnosis.event else diagnosis.hook
    about += f", revision {diagnosis.revision}"
    lines = [f"DIAGNOSIS: {diagnosis.cause} (confidence: {diagnosis.confidence}; {about})", ""]
    lines += [*_block("PROBLEM", diagnosis.problem), *_indented(diagnosis.explanation), ""]
    if diagnosis.evidence:
        lines += ["EVIDENCE", *(f"  {each.source}: {each.quote}" for each in diagnosis.evidence), ""]
    if diagnosis.fix:
        lines += [*_block("FIX", diagnosis.fix), ""]
    if diagnosis.verify:
        lines += ["VERIFY", *(f"  $ {each}" for each in diagnosis.verify)]
    if diagnosis.alternatives:
        lines += ["", "IT MAY ALSO BE"]
        lines += [f"  {each.cause} ({each.confidence}): {each.problem}" for each in diagnosis.alternatives]
    if diagnosis.cause == "unknown" and diagnosis.looked_at:
        lines += ["", *_block("LOOKED AT", ", ".join(diagnosis.looked_at))]
    if diagnosis.not_seen:
        lines += ["", *_block("NOT SEEN", ", ".join(diagnosis.not_seen))]
    return "\n".join(lines)


def _block(title: str, text: str) -> list[str]:
    return [title, *_indented(text)]


def _indented(text: str) -> list[str]:
    """Wrapped, but for lines that are indented already (YAML, commands)."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith(" "):
            lines.append("  " + line)
        else:
            lines += textwrap.wrap(line, WIDTH, initial_indent="  ", subsequent_indent="  ", break_long_words=False)
    return lines
