"""Makes the clients of stores and the tools of hooks fail, and records what they print.

`STEERSMAN_LAB=FOLDER python -m tests.diagnose.record_stores` writes recorded/stores/CAUSE--NAME.txt. The folder is laid out as

    py/     a venv: pymongo kafka-python confluent-kafka cassandra-driver clickhouse-connect pika pymssql oracledb elasticsearch hvac
            nats-py kazoo pydantic-settings django environs python-decouple minio ansible-core
    js/     node_modules: mongodb kafkajs tedious amqplib ioredis @elastic/elasticsearch nats prisma
    root/   Debian packages, unpacked: restic etcd-client

git, ssh, jq, tar and a JDK are the machine's own. Servers that cannot be had are played by fake_servers.py.
"""

# ruff: noqa: E501 (commands stand as one would type them)
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.diagnose import fake_servers, record
from tests.diagnose.record import CLOSED
from tests.diagnose.record_programs import JDBC, tidy

LAB = Path(os.environ.get("STEERSMAN_LAB", "/opt/lab"))
RECORDED = record.RECORDED / "stores"
STORES_PORT, LINE_PORT, TLS_PORT = 61990, 61991, 61992
NOWHERE = "store.nowhere.invalid"
RUN = {
    "py": f"{LAB}/py/bin/python", "node": f"NODE_PATH={LAB}/js/node_modules node", "bin": f"{LAB}/root/usr/bin",
    "closed": CLOSED, "nowhere": NOWHERE, "http": STORES_PORT, "line": LINE_PORT, "tls": TLS_PORT, "ansible": f"{LAB}/py/bin/ansible-playbook",
}  # fmt: skip
_NPM = 'cd {d} && echo \'{{"name": "app", "scripts": {{}}}}\' > package.json && '
_GIT = "GIT_TERMINAL_PROMPT=0 GIT_CONFIG_GLOBAL=/dev/null"
# CAUSE--NAME → command; `{d}` is an empty folder.
COMMANDS = {
    # MongoDB
    "connection-refused--pymongo-ping": "{py} -c 'import pymongo; pymongo.MongoClient(\"127.0.0.1\", {closed}, serverSelectionTimeoutMS=400).app.users.insert_one({{}})'",
    "name-not-resolved--pymongo": "{py} -c 'import pymongo; pymongo.MongoClient(\"{nowhere}\", serverSelectionTimeoutMS=400).app.users.insert_one({{}})'",
    "connection-refused--mongodb-node": "{node} -e 'new (require(\"mongodb\").MongoClient)(\"mongodb://127.0.0.1:{closed}\", {{serverSelectionTimeoutMS: 400}}).connect()'",
    "name-not-resolved--mongodb-node": "{node} -e 'new (require(\"mongodb\").MongoClient)(\"mongodb://{nowhere}\", {{serverSelectionTimeoutMS: 400}}).connect()'",
    "url-malformed--mongodb-node": "{node} -e 'new (require(\"mongodb\").MongoClient)(\"\").connect()'",
    # Kafka
    "connection-refused--confluent-kafka": "{py} -c 'from confluent_kafka.admin import AdminClient; AdminClient({{\"bootstrap.servers\": \"127.0.0.1:{closed}\", \"socket.timeout.ms\": 1000}}).list_topics(timeout=2)'",
    "name-not-resolved--confluent-kafka": "{py} -c 'from confluent_kafka.admin import AdminClient; AdminClient({{\"bootstrap.servers\": \"{nowhere}:9092\"}}).list_topics(timeout=2)'",
    "connection-failed--kafka-python": "{py} -c 'from kafka import KafkaAdminClient; KafkaAdminClient(bootstrap_servers=\"127.0.0.1:{closed}\")'",
    "connection-refused--kafkajs": "{node} -e 'new (require(\"kafkajs\").Kafka)({{brokers: [\"127.0.0.1:{closed}\"], retry: {{retries: 0}}}}).admin().connect().catch(e => {{ console.error(e); process.exit(1) }})'",
    "name-not-resolved--kafkajs": "{node} -e 'new (require(\"kafkajs\").Kafka)({{brokers: [\"{nowhere}:9092\"], retry: {{retries: 0}}}}).admin().connect().catch(e => {{ console.error(e); process.exit(1) }})'",
    # RabbitMQ
    "connection-failed--pika": "{py} -c 'import pika; pika.BlockingConnection(pika.ConnectionParameters(\"127.0.0.1\", {closed}))'",
    "connection-refused--pika-logging": "{py} -c 'import logging; logging.basicConfig(level=\"ERROR\"); import pika; pika.BlockingConnection(pika.ConnectionParameters(\"127.0.0.1\", {closed}))'",
    "name-not-resolved--pika": "{py} -c 'import pika; pika.BlockingConnection(pika.ConnectionParameters(\"{nowhere}\"))'",
    "connection-refused--amqplib": "{node} -e 'require(\"amqplib\").connect(\"amqp://127.0.0.1:{closed}\")'",
    # Cassandra, ClickHouse, SQL Server, Oracle
    "connection-refused--cassandra": "{py} -W ignore -c 'from cassandra.cluster import Cluster; Cluster([\"127.0.0.1\"], port={closed}).connect()'",
    "name-not-resolved--cassandra": "{py} -W ignore -c 'from cassandra.cluster import Cluster; Cluster([\"{nowhere}\"]).connect()'",
    "connection-refused--clickhouse-connect": "{py} -c 'import clickhouse_connect; clickhouse_connect.get_client(host=\"127.0.0.1\", port={closed})'",
    "connection-refused--clickhouse-driver": "{py} -c 'import clickhouse_driver; clickhouse_driver.Client(\"127.0.0.1\", {closed}).execute(\"select 1\")'",
    "connection-refused--pymssql": "{py} -c 'import pymssql; pymssql.connect(\"127.0.0.1\", \"sa\", \"x\", \"app\", port={closed}, login_timeout=3)'",
    "connection-failed--tedious": "{node} -e 'const c = new (require(\"tedious\").Connection)({{server: \"127.0.0.1\", options: {{port: {closed}}}, authentication: {{type: \"default\", options: {{userName: \"sa\", password: \"x\"}}}}}}); c.connect(e => {{ if (e) {{ console.error(e); process.exit(1) }} }})'",
    "name-not-resolved--tedious": "{node} -e 'const c = new (require(\"tedious\").Connection)({{server: \"{nowhere}\", authentication: {{type: \"default\", options: {{userName: \"sa\", password: \"x\"}}}}}}); c.connect(e => {{ if (e) {{ console.error(e); process.exit(1) }} }})'",
    "connection-refused--oracledb": "{py} -c 'import oracledb; oracledb.connect(user=\"app\", password=\"x\", dsn=\"127.0.0.1:{closed}/app\")'",
    "name-not-resolved--oracledb": "{py} -c 'import oracledb; oracledb.connect(user=\"app\", password=\"x\", dsn=\"{nowhere}/app\")'",
    # search, Vault, NATS, ZooKeeper, etcd, object stores
    "connection-refused--elasticsearch": "{py} -c 'import elasticsearch as e; e.Elasticsearch(\"http://127.0.0.1:{closed}\", max_retries=0).info()'",
    "connection-refused--elasticsearch-node": "{node} -e 'new (require(\"@elastic/elasticsearch\").Client)({{node: \"http://127.0.0.1:{closed}\", maxRetries: 0}}).info()'",
    "authentication-failed--elasticsearch": "{py} -c 'import elasticsearch as e; e.Elasticsearch(\"http://127.0.0.1:{http}/search-401\").info()'",
    "privilege-missing--elasticsearch": "{py} -c 'import elasticsearch as e; e.Elasticsearch(\"http://127.0.0.1:{http}/search-403\").indices.create(index=\"logs\")'",
    "object-missing--elasticsearch": "{py} -c 'import elasticsearch as e; e.Elasticsearch(\"http://127.0.0.1:{http}/search-404\").indices.get(index=\"logs\")'",
    "already-exists--elasticsearch": "{py} -c 'import elasticsearch as e; e.Elasticsearch(\"http://127.0.0.1:{http}/search-exists\").indices.create(index=\"logs\")'",
    "already-exists--elasticsearch-node": "{node} -e 'new (require(\"@elastic/elasticsearch\").Client)({{node: \"http://127.0.0.1:{http}/search-exists\"}}).indices.create({{index: \"logs\"}})'",
    "already-exists--elasticsearch-curl": "curl -sS --fail-with-body -X PUT http://127.0.0.1:{http}/search-exists/logs",
    "disk-full--elasticsearch-curl": "curl -sS --fail-with-body -X POST http://127.0.0.1:{http}/search-flood/_doc",
    "cluster-unavailable--elasticsearch-curl": "curl -sS --fail-with-body http://127.0.0.1:{http}/search-master/_cluster/health",
    "authentication-failed--elasticsearch-curl": "curl -sS --fail-with-body http://127.0.0.1:{http}/search-401/_cluster/health",
    "object-missing--elasticsearch-curl": "curl -sS --fail-with-body http://127.0.0.1:{http}/search-404/logs",
    "invalid-value--elasticsearch-mapping": "curl -sS --fail-with-body -X PUT http://127.0.0.1:{http}/search-mapping/logs/_mapping",
    "table-missing--clickhouse-curl": "curl -sS --fail-with-body 'http://127.0.0.1:{http}/clickhouse-60?query=x'",
    "authentication-failed--clickhouse-curl": "curl -sS --fail-with-body 'http://127.0.0.1:{http}/clickhouse-516?query=x'",
    "vault-sealed--hvac": "{py} -c 'import hvac; hvac.Client(\"http://127.0.0.1:{http}/vault-sealed\").secrets.kv.v2.read_secret_version(\"app\")'",
    "cloud-access-denied--hvac": "{py} -c 'import hvac; hvac.Client(\"http://127.0.0.1:{http}/vault-denied\").secrets.kv.v2.read_secret_version(\"app\")'",
    "connection-refused--nats": "{py} -c 'import asyncio, nats; asyncio.run(nats.connect(\"nats://127.0.0.1:{closed}\", max_reconnect_attempts=1, connect_timeout=1, allow_reconnect=False))'",
    "connection-refused--nats-node": "{node} -e 'require(\"nats\").connect({{servers: \"127.0.0.1:{closed}\", reconnect: false}})'",
    "connection-refused--kazoo": "{py} -c 'from kazoo.client import KazooClient; KazooClient(\"127.0.0.1:{closed}\").start(timeout=1)'",
    "connection-failed--etcdctl": "ETCDCTL_API=3 {bin}/etcdctl --endpoints=127.0.0.1:{closed} --dial-timeout=1s --command-timeout=2s put a b",
    "connection-refused--minio": "{py} -c 'import minio, urllib3; minio.Minio(\"127.0.0.1:{closed}\", \"a\", \"b\", secure=False, http_client=urllib3.PoolManager(retries=False)).bucket_exists(\"backups\")'",
    "connection-refused--ioredis": "{node} -e 'const r = new (require(\"ioredis\"))({{port: {closed}, maxRetriesPerRequest: 1}}); r.ping()'",
    "file-missing--restic-password": "{bin}/restic -r {d}/repo --password-file /etc/restic/password init",
    "repository-missing--restic": "RESTIC_PASSWORD=x {bin}/restic --no-cache -r {d}/repo snapshots",
    "authentication-failed--restic": "RESTIC_PASSWORD=x {bin}/restic --no-cache -r {d}/repo init >/dev/null; RESTIC_PASSWORD=y {bin}/restic --no-cache -r {d}/repo snapshots",
    "already-exists--restic": "RESTIC_PASSWORD=x {bin}/restic --no-cache -r {d}/repo init >/dev/null; RESTIC_PASSWORD=x {bin}/restic --no-cache -r {d}/repo init",
    # Python's settings
    "configuration-missing--pydantic": "{py} -c 'from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    database_url: str\n    secret_key: str\nSettings()'",
    "invalid-configuration--pydantic": "PORT=abc {py} -c 'from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    port: int\nSettings()'",
    "configuration-missing--django": "{py} -c 'import django; from django.conf import settings; settings.configure(SECRET_KEY=\"\", INSTALLED_APPS=[]); django.setup(); settings.SECRET_KEY'",
    "configuration-missing--django-module": "{py} -m django migrate",
    "module-missing--django-settings": "DJANGO_SETTINGS_MODULE=app.settings {py} -m django migrate",
    "variable-missing--environs": "{py} -c 'from environs import Env; Env().str(\"DATABASE_URL\")'",
    "variable-missing--decouple": "{py} -c 'from decouple import config; config(\"DATABASE_URL\")'",
    "task-missing--django": "cd {d} && echo 'SECRET_KEY = \"x\"' > conf.py && PYTHONPATH={d} DJANGO_SETTINGS_MODULE=conf {py} -m django migrat",
    # Node and npm
    "task-missing--npm": _NPM + "npm run migrate",
    "file-missing--npm-package": "cd {d} && npm run migrate",
    "input-unexpected--node-json": "{node} -e 'fetch(\"http://127.0.0.1:{http}/html\").then(r => r.json())'",
    "input-unexpected--python-json": "{py} -c 'import requests; requests.get(\"http://127.0.0.1:{http}/html\").json()'",
    "address-in-use--node": "{node} -e 'require(\"net\").createServer().listen({http}, \"127.0.0.1\")'",
    "address-in-use--python": "python3 -m http.server {http} --bind 127.0.0.1",
    "module-missing--node-esm": "cd {d} && echo 'import x from \"./nothing.js\"' > a.mjs && {node} a.mjs",
    "proxy-refused--requests": "{py} -c 'import requests; requests.get(\"https://example.org/\", proxies={{\"https\": \"http://127.0.0.1:{http}\"}})'",
    "proxy-refused--curl": "curl -sS -x http://127.0.0.1:{http} https://example.org/",
    "proxy-refused--node": "{node} -e 'require(\"http\").request({{host: \"127.0.0.1\", port: {http}, method: \"CONNECT\", path: \"a:443\"}}).on(\"connect\", r => {{ console.error(`tunneling socket could not be established, statusCode=${{r.statusCode}}`); process.exit(1) }}).end()'",
    # jq, tar, gzip, envsubst
    "input-unexpected--jq-index": "echo '\"x\"' | jq .name",
    "input-unexpected--jq-null": "echo '{{}}' | jq '.items[]'",
    "input-unexpected--jq-html": "curl -s http://127.0.0.1:{http}/html | jq .",
    "input-unexpected--yaml-python": "{py} -c 'import yaml; yaml.safe_load(\"a: b: c\")'",
    "script-syntax--jq": "echo '{{}}' | jq '.items['",
    "archive-damaged--tar-gz": "echo hello > {d}/x.tgz; tar xzf {d}/x.tgz",
    "archive-damaged--tar": "head -c 2000 /etc/services > {d}/x.tar; tar xf {d}/x.tar",
    "archive-damaged--gunzip": "echo hello > {d}/x.gz; gunzip {d}/x.gz",
    "archive-damaged--gunzip-short": "head -c 90000 /etc/services | gzip | head -c 500 > {d}/x.gz; gunzip -t {d}/x.gz",
    "archive-damaged--pg-restore": f"echo hello > {{d}}/x.dump; {record.POSTGRES}/pg_restore -d postgresql://a@127.0.0.1:{{closed}}/a {{d}}/x.dump",
    "script-syntax--bash-test": "bash -c 'x=\"a b\"; set -e; [ $x = a ]'",
    "script-syntax--bash-operand": "bash -c 'set -e; [ = a ]'",
    "already-exists--mkdir": "mkdir {d}/cache; mkdir {d}/cache",
    # git and ssh
    "repository-missing--git-path": f"{_GIT} git clone {{d}}/nothing {{d}}/x",
    "name-not-resolved--git": f"{_GIT} git clone https://{{nowhere}}/a/b {{d}}/x",
    "connection-refused--git": f"{_GIT} git clone http://127.0.0.1:{{closed}}/a/b {{d}}/x",
    "connection-refused--git-ssh": f"{_GIT} git clone ssh://git@127.0.0.1:{{closed}}/a/b {{d}}/x",
    "name-not-resolved--git-ssh": f"{_GIT} git clone ssh://git@{{nowhere}}/a/b {{d}}/x",
    "configuration-missing--git-identity": f"cd {{d}} && {_GIT} HOME={{d}} EMAIL= git init -q . && {_GIT} HOME={{d}} git -c user.useConfigOnly=true commit --allow-empty -m x",
    "repository-missing--git-no-repository": f"cd {{d}} && {_GIT} git pull",
    "repository-missing--git-ref": f"{_GIT} git init -q {{d}}/a && {_GIT} git clone --branch release {{d}}/a {{d}}/b",
    "name-not-resolved--ssh": "ssh -o BatchMode=yes {nowhere} true",
    "connection-refused--ssh": "ssh -o BatchMode=yes -p {closed} 127.0.0.1 true",
    # Java
    "module-missing--java-driver": "{java} Class.forName(\"org.postgresql.Driver\");",
    "tls--java": "{java} new java.net.URL(\"https://127.0.0.1:{tls}/\").openStream();",
    "http-status--java": "{java} new java.net.URL(\"http://127.0.0.1:{http}/vault-sealed\").openStream();",
    "proxy-refused--java": "{java} System.setProperty(\"https.proxyHost\", \"127.0.0.1\"); System.setProperty(\"https.proxyPort\", \"{http}\"); new java.net.URL(\"https://example.org/\").openStream();",
    "module-missing--java-class-path": "java -cp {d} com.example.Migrate",
    # signals
    "program-crashed--segv": "bash -c 'bash -c \"kill -SEGV \\$\\$\"; exit 139'",
    "program-crashed--bus": "bash -c 'bash -c \"kill -BUS \\$\\$\"; exit 135'",
    "program-crashed--abort": "bash -c 'bash -c \"kill -ABRT \\$\\$\"; exit 134'",
    "program-crashed--c-assert": "echo '#include <assert.h>\nint main() {{ assert(1 == 2); }}' > {d}/x.c; gcc -o {d}/x {d}/x.c && bash -c '{d}/x; exit $?'",
    # others
    "file-missing--ansible": "cd {d} && LC_ALL=C.UTF-8 {ansible} site.yml",
    "variable-missing--ansible": "cd {d} && printf -- '- hosts: localhost\\n  gather_facts: false\\n  tasks:\\n  - debug:\\n      msg: \"{{{{ database_url }}}}\"\\n' > site.yml && LC_ALL=C.UTF-8 {ansible} site.yml",
    "file-missing--kustomize": "kubectl kustomize {d}",
    "file-missing--kubectl": "env -u KUBECONFIG HOME={d} kubectl --server http://127.0.0.1:{closed} apply -f /manifests/job.yaml",
}  # fmt: skip
# CAUSE--NAME → the server of one answer, and the command that asks it.
ANSWERED = {
    "disk-full--redis-misconf": (fake_servers.line_server(b"", b"-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.\r\n"), "redis-cli -e -p {line} set a b"),
    "server-starting--redis-py": (fake_servers.line_server(b"", b"-LOADING Redis is loading the dataset in memory\r\n"), "{py} -c 'import redis; redis.Redis(port={line}, retry=None).ping()'"),
    "read-only-transaction--redis-cli": (fake_servers.line_server(b"", b"-READONLY You can't write against a read only replica.\r\n"), "redis-cli -e -p {line} set a b"),
    "cluster-redirect--redis-cli": (fake_servers.line_server(b"", b"-MOVED 15495 10.0.0.7:6379\r\n"), "redis-cli -e -p {line} set a b"),
    "cluster-unavailable--redis-cli": (fake_servers.line_server(b"", b"-CLUSTERDOWN The cluster is down\r\n"), "redis-cli -e -p {line} set a b"),
    "cluster-redirect--redis-py": (fake_servers.line_server(b"", b"-MOVED 15495 10.0.0.7:6379\r\n"), "{py} -c 'import redis; redis.Redis(port={line}, retry=None).set(\"a\", \"b\")'"),
    "authentication-failed--nats": (fake_servers.line_server(b'INFO {"server_id":"A","version":"2.9.10","max_payload":1048576,"auth_required":true}\r\n', b"-ERR 'Authorization Violation'\r\n"), "{py} -c 'import asyncio, nats; asyncio.run(nats.connect(\"nats://127.0.0.1:{line}\", allow_reconnect=False))'"),
    "authentication-failed--cassandra": (fake_servers.cassandra(0x0100, "Provided username app and/or password are incorrect"), "{py} -W ignore -c 'from cassandra.cluster import Cluster; Cluster([\"127.0.0.1\"], port={line}, protocol_version=4).connect()'"),
    "authentication-failed--pika": (fake_servers.amqp(403, "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the broker logfile."), "{py} -c 'import pika; pika.BlockingConnection(pika.ConnectionParameters(\"127.0.0.1\", {line}))'"),
    "authentication-failed--amqplib": (fake_servers.amqp(403, "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the broker logfile."), "{node} -e 'require(\"amqplib\").connect(\"amqp://127.0.0.1:{line}\")'"),
    "database-missing--oracledb": (fake_servers.oracle(12514), "{py} -c 'import oracledb; oracledb.connect(user=\"app\", password=\"x\", dsn=\"127.0.0.1:{line}/app\")'"),
}  # fmt: skip


