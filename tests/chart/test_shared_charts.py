"""The shared charts, rendered by `steer template` in this process, to the byte as helm renders them."""

from __future__ import annotations

import pytest

from steersman.cli.main import run

from .conftest import PROJECT, Helm, masking

SHARED_CHARTS = PROJECT.parent / "shared" / "charts"

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not SHARED_CHARTS.is_dir(), reason=f"no charts in {SHARED_CHARTS}"),
]

CHARTS = sorted(path.name for path in SHARED_CHARTS.glob("*.tgz")) if SHARED_CHARTS.is_dir() else []
MODES = {"plain": [], "include-crds": ["--include-crds"], "is-upgrade": ["--is-upgrade"]}

# At least three sets of values for each of these, chosen to switch on what the defaults leave off.
VARIATIONS: dict[str, list[list[str]]] = {
    "bitnami-bitnami__redis.tgz": [
        ["architecture=standalone", "auth.enabled=false", "master.persistence.enabled=false"],
        ["sentinel.enabled=true", "metrics.enabled=true", "metrics.serviceMonitor.enabled=true", "auth.password=x"],
        ["tls.enabled=true", "tls.existingSecret=s", "tls.certFilename=c", "tls.certKeyFilename=k", "auth.password=x"],
    ],
    "bitnami-bitnami__postgresql.tgz": [
        ["architecture=replication", "auth.postgresPassword=p", "auth.replicationPassword=r"],
        ["metrics.enabled=true", "backup.enabled=true", "auth.database=d", "auth.username=u", "auth.password=x"],
        ["rbac.create=true", "psp.create=true", "volumePermissions.enabled=true", "primary.initdb.scripts.a=b"],
    ],
    "bitnami-bitnami__kafka.tgz": [
        ["metrics.jmx.enabled=true", "sasl.client.passwords={a}", "sasl.interbroker.password=b"],
        ["broker.replicaCount=2", "controller.controllerOnly=true", "rbac.create=true"],
        ["listeners.client.protocol=PLAINTEXT", "provisioning.enabled=true", "provisioning.topics[0].name=t"],
    ],
    "bitnami-bitnami__wordpress.tgz": [
        ["mariadb.enabled=false", "externalDatabase.host=h", "externalDatabase.password=p", "wordpressPassword=x"],
        ["ingress.enabled=true", "ingress.tls=true", "ingress.hostname=h.example", "memcached.enabled=true"],
        ["metrics.enabled=true", "autoscaling.enabled=true", "persistence.enabled=false", "pdb.create=true"],
    ],
    "bitnami-bitnami__airflow.tgz": [
        ["executor=KubernetesExecutor", "redis.enabled=false", "auth.password=a"],
        ["ingress.enabled=true", "metrics.enabled=true", "auth.fernetKey=x", "auth.password=a"],
        ["postgresql.enabled=false", "externalDatabase.host=h", "auth.password=a", "web.replicaCount=3"],
    ],
    "prometheus-community-charts__prometheus.tgz": [
        ["alertmanager.enabled=false", "prometheus-pushgateway.enabled=false"],
        ["server.ingress.enabled=true", "server.ingress.hosts[0]=a.example", "kube-state-metrics.enabled=false"],
        ["server.statefulSet.enabled=true", "server.replicaCount=2", "server.podDisruptionBudget.enabled=true"],
    ],
    "prometheus-community-charts__alertmanager.tgz": [
        ["ingress.enabled=true", "ingress.hosts[0].host=h", "ingress.hosts[0].paths[0].path=/"],
        ["configmapReload.enabled=true", "autoscaling.enabled=true"],
        ["podDisruptionBudget.maxUnavailable=1", "persistence.enabled=false", "replicaCount=3"],
    ],
    "helm-stable__prometheus-operator.tgz": [
        ["grafana.enabled=false", "nodeExporter.enabled=false"],
        ["prometheus.ingress.enabled=true", "prometheus.ingress.hosts[0]=p", "alertmanager.ingress.enabled=true"],
        [
            "kubeTargetVersionOverride=1.15.0",
            "defaultRules.create=false",
            "prometheusOperator.cleanupCustomResource=true",
        ],
    ],
    "helm-stable__prometheus.tgz": [
        ["alertmanager.enabled=false", "nodeExporter.enabled=false"],
        ["server.statefulSet.enabled=true", "server.ingress.enabled=true", "server.ingress.hosts[0]=x"],
        [
            "pushgateway.enabled=false",
            "networkPolicy.enabled=true",
            "rbac.create=false",
            "podSecurityPolicy.enabled=true",
        ],
    ],
    "helm-stable__redis.tgz": [
        ["cluster.enabled=false", "usePassword=false"],
        ["sentinel.enabled=true", "metrics.enabled=true", "password=x"],
        ["networkPolicy.enabled=true", "rbac.create=true", "rbac.role.rules[0].verbs[0]=get", "password=x"],
    ],
    "helm-stable__jenkins.tgz": [
        ["master.ingress.enabled=true", "master.ingress.hostName=j", "master.adminPassword=x"],
        ["persistence.enabled=false", "rbac.readSecrets=true", "master.adminPassword=x", "agent.enabled=false"],
        ["master.JCasC.enabled=true", "backup.enabled=true", "master.adminPassword=x", "networkPolicy.enabled=true"],
    ],
    "helm-stable__sentry.tgz": [
        ["postgresql.enabled=false", "user.password=x", "sentrySecret=s"],
        ["ingress.enabled=true", "ingress.hostname=h", "user.password=x", "sentrySecret=s"],
        ["redis.enabled=false", "filestore.backend=gcs", "user.password=x", "metrics.enabled=true"],
    ],
    "helm-incubator__druid.tgz": [
        ["postgresql.enabled=false", "mysql.enabled=true"],
        ["router.ingress.enabled=true", "broker.replicaCount=3"],
        ["zookeeper.enabled=false", "historical.persistence.enabled=false"],
    ],
}


def assert_same(words: list[str], helm: Helm, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Run both; helm again where something differs, to learn what differs from run to run."""
    theirs = [helm.run(*words)]
    code = run(words)
    out = capfdbinary.readouterr().out.decode("utf-8", "surrogateescape")
    assert code == theirs[0].returncode, theirs[0].stderr
    if code != 0 or out == theirs[0].stdout:
        return
    difference = ""
    while len(theirs) <= 5:
        theirs.append(helm.run(*words))
        difference = masking().first_difference(out, [each.stdout for each in theirs])
        if not difference:
            return
    pytest.fail(difference)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("chart", CHARTS)
def test_the_shared_charts(chart: str, mode: str, real_helm: Helm, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert_same(["template", "release-name", str(SHARED_CHARTS / chart), *MODES[mode]], real_helm, capfdbinary)


@pytest.mark.parametrize(
    ("chart", "number"), [(chart, n) for chart, sets in VARIATIONS.items() for n in range(len(sets))]
)
def test_the_shared_charts_with_other_values(
    chart: str, number: int, real_helm: Helm, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    words = [word for value in VARIATIONS[chart][number] for word in ("--set", value)]
    assert_same(["template", "release-name", str(SHARED_CHARTS / chart), *words], real_helm, capfdbinary)
