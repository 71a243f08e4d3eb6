"""What is reviewed: the documents of a rendered chart, each as hook or ordinary resource, and what surrounds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from steersman.manifest.hooks import EVENT_ANNOTATION, DeletePolicy, Hook, HookEvent
from steersman.review.lines import Path, line_of, scalar_line, template_line
from steersman.review.model import Finding, Fix
from steersman.review.shapes import Json, as_list, as_object, entries

# Where a Pod's spec stands in each kind that has one.
POD_SPECS: dict[str, Path] = {
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    **dict.fromkeys(
        ("Job", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController"),
        ("spec", "template", "spec"),
    ),
}


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a document; `path` leads to it within the object."""

    name: str
    path: Path
    spec: Json
    init: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """What the container runs, as far as the manifest says: command and arguments."""
        return tuple(str(word) for key in ("command", "args") for word in as_list(self.spec.get(key)))

    @property
    def text(self) -> str:
        """All words, one a line: to search in."""
        return "\n".join(self.words)

    @property
    def image(self) -> str:
        return str(self.spec.get("image") or "")


@dataclass(frozen=True, eq=False)
class Item:
    """One document. `path` is its template's (or the file's); `template` that file's source text, where it is known.

    `only_at`: rendered by `install` or by `upgrade` alone; "" for what both render.
    """

    path: str
    text: str
    object: Json
    hook: Hook | None = None
    template: str | None = None
    only_at: str = ""

    @property
    def kind(self) -> str:
        return str(self.object.get("kind") or "")

    @property
    def api_version(self) -> str:
        return str(self.object.get("apiVersion") or "")

    @property
    def metadata(self) -> Json:
        return as_object(self.object.get("metadata"))

    @property
    def name(self) -> str:
        return str(self.metadata.get("name") or "")

    @property
    def namespace(self) -> str:
        return str(self.metadata.get("namespace") or "")

    @cached_property
    def annotations(self) -> dict[str, str]:
        return {str(key): str(value) for key, value in as_object(self.metadata.get("annotations")).items()}

    @property
    def events(self) -> tuple[HookEvent, ...]:
        """The events at which it runs; () for what is no hook."""
        return tuple(self.hook.events) if self.hook else ()

    @property
    def is_dropped(self) -> bool:
        """Whether Helm leaves it out of the release: a hook with an event that it does not know."""
        return self.hook is None and EVENT_ANNOTATION in self.annotations

    @property
    def weight(self) -> int:
        return self.hook.weight if self.hook else 0

    @property
    def delete_policies(self) -> tuple[str, ...]:
        """What Helm goes by: the annotation's words, or the default that stands in for an absent one."""
        words = tuple(word for word in self.hook.delete_policies if word) if self.hook else ()
        return words or (DeletePolicy.BEFORE_HOOK_CREATION,)

    @property
    def is_test(self) -> bool:
        """Whether only `helm test` runs it: nothing of a release depends on it."""
        return self.events == (HookEvent.TEST,)

    @property
    def is_awaited(self) -> bool:
        """Whether Helm waits for it to finish: Jobs and Pods; all other kinds count as done once they are there."""
        return self.hook is not None and self.kind in ("Job", "Pod")

    @property
    def title(self) -> str:
        return f"{self.kind}/{self.name}"

    @cached_property
    def pod_path(self) -> Path:
        """Where the Pod's spec stands; () for a kind that has none."""
        return POD_SPECS.get(self.kind, ())

    @cached_property
    def pod_spec(self) -> Json:
        """The Pod's spec; {} where there is none."""
        return as_object(self.at(self.pod_path) if self.pod_path else None)

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """Init containers first, as they run."""
        return tuple(
            Container(str(spec.get("name") or ""), (*self.pod_path, key, index), spec, key == "initContainers")
            for key in ("initContainers", "containers")
            for index, spec in entries(self.pod_spec.get(key))
        )

    def at(self, path: Path) -> Any:
        """What stands at `path`; None where nothing does."""
        value: Any = self.object
        for step in path:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def finding(
        self,
        message: str,
        path: Path = (),
        *,
        offset: int | None = None,
        hint: str = "",
        fix: Fix | None = None,
        minor: bool = False,
        doubtful: bool = False,
    ) -> Finding:
        """A finding about the place at `path`; `offset` is a line (0-based) within the text that stands there."""
        line = line_of(self.text, path) if offset is None else scalar_line(self.text, path, offset)
        return Finding(
            message=message,
            item=self,
            line=line,
            where=dotted(path),
            hint=hint,
            fix=fix,
            minor=minor,
            doubtful=doubtful,
        )

    def source_line(self, line: int) -> int | None:
        """The template's line for a line of the document, where it is certain."""
        return None if self.template is None else template_line(self.template, self.text, line)


def dotted(path: Path) -> str:
    """`("spec", "containers", 0)` as `spec.containers[0]`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


@dataclass(frozen=True, eq=False)
class Subject:
    """A chart's documents in the order in which they would be installed.

    `timeout` is the release's `--timeout` in seconds. `options` are the settings of the rule that is being run. `folder` is
    the chart's, where it has one: a template `name/templates/x.yaml` is then the file `folder/templates/x.yaml`. `release` is the
    name that a chart was rendered with; "" for what was rendered elsewhere.
    """

    name: str
    items: tuple[Item, ...]
    timeout: float = 300.0
    folder: str = ""
    release: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def hooks(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.hook is not None)

    @cached_property
    def resources(self) -> tuple[Item, ...]:
        """All that is no hook; without what Helm drops."""
        return tuple(item for item in self.items if item.hook is None and not item.is_dropped)

    def file(self, item: Item) -> str:
        """The file that an item came from, as far as there is one; its path in the chart otherwise."""
        return f"{self.folder.rstrip('/')}/{item.path.partition('/')[2]}" if self.folder else item.path

    def event(self, event: HookEvent) -> tuple[Item, ...]:
        """The hooks of one event in the order in which they run: by weight, then by name."""
        return self._orders.get(event, ())

    @cached_property
    def _orders(self) -> dict[HookEvent, tuple[Item, ...]]:
        ordered = sorted(self.hooks, key=lambda item: (item.weight, item.name))
        return {event: tuple(item for item in ordered if event in item.events) for event in HookEvent}

    def with_options(self, options: Mapping[str, Any]) -> Subject:
        """The same with other options; what was worked out is kept."""
        seen = copy(self)
        object.__setattr__(seen, "options", options)
        return seen

    def named(self, kind: str, name: str) -> Iterator[Item]:
        """All documents of this kind and name."""
        return (item for item in self.items if item.kind == kind and item.name == name)

    @property
    def running_hooks(self) -> tuple[Item, ...]:
        """The hooks that run something: those with containers."""
        return tuple(item for item in self.hooks if item.containers)
