"""How the lists of Kubernetes' own kinds are merged: by which key, or replaced whole.

The table is `merge_keys.json`, written by tools/merge_keys.py from servers' OpenAPI documents (`x-kubernetes-patch-merge-key`
and `-strategy`). A kind that is not in it is a custom resource to Helm.
"""

from __future__ import annotations

from functools import cache
from os.path import dirname

from steersman.lazy import TYPE_CHECKING
from steersman.plain_json import loads
from steersman.record import record

if TYPE_CHECKING:
    from typing import Any

OBJECT_META = "apimachinery.pkg.apis.meta.v1.ObjectMeta"


@record(frozen=True, slots=True)
class MergeSchema:
    """One type of the table, or (with no type) a value in which nothing merges."""

    type_name: str = ""
    is_object: bool = False  # a whole object: its metadata is ObjectMeta, whatever its kind

    def field(self, name: str) -> FieldMerge:
        """How the field `name` of this type is merged."""
        if self.is_object and name == "metadata":
            return FieldMerge(MergeSchema(OBJECT_META))
        target, merge_key, strategies = _table()["types"].get(self.type_name, {}).get(name, ("", "", ""))
        return FieldMerge(
            MergeSchema(target) if target else NOTHING_MERGES,
            merge_key=merge_key,
            merges="merge" in strategies,
            retains_keys="retainKeys" in strategies,
        )


@record(frozen=True, slots=True)
class FieldMerge:
    """How one field is merged. `merge_key` is "" for lists of plain values."""

    schema: MergeSchema
    merge_key: str = ""
    merges: bool = False
    retains_keys: bool = False


NOTHING_MERGES = MergeSchema()


def schema_of(api_version: str, kind: str) -> MergeSchema | None:
    """The schema of one of Kubernetes' own kinds, or None for a custom resource."""
    type_name = _table()["kinds"].get(api_version, {}).get(kind)
    return None if type_name is None else MergeSchema(type_name, is_object=True)


@cache
def _table() -> Any:
    with open(f"{dirname(__file__)}/merge_keys.json", encoding="utf-8") as file:
        return loads(file.read())
