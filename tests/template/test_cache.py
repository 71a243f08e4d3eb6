"""The disk cache: a second run parses nothing, and nothing that is wrong with it does harm."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from steersman.errors import TemplateError
from steersman.template import environment as environment_module
from steersman.template.environment import Environment

TEXT = '{{ define "unused" }}{{ upper .x }}{{ end }}{{ define "used" }}<{{ . }}>{{ end }}{{ include "used" .x }}'


@pytest.fixture(autouse=True)
def _no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a new process."""
    monkeypatch.setattr(environment_module, "_records", {})


def render(folder: Path, text: str = TEXT) -> str:
    environment_module._records.clear()
    environment = Environment(cache=folder)
    environment.parse("t", text)
    result = environment.render("t", {"x": "value"})
    environment.save()
    return result


def entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def test_the_second_run_neither_parses_nor_compiles(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from steersman.template.environment import Environment\n"
        f"environment = Environment(cache=Path({str(tmp_path / 'cache')!r}))\n"
        f"environment.parse('t', {TEXT!r})\n"
        "print(environment.render('t', {'x': 'value'})); environment.save()\n"
        "print(*(name for name in ('parser', 'compiler') if f'steersman.template.{name}' in sys.modules))\n"
    )
    runs = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True) for _ in range(2)
    ]
    assert runs[0].stdout == "<value>\nparser compiler\n"
    assert runs[1].stdout == "<value>\n\n"


def test_what_a_later_run_needs_is_added(tmp_path: Path) -> None:
    text = '{{ define "a" }}A{{ end }}{{ if .more }}{{ include "a" . }}{{ end }}'
    for data in ({}, {"more": True}, {"more": True}):
        environment_module._records.clear()
        environment = Environment(cache=tmp_path)
        environment.parse("t", text)
        assert environment.render("t", data) == ("A" if data else "")
        environment.save()
    assert len(entries(tmp_path)) == 1


@pytest.mark.parametrize("damage", [b"", b"nonsense", None, "cut", "flip"])
def test_damaged_files_are_replaced(tmp_path: Path, damage: bytes | str | None) -> None:
    assert render(tmp_path) == "<value>"
    (entry,) = entries(tmp_path)
    sound = entry.read_bytes()
    if damage is None:
        entry.unlink()
        entry.mkdir()
        assert render(tmp_path) == "<value>"
        return
    flipped = bytes((*sound[:-1], sound[-1] ^ 1))
    entry.write_bytes(sound[:-20] if damage == "cut" else flipped if damage == "flip" else bytes(damage))  # type: ignore[arg-type]
    assert render(tmp_path) == "<value>"
    assert entry.read_bytes() == sound


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
@pytest.mark.parametrize("what", ["folder", "file"])
def test_what_others_can_write_to_is_not_read(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "cache"
    assert render(folder) == "<value>"
    (entry,) = entries(folder)
    # a forged entry under the right name: the code of another template
    other = tmp_path / "other"
    render(other, "forged")
    entry.write_bytes(entries(other)[0].read_bytes())
    assert render(folder) == "forged"
    (folder if what == "folder" else entry).chmod(0o777)
    assert render(folder) == "<value>"


def test_no_folder_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert render(tmp_path / "file" / "cache") == "<value>"


def test_writers_at_the_same_time(tmp_path: Path) -> None:
    def work(number: int) -> str:
        environment = Environment(cache=tmp_path)
        environment.parse("t", TEXT + " " * (number % 3))
        result = environment.render("t", {"x": number})
        environment.save()
        return result

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(60)))
    assert results == [f"<{number}>" + " " * (number % 3) for number in range(60)]
    assert len(entries(tmp_path)) == 3
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".") and path.name != ".swept"]


def test_old_entries_are_dropped(tmp_path: Path) -> None:
    render(tmp_path)
    (entry,) = entries(tmp_path)
    for path in (entry, tmp_path / ".swept"):
        os.utime(path, (1, 1))
    render(tmp_path, "new")
    assert entry not in entries(tmp_path)


def test_strict_and_lenient_templates_are_kept_apart(tmp_path: Path) -> None:
    text = "{{ .missing }}"
    assert render(tmp_path, text) == ""
    environment = Environment(strict=True, cache=tmp_path)
    environment.parse("t", text)
    with pytest.raises(TemplateError, match="no entry"):
        environment.render("t", {})
