"""The straight way to `steer template`: the usual options of a local chart, read without click.

click takes longer to import than a small chart takes to render. So this reader knows the options that render a chart that is
there; whatever else stands on the command line (help, a chart to be fetched, an unknown option, a mistake) it leaves to click,
which knows everything and words the errors.
"""

from __future__ import annotations

import os

from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

# option → field of TemplateRequest or Settings
FLAGS = {
    "--include-crds": "include_crds",
    "--is-upgrade": "is_upgrade",
    "--no-hooks": "no_hooks",
    "--skip-tests": "skip_tests",
    "--release-name": "release_name",
    "--skip-schema-validation": "skip_schema_validation",
    "--debug": "debug",
}
WORDS = {
    "--kube-version": "kube_version",
    "--name-template": "name_template",
    "--output-dir": "output_dir",
    "--namespace": "namespace",
    "-n": "namespace",
}
LISTS = {
    "--values": "files",
    "-f": "files",
    "--set": "set",
    "--set-string": "set_string",
    "--set-json": "set_json",
    "--set-file": "set_file",
    "--set-literal": "set_literal",
    "--show-only": "show_only",
    "-s": "show_only",
    "--api-versions": "api_versions",
    "-a": "api_versions",
}
_COMMA_SEPARATED = ("files", "api_versions")
_OF_SETTINGS = ("debug", "namespace")
_OF_VALUES = ("files", "set", "set_string", "set_json", "set_file", "set_literal")


def read(words: Sequence[str]) -> dict[str, Any] | None:
    """The fields that `template …` sets, with `arguments`; None for what is not the straight way."""
    if not words or words[0] != "template":
        return None
    found: dict[str, Any] = {"arguments": []}
    rest = iter(words[1:])
    for word in rest:
        if not word.startswith("-"):
            found["arguments"].append(word)
            continue
        name, separator, value = word.partition("=")
        if word in FLAGS:
            found[FLAGS[word]] = True
            continue
        target = WORDS.get(name) or LISTS.get(name)
        if target is None or (separator and not name.startswith("--")):
            return None
        given = value if separator else next(rest, None)
        if given is None:
            return None
        if target in ("files", "set_file") and ":" in given:  # an address, perhaps a plugin's
            return None
        if name in WORDS:
            found[target] = given
        elif target in _COMMA_SEPARATED:
            if '"' in given:
                return None
            found.setdefault(target, []).extend(given.split(","))
        else:
            found.setdefault(target, []).append(given)
    arguments = found["arguments"]
    if not 1 <= len(arguments) <= 2 or not os.path.exists(arguments[-1].strip()):
        return None
    return found


def run(words: Sequence[str]) -> int | None:
    """Run `steer` with these words if it is the straight way; the exit code, or None to leave it to click."""
    found = read(words)
    if found is None:
        return None
    import gc

    from steersman.chart.values import ValueSources
    from steersman.cli.guard import guarded
    from steersman.cli.installable import load_installable
    from steersman.cli.settings import Settings
    from steersman.cli.templating import TemplateRequest, run_template

    # one short run leaves little garbage behind
    gc.disable()
    settings = Settings.from_options({name: found.pop(name) for name in _OF_SETTINGS if name in found})
    values = ValueSources(**{name: found.pop(name) for name in _OF_VALUES if name in found})
    request = TemplateRequest(values=values, **found)
    return guarded(
        lambda: run_template(request, settings, lambda name: os.path.abspath(name.strip()), load_installable)
    )
