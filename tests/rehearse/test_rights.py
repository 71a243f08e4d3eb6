"""Rights that are there without the release's doing are taken along into the rehearsal."""

from __future__ import annotations

import pytest

from steersman.cluster.local import local_cluster
from steersman.kube.client import connect
from steersman.rehearse.rights import existing_rights, grant

pytestmark = pytest.mark.embedded

RBAC = "rbac.authorization.k8s.io"


async def test_accounts_roles_and_bindings_of_the_namespace_but_not_the_releases_own() -> None:
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    subjects = [{"kind": "ServiceAccount", "name": "deployer", "namespace": "default"}]
    own = {"annotations": {"meta.helm.sh/release-name": "shop"}}
    async with local_cluster() as real:
        objects = real.objects
        objects.create("serviceaccounts", {"metadata": {"name": "deployer"}}, "default")
        for name, more in (("outside", {}), ("inside", own)):
            objects.create(f"roles.{RBAC}", {"metadata": {"name": name, **more}, "rules": rules}, "default")
            reference = {"apiGroup": RBAC, "kind": "Role", "name": name}
            binding = {"metadata": {"name": name, **more}, "roleRef": reference, "subjects": subjects}
            objects.create(f"rolebindings.{RBAC}", binding, "default")
        reference = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"}
        everywhere = {"metadata": {"name": "everywhere"}, "roleRef": reference, "subjects": subjects}
        objects.create(f"clusterrolebindings.{RBAC}", everywhere)
        async with connect(str(real.kubeconfig)) as kube:
            rights = await existing_rights(kube, "shop", "default")
    named = [(each["kind"], each["metadata"]["name"]) for each in rights]
    assert ("ServiceAccount", "deployer") in named
    assert [each for each in named if each[0] != "ServiceAccount"] == [
        ("Role", "outside"), ("RoleBinding", "outside"), ("ClusterRoleBinding", "everywhere"),
    ]  # fmt: skip
    async with local_cluster() as stage, connect(str(stage.kubeconfig)) as kube:
        await grant(kube, rights)
        await grant(kube, rights)
        assert stage.objects.get(f"roles.{RBAC}", "outside", "default")["rules"] == rules
        assert stage.objects.get(f"clusterrolebindings.{RBAC}", "everywhere")["subjects"] == subjects
