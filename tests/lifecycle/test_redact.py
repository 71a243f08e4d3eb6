"""What a hook's environment holds in plain text is masked in its log, unless that would hide the log."""

from __future__ import annotations

from base64 import b64encode

from steersman.lifecycle.redact import plain_secrets, redactor_for

from .fake import FakeKube


def masked(**env: str) -> list[str]:
    variables = [{"name": name, "value": value} for name, value in env.items()]
    spec = {"template": {"spec": {"containers": [{"name": "main", "env": variables}]}}}
    return list(plain_secrets({"kind": "Job", "spec": spec}))


def test_what_is_called_a_secret_and_passwords_in_urls() -> None:
    assert masked(PGPASSWORD="hunter2-hunter2", API_TOKEN="abcdefgh") == ["hunter2-hunter2", "abcdefgh"]
    assert masked(DATABASE_URL="postgresql://app:hunter2-hunter2@db/app") == ["hunter2-hunter2"]


def test_what_is_short_or_stands_elsewhere_is_left() -> None:
    assert masked(PGPASSWORD="right") == []
    assert masked(PGPASSWORD="postgres", PGUSER="postgres", PGHOST="postgres.data") == []
    assert masked(TOKEN_URL="https://login.example/token", SECRET_NAME="app-credentials") == []


async def test_of_a_secret_what_the_hook_itself_says_in_the_open_is_left() -> None:
    data = {"username": "shop", "password": "shop-secret", "token": "open", "note": "quiet"}
    kube = FakeKube()
    await kube.create(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "db", "namespace": "default"},
            "data": {key: b64encode(value.encode()).decode() for key, value in data.items()},
        }
    )
    container = {"name": "main", "image": "registry/shop:open", "envFrom": [{"secretRef": {"name": "db"}}]}
    redact = await redactor_for(
        kube, {"kind": "Job", "spec": {"template": {"spec": {"containers": [container]}}}}, "default"
    )
    assert redact("pull registry/shop, shop-secret quiet") == "pull registry/shop, *** ***"
    assert redact("open") == "***"  # called a token, wherever else it stands
