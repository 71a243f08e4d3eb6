"""A program lacks a module, a driver or a shared library."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "module-missing",
    (
        r"ModuleNotFoundError: No module named '(?P<name>[^']+)'",
        r"ImportError: (?P<name>.*)",
        r"No module named '?(?P<name>[\w.]+)'?$",
        r"cannot load such file -- (?P<name>\S+)|Could not find (?P<other>\S+) in (?:any of the sources|locally "
        r"installed gems)",
        r"(?P<name>could not find driver)|Class \"(?P<third>[^\"]+)\" not found|Unknown database type (?P<fourth>\S+)",
        r"error while loading shared libraries: (?P<name>[^:]+): cannot open",
        r"Unable to load shared object (?P<name>\S+)|Cannot find package '(?P<other>[^']+)'",
        r"Error: Cannot find module '(?P<name>[^']+)'",
        r"Could not find or load main class (?P<name>\S+)",
        r"NoClassDefFoundError: (?P<name>\S+)",
        r"ClassNotFoundException: (?P<name>[\w.$]+)",
        r"Error loading shared library (?P<name>[^:]+): No such file",
        r"find a valid (?P<name>ICU package)",
        r"Can't open lib '(?P<name>[^']+)' : file not found",
        r"Could not load file or assembly '(?P<name>[^',]+)",
        r"Can't locate (?P<name>\S+) in @INC|Class '(?P<name2>[^']+)' not found",
        r"\(module (?P<name>\S+) is not available\)"
        r"|(?<!database driver: )unknown driver \"?(?P<name2>[^\"\s]+)\"? \(forgotten import\?\)",
        r"(?P<name>Error loading (?:psycopg2|MySQLdb|psycopg)\b.*module)|Can't load plugin: (?P<name2>\S+)",
        r"Call to undefined function (?P<name>(?:mysqli|pg|curl|mb|simplexml|intl|bc)_?\w*)\(\)",
        r"Cannot find module '(?P<name>[^']+)'",
        r"Failed opening required '(?P<name>[^']*vendor/autoload\.php)'",
        r"couldn't resolve module/action '(?P<name>[^']+)'",
    ),
    problem="The program lacks a module: {name}{other}{third}{fourth}{name2}.",
    explanation=(
        "The image does not contain it: a wrong image or tag, a missing install step, or another working "
        "directory (PYTHONPATH)."
    ),
    fix="Use the image that was built with it, or add it to the image; check `workingDir` of the container.",
)
