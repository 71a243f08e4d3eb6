"""Semantic versions in templates: `semver`, which gives a version with Go's methods, and `semverCompare`."""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.record import record
from steersman.template.functions import semver as semantic
from steersman.template.functions.json_writer import dumps
from steersman.template.functions.registry import FunctionError, function
from steersman.template.functions.semver import SemverError, Version
from steersman.template.values import GoObject, Method, Uint64, method

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import ClassVar

_POINTER = "*semver.Version"


@record(frozen=True, eq=False)
class GoVersion(GoObject):
    """*semver.Version of Masterminds: prints as its canonical text; parts and comparisons are methods."""

    version: Version

    go_type = _POINTER
    go_kind = "ptr"
    go_methods: ClassVar[Mapping[str, Method]] = {
        "Major": method("major", "", "uint64"),
        "Minor": method("minor", "", "uint64"),
        "Patch": method("patch", "", "uint64"),
        "Prerelease": method("prerelease", "", "string"),
        "Metadata": method("metadata", "", "string"),
        "Original": method("original", "", "string"),
        "String": method("go_string", "", "string"),
        "Compare": method("compare", _POINTER, "int"),
        "Equal": method("equal", _POINTER, "bool"),
        "LessThan": method("less_than", _POINTER, "bool"),
        "LessThanEqual": method("less_than_equal", _POINTER, "bool"),
        "GreaterThan": method("greater_than", _POINTER, "bool"),
        "GreaterThanEqual": method("greater_than_equal", _POINTER, "bool"),
        "IncMajor": method("inc_major", "", "semver.Version"),
        "IncMinor": method("inc_minor", "", "semver.Version"),
        "IncPatch": method("inc_patch", "", "semver.Version"),
        "SetPrerelease": method("set_prerelease", "string", "semver.Version"),
        "SetMetadata": method("set_metadata", "string", "semver.Version"),
        "MarshalText": method("marshal_text", "", "[]uint8"),
        "MarshalJSON": method("marshal_json", "", "[]uint8"),
        "Value": method("go_string", "", "string"),
    }
    go_private_fields: ClassVar[Mapping[str, str]] = {
        "major": "go_major",
        "minor": "go_minor",
        "patch": "go_patch",
        "pre": "go_pre",
        "metadata": "go_metadata",
        "original": "go_original",
    }
    go_major = property(lambda self: Uint64(self.version.major))
    go_minor = property(lambda self: Uint64(self.version.minor))
    go_patch = property(lambda self: Uint64(self.version.patch))
    go_pre = property(lambda self: self.version.prerelease)
    go_metadata = property(lambda self: self.version.metadata)
    go_original = property(lambda self: self.version.original)

    def go_string(self) -> str:
        return str(self.version)

    def go_json(self) -> str:
        return str(self.version)

    def go_deep_copy(self) -> GoVersion:
        """An empty version: copystructure copies none of the fields, because they are private."""
        return GoVersion(Version(0, 0, 0))

    def major(self) -> Uint64:
        return Uint64(self.version.major)

    def minor(self) -> Uint64:
        return Uint64(self.version.minor)

    def patch(self) -> Uint64:
        return Uint64(self.version.patch)

    def prerelease(self) -> str:
        return self.version.prerelease

    def metadata(self) -> str:
        return self.version.metadata

    def original(self) -> str:
        return self.version.original

    def compare(self, other: GoVersion) -> int:
        return self.version.compare(other.version)

    def equal(self, other: GoVersion) -> bool:
        return self.version == other.version

    def less_than(self, other: GoVersion) -> bool:
        return self.version < other.version

    def less_than_equal(self, other: GoVersion) -> bool:
        return self.version <= other.version

    def greater_than(self, other: GoVersion) -> bool:
        return self.version > other.version

    def greater_than_equal(self, other: GoVersion) -> bool:
        return self.version >= other.version

    def inc_major(self) -> GoVersionStruct:
        return self._next(self.version.major + 1, 0, 0)

    def inc_minor(self) -> GoVersionStruct:
        return self._next(self.version.major, self.version.minor + 1, 0)

    def inc_patch(self) -> GoVersionStruct:
        """The next patch; of a pre-release the release itself."""
        patch = self.version.patch + (0 if self.version.prerelease else 1)
        return self._next(self.version.major, self.version.minor, patch)

    def set_prerelease(self, text: str) -> GoVersionStruct:
        self._check(text, "prerelease")
        return self._with(text, self.version.metadata)

    def set_metadata(self, text: str) -> GoVersionStruct:
        self._check(text, "metadata")
        return self._with(self.version.prerelease, text)

    def marshal_text(self) -> bytes:
        return self.go_string().encode()

    def marshal_json(self) -> bytes:
        return dumps(self.go_string()).encode()

    def __eq__(self, other: object) -> bool:
        """As reflect.DeepEqual sees it: metadata and the original text count, too."""
        return type(other) is type(self) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def _parts(self) -> tuple[str, str]:
        return str(self.version), self.version.original

    def _next(self, major: int, minor: int, patch: int) -> GoVersionStruct:
        return GoVersionStruct(Version(major, minor, patch, original=f"{self._prefix()}{major}.{minor}.{patch}"))

    def _with(self, prerelease: str, metadata: str) -> GoVersionStruct:
        major, minor, patch = self.version.major, self.version.minor, self.version.patch
        text = self._prefix() + str(Version(major, minor, patch, prerelease, metadata))
        return GoVersionStruct(Version(major, minor, patch, prerelease, metadata, text))

    @staticmethod
    def _check(text: str, part: str) -> None:
        try:
            semantic.check_identifiers(text, part)
        except SemverError as error:
            raise FunctionError(str(error)) from None

    def _prefix(self) -> str:
        return "v" if self.version.original.startswith("v") else ""


class GoVersionStruct(GoVersion):
    """semver.Version, not a pointer to one: what `IncMajor` and its kin give. Go finds fewer methods on it."""

    go_type = "semver.Version"
    go_kind = "struct"
    go_methods: ClassVar[Mapping[str, Method]] = {
        name: GoVersion.go_methods[name]
        for name in (
            *("Major", "Minor", "Patch", "Prerelease", "Metadata", "String", "IncMajor", "IncMinor", "IncPatch"),
            *("SetPrerelease", "SetMetadata", "MarshalText", "MarshalJSON", "Value"),
        )
    }


@function("semver", "string", _POINTER)
def semver(text: str) -> GoVersion:
    try:
        return GoVersion(semantic.parse(text))
    except SemverError as error:
        raise FunctionError(str(error)) from error


@function("semverCompare", "string, string", "bool")
def semver_compare(constraint: str, version: str) -> bool:
    try:
        return semantic.satisfies(constraint, version)
    except SemverError as error:
        raise FunctionError(str(error)) from error
