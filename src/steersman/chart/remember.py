"""What a second rendering of the same chart need not find out again: the loaded chart, checked schemas, documents' heads."""

from __future__ import annotations

import marshal
import os

from steersman.chart.model import Chart, Dependency, File, Lock, Maintainer, Metadata
from steersman.lazy import TYPE_CHECKING
from steersman.manifest.documents import Document, Head
from steersman.memo import Memo, remembered, source_stamp

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def memo_of(path: str) -> Memo:
    """The memo of the chart at this path."""
    here = os.path.dirname(__file__)
    rest = os.path.dirname(here)
    return Memo(os.path.abspath(path), source_stamp((here, f"{rest}/manifest", f"{rest}/manifest/yaml")))


def loaded(memo: Memo | None, data: bytes, load: Callable[[], tuple[Chart, list[str]]]) -> tuple[Chart, list[str]]:
    """What `load` gives (a chart and warnings) for `data`, an archive or the files of a folder.

    A remembered chart has no `raw` files.
    """
    known = None if memo is None else memo.recall("chart", data)
    if known is not None:
        plain, told = known
        return _chart(plain), told
    chart, told = load()
    if memo is not None:
        memo.keep("chart", data, (_plain(chart), told))
    return chart, told


def head_of(memo: Memo) -> Callable[[Document], Head]:
    """A reader of documents' heads that asks the memo first."""

    def read(document: Document) -> Head:
        data = document.text.encode("utf-8", "surrogateescape")
        return Head(**remembered(memo, "head", data, lambda: document.head.__dict__))

    return read


def plain_bytes(value: Any) -> bytes:
    """The same bytes for the same plain value (the newer forms of marshal tell shared objects from equal ones)."""
    return marshal.dumps(value, 2)


def _plain(chart: Chart) -> tuple[Any, ...]:
    metadata = dict(chart.metadata.__dict__)
    metadata["maintainers"] = metadata["maintainers"] and [person.__dict__ for person in metadata["maintainers"]]
    metadata["dependencies"] = metadata["dependencies"] and [wanted.__dict__ for wanted in metadata["dependencies"]]
    lock = chart.lock and {**chart.lock.__dict__, "dependencies": [each.__dict__ for each in chart.lock.dependencies]}
    return (
        metadata,
        [(file.name, file.data, file.modified) for file in chart.templates],
        [(file.name, file.data, file.modified) for file in chart.files],
        chart.values,
        chart.schema,
        lock,
        [_plain(subchart) for subchart in chart.dependencies],
    )


def _chart(plain: tuple[Any, ...]) -> Chart:
    metadata, templates, files, values, schema, lock, subcharts = plain
    people, wanted = metadata.pop("maintainers"), metadata.pop("dependencies")
    chart = Chart(
        Metadata(
            **metadata,
            maintainers=people and [Maintainer(**each) for each in people],
            dependencies=wanted and [Dependency(**each) for each in wanted],
        ),
        templates=[File(*each) for each in templates],
        files=[File(*each) for each in files],
        values=values,
        schema=schema,
        lock=lock and Lock(**{**lock, "dependencies": [Dependency(**each) for each in lock["dependencies"]]}),
    )
    chart.set_dependencies([_chart(each) for each in subcharts])
    return chart
