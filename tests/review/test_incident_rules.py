"""Good and bad cases for the rules about what goes wrong at night: hooks that hang, that lack something, that tell secrets."""

from __future__ import annotations

from typing import Any

import pytest

from steersman.chart.load import load
from steersman.review.build import from_chart
from steersman.review.configuration import Configuration
from steersman.review.model import Severity
from steersman.review.runner import review

from .kit import Json, document, job, pod, said, text

UP = "pre-upgrade"
ISTIO = {"name": "proxy", "image": "istio/proxyv2:1.20.0"}
SQL_PROXY = {
    "name": "proxy",
    "image": "gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.14.0",
    "args": ["--quitquitquit", "x:y:z"],
}
VAULT = {"name": "vault", "image": "hashicorp/vault:1.17", "command": ["vault", "agent"], "args": ["-address=x"]}
RBAC = "rbac.authorization.k8s.io/v1"
ACCOUNT: Json = {"serviceAccountName": "cleaner"}
SECRETS: Json = {"imagePullSecrets": [{"name": "registry"}]}
PRIVATE = "registry.example.com/shop:1.2.3"
FROM_SECRET: Json = {"env": [{"name": "DB_PASS", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}
MIGRATION = "psql -c 'ALTER TABLE a ADD COLUMN IF NOT EXISTS b int'"


def beside(*others: Json, script: str = "alembic upgrade head", **given: Any) -> Json:
    main = {"name": "main", "image": "shop:1", "command": ["/bin/sh", "-ec", script]}
    return job(UP, containers=[main, *others], **given)


def env(name: str, value: str, hook: str = UP) -> Json:
    return job(hook, container={"env": [{"name": name, "value": value}]})


def asking(label: str, value: str, **more: str) -> Json:
    hook = job(UP)
    hook["spec"]["template"]["metadata"] = {"labels": {label: value}, "annotations": more}
    return hook


def image(name: str, script: str, **given: Any) -> Json:
    return job(UP, container={"image": name, **given.pop("container", {})}, script=script, **given)


def account(*rules: Json) -> list[Json]:
    role = document("Role", "cleaner", "", RBAC, rules=list(rules))
    ref = {"kind": "Role", "name": "cleaner", "apiGroup": "rbac.authorization.k8s.io"}
    subjects = [{"kind": "ServiceAccount", "name": "cleaner"}]
    binding = document("RoleBinding", "cleaner", "", RBAC, roleRef=ref, subjects=subjects)
    return [document("ServiceAccount", "cleaner"), role, binding]


def workload(kind: str = "Deployment", **given: Any) -> Json:
    template = {"spec": {"containers": [{"name": "shop", "image": PRIVATE}], **given}}
    return document(kind, "shop", "", "apps/v1", spec={"template": template})


PYMONGO = "from pymongo import MongoClient; MongoClient('mongodb://db').shop.orders.delete_many({})"
SCRATCH: Json = {"volumes": [{"name": "b", "emptyDir": {}}]}
AT_B: Json = {"volumeMounts": [{"name": "b", "mountPath": "/b"}]}
AT_TOOLS: Json = {"volumeMounts": [{"name": "tools", "mountPath": "/tools"}]}
ANYTHING: Json = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
LIST_PODS: Json = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}

BAD: list[tuple[str, list[Json], str]] = [
    ("sidecar-keeps-hook-running", [beside(ISTIO)], "container proxy (istio/proxyv2:1.20.0) runs on"),
    ("sidecar-keeps-hook-running", [beside(SQL_PROXY)], "runs on when the hook's work is done"),
    ("sidecar-keeps-hook-running", [beside(VAULT)], "container vault"),
    ("sidecar-keeps-hook-running", [beside({"name": "db", "image": "postgres:16"})], "container db"),
    ("sidecar-keeps-hook-running", [pod(container={"image": "nginx:1.27", "command": None})], "is a server"),
    ("sidecar-keeps-hook-running", [asking("sidecar.istio.io/inject", "true")], "adds istio-proxy"),
    ("sidecar-keeps-hook-running", [asking("x", "y", **{"linkerd.io/inject": "enabled"})], "adds linkerd-proxy"),
    ("sidecar-keeps-hook-running", [beside({"name": "docker", "image": "docker:27-dind"})], "container docker"),
    ("secret-in-manifest", [env("DATABASE_URL", "postgres://app:s3cret@db/app")], "DATABASE_URL holds a password"),
    ("secret-in-manifest", [env("REDIS_URL", "redis://:s3cret@cache:6379")], "REDIS_URL holds a password"),
    ("secret-in-manifest", [env("DB_PASSWORD", "hunter2")], "DB_PASSWORD is written here"),
    ("secret-in-manifest", [env("API_KEY", "abcdef0123456789")], "API_KEY is written here"),
    ("secret-in-manifest", [document("Secret", "s", UP, stringData={"db-password": "hunter2"})], "db-password"),
    ("table-given-as-names", [job(UP, script="kubectl get pods | xargs kubectl delete pod")], "all of its columns"),
    ("table-given-as-names", [job(UP, script="kubectl get po -n x | awk '{print $1}' | xargs kubectl delete po")], "NAME"),
    ("script-pipe-hides-failure", [job(UP, script="kubectl get po -o name | xargs -r kubectl delete")], "`xargs` counts"),
    ("script-pipe-hides-failure", [job(UP, script="kubectl get po -o name | grep x | xargs -I{} kubectl delete {}")], "`xargs`"),
    ("script-never-ends", [job(UP, script="./migrate\nsleep infinity")], "`sleep` never ends"),
    ("script-never-ends", [job(UP, script="tail -f /dev/null")], "`tail` never ends"),
    ("script-never-ends", [job(UP, script="kubectl port-forward svc/db 5432\npsql")], "`kubectl` never ends"),
    ("script-never-ends", [job(UP, container={"command": ["kubectl", "get", "pods", "-w"]})], "`kubectl` never ends"),
    ("script-never-ends", [job(UP, script="while true; do ./sync; sleep 5; done")], "nothing leaves this loop"),
    ("background-work-unwatched", [job(UP, script="psql -f a.sql &\necho started")], "it is killed"),
    ("background-work-unwatched", [job(UP, script="psql -f a.sql & psql -c 'SELECT 1'\nwait")], "exits with 0"),
    ("wait-outlasts-hook", [job(UP, script="kubectl wait pod/x --for=condition=Ready --timeout=10m")], "up to 600 s"),
    ("wait-outlasts-hook", [job(UP, script="sleep 90", spec={"activeDeadlineSeconds": 60})], "the hook's deadline of 60 s"),
    ("wait-outlasts-hook", [job(UP, script="for i in $(seq 1 60); do nc -z db 1 && break; sleep 10; done")], "this loop"),
    ("installs-at-run-time", [job(UP, script="apk add --no-cache curl\ncurl http://x")], "`apk add`"),
    ("installs-at-run-time", [job(UP, script="pip install psycopg2-binary==2.9.9")], "`pip install`"),
    ("installs-at-run-time", [job(UP, script="apt-get update && apt-get install -y jq")], "`apt-get install`"),
    ("runs-what-it-downloads", [job(UP, script="curl -fsSL https://get.example.org/i.sh | bash")], "`curl` fetches"),
    ("runs-what-it-downloads", [job(UP, script="kubectl apply -f https://github.com/x/y/z.yaml")], "`kubectl` applies"),
    ("trace-shows-secrets", [job(UP, script="set -ex\ntool --user x --key $DB_PASS", container=FROM_SECRET)], "$DB_PASS"),
    ("trace-shows-secrets", [job(UP, container={"command": ["sh", "-xc", "export A=$DB_PASS"], **FROM_SECRET})], "$DB_PASS"),
    ("pull-secret-missing", [workload(**SECRETS), image(PRIVATE, "./migrate")], "with the Secret registry"),
    ("migration-in-parallel", [job(UP, spec={"parallelism": 3}, script=MIGRATION)], "3 Pods run this migration"),
    ("migration-in-parallel", [job(UP, spec={"completions": 2}, script=MIGRATION)], "is run 2 times"),
    ("waits-for-later-workload", [workload(), job(script="kubectl rollout status deploy/shop")], "Deployment/shop, which"),
    ("waits-for-later-workload", [workload("StatefulSet"), job(script="kubectl wait --for=create sts shop")], "StatefulSet/"),
    ("waits-for-an-answer", [job(UP, script="mysql -u root -p shop -e 'SELECT 1'")], "asks for the password"),
    ("waits-for-an-answer", [job(UP, script="psql -W -c 'SELECT 1'")], "asks for the password"),
    ("waits-for-an-answer", [job(UP, script="apt-get install curl")], "aborts"),
    ("waits-for-an-answer", [job(UP, script="python manage.py createsuperuser --username x")], "succeeds all the same"),
    (
        "waits-for-an-answer",
        [job(UP, script="php artisan migrate", container={"env": [{"name": "APP_ENV", "value": "production"}]})],
        "is cancelled",
    ),
    ("program-not-in-image", [image("alpine:3.20", "psql -c 'SELECT 1'")], "no `psql` in the image alpine:3.20"),
    ("program-not-in-image", [image("curlimages/curl:8.8.0", "kubectl get pods")], "no `kubectl`"),
    ("program-not-in-image", [image("postgres:16.4", "curl -f http://x")], "no `curl`"),
    ("program-not-in-image", [image("busybox:1.36", "", container={"command": ["bash", "-c", "true"]})], "no `bash`"),
    ("rights-missing", [*account(LIST_PODS), job(UP, script="kubectl delete pod x", **ACCOUNT)], "to delete pods"),
    ("rights-missing", [*account(LIST_PODS), job(UP, script="kubectl rollout restart deploy/x", **ACCOUNT)], "patch deployments"),
    ("name-too-long", [job(UP, "m" * 64)], "at most 63 characters"),
    ("name-too-long", [document("CronJob", "m" * 53, "", "batch/v1")], "at most 52 characters"),
    ("hook-changes-releases", [job("post-upgrade", script="./check || helm rollback shop")], "`helm rollback shop`"),
    ("hook-changes-releases", [job(UP, script="helm upgrade --install database ./db")], "still being changed"),
    ("secret-sent-unverified", [job(UP, script='curl -kf -H "Authorization: Bearer $T" https://x.org/a')], "does not check"),
    ("secret-sent-unverified", [job(UP, script="curl -f --insecure -u me:$P https://x.org/a")], "does not check"),
    ("kubectl-acts-on-all", [job(UP, script="kubectl scale deploy --all --replicas=0")], "scales what other releases"),
    ("kubectl-acts-on-all", [job("pre-delete", script="kubectl -n x delete cm,svc --all")], "deletes what other releases"),
    ("migration-only-marked", [job(UP, script="timeout 60 python manage.py migrate --fake")], "marks migrations as done"),
    ("migration-only-marked", [job(UP, script="alembic -c a.ini stamp head")], "marks migrations as done"),
    ("migration-tool-resets", [env("SPRING_JPA_HIBERNATE_DDL_AUTO", "create-drop")], "made anew"),
    ("migration-tool-resets", [job(UP, container={"command": ["java", "-Dhibernate.hbm2ddl.auto=create", "-jar", "a"]})], "anew"),
    ("hook-empties-store", [job(UP, container={"command": ["python", "-c", PYMONGO]})], "removes the documents"),
    ("hook-empties-store", [job(UP, script="wget -O- --method=DELETE http://es:9200/orders")], "the index orders"),
    ("write-without-volume", [job(UP, script="pg_dump shop > /b/x.sql", container=AT_B, **SCRATCH)], "which is an emptyDir"),
    ("write-without-volume", [job(UP, script="pg_dump -f /b/x.sql shop", container=AT_B, **SCRATCH)], "which is an emptyDir"),
]  # fmt: skip

NATIVE: Json = {"initContainers": [{**ISTIO, "restartPolicy": "Always"}]}
GOOD: list[tuple[str, list[Json]]] = [
    ("sidecar-keeps-hook-running", [job(UP, **NATIVE)]),
    ("sidecar-keeps-hook-running", [beside(SQL_PROXY, script="./m; curl -X POST localhost:9091/quitquitquit")]),
    ("sidecar-keeps-hook-running", [beside({**VAULT, "args": ["-exit-after-auth"]})]),
    ("sidecar-keeps-hook-running", [beside({"name": "db", "image": "postgres:16", "command": ["psql", "-l"]})]),
    ("sidecar-keeps-hook-running", [beside({"name": "second", "image": "shop:1"}), job(UP, "b")]),
    ("sidecar-keeps-hook-running", [asking("sidecar.istio.io/inject", "false")]),
    ("sidecar-keeps-hook-running", [asking("sidecar.istio.io/inject", "true", **{"sidecar.istio.io/nativeSidecar": "true"})]),
    ("sidecar-keeps-hook-running", [document("Deployment", "d", UP, "apps/v1", spec=beside(ISTIO)["spec"])]),
    ("secret-in-manifest", [env("DATABASE_URL", "postgres://app:$(PASSWORD)@db/app")]),
    ("secret-in-manifest", [env("DATABASE_URL", "postgres://db:5432/app")]),
    ("secret-in-manifest", [env("ALLOW_EMPTY_PASSWORD", "yes"), env("B_PASSWORD", "true"), env("C_PASSWORD", "")]),
    ("secret-in-manifest", [env("DB_PASSWORD_FILE", "/run/secrets/db"), env("TOKEN", "/var/run/token")]),
    ("secret-in-manifest", [env("DB_SECRET", "shop-database"), env("PASSWORD_SECRET_NAME", "x"), env("TOKEN_TTL", "3600")]),
    ("secret-in-manifest", [workload(env=[{"name": "DB_PASSWORD", "value": "hunter2"}])]),
    ("table-given-as-names", [job(UP, script="kubectl get pods -o name | xargs kubectl delete")]),
    ("table-given-as-names", [job(UP, script="kubectl get pods --no-headers | awk '{print $1}' | xargs kubectl delete pod")]),
    ("table-given-as-names", [job(UP, script="kubectl get pods | grep Evicted | awk '{print $1}' | xargs kubectl delete pod")]),
    ("table-given-as-names", [job(UP, script="kubectl get pods | wc -l")]),
    ("script-pipe-hides-failure", [job(UP, script="kubectl get pods -o name | xargs kubectl delete")]),
    ("script-never-ends", [job(UP, script="kubectl port-forward svc/db 5432 &\nsleep 2; psql -h localhost")]),
    ("script-never-ends", [job(UP, script="timeout 60 tail -f /log; tail -n 5 /log; sleep 5")]),
    ("script-never-ends", [job(UP, script="while true; do ./ok && break; sleep 1; done")]),
    ("script-never-ends", [job(UP, script="(while true; do date; sleep 5; done) &\n./work")]),
    ("script-never-ends", [job(UP, script="tail -f /log | grep -q ready")]),
    ("background-work-unwatched", [job(UP, script="psql -f a.sql & pid=$!\nwait $pid")]),
    ("background-work-unwatched", [job(UP, script="kubectl port-forward svc/db 5432 &\ncloud-sql-proxy x &\npsql")]),
    ("background-work-unwatched", [job(UP, script="psql -c 'SELECT 1' 2>&1 && curl -f x")]),
    ("wait-outlasts-hook", [job(UP, script="kubectl wait pod/x --for=condition=Ready --timeout=120s; sleep 1m")]),
    ("wait-outlasts-hook", [job(UP, script="for i in $(seq 30); do nc -z db 1 && break; sleep 2; done")]),
    ("wait-outlasts-hook", [job(UP, script="timeout 60 sleep 900; sleep $PAUSE")]),
    ("installs-at-run-time", [job(UP, script="pip --version; apk info; npm run migrate; echo apk add curl")]),
    ("installs-at-run-time", [job(UP, script="pip install --no-index ./wheels/x.whl")]),
    ("runs-what-it-downloads", [job(UP, script="curl -f https://api.example.org/x | jq .\ncurl -f http://config/x.sh | sh")]),
    ("runs-what-it-downloads", [job(UP, script="kubectl apply -f /manifests; curl -f https://x.org/a | python3 -c 'x'")]),
    ("trace-shows-secrets", [job(UP, script="set -ex\n./migrate", container=FROM_SECRET)]),
    ("trace-shows-secrets", [job(UP, script="set -ex\nset +x\ntool $DB_PASS", container=FROM_SECRET)]),
    ("trace-shows-secrets", [job(UP, script="set -e\ntool $DB_PASS", container=FROM_SECRET)]),
    ("pull-secret-missing", [workload(**SECRETS), image(PRIVATE, "./migrate", **SECRETS)]),
    ("pull-secret-missing", [workload(**SECRETS), image("busybox:1.37", "true"), image(PRIVATE, "x", serviceAccountName="o")]),
    ("pull-secret-missing", [workload(), image(PRIVATE, "./migrate")]),
    ("migration-in-parallel", [job(UP, spec={"parallelism": 3, "completions": 1}, script=MIGRATION)]),
    ("migration-in-parallel", [job(UP, "resize", spec={"parallelism": 3}, script="./resize-images"), job(UP, script=MIGRATION)]),
    ("waits-for-later-workload", [workload(), job("post-install", script="kubectl rollout status deploy/shop")]),
    ("waits-for-later-workload", [workload(), job(UP, script="kubectl rollout status deploy/shop")]),
    ("waits-for-later-workload", [workload(), job(script="kubectl wait --for=delete deploy/shop; kubectl wait deploy/x")]),
    ("waits-for-an-answer", [job(UP, script="mysql -p$PW shop; psql -w; apt-get install -qy curl; apt-get -qq install x")]),
    ("waits-for-an-answer", [job(UP, script="./manage.py flush --noinput; php artisan migrate --force; yes | apt install x")]),
    ("program-not-in-image", [image("alpine:3.20", "apk add curl\ncurl -f http://x")]),
    ("program-not-in-image", [image("alpine:3.20", "command -v curl && curl http://x\nif which jq; then jq .; fi")]),
    ("program-not-in-image", [image("registry.example.com/alpine:3.20", "psql")]),
    ("program-not-in-image", [image("postgres:16.4", "psql; pg_dump; bash -c true"), image("curlimages/curl:8.8.0", "curl x")]),
    (
        "program-not-in-image",
        [image("busybox:1.36", "kubectl get x", container=AT_TOOLS, volumes=[{"name": "tools", "emptyDir": {}}])],
    ),
    ("rights-missing", [*account(LIST_PODS), job(UP, script="kubectl get pods", **ACCOUNT)]),
    ("rights-missing", [*account(ANYTHING), job(UP, script="kubectl delete pod x", **ACCOUNT)]),
    ("rights-missing", [job(UP, script="kubectl delete pod x", **ACCOUNT)]),
    ("name-too-long", [job(UP, "m" * 63), document("CronJob", "m" * 52, "", "batch/v1"), document("Secret", "m" * 99)]),
    ("hook-changes-releases", [job(UP, script="helm template x | grep y; helm upgrade x y --dry-run; helm status x")]),
    ("secret-sent-unverified", [job(UP, script='curl -kf -H "Authorization: Bearer $T" https://kubernetes.default.svc/x')]),
    ("secret-sent-unverified", [job(UP, script='curl -f -H "Authorization: Bearer $T" https://x.org\ncurl -k https://x.org')]),
    ("kubectl-acts-on-all", [job(UP, script="kubectl delete pods --all; kubectl scale deploy -l a=b --replicas=0")]),
    ("migration-only-marked", [job(UP, script="python manage.py migrate --fake-initial; alembic upgrade head")]),
    ("migration-only-marked", [job(script="alembic stamp head"), job(UP, "b", script="./is-new && alembic stamp head")]),
    ("migration-tool-resets", [env("SPRING_JPA_HIBERNATE_DDL_AUTO", "validate"), env("TYPEORM_DROP_SCHEMA", "false")]),
    ("hook-empties-store", [job(UP, container={"command": ["python", "-c", PYMONGO.replace("{}", "{'a': 1}")]})]),
    ("write-without-volume", [job(UP, script="pg_dump x > /b/x; aws s3 cp /b/x s3://y", container=AT_B, **SCRATCH)]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "objects", "message"), BAD, ids=[f"{rule}-{message}" for rule, _, message in BAD])
def test_flaw_is_found(rule: str, objects: list[Json], message: str) -> None:
    findings = said(rule, *objects)
    assert len(findings) == 1
    assert message in findings[0]


@pytest.mark.parametrize(("rule", "objects"), GOOD)
def test_what_is_right_is_left_alone(rule: str, objects: list[Json]) -> None:
    assert said(rule, *objects) == []


RELEASE = "{{ .Release.Name }}"


@pytest.mark.parametrize(
    ("workload_name", "hook_name", "count"),
    [
        ("{{ .Release.Name }}-web", "migrate", 1),
        ("{{ .Release.Name }}-web", "{{ .Release.Name }}-migrate", 0),
        ("web", "migrate", 0),
    ],
)
def test_a_hook_of_one_name_for_all_releases(tmp_path: Any, workload_name: str, hook_name: str, count: int) -> None:
    workload_ = workload()
    workload_["metadata"]["name"] = "WORKLOAD"
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    (tmp_path / "templates" / "web.yaml").write_text(text(workload_).replace("WORKLOAD", f'"{workload_name}"'))
    (tmp_path / "templates" / "hook.yaml").write_text(text(job(UP, "HOOK")).replace("HOOK", f'"{hook_name}"'))
    only = Configuration(only=frozenset(["name-shared-by-releases"]))
    assert len(review(from_chart(load(str(tmp_path)), {}), only).findings) == count


def test_a_sidecar_that_the_cluster_may_make_a_native_one_is_a_warning() -> None:
    from steersman.review.build import from_manifest

    only = Configuration(only=frozenset(["sidecar-keeps-hook-running"]))
    severities = [
        finding.severity
        for objects in ([beside(ISTIO)], [asking("sidecar.istio.io/inject", "true")])
        for finding in review(from_manifest(text(*objects), "x.yaml"), only).findings
    ]
    assert severities == [Severity.ERROR, Severity.WARNING]


def test_a_namespace_of_the_chart_asks_for_the_mesh() -> None:
    namespace = document("Namespace", "shop")
    namespace["metadata"]["labels"] = {"istio-injection": "enabled"}
    hook = job(UP)
    hook["metadata"]["namespace"] = "shop"
    assert len(said("sidecar-keeps-hook-running", namespace, hook)) == 1
    hook["spec"]["template"]["metadata"] = {"labels": {"sidecar.istio.io/inject": "false"}}
    assert said("sidecar-keeps-hook-running", namespace, hook) == []


def test_a_password_from_the_values_is_not_the_templates(tmp_path: Any) -> None:
    hook = job(
        UP, container={"env": [{"name": "A_PASSWORD", "value": "hunter2"}, {"name": "B_PASSWORD", "value": "VALUE"}]}
    )
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    (tmp_path / "templates" / "hook.yaml").write_text(text(hook).replace("VALUE", "{{ .Values.password }}"))
    only = Configuration(only=frozenset(["secret-in-manifest"]))
    findings = review(from_chart(load(str(tmp_path)), {"password": "hunter3"}), only).findings
    assert [finding.message for finding in findings] == ["A_PASSWORD is written here in clear text"]
