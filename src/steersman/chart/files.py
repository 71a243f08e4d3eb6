"""`.Files`: the chart's other files, as templates read them."""

from __future__ import annotations

from steersman.chart.model import File
from steersman.lazy import TYPE_CHECKING
from steersman.template.values import GoMethods, Method, StringSlice, from_utf8, method

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import ClassVar


class Files(GoMethods, dict[str, bytes]):
    """File contents by name (Go's `engine.files`, a map with methods)."""

    __slots__ = ()
    go_type: ClassVar[str] = "engine.files"
    go_kind: ClassVar[str] = "map"
    go_methods: ClassVar[dict[str, Method]] = {
        "Get": method("text", "string", returns="string"),
        "GetBytes": method("bytes", "string", returns="[]uint8"),
        "Glob": method("glob", "string", returns="engine.files"),
        "AsConfig": method("as_config", returns="string"),
        "AsSecrets": method("as_secrets", returns="string"),
        "Lines": method("lines", "string", returns="[]string"),
    }

    @classmethod
    def of(cls, files: Iterable[File]) -> Files:
        return cls((file.name, file.data) for file in files)

    def bytes(self, name: str) -> bytes:
        """The contents of a file; nothing for one that is not there."""
        return dict.get(self, name, b"")

    def text(self, name: str) -> str:
        return from_utf8(self.bytes(name))

    def glob(self, pattern: str) -> Files:
        """The files whose names match; a pattern that cannot be read matches all, as in Helm."""
        from steersman.chart import glob

        try:
            matcher = glob.compiled(pattern)
        except glob.BadGlob:
            return Files(self)
        return Files((name, data) for name, data in self.items() if matcher.fullmatch(name))

    def lines(self, name: str) -> StringSlice:
        """The lines of a file, without an empty one for a final newline."""
        text = self.text(name)
        return StringSlice(text.removesuffix("\n").split("\n") if text else ())

    def as_config(self) -> str:
        """YAML of base name → text, to stand below a ConfigMap's `data:`."""
        return _table({_base(name): from_utf8(data) for name, data in self.items()})

    def as_secrets(self) -> str:
        """YAML of base name → Base64, to stand below a Secret's `data:`."""
        from binascii import b2a_base64

        return _table({_base(name): b2a_base64(data, newline=False).decode() for name, data in self.items()})


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _table(table: dict[str, str]) -> str:
    from steersman.manifest import yaml

    return yaml.dump(table).removesuffix("\n")
