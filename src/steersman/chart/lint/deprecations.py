"""Which API versions of Kubernetes are deprecated since when, and gone since when.

The table is what helm 4.3.1 knows (the life cycle marks of k8s.io/api 0.37). One line: apiVersion, deprecated in, gone in,
replacement's apiVersion (or apiVersion:Kind; `-` for none), kinds; `Kind[List]` means the list of that kind too.
"""

from __future__ import annotations

from functools import cache

_TABLE = """
v1 1.19 - - ComponentStatus[List]
v1 1.33 - discovery.k8s.io/v1:EndpointSlice Endpoints
v1 1.33 - discovery.k8s.io/v1:EndpointSliceList EndpointsList
admissionregistration.k8s.io/v1alpha1 1.29 1.32 - ValidatingAdmissionPolicy[List] ValidatingAdmissionPolicyBinding[List]
admissionregistration.k8s.io/v1alpha1 1.35 1.38 - MutatingAdmissionPolicy[List] MutatingAdmissionPolicyBinding[List]
admissionregistration.k8s.io/v1beta1 1.16 1.22 admissionregistration.k8s.io/v1 MutatingWebhookConfiguration[List] ValidatingWebhookConfiguration[List]
admissionregistration.k8s.io/v1beta1 1.31 1.34 - ValidatingAdmissionPolicy[List] ValidatingAdmissionPolicyBinding[List]
admissionregistration.k8s.io/v1beta1 1.37 1.40 admissionregistration.k8s.io/v1 MutatingAdmissionPolicy[List] MutatingAdmissionPolicyBinding[List]
apps/v1beta1 1.8 1.16 apps/v1 ControllerRevision[List] Deployment[List] StatefulSet[List] DeploymentRollback
apps/v1beta1 1.8 1.16 autoscaling/v1 Scale
apps/v1beta2 1.9 1.16 apps/v1 ControllerRevision[List] DaemonSet[List] Deployment[List] ReplicaSet[List] StatefulSet[List]
apps/v1beta2 1.9 1.16 autoscaling/v1 Scale
authentication.k8s.io/v1alpha1 1.29 1.32 - SelfSubjectReview
authentication.k8s.io/v1beta1 1.19 1.22 authentication.k8s.io/v1 TokenReview
authentication.k8s.io/v1beta1 1.30 1.33 - SelfSubjectReview
authorization.k8s.io/v1beta1 1.19 1.22 authorization.k8s.io/v1 LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview
batch/v1beta1 1.21 1.25 batch/v1 CronJob[List]
certificates.k8s.io/v1beta1 1.19 1.22 certificates.k8s.io/v1 CertificateSigningRequest[List]
certificates.k8s.io/v1beta1 1.37 1.40 certificates.k8s.io/v1 ClusterTrustBundle[List] PodCertificateRequest[List]
certificates.k8s.io/v1alpha1 1.34 1.37 - ClusterTrustBundle[List]
coordination.k8s.io/v1alpha2 1.35 1.38 - LeaseCandidate[List]
coordination.k8s.io/v1beta1 1.19 1.22 coordination.k8s.io/v1 Lease[List]
coordination.k8s.io/v1beta1 1.36 1.39 - LeaseCandidate[List]
discovery.k8s.io/v1beta1 1.21 1.25 discovery.k8s.io/v1 EndpointSlice
discovery.k8s.io/v1beta1 1.21 1.25 discovery.k8s.io/v1:EndpointSlice EndpointSliceList
events.k8s.io/v1beta1 1.22 1.25 - Event[List]
extensions/v1beta1 1.8 1.16 apps/v1 DaemonSet[List] Deployment[List] ReplicaSet[List]
extensions/v1beta1 1.2 1.16 - Scale
extensions/v1beta1 1.14 1.22 networking.k8s.io/v1 Ingress[List]
extensions/v1beta1 1.9 1.16 networking.k8s.io/v1 NetworkPolicy[List]
extensions/v1beta1 1.8 1.16 - DeploymentRollback
flowcontrol.apiserver.k8s.io/v1beta1 1.23 1.26 flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema[List] PriorityLevelConfiguration[List]
flowcontrol.apiserver.k8s.io/v1beta2 1.26 1.29 flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema[List] PriorityLevelConfiguration[List]
flowcontrol.apiserver.k8s.io/v1beta3 1.29 1.32 flowcontrol.apiserver.k8s.io/v1 FlowSchema[List] PriorityLevelConfiguration[List]
lifecycle.k8s.io/v1alpha1 1.40 1.43 - Eviction[List]
networking.k8s.io/v1beta1 1.19 1.22 networking.k8s.io/v1 Ingress[List] IngressClassList
networking.k8s.io/v1beta1 1.19 1.22 networking.k8s.io/v1:IngressClassList IngressClass
networking.k8s.io/v1beta1 1.34 1.37 - IPAddress[List] ServiceCIDR[List]
node.k8s.io/v1beta1 1.22 1.25 - RuntimeClass[List]
policy/v1beta1 1.21 1.25 policy/v1 PodDisruptionBudget[List]
policy/v1beta1 1.22 1.25 - Eviction
rbac.authorization.k8s.io/v1beta1 1.17 1.22 rbac.authorization.k8s.io/v1 ClusterRole[List] ClusterRoleBinding[List] Role[List] RoleBinding[List]
resource.k8s.io/v1beta2 1.36 1.39 - DeviceClass[List] ResourceClaim[List] ResourceClaimTemplate[List] ResourceSlice[List]
resource.k8s.io/v1beta2 1.39 1.42 - DeviceTaintRule[List]
resource.k8s.io/v1beta1 1.35 1.38 - DeviceClass[List] ResourceClaim[List] ResourceClaimTemplate[List] ResourceSlice[List]
resource.k8s.io/v1alpha3 1.36 1.39 - DeviceTaintRule[List]
scheduling.k8s.io/v1beta1 1.14 1.22 scheduling.k8s.io/v1 PriorityClass[List]
scheduling.k8s.io/v1beta1 1.40 1.43 - Workload[List] PodGroup[List]
storage.k8s.io/v1beta1 1.19 1.22 storage.k8s.io/v1 CSIDriver[List] StorageClass[List] VolumeAttachment[List]
storage.k8s.io/v1beta1 1.17 1.22 storage.k8s.io/v1 CSINode
storage.k8s.io/v1beta1 1.24 1.27 storage.k8s.io/v1 CSIStorageCapacity[List]
storage.k8s.io/v1beta1 1.34 1.37 storage.k8s.io/v1 VolumeAttributesClass[List]
storage.k8s.io/v1beta1 1.17 1.22 storage.k8s.io/v1:CSINode CSINodeList
storage.k8s.io/v1alpha1 1.21 1.24 storage.k8s.io/v1beta1 CSIStorageCapacity[List]
storage.k8s.io/v1alpha1 1.21 1.24 storage.k8s.io/v1 VolumeAttachment[List]
storage.k8s.io/v1alpha1 1.32 1.35 storage.k8s.io/v1 VolumeAttributesClass[List]
storagemigration.k8s.io/v1beta1 1.37 1.40 storagemigration.k8s.io/v1 StorageVersionMigration[List]
"""  # noqa: E501


def deprecation(api_version: str, kind: str, kube_version: tuple[int, int]) -> str:
    """Helm's warning about this kind for a Kubernetes of `kube_version` (major, minor); "" where there is none."""
    since, warning = _table().get((api_version, kind), ((1000, 0), ""))
    return warning if since <= kube_version else ""


@cache
def _table() -> dict[tuple[str, str], tuple[tuple[int, int], str]]:
    table: dict[tuple[str, str], tuple[tuple[int, int], str]] = {}
    for line in _TABLE.strip().splitlines():
        api_version, since, gone, instead, *kinds = line.split()
        major, minor = since.split(".")
        for word in kinds:
            for kind in [
                word.removesuffix("[List]"),
                *([word.replace("[", "").replace("]", "")] if "[" in word else []),
            ]:
                text = f"{api_version} {kind} is deprecated in v{since}+"
                text += f", unavailable in v{gone}+" if gone != "-" else ""
                if instead != "-":
                    other, _, other_kind = instead.partition(":")
                    text += f"; use {other} {other_kind or kind}"
                table[api_version, kind] = ((int(major), int(minor)), text)
    return table
