"""Helm's own types that are of use to any caller: `common.Values`, the root of what templates see, and `.Values` in it."""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.template.failures import FunctionError
from steersman.template.strconv import quote
from steersman.template.values import GoMethods, Method, method

if TYPE_CHECKING:
    from typing import Any, ClassVar


class Values(dict[str, "Any"], GoMethods):  # type: ignore[misc]  # dict's own get is meant: it is the fast one
    """A map with methods. Maps inside of it are plain ones."""

    __slots__ = ()
    go_type: ClassVar[str] = "common.Values"
    go_kind: ClassVar[str] = "map"
    go_methods: ClassVar[dict[str, Method]] = {
        "AsMap": method("as_map", "", "map[string]interface {}"),
        "Encode": method("encode", "io.Writer", "error"),
        "PathValue": method("path_value", "string"),
        "Table": method("table", "string", "common.Values"),
        "YAML": method("yaml", "", "string"),
    }

    def as_map(self) -> dict[str, Any]:
        return dict(self)

    def encode(self, _writer: object) -> None:
        raise AssertionError("no template has an io.Writer")

    def yaml(self) -> str:
        from steersman.manifest import yaml

        return yaml.dump(self)

    def table(self, path: str) -> Values:
        """The map under a dotted path. Raises FunctionError."""
        found: Any = self
        for name in path.split("."):
            found = found.get(name)
            if not isinstance(found, dict):
                raise FunctionError(f"{quote(name)} is not a table")
        return Values(found)

    def path_value(self, path: str) -> Any:
        """What is under a dotted path and is no map. Raises FunctionError."""
        if not path:
            raise FunctionError("YAML path cannot be empty")
        parent, _, name = path.rpartition(".")
        try:
            table = self.table(parent) if parent else self
        except FunctionError:
            table = Values()
        if name not in table or isinstance(table[name], dict):
            raise FunctionError(f"{quote(name)} is not a value")
        return table[name]


class _AsArgument(Values):
    """Values that went through a function whose parameter is a plain map: for Go it comes back as that, the same map."""

    __slots__ = ()
    go_type: ClassVar[str] = "map[string]interface {}"


class _FromOutside(Values):
    """A subchart's values as its parent's templates see them: a table of theirs like any other, without methods."""

    __slots__ = ()
    go_type: ClassVar[str] = "map[string]interface {}"
    go_methods: ClassVar[dict[str, Method]] = {}


def seen_from_inside(values: Values) -> None:
    """From here on `values` are what a chart's own templates call `.Values`, with methods."""
    values.__class__ = Values


def seen_from_outside(values: Values) -> None:
    """From here on `values` are a plain map: one object serves a subchart and its parent, so that `set` shows in both."""
    values.__class__ = _FromOutside


def returned(mapping: dict[str, Any]) -> dict[str, Any]:
    """`mapping` as a function gives back a map that it was given."""
    if type(mapping) is Values:
        mapping.__class__ = _AsArgument
    return mapping
