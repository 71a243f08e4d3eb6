"""Modules of the standard library that stay empty until they are asked."""

from __future__ import annotations

import subprocess
import sys

import pytest

from steersman.deferred import NAMES


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_an_action_imports_asks_none_of_them() -> None:
    # Whoever starts Python here may have some of them before: a module of pytest's, or one that a .pth file names.
    program = f"""
import sys
names = {{name for name in {NAMES!r} if name not in sys.modules}} - {{"selectors"}}  # which the event loop needs
from steersman.deferred import defer
defer()
import asyncio, socket, ssl
import steersman.cli.session, steersman.client.async_client, steersman.kube.client, steersman.kube.asyncio_network
async def nothing(): pass
asyncio.run(nothing())
print(*(name for name in names if "__getattr__" not in vars(sys.modules[name])))
"""
    assert run(program).split() == []


@pytest.mark.parametrize("name", NAMES)
def test_each_is_itself_once_asked(name: str) -> None:
    program = f"""
import importlib.util, sys
sys.modules.pop({name!r}, None)
from steersman.deferred import defer
defer([{name!r}])
import {name} as module
assert "__getattr__" in vars(module)
assert importlib.util.find_spec({name!r}) is not None
try:
    module.no_such_thing
except AttributeError as error:
    print(error)
del sys.modules[{name!r}]
again = importlib.import_module({name!r})
assert [each for each in dir(again) if each not in dir(module)] == []
assert module.__file__ == again.__file__
"""
    assert run(program) == f"module {name!r} has no attribute 'no_such_thing'\n"
