"""A webhook that is a Pod behind a Service, in the sandbox."""

from __future__ import annotations

import base64
import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from steersman.cluster.local import local_cluster

from ..api.conftest import Api, kubeconfig_session  # noqa: TID252
from ..workloads import Cluster, is_ready  # noqa: TID252

pytestmark = pytest.mark.embedded

Json = dict[str, Any]

SERVER = """
import http.server, json, ssl
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        bad = review["request"]["object"].get("data", {}).get("bad")
        response = {"uid": review["request"]["uid"], "allowed": not bad, "status": {"message": "bad " + str(bad)}}
        text = json.dumps({"kind": "AdmissionReview", "apiVersion": review["apiVersion"], "response": response}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
server = http.server.HTTPServer(("", 8443), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/tls/tls.crt", "/tls/tls.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


def certificate(host: str) -> tuple[str, str]:
    """A certificate of its own for one host, and its key (PEM)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hook")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False).sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.public_bytes(pem).decode(), secret.decode()


async def test_a_webhook_in_a_pod_is_reached_through_its_service(tmp_path: Path) -> None:
    crt, key = certificate("hook.default.svc")
    async with local_cluster() as running:
        if running.objects.get("nodes", "steersman")["spec"].get("taints"):
            pytest.skip("no sandbox on this machine")
        session, url = kubeconfig_session(running.kubeconfig)
        async with session:
            api = Api(session, url)
            secret = {"metadata": {"name": "tls"}, "stringData": {"tls.crt": crt, "tls.key": key}}
            await api.post("/api/v1/namespaces/default/secrets", secret)
            container = {
                "name": "c", "image": "python:3.12", "command": ["python3", "-c", SERVER],
                "ports": [{"name": "https", "containerPort": 8443}],
                "readinessProbe": {"tcpSocket": {"port": "https"}, "periodSeconds": 1},
                "volumeMounts": [{"name": "tls", "mountPath": "/tls"}],
            }  # fmt: skip
            spec = {"containers": [container], "volumes": [{"name": "tls", "secret": {"secretName": "tls"}}]}
            pod = {"metadata": {"name": "hook", "labels": {"app": "hook"}}, "spec": spec}
            await api.post("/api/v1/namespaces/default/pods", pod)
            ports = [{"port": 443, "targetPort": "https"}]
            service = {"metadata": {"name": "hook"}, "spec": {"selector": {"app": "hook"}, "ports": ports}}
            await api.post("/api/v1/namespaces/default/services", service)
            await Cluster(running.objects, None).until("pods", "hook", is_ready)  # type: ignore[arg-type]
            client = {
                "service": {"name": "hook", "namespace": "default"},
                "caBundle": base64.b64encode(crt.encode()).decode(),
            }
            rules = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}]
            webhook = {"name": "hook.example.com", "clientConfig": client, "rules": rules, "sideEffects": "None",
                       "admissionReviewVersions": ["v1"]}  # fmt: skip
            configuration = {"metadata": {"name": "hook"}, "webhooks": [webhook]}
            await api.post("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", configuration)
            path = "/api/v1/namespaces/default/configmaps"
            reply = await api.call("POST", path, {"metadata": {"name": "a"}, "data": {"bad": "thing"}})
            assert reply.body["message"] == 'admission webhook "hook.example.com" denied the request: bad thing'
            assert (await api.call("POST", path, {"metadata": {"name": "a"}})).status == 201
