"""Compiled templates on disk, so that a second run of the same chart parses nothing.

Below $XDG_CACHE_HOME/steersman/templates, one file for each text, named by a digest of the text and of everything else that
decides what it is compiled to. A file holds marshalled code, which Python would run blindly: so only files that belong to this
user, in a folder that nobody else can write to, with a digest that fits, are read at all.
"""

from __future__ import annotations

import marshal
import os
from time import time

from steersman import memo
from steersman.cache_files import cache_folder, is_own
from steersman.digest import SIZE, digest
from steersman.template.unit import Record

_MAGIC = b"steersman template 1\n"
_KEPT_SECONDS = 30 * 24 * 3600
_STALE_CHECK_SECONDS = 24 * 3600


def default_folder() -> str:
    return f"{cache_folder()}/templates"


class TemplateCache:
    """A folder of compiled templates. Whatever is wrong with it, the worst that happens is that a template is parsed again."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = os.fspath(folder)
        self._usable: bool | None = None
        self._is_ready = False

    def load(self, key: str) -> Record | None:
        """The record kept under this key, if there is a sound one."""
        if not self._is_safe():
            return None
        try:
            with open(f"{self._folder}/{key}", "rb") as file:
                if not is_own(os.fstat(file.fileno())):
                    return None
                data = file.read()
        except OSError:
            return None
        start = len(_MAGIC) + SIZE
        if not data.startswith(_MAGIC) or digest(data[start:]) != data[len(_MAGIC) : start]:
            return None
        names, empty, codes = marshal.loads(memoryview(data)[start:])
        return Record(names, empty, codes, key=key)

    def store(self, record: Record) -> None:
        """Keep a record. Readers and other writers see either the old file or the new one."""
        codes = [code if code is None or isinstance(code, bytes) else marshal.dumps(code) for code in record.codes]
        payload = marshal.dumps((record.names, record.empty, codes))
        record.is_new = False
        try:
            if not self._is_ready:  # the first of many: a chart has hundreds
                self._make_ready()
            if not self._is_safe():
                return
            path = f"{self._folder}/.{os.getpid()}-{record.key}"
            with open(path, "xb") as file:
                file.write(_MAGIC + digest(payload) + payload)
            os.replace(path, f"{self._folder}/{record.key}")
        except OSError:
            self._usable = False

    def _make_ready(self) -> None:
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        self._usable = None
        self._is_ready = True
        if self._is_safe():
            self._forget_stale()

    def _is_safe(self) -> bool:
        if self._usable is None:
            try:
                self._usable = is_own(os.stat(self._folder))
            except OSError:
                self._usable = False
        return self._usable

    def _forget_stale(self) -> None:
        """Once a day, drop what was written a month ago."""
        now = time()
        mark = f"{self._folder}/.swept"
        try:
            if now - os.stat(mark).st_mtime < _STALE_CHECK_SECONDS:
                return
        except FileNotFoundError:
            pass
        with open(mark, "w"):
            pass
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if now - entry.stat().st_mtime > _KEPT_SECONDS:
                    os.unlink(entry.path)


def source_stamp() -> str:
    """Changes whenever the compiler or the functions' signatures may have changed."""
    folder = os.path.dirname(__file__)
    return memo.source_stamp((folder, f"{folder}/functions"))
