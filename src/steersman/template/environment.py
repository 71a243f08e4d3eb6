"""The room's door: an `Environment` holds a chart's templates and renders them.

environment = Environment()
environment.parse("chart/templates/_helpers.tpl", text)
environment.parse("chart/templates/service.yaml", text)
text = environment.render("chart/templates/service.yaml", data)
environment.save()
"""

from __future__ import annotations

import os
import sys

from steersman.digest import digest
from steersman.errors import TemplateError
from steersman.lazy import TYPE_CHECKING, remembering
from steersman.template.builtins import BUILTINS
from steersman.template.cache import TemplateCache, default_folder, source_stamp
from steersman.template.failures import LimitExceeded, ParseError
from steersman.template.functions.registry import FUNCTIONS, Layers
from steersman.template.limits import Limits
from steersman.template.runtime import NAMES, Context
from steersman.template.tracing import exec_error, parse_error, template_error
from steersman.template.unit import Engine, Record, TemplateSet, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from steersman.template.functions.registry import Functions

_MOST_RECORDS = 20_000
_records: dict[tuple[str, str], Record] = {}


class Environment:
    """Templates that can call each other, and the functions that they can call.

    `functions` is the table by Helm's names (default: all there are; Go's own are always there). `strict` is Go's
    missingkey=error. Compiled templates are kept below `cache` (default: the user's cache folder; False: nowhere) when
    `save` is called.
    """

    def __init__(
        self,
        functions: Functions | None = None,
        *,
        strict: bool = False,
        limits: Limits | None = None,
        cache: str | os.PathLike[str] | bool = True,
    ) -> None:
        # Go's own come last: Sprig has a `slice` too
        table = Layers(FUNCTIONS if functions is None else functions, BUILTINS)
        self._engine = Engine(table, strict, dict(NAMES))
        self._limits = limits or Limits()
        self._templates = TemplateSet(self._load)
        self._cache = TemplateCache(default_folder() if cache is True else cache) if cache else None
        self._stamp = ""
        self._loaded: list[Record] = []

    def parse(self, name: str, text: str) -> None:
        """Add a file's templates: the text itself under `name`, and each that it defines.

        Of templates of one name the last one stays, as in Go. Raises TemplateError.
        """
        try:
            unit = self._load(name, text)
        except ParseError as error:
            raise parse_error(name, error.line, error.message_in(name)) from error
        self._templates.add(unit)

    def render(self, name: str, data: Any, *, plain: bool = False) -> str:
        """Run a template; `data` is what `.` and `$` are. Raises TemplateError.

        `plain` is Go's text/template without Helm's touch: what is nil stays `<no value>`, errors are in Go's own words.
        """
        if name not in self._templates:
            raise TemplateError(f'template: no template "{name}" associated with template "gotpl"')
        context = Context(self._templates, self._limits)
        recursion_limit = sys.getrecursionlimit()
        try:
            text = context.start(name, data)
        except LimitExceeded as error:
            raise TemplateError(f"{name}: {error}", hint="Is this chart meant to do that?") from error
        except RecursionError:
            raise TemplateError(f"{name}: templates or values are nested too deeply") from None
        except MemoryError:
            raise TemplateError(f"{name}: rendering needs more memory than there is") from None
        except Exception as error:
            found = exec_error(error)
            if plain:
                said = str(found).replace("HELM_ERR_START", "").replace("HELM_ERR_END", "")
                raise TemplateError(said, location=found.location) from error
            raise template_error(found) from error
        finally:
            sys.setrecursionlimit(recursion_limit)  # `include` may have lifted it
        return text if plain else text.replace("<no value>", "")

    def save(self) -> None:
        """Keep what was compiled for the next process."""
        if self._cache is not None:
            for record in self._loaded:
                if record.is_new:
                    self._cache.store(record)

    def _load(self, name: str, text: str) -> Unit:
        """A text as a unit: from this process's memory, from disk, or parsed now. Raises ParseError."""
        if not self._stamp:
            self._stamp = _fingerprint((frozenset(self._engine.functions), self._engine.strict))
        record = _records.get((self._stamp, text))
        if record is not None:
            self._loaded.append(record)
            return Unit(name, text, record, self._engine)
        key = digest(f"{self._stamp}\n{text}".encode("utf-8", "surrogateescape")).hex()
        record = self._cache.load(key) if self._cache is not None else None
        definitions = None
        if record is None:
            from steersman.template.parser import parse

            definitions = parse(text, self._engine.functions)
            record = Record(
                [each.name for each in definitions],
                [each.is_empty() for each in definitions],
                [None] * len(definitions),
                is_new=True,
                key=key,
            )
        if len(_records) >= _MOST_RECORDS:
            _records.clear()
        _records[self._stamp, text] = record
        self._loaded.append(record)
        return Unit(name, text, record, self._engine, definitions)


@remembering
def _fingerprint(names_and_strict: tuple[frozenset[str], bool]) -> str:
    """What decides, beside its text, what a template is compiled to."""
    names, strict = names_and_strict
    return digest(f"{source_stamp()}\n{' '.join(sorted(names))}\n{strict}".encode()).hex()


def in_parsing_order(names: Iterable[str]) -> list[str]:
    """Files in the order in which Helm parses them: deep ones first, so that the outermost chart's definitions win."""
    return sorted(names, key=lambda name: (name.count("/"), name.encode("utf-8", "surrogatepass")), reverse=True)
