"""`make demo`: the lesson, from install to uninstall, on the embedded cluster; exit 0 only if every claim was seen to hold.

Everything is done by the two commands a reader of the lesson would type, `steer` and `kubectl`; what they cannot show (a table's
columns, a key in the cache, a backup that restores) is asked by a small Job inside the cluster.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
CHART = "examples/task-api"
COLOUR = sys.stdout.isatty()


class Broken(Exception):
    """A claim of the demonstration that did not hold."""


class Demo:
    """Runs commands, shows them as a transcript and remembers what was checked."""

    def __init__(self, environment: dict[str, str], kubectl: str) -> None:
        self.environment = environment
        self.kubectl_program = kubectl
        self.checks = 0
        self.questions = 0

    def chapter(self, title: str) -> None:
        print(f"\n\x1b[1m━━ {title}\x1b[0m" if COLOUR else f"\n━━ {title}", flush=True)

    def steer(self, arguments: str, *, exits: int = 0) -> str:
        return self.run("steer", [sys.executable, "-m", "steersman"], arguments, exits)

    def kubectl(self, arguments: str) -> str:
        return self.run("kubectl", [self.kubectl_program], arguments, 0)

    def run(self, name: str, program: list[str], arguments: str, exits: int) -> str:
        """Show and run one command, its output as it comes; Broken where it ends with another exit code than `exits`."""
        print(f"\n$ {name} {arguments}", flush=True)
        lines: list[str] = []
        with subprocess.Popen(
            program + arguments.split(),
            cwd=PROJECT,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                print(line, end="", flush=True)
                lines.append(line)
        if process.returncode != exits:
            raise Broken(f"`{name} {arguments}` ended with exit code {process.returncode}, not {exits}")
        return "".join(lines)

    def kubeconfig(self) -> str:
        command = [sys.executable, "-m", "steersman", "cluster", "kubeconfig", "--path"]
        result = subprocess.run(command, env=self.environment, cwd=PROJECT, text=True, capture_output=True, check=True)
        return result.stdout.strip()

    def ask(self, image: str, script: str, *, volume: str = "") -> str:
        """What a script prints inside the cluster, run as a Job of its own that is removed again."""
        self.questions += 1
        job = question(f"demo-question-{self.questions}", image, script, volume)
        self.quiet("apply", "-f", "-", stdin=json.dumps(job))
        try:
            self.quiet("wait", "--for=condition=complete", f"job/{job['metadata']['name']}", "--timeout=60s")
            return self.quiet("logs", f"job/{job['metadata']['name']}")
        finally:
            self.quiet("delete", "job", job["metadata"]["name"])

    def quiet(self, *arguments: str, stdin: str = "") -> str:
        """A kubectl command that is no part of the transcript; Broken where it fails."""
        command = [self.kubectl_program, *arguments]
        result = subprocess.run(command, input=stdin, env=self.environment, text=True, capture_output=True, check=False)
        if result.returncode:
            raise Broken(f"kubectl {' '.join(arguments)}: {result.stderr.strip()}")
        return result.stdout

    def check(self, claim: str, holds: bool) -> None:
        """Record one claim that was looked at; Broken where it does not hold."""
        if not holds:
            raise Broken(claim)
        self.checks += 1
        print(f"  \x1b[32m✓\x1b[0m {claim}" if COLOUR else f"  ✓ {claim}", flush=True)


def question(name: str, image: str, script: str, volume: str) -> dict[str, object]:
    reference = {"secretKeyRef": {"name": "my-app-postgres", "key": "password"}}
    environment = {"PGHOST": "my-app-postgres", "PGUSER": "agents", "PGDATABASE": "agents"}
    container: dict[str, object] = {
        "name": "ask",
        "image": image,
        "command": ["/bin/sh", "-ec", textwrap.dedent(script)],
        "env": [
            *({"name": key, "value": value} for key, value in environment.items()),
            {"name": "PGPASSWORD", "valueFrom": reference},
        ],
    }
    pod: dict[str, object] = {"restartPolicy": "Never", "containers": [container]}
    if volume:
        container["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
        pod["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": volume}}]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"backoffLimit": 0, "template": {"spec": pod}},
    }


def columns(demo: Demo) -> list[str]:
    sql = "SELECT column_name FROM information_schema.columns WHERE table_name = 'agents'"
    return demo.ask("postgres:15", f'psql -At -c "{sql}"').split()


def version_serving(demo: Demo) -> str:
    answer: dict[str, str] = json.loads(demo.ask("curlimages/curl:8.11.1", "curl -fsS http://my-app:8000/health"))
    return answer["version"]


def registered(demo: Demo) -> bool:
    return (
        "my-app"
        in json.loads(demo.ask("curlimages/curl:8.11.1", "curl -fsS http://my-app-registry:8080/agents"))["agents"]
    )


def in_order(text: str, *words: str) -> bool:
    """Whether `words` stand in `text` in this order."""
    position = 0
    for word in words:
        position = text.find(word, position)
        if position < 0:
            return False
    return True


def status(demo: Demo) -> dict[str, object]:
    result = subprocess.run(
        [sys.executable, "-m", "steersman", "status", "my-app", "-o", "json"],
        env=demo.environment, text=True, capture_output=True, check=True, cwd=PROJECT,
    )  # fmt: skip
    answer: dict[str, object] = json.loads(result.stdout)
    return answer


def install(demo: Demo) -> None:
    output = demo.steer(f"install my-app {CHART}")
    demo.check(
        "the schema hook ran before the application was created",
        in_order(output, "my-app-db-init", "Deployment/my-app"),
    )
    demo.check("the table exists in PostgreSQL", "status" in columns(demo))
    demo.check("the service is registered", registered(demo))
    jobs = demo.kubectl("get jobs -l release=my-app")
    demo.check(
        "kubectl lists the hooks' Jobs", in_order(jobs, "my-app-db-init", "1/1", "my-app-register-service", "1/1")
    )
    demo.check(
        "kubectl shows the hook's log", "Schema initialized successfully." in demo.kubectl("logs job/my-app-db-init")
    )


def upgrade(demo: Demo) -> None:
    warm = "redis-cli -h my-app-redis DBSIZE"
    demo.ask("curlimages/curl:8.11.1", "curl -fsS http://my-app:8000/api/agents")
    demo.check("a request has filled the cache", demo.ask("redis:7", warm).strip() not in ("0", "(integer) 0"))
    demo.check("before the upgrade there is no column embedding_model", "embedding_model" not in columns(demo))
    output = demo.steer(f"upgrade my-app {CHART} -f {CHART}/exercises/2-migration.yaml")
    demo.check("backup, migration and validation ran in the order of their weights",
               in_order(output, "my-app-backup", "my-app-migrate", "my-app-validate-migration", "my-app-cache-bust"))  # fmt: skip
    demo.check("the migration is visible in PostgreSQL", {"embedding_model", "parameters"} <= set(columns(demo)))
    demo.check("the cache was flushed", demo.ask("redis:7", warm).strip() in ("0", "(integer) 0"))
    demo.check("version 2.0 is serving", version_serving(demo) == "2.0")


def sequence(demo: Demo) -> None:
    output = demo.steer(
        f"upgrade my-app {CHART} -f {CHART}/exercises/2-migration.yaml -f {CHART}/exercises/6-sequence.yaml"
    )
    steps = ("Step 1: Backing up data", "Step 2: Running migration", "Step 3: Verifying migration")
    demo.check("the three steps ran in the order of their weights", in_order(output, *steps))


def blocked(demo: Demo) -> None:
    output = demo.steer(f"upgrade my-app {CHART} -f {CHART}/exercises/4-failure.yaml --set version=3.0", exits=1)
    demo.check("the upgrade is blocked", "Error: release failed: pre-upgrade hook failed" in output)
    demo.check("and said to be rolled back", 'Release "my-app" rolled back' in output)
    demo.check("the failed hook's own words are shown", "This hook intentionally fails" in output)
    demo.check("the old version goes on serving", version_serving(demo) == "2.0")
    demo.check("kubectl has the log of the failed hook", "intentionally" in demo.kubectl("logs job/my-app-debug-fail"))
    history = demo.steer("history my-app")
    demo.check("the attempt stands in the history", in_order(history, "deployed", "failed"))
    demo.check("the release is still deployed", dict(status(demo)["info"])["status"] == "deployed")  # type: ignore[call-overload]


def degraded(demo: Demo) -> None:
    arguments = (
        f"upgrade my-app {CHART} --set version=2.1 --set debugFailure.enabled=true,debugFailure.event=post-upgrade"
    )
    output = demo.steer(arguments)
    demo.check("the upgrade completes", 'Release "my-app" has been upgraded. Status: DEPLOYED' in output)
    demo.check("with a warning", "WARNING: post-upgrade hook failed" in output)
    demo.check("the new version is serving", version_serving(demo) == "2.1")


def test(demo: Demo) -> None:
    output = demo.steer("test my-app")
    demo.check("the tests passed", in_order(output, "TEST SUITE: my-app", "PASSED"))


def rollback(demo: Demo) -> None:
    output = demo.steer("rollback my-app 2")
    demo.check("a backup was made before, and the version verified after",
               in_order(output, "my-app-backup-before-rollback", "my-app-verify-rollback"))  # fmt: skip
    demo.check("version 2.0 is serving again", version_serving(demo) == "2.0")
    backup = "/data/before-rollback.sql"
    restored = demo.ask(
        "postgres:15",
        f"""
        psql -q -c 'DROP DATABASE IF EXISTS restored' -c 'CREATE DATABASE restored'
        psql -q -v ON_ERROR_STOP=1 -d restored -f {backup} > /dev/null
        psql -At -d restored -c 'SELECT count(*) FROM agents'
        """,
        volume="my-app-backups",
    )
    demo.check("the backup restores", restored.split()[-1] == "2")


def kept(demo: Demo) -> None:
    demo.steer(
        f"upgrade my-app {CHART} --set version=2.2 --set debugFailure.enabled=true,debugFailure.event=pre-delete"
    )
    output = demo.steer("uninstall my-app", exits=1)
    demo.check("a failing pre-delete hook blocks", "Error: release failed: pre-delete hook failed" in output)
    demo.check("and keeps the release", 'Release "my-app" is still deployed' in output)
    demo.check("which goes on serving", version_serving(demo) == "2.2")


def uninstall(demo: Demo) -> None:
    demo.steer(f"upgrade my-app {CHART} --set version=2.3")
    demo.check("the service is still registered", registered(demo))
    output = demo.steer("uninstall my-app")
    demo.check(
        "the data was exported before anything was removed", in_order(output, "my-app-export-data", "uninstalled")
    )
    demo.check("the service was deregistered", not registered(demo))
    left = demo.quiet("get", "deployments", "-o", "name")
    demo.check("the application is gone", "deployment.apps/my-app\n" not in left)
    export = demo.ask("busybox:1.37", "cat /data/export.sql", volume="my-app-backups")
    demo.check(
        "the export is left behind, with the data in it", "CREATE TABLE public.agents" in export and "planner" in export
    )


CHAPTERS: list[tuple[str, Callable[[Demo], None]]] = [
    ("Install: the schema first, then the application, then its registration", install),
    ("Upgrade: backup, migrate, validate; then an empty cache", upgrade),
    ("Weights: three steps in their order", sequence),
    ("A failing pre-upgrade hook blocks the upgrade", blocked),
    ("A failing post-upgrade hook only warns", degraded),
    ("Test", test),
    ("Rollback: backup before, verification after", rollback),
    ("A failing pre-delete hook keeps the release", kept),
    ("Uninstall: what must outlive the release does", uninstall),
]


def main() -> int:
    sys.path.insert(0, str(PROJECT / "tools"))
    from oracle import oracle  # the lesson's own kubectl, from PyPI

    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="steersman-demo-") as folder:
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("HELM_", "KUBE", "STEERSMAN_"))
        }
        environment |= {
            "XDG_STATE_HOME": f"{folder}/state",
            "XDG_CACHE_HOME": f"{folder}/cache",
            "PYTHONUNBUFFERED": "1",
        }
        demo = Demo(environment, str(oracle() / "kubectl"))
        try:
            demo.steer("cluster start")
            # `steer` finds the embedded cluster by itself; kubectl is told where it is.
            demo.environment["KUBECONFIG"] = demo.kubeconfig()
            for title, chapter in CHAPTERS:
                demo.chapter(title)
                chapter(demo)
        except Broken as broken:
            print(f"\n✗ {broken}", file=sys.stderr)
            return 1
        finally:
            subprocess.run(
                [sys.executable, "-m", "steersman", "cluster", "stop"], env=environment, cwd=PROJECT, check=False
            )
    print(f"\nAll {demo.checks} claims were seen to hold, in {time.monotonic() - started:.0f} seconds.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
