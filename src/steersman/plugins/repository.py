"""Plugins in git repositories: cloned, set to a version, brought up to date. `git` itself does it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from steersman.chart.versions import is_compatible, is_version, newest_first
from steersman.errors import PluginError

_ADDRESS = re.compile(r"(?:https?|git|ssh|git\+ssh|file)://|[\w.-]+@[\w.-]+:")


def is_repository(source: str) -> bool:
    """Whether git could clone it, by the look of it."""
    return _ADDRESS.match(source) is not None


def name_of(source: str) -> str:
    """The folder that a repository is installed in, as helm names it: the last part of the address."""
    return re.split("[/:]", source.rstrip("/"))[-1]


def clone(source: str, folder: Path, version: str) -> None:
    """Clone a repository into a new folder, at a tag, branch or commit, or at the newest tag that satisfies a range.

    Raises PluginError.
    """
    _git("Unable to get repository", "clone", "--quiet", "--recurse-submodules", "--", source, str(folder))
    if not version:
        return
    reference = version if _is_reference(folder, version) else _newest(folder, source, version)
    _git("Unable to update checked out version", "checkout", "--quiet", reference, "--", at=folder)
    _git("Unable to update checked out version", "submodule", "update", "--init", "--recursive", at=folder)


def update(folder: Path) -> None:
    """Fetch what is new; where a tag or commit is checked out, it stays. Raises PluginError, also for changed files."""
    if not os.path.lexists(folder / ".git"):
        raise PluginError(
            "cannot get information about plugin source",
            hint=f"{folder} is no git repository: `steer plugin uninstall` it, and install the new version.",
        )
    if _git("Unable to retrieve local repo information", "diff", at=folder).strip():
        raise PluginError("plugin repo was modified", hint=f"`git -C {folder} diff` shows it.")
    _git("Unable to retrieve local repo information", "remote", "get-url", "origin", at=folder)
    _git("Unable to update repository", "fetch", "--quiet", "--tags", "origin", at=folder)
    if _git("Unable to update repository", "branch", "--show-current", at=folder).strip():
        _git("Unable to update repository", "pull", "--quiet", "--ff-only", at=folder)
        _git("Unable to update repository", "submodule", "update", "--init", "--recursive", at=folder)


def _is_reference(folder: Path, version: str) -> bool:
    for name in (version, f"origin/{version}"):
        known = ["git", "-C", str(folder), "rev-parse", "--quiet", "--verify", "--end-of-options", f"{name}^{{commit}}"]
        if subprocess.run(known, capture_output=True, check=False).returncode == 0:
            return not version.startswith("-")
    return False


def _newest(folder: Path, source: str, version: str) -> str:
    tags = [tag for tag in _git("Unable to retrieve tags", "tag", at=folder).split() if is_version(tag)]
    found = next((tag for tag in newest_first(tags, lambda tag: tag) if is_compatible(version, tag)), None)
    if found is None:
        known = (
            f"It has {', '.join(newest_first(tags, lambda tag: tag)[:5])}." if tags else "It has no tagged versions."
        )
        raise PluginError(f'requested version "{version}" does not exist for plugin "{source}"', hint=known)
    return found


def _git(trouble: str, *words: str, at: Path | None = None) -> str:
    place = ["-C", str(at)] if at is not None else []
    try:
        done = subprocess.run(["git", *place, *words], capture_output=True, stdin=None, text=True, check=False)
    except OSError as error:
        raise PluginError(
            'exec: "git": executable file not found in $PATH', hint="Plugins from repositories need git."
        ) from error
    if done.returncode != 0:
        said = [line for line in f"{done.stdout}\n{done.stderr}".splitlines() if line.strip()]
        why = next((line for line in said if line.startswith(("fatal:", "error:"))), said[0] if said else "")
        more = "\n".join(["git said:", *said[-12:]]) if len(said) > 1 else ""
        raise PluginError(f"{trouble}: {why}: exit status {done.returncode}", hint=more)
    return done.stdout