def main() -> None:
    only = sys.argv[1:]
    if not only:
        shutil.rmtree(RECORDED, ignore_errors=True)
    RECORDED.mkdir(parents=True, exist_ok=True)
    record.RECORDED = RECORDED
    record.PLACES.update(
        {f"{LAB}/root": "", f"{LAB}/js": "/app", f"{LAB}/py": "/venv", os.path.realpath(f"{LAB}/py"): "/venv"}
    )
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        key, certificate = folder / "key.pem", folder / "cert.pem"
        make = f"openssl req -x509 -newkey rsa:2048 -nodes -keyout {key} -out {certificate} -subj /CN=elsewhere.example -days 1"
        subprocess.run(make, shell=True, check=True, capture_output=True)
        serve = f"openssl s_server -quiet -accept 127.0.0.1:{TLS_PORT} -key {key} -cert {certificate} -www".split()
        quiet = subprocess.DEVNULL
        with fake_servers.stores(STORES_PORT), subprocess.Popen(serve, stdout=quiet, stderr=quiet, stdin=quiet) as tls:
            for case, command in COMMANDS.items():
                if not only or case in only:
                    run(case, command, folder)
            tls.terminate()
        for case, (answer, command) in ANSWERED.items():
            if not only or case in only:
                with fake_servers.serving(answer, LINE_PORT):
                    run(case, command, folder)
    for each in RECORDED.glob("*.txt"):
        each.write_text(tidy(each.read_bytes().decode(), 900).replace("/root/.npm", "/home/node/.npm"), newline="")
    print(f"{len(list(RECORDED.glob('*.txt')))} outputs recorded in {RECORDED}")


def run(name: str, command: str, folder: Path) -> None:
    own = Path(tempfile.mkdtemp(dir=folder))
    first, _, rest = command.partition(" ")
    if first == "{java}":
        body = rest.format(d=own, **RUN)
        source = JDBC[: JDBC.index("java.sql")].replace("{{", "{") + body + " } }"
        (own / "Main.java").write_text(source)
        subprocess.run(["javac", "-d", str(own), str(own / "Main.java")], check=True, capture_output=True)
        command = "java -cp {d} Main"
    try:
        record.keep(name, command.format(d=own, **RUN))
    except (subprocess.SubprocessError, OSError) as error:
        print(f"{name}: not recorded: {error!r}")
    shutil.rmtree(own)


if __name__ == "__main__":
    main()
