"""`--dry-run`: the release that would be, printed as Helm prints it."""

from __future__ import annotations

from steersman.cli.formats import emit
from steersman.cli.output import echo
from steersman.cli.results import hooks_text, status_text
from steersman.errors import UsageError
from steersman.release.codec import to_json
from steersman.release.record import Release

CHOICES = ("none", "client", "server")


def dry_run_choice(value: str) -> str:
    """`none`, `client` or `server`, from all that Helm takes. Raises UsageError."""
    if value in CHOICES:
        return value
    if value in ("unset", "true"):
        return "client"
    if value == "false":
        return "none"
    raise UsageError(f'invalid dry-run value ("{value}"). Must be "none", "server", or "client"')


def show(release: Release, output: str, *, hide_secret: bool, first_line: str = "") -> None:
    """Print a release that was only rendered."""
    if output != "table":
        emit(to_json(release), output)
        return
    if first_line:
        echo(first_line)
    notes, release.info.notes = release.info.notes, ""
    echo(status_text(release))
    echo(f"HOOKS:\n{hooks_text(release.hooks)}", nl=False)
    echo(f"MANIFEST:\n{without_secrets(release.manifest) if hide_secret else release.manifest}")
    if notes:
        echo(f"NOTES:\n{notes.strip()}")


def without_secrets(manifest: str) -> str:
    """The manifest with the content of every Secret left out, as Helm's --hide-secret does."""
    from steersman.manifest.documents import split

    parts = []
    for document in split("", manifest):
        text = document.text
        if document.kind == "Secret":
            source = next((line for line in text.splitlines() if line.startswith("# Source: ")), "")
            text = f"{source}\n# HIDDEN: The Secret output has been suppressed\n"
        parts.append(f"---\n{text}")
    return "".join(parts)
