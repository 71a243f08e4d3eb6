"""What a chart is once loaded: its metadata, templates, values, files and subcharts.

Field meanings are those of Helm's Chart.yaml reference; `templating()` and `document()` give the two shapes in which
Helm shows a chart's metadata to others.
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.record import field, record
from steersman.template.functions.nil import NilStringMap
from steersman.template.values import StringMap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

API_VERSION_1 = "v1"
API_VERSION_2 = "v2"


@record(slots=True)
class File:
    """One file of a chart: `name` relative to the chart's root with `/`, `modified` in ns since the epoch (0 = unknown)."""

    name: str
    data: bytes
    modified: int = 0


@record(slots=True)
class Maintainer:
    name: str = ""
    email: str = ""
    url: str = ""


@record(slots=True)
class Dependency:
    """A dependency as Chart.yaml (or requirements.yaml) asks for it; `version` is a constraint."""

    name: str = ""
    version: str = ""
    repository: str = ""
    condition: str = ""
    tags: list[str] | None = None
    enabled: bool = False
    import_values: list[Any] | None = None
    alias: str = ""

    def templating(self) -> dict[str, Any]:
        """As `.Chart.Dependencies` shows it to templates: Go field names, nothing left out."""
        return {
            "Name": self.name,
            "Version": self.version,
            "Repository": self.repository,
            "Condition": self.condition,
            "Tags": list(self.tags or ()),
            "Enabled": self.enabled,
            "ImportValues": list(self.import_values or ()),
            "Alias": self.alias,
        }

    def document(self) -> dict[str, Any]:
        """As in Chart.yaml and in a release record: empty fields are left out, but for name and repository."""
        optional = {
            "version": self.version,
            "condition": self.condition,
            "tags": self.tags,
            "enabled": self.enabled,
            "import-values": self.import_values,
            "alias": self.alias,
        }
        return {"name": self.name, "repository": self.repository, **_given(optional)}


@record(slots=True)
class Metadata:
    """The contents of Chart.yaml (with requirements.yaml's dependencies for charts of version 1)."""

    name: str = ""
    home: str = ""
    sources: list[str] | None = None
    version: str = ""
    description: str = ""
    keywords: list[str] | None = None
    maintainers: list[Maintainer] | None = None
    icon: str = ""
    api_version: str = ""
    condition: str = ""
    tags: str = ""
    app_version: str = ""
    deprecated: bool = False
    annotations: dict[str, str] | None = None
    kube_version: str = ""
    dependencies: list[Dependency] | None = None
    type: str = ""

    def templating(self) -> dict[str, Any]:
        """As `.Chart` shows it to templates: Go field names, nothing left out; `IsRoot` is the renderer's to add."""
        return {
            "Name": self.name,
            "Home": self.home,
            "Sources": list(self.sources or ()),
            "Version": self.version,
            "Description": self.description,
            "Keywords": list(self.keywords or ()),
            "Maintainers": [{"Name": m.name, "Email": m.email, "URL": m.url} for m in self.maintainers or ()],
            "Icon": self.icon,
            "APIVersion": self.api_version,
            "Condition": self.condition,
            "Tags": self.tags,
            "AppVersion": self.app_version,
            "Deprecated": self.deprecated,
            "Annotations": NilStringMap() if self.annotations is None else StringMap(self.annotations),
            "KubeVersion": self.kube_version,
            "Dependencies": [dependency.templating() for dependency in self.dependencies or ()],
            "Type": self.type,
        }

    def document(self) -> dict[str, Any]:
        """As in Chart.yaml and in a release record: JSON names, empty fields left out."""
        people = [_given({"name": m.name, "email": m.email, "url": m.url}) for m in self.maintainers or ()]
        return _given(
            {
                "name": self.name,
                "home": self.home,
                "sources": self.sources,
                "version": self.version,
                "description": self.description,
                "keywords": self.keywords,
                "maintainers": people,
                "icon": self.icon,
                "apiVersion": self.api_version,
                "condition": self.condition,
                "tags": self.tags,
                "appVersion": self.app_version,
                "deprecated": self.deprecated,
                "annotations": self.annotations,
                "kubeVersion": self.kube_version,
                "dependencies": [dependency.document() for dependency in self.dependencies or ()],
                "type": self.type,
            }
        )


@record(slots=True)
class Lock:
    """Chart.lock or requirements.lock: exact versions; `generated` is an RFC 3339 time."""

    generated: str = ""
    digest: str = ""
    dependencies: list[Dependency] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """As in Chart.lock."""
        return {
            "generated": self.generated or "0001-01-01T00:00:00Z",
            "digest": self.digest,
            "dependencies": [dependency.document() for dependency in self.dependencies],
        }


@record(slots=True, eq=False)
class Chart:
    """A loaded chart. `raw` holds every file as it was read; `templates` and `files` are Helm's two halves of them.

    Loading gives subcharts in the order of their names in charts/; dependency processing puts them into the order of
    Chart.yaml.
    """

    metadata: Metadata
    raw: list[File] = field(default_factory=list)
    templates: list[File] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    schema: bytes | None = None
    lock: Lock | None = None
    parent: Chart | None = None
    dependencies: list[Chart] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def is_root(self) -> bool:
        return self.parent is None

    @property
    def is_library(self) -> bool:
        return self.metadata.type.lower() == "library"

    @property
    def full_path(self) -> str:
        """`root/charts/sub/charts/deeper`, as `# Source:` lines show it."""
        return self.name if self.parent is None else f"{self.parent.full_path}/charts/{self.name}"

    def set_dependencies(self, charts: list[Chart]) -> None:
        """Make these charts the subcharts, and this chart their parent."""
        for chart in charts:
            chart.parent = self
        self.dependencies = charts

    def crds(self) -> Iterator[tuple[str, File]]:
        """(path below the root chart, file) of every manifest in crds/, then of the subcharts'."""
        for file in self.files:
            if file.name.startswith("crds/") and file.name.lower().endswith((".yaml", ".yml", ".json")):
                yield f"{self.full_path}/{file.name}", file
        for chart in self.dependencies:
            yield from chart.crds()


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}
