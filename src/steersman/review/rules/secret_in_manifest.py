"""A password that is written into the template itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.rules.secret_on_command_line import named_so
from steersman.review.shapes import as_object, entries
from steersman.review.subject import Item, Subject

_HOLDS = re.compile(
    r"(PASSWORD|PASSWD|_PASS|^PASS|_PWD|PASSPHRASE|SECRET|TOKEN|(API|SECRET|PRIVATE)_?KEY)$", re.IGNORECASE
)
_ABOUT = re.compile(r"ALLOW|EMPTY|ENABLE|DISABLE|REQUIRE|USE_|_?NAME|POLICY|EXISTING|RANDOM|GENERATE", re.IGNORECASE)
_URL = re.compile(r"\b\w[\w+.-]*://[^/\s:@$]*:(?P<secret>[^@\s/$<{]+)@")
_NO_VALUE = re.compile(r"|true|false|yes|no|none|null|\d{1,3}|<.*>|\*+|x+", re.IGNORECASE)
_PLACE = re.compile(r"[./~].*|.*\$[({\w].*|[\w.-]+/[\w./-]+")
_OBJECT_NAME = re.compile(r"[a-z0-9]+([-.][a-z0-9]+)+")
HINT = "Put it into a Secret that is made outside of the chart (valueFrom.secretKeyRef), or take it from the values."


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.hooks:
        if hook.template is None:
            continue  # a release's record does not tell what came from its values
        for container in hook.containers:
            for at, entry in entries(container.spec.get("env")):
                name, value = str(entry.get("name") or ""), entry.get("value")
                if not isinstance(value, str):
                    continue
                found = _URL.search(value)
                if found and written(hook, value):
                    yield hook.finding(
                        f"{name} holds a password in clear text, within its URL",
                        (*container.path, "env", at),
                        hint="Put the password alone into a Secret, and the URL together from it: $(PASSWORD).",
                    )
                elif secret(name, value) and written(hook, value):
                    yield hook.finding(f"{name} is written here in clear text", (*container.path, "env", at), hint=HINT)
        if hook.kind == "Secret":
            for key, value in as_object(hook.object.get("stringData")).items():
                if isinstance(value, str) and secret(key.replace("-", "_"), value) and written(hook, value, key):
                    yield hook.finding(
                        f"{key} is written here in clear text: whoever reads the chart reads it",
                        ("stringData", key),
                        hint="Take it from the values, or let the Secret be made outside of the chart.",
                    )


def secret(name: str, value: str) -> bool:
    """Whether a variable of this name holds a secret, and not a switch, a place or the name of one."""
    if not (_HOLDS.search(name) and named_so(name)) or _ABOUT.search(name):
        return False
    if _NO_VALUE.fullmatch(value) or _PLACE.fullmatch(value):
        return False
    names_object = re.search(r"(SECRET|TOKEN)$", name, re.IGNORECASE)
    return not (names_object and _OBJECT_NAME.fullmatch(value))


def written(hook: Item, value: str, key: str = "value") -> bool:
    """Whether the template itself has the value, and not what it was rendered with."""
    pattern = rf"[\"']?{re.escape(key)}[\"']?:\s*[\"']?{re.escape(value)}[\"']?\s*(?:[,}}#]|$)"
    return re.search(pattern, hook.template or "", re.MULTILINE) is not None


RULE = Rule("secret-in-manifest", "pod", Severity.WARNING, "no secret is written into a template", check)
