"""Makes clients, frameworks and tools that are no part of the project fail, and records what they print.

`STEERSMAN_LAB=FOLDER python tests/diagnose/record_programs.py` writes recorded/programs/CAUSE--NAME.txt. The folder is laid out as

    root/   Debian packages, unpacked (dpkg -x): mariadb-server mariadb-client php-cli php-pgsql php-mysql ruby ruby-pg ruby-activerecord
            netcat-openbsd bind9-dnsutils golang-go busybox golang-github-lib-pq-dev libpostgresql-jdbc-java musl-tools
    py/     a venv: psycopg2-binary sqlalchemy alembic django requests httpx pymysql redis boto3 awscli asyncpg
    js/     node_modules: knex sequelize typeorm pg mysql2 axios ioredis

so that nothing of it is found by anything else on the machine.
"""

# ruff: noqa: E501 (commands stand as one would type them)
from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer
from pathlib import Path

from tests.diagnose import record
from tests.diagnose.record import AS_NOBODY, CLOSED, HTTP_PORT, PORT, Answers

LAB = Path(os.environ.get("STEERSMAN_LAB", "/opt/lab"))
ROOT = LAB / "root"
RECORDED = record.RECORDED / "programs"
MYSQL_PORT, RUDE_PORT, TLS_PORT = 33069, 61890, 61895
NOWHERE = "db.nowhere.invalid"
LIBRARIES = f"{ROOT}/usr/lib/x86_64-linux-gnu:{ROOT}/usr/lib"
PHP_MODULES = " ".join(f"-d extension={each}" for each in ("pdo", "mysqlnd", "pdo_mysql", "pdo_pgsql"))
RUBY_PATHS = [
    "/usr/lib/ruby/vendor_ruby",
    "/usr/lib/ruby/3.1.0",
    "/usr/lib/x86_64-linux-gnu/ruby/3.1.0",
    "/usr/lib/x86_64-linux-gnu/ruby/vendor_ruby/3.1.0",
]
RUBY_GEMS = " ".join(
    f"-I {folder}"
    for folder in (
        *(f"{ROOT}{path}" for path in RUBY_PATHS),
        *(str(path) for path in (ROOT / "usr/share/rubygems-integration/all/gems").glob("*/lib")),
    )
)
RUN = {
    "R": ROOT,
    "lab": f"LD_LIBRARY_PATH={LIBRARIES}",
    "mysql": f"LD_LIBRARY_PATH={LIBRARIES} {ROOT}/usr/bin/mariadb --no-defaults",
    "php": f"LD_LIBRARY_PATH={LIBRARIES} {ROOT}/usr/bin/php8.2 -n -d extension_dir={ROOT}/usr/lib/php/20220829 {PHP_MODULES} -d display_errors=stderr",
    "ruby": f"LD_LIBRARY_PATH={LIBRARIES} {ROOT}/usr/bin/ruby3.1 {RUBY_GEMS}",
    "py": f"{LAB}/py/bin/python",
    "node": f"NODE_PATH={LAB}/js/node_modules node",
    "busybox": f"{ROOT}/bin/busybox",
    "nc": f"LD_LIBRARY_PATH={LIBRARIES} {ROOT}/bin/nc.openbsd",
    "dns": f"LD_LIBRARY_PATH={LIBRARIES} {ROOT}/usr/bin",
    "go": f"GOROOT={ROOT}/usr/lib/go-1.19 GO111MODULE=off GOPATH={ROOT}/usr/share/gocode GOCACHE=/tmp/lab-go-cache GOFLAGS=-trimpath {ROOT}/usr/lib/go-1.19/bin/go run",
    "musl": f"{ROOT}/usr/lib/x86_64-linux-musl",
    "jdbc": f"java -cp {ROOT}/usr/share/java/postgresql.jar:{{d}}",
    "pg": record.POSTGRES,
    "closed": CLOSED, "nowhere": NOWHERE, "port": PORT, "my": MYSQL_PORT, "http": HTTP_PORT, "rude": RUDE_PORT, "tls": TLS_PORT,
}  # fmt: skip
GO = 'package main\nimport ("database/sql"; _ "github.com/lib/pq"; "log"; "net/http"; "net")\nvar _ = sql.Open; var _ = http.Get; var _ = net.Dial\nfunc main() {{ {body} }}\n'
GO_SQL = 'db, _ := sql.Open("postgres", "{dsn} sslmode=disable"); if _, err := db.Exec("{sql}"); err != nil {{ log.Fatal(err) }}'
JDBC = 'public class Main {{ public static void main(String[] a) throws Exception {{ java.sql.DriverManager.getConnection("jdbc:postgresql://{host}:{port}/{db}", "app", "{password}").createStatement().execute("{sql}"); }} }}'

# CAUSE--NAME → command; `{d}` is an empty folder, `*` in front needs the servers.
SHELL = {
    # curl, by its exit codes
    "url-malformed--curl-3": "curl -sS 'http://exa mple/'",
    "url-malformed--curl-protocol": "curl -sS 'postgres://db/'",
    "url-malformed--curl-no-url": "curl -sS ''",
    "name-not-resolved--curl-proxy": "curl -sS -x http://{nowhere}:3128 http://example.org/",
    "disk-full--curl-23": "curl -sS file:///etc/passwd -o /dev/full",
    "file-missing--curl-26": "curl -sS -T /data/dump.sql http://127.0.0.1:{closed}/",
    "tls--curl-cacert-77": "curl -sS --cacert /etc/tls/ca.crt https://127.0.0.1:{tls}/",
    "connection-timeout--curl-28": "curl -sS -m 1 http://127.0.0.1:{rude}/hang",
    "connection-lost--curl-52": "curl -sS http://127.0.0.1:{rude}/empty",
    "connection-lost--curl-56": "curl -sS http://127.0.0.1:{rude}/reset",
    "tls--curl-https-to-http": "curl -sS https://127.0.0.1:{http}/200",
    "connection-lost--curl-http-to-https": "curl -sS http://127.0.0.1:{tls}/",
    "usage--curl": "curl -sS --no-such-option http://127.0.0.1/",
    "http-status--curl-401": "curl -fsS http://127.0.0.1:{http}/401",
    "http-status--curl-403": "curl --fail-with-body -sS http://127.0.0.1:{http}/403",
    "http-status--curl-429": "curl -fsSL http://127.0.0.1:{http}/429",
    # wget
    "http-status--wget": "wget -nv -O- http://127.0.0.1:{http}/503",
    "http-status--wget-401": "wget -O- http://127.0.0.1:{http}/401",
    "connection-refused--wget": "wget -nv -O- --tries=1 http://127.0.0.1:{closed}/",
    "connection-refused--wget-long": "wget -O- --tries=1 http://127.0.0.1:{closed}/",
    "name-not-resolved--wget": "wget -nv -O- http://{nowhere}/",
    "tls--wget": "wget -nv -O- https://127.0.0.1:{tls}/",
    "tls--wget-plain": "wget -nv -O- https://127.0.0.1:{http}/",
    "connection-refused--nc": "{nc} -v -w 1 127.0.0.1 {closed}",
    "name-not-resolved--nc": "{nc} -v -w 1 {nowhere} 5432",
        "connection-refused--busybox-nc": "{busybox} nc 127.0.0.1 {closed}",
    "name-not-resolved--busybox-nc": "{busybox} nc {nowhere} 5432",
    "name-not-resolved--ping": "{busybox} ping -c 1 {nowhere}",
    # shells
    "command-not-found--busybox-sh": "{busybox} sh -c 'alembic upgrade head'",
    "command-not-found--busybox-path": "{busybox} sh -c '/usr/local/bin/migrate up'",
    "command-not-found--bash-path": "bash -c '/usr/local/bin/migrate up'",
    "command-not-found--dash-path": "dash -c '/usr/local/bin/migrate up'",
    "command-not-found--busybox-env": "{busybox} env alembic",
    "command-not-found--make": "printf 'all:\\n\\talembic upgrade\\n' > {d}/Makefile; make -C {d}",
    "script-syntax--busybox": "{busybox} sh -c 'if true; then echo'",
    "script-syntax--busybox-array": "{busybox} sh -c 'a=(1 2)'",
    "script-syntax--dash-array": "dash -c 'a=(1 2)'",
    "script-syntax--dash-test": "dash -c 'set -e; [[ a == a ]]'",
    "script-syntax--dash-pipefail": "dash -c 'set -euo pipefail'",
    "script-syntax--bash-quote": "bash -c 'echo \"oops'",
    "script-syntax--bash-brace": "bash -c 'f() {{ echo'",
    "variable-missing--busybox": "{busybox} sh -uc 'echo $DATABASE_URL'",
    "variable-missing--busybox-required": "{busybox} sh -c ': ${{DATABASE_URL:?}}'",
    "variable-missing--node": "{node} -e 'if (!process.env.DATABASE_URL) throw new Error(\"DATABASE_URL environment variable is not set\")'",
    "line-endings--bash": "printf 'set -e\\r\\necho hi\\r\\n' > {d}/run.sh; bash {d}/run.sh",
    "line-endings--dash": "printf 'set -e\\r\\necho hi\\r\\n' > {d}/run.sh; dash {d}/run.sh",
    "line-endings--busybox": "printf 'set -e\\r\\necho hi\\r\\n' > {d}/run.sh; {busybox} sh {d}/run.sh",
    "interpreter-missing--shebang-crlf": "printf '#!/bin/bash\\r\\necho hi\\r\\n' > {d}/run.sh; chmod 755 {d}/run.sh; bash -c {d}/run.sh",
    "line-endings--env-shebang": "printf '#!/usr/bin/env bash\\r\\necho hi\\r\\n' > {d}/run.sh; chmod 755 {d}/run.sh; bash -c {d}/run.sh",
    "interpreter-missing--bash": "printf '#!/usr/bin/python2\\n' > {d}/run; chmod 755 {d}/run; bash -c {d}/run",
    "command-not-found--env-shebang": "printf '#!/usr/bin/env no-python\\n' > {d}/run; chmod 755 {d}/run; bash -c {d}/run",
    "wrong-architecture--bash": "printf '\\177ELF\\002\\001\\001\\000\\000\\000\\000\\000\\000\\000\\000\\000\\002\\000\\267\\000' > {d}/run; chmod 755 {d}/run; bash -c {d}/run",
    "wrong-architecture--dash": "printf '\\177ELF\\002\\001\\001\\000\\000\\000\\000\\000\\000\\000\\000\\000\\002\\000\\267\\000' > {d}/run; chmod 755 {d}/run; dash -c {d}/run",
    "permission-denied--busybox": "echo 'echo hi' > {d}/run.sh; {busybox} sh -c {d}/run.sh",
    "usage--psql": "{pg}/psql --no-such-option",
    "usage--python-argparse": "{py} -c 'import argparse; argparse.ArgumentParser().parse_args([\"--wrong\"])'",
    "usage--tar": "tar --no-such-option",
    "out-of-memory--node": "{node} --max-old-space-size=30 -e 'const a = []; while (true) a.push(new Array(1e5).fill({{}}))'",
    "out-of-memory--java": "echo 'public class Main {{ public static void main(String[] a) {{ var l = new java.util.ArrayList<byte[]>(); while (true) l.add(new byte[1<<20]); }} }}' > {d}/Main.java; java -Xmx64m {d}/Main.java",
    "out-of-memory--python": "bash -c 'ulimit -v 400000; {py} -c \"x = bytearray(1 << 33)\"'",
    "out-of-memory--killed": "bash -c 'bash -c \"kill -9 \\$\\$\"; exit 137'",
    # Python
    "connection-refused--requests": "{py} -c 'import requests; requests.get(\"http://127.0.0.1:{closed}/\")'",
    "name-not-resolved--requests": "{py} -c 'import requests; requests.get(\"http://{nowhere}/\")'",
    "tls--requests": "{py} -c 'import requests; requests.get(\"https://127.0.0.1:{tls}/\")'",
    "tls--requests-plain": "{py} -c 'import requests; requests.get(\"https://127.0.0.1:{http}/\")'",
    "http-status--requests": "{py} -c 'import requests; requests.get(\"http://127.0.0.1:{http}/403\").raise_for_status()'",
    "connection-timeout--requests": "{py} -c 'import requests; requests.get(\"http://127.0.0.1:{rude}/hang\", timeout=0.5)'",
    "connection-lost--requests": "{py} -c 'import requests; requests.get(\"http://127.0.0.1:{rude}/empty\")'",
    "connection-refused--httpx": "{py} -c 'import httpx; httpx.get(\"http://127.0.0.1:{closed}/\")'",
    "name-not-resolved--httpx": "{py} -c 'import httpx; httpx.get(\"http://{nowhere}/\")'",
    "http-status--httpx": "{py} -c 'import httpx; httpx.get(\"http://127.0.0.1:{http}/404\").raise_for_status()'",
    "connection-timeout--httpx": "{py} -c 'import httpx; httpx.get(\"http://127.0.0.1:{rude}/hang\", timeout=0.5)'",
    "connection-refused--sqlalchemy": "{py} -c 'import sqlalchemy as s; s.create_engine(\"postgresql+psycopg2://app:x@127.0.0.1:{closed}/app\").connect()'",
    "name-not-resolved--sqlalchemy": "{py} -c 'import sqlalchemy as s; s.create_engine(\"postgresql+psycopg2://app:x@{nowhere}/app\").connect()'",
    "connection-refused--pymysql": "{py} -c 'import pymysql; pymysql.connect(host=\"127.0.0.1\", port={closed})'",
    "name-not-resolved--pymysql": "{py} -c 'import pymysql; pymysql.connect(host=\"{nowhere}\")'",
    "connection-refused--redis-py": "{py} -c 'import redis; redis.Redis(port={closed}).ping()'",
    "name-not-resolved--redis-py": "{py} -c 'import redis; redis.Redis(\"{nowhere}\").ping()'",
    "connection-refused--asyncpg": "{py} -c 'import asyncio, asyncpg; asyncio.run(asyncpg.connect(host=\"127.0.0.1\", port={closed}, user=\"a\"))'",
    "connection-refused--pymongo": "{py} -c 'import pymongo; pymongo.MongoClient(\"127.0.0.1\", {closed}, serverSelectionTimeoutMS=300).admin.command(\"ping\")'",
    "module-missing--python-from": "{py} -c 'from django.nothing import x'",
    "module-missing--python-m": "{py} -m flask_migrate_nothing",
    "encoding--python": "printf '\\377\\376' > {d}/x; {py} -c 'open(\"{d}/x\", encoding=\"utf-8\").read()'",
    # node
    "connection-refused--pg": "{node} -e 'const {{Client}} = require(\"pg\"); new Client({{host: \"127.0.0.1\", port: {closed}}}).connect()'",
    "name-not-resolved--pg": "{node} -e 'const {{Client}} = require(\"pg\"); new Client({{host: \"{nowhere}\"}}).connect()'",
    "connection-refused--sequelize": "{node} -e 'const {{Sequelize}} = require(\"sequelize\"); new Sequelize(\"postgres://a:b@127.0.0.1:{closed}/x\").authenticate()'",
    "name-not-resolved--sequelize": "{node} -e 'const {{Sequelize}} = require(\"sequelize\"); new Sequelize(\"postgres://a:b@{nowhere}/x\").authenticate()'",
    "connection-refused--mysql2": "{node} -e 'require(\"mysql2/promise\").createConnection({{host: \"127.0.0.1\", port: {closed}}})'",
    "connection-refused--axios": "{node} -e 'require(\"axios\").get(\"http://127.0.0.1:{closed}/\")'",
    "http-status--axios": "{node} -e 'require(\"axios\").get(\"http://127.0.0.1:{http}/503\")'",
    "connection-refused--fetch": "{node} -e 'fetch(\"http://127.0.0.1:5999/\")'",
    "name-not-resolved--fetch": "{node} -e 'fetch(\"http://{nowhere}/\")'",
    "tls--fetch": "{node} -e 'fetch(\"https://127.0.0.1:{tls}/\")'",
    "module-missing--node": "{node} -e 'require(\"./config/database\")'",
    # Java, PHP, Ruby
    "connection-refused--jdbc": "{java} {nowhere}|127.0.0.1|{closed}|app|x|select 1",
    "name-not-resolved--jdbc": "{java} -|{nowhere}|5432|app|x|select 1",
    "connection-refused--php-pdo": "{php} -r 'new PDO(\"pgsql:host=127.0.0.1;port={closed}\", \"a\", \"b\");'",
    "connection-refused--php-mysql": "{php} -r 'new PDO(\"mysql:host=127.0.0.1;port={closed}\", \"a\", \"b\");'",
    "name-not-resolved--php-mysql": "{php} -r 'new PDO(\"mysql:host={nowhere}\", \"a\", \"b\");'",
    "name-not-resolved--php-pdo": "{php} -r 'new PDO(\"pgsql:host={nowhere}\", \"a\", \"b\");'",
    "module-missing--php-driver": "{lab} {R}/usr/bin/php8.2 -n -d extension_dir={R}/usr/lib/php/20220829 -d extension=pdo -r 'new PDO(\"pgsql:host=x\");'",
    "module-missing--php-class": "{php} -r 'new App\\Kernel();'",
    "file-missing--php-artisan": "{php} artisan migrate",
    "out-of-memory--php": "{php} -r '$a = []; while (true) $a[] = str_repeat(\"x\", 1000000);'",
    "connection-refused--ruby": "{ruby} -rsocket -e 'TCPSocket.new(\"127.0.0.1\", {closed})'",
    "name-not-resolved--ruby": "{ruby} -rsocket -e 'TCPSocket.new(\"{nowhere}\", 5432)'",
    "connection-refused--ruby-pg": "{ruby} -rpg -e 'PG.connect(host: \"127.0.0.1\", port: {closed})'",
    "module-missing--ruby": "{ruby} -e 'require \"mysql2\"'",
    # Go
    "connection-refused--go": "{gorun} _, err := net.Dial(\"tcp\", \"127.0.0.1:{closed}\"); log.Fatal(err)",
    "name-not-resolved--go": "{gorun} _, err := net.Dial(\"tcp\", \"{nowhere}:5432\"); log.Fatal(err)",
    "tls--go": "{gorun} _, err := http.Get(\"https://127.0.0.1:{tls}/\"); log.Fatal(err)",
    "tls--go-plain": "{gorun} _, err := http.Get(\"https://127.0.0.1:{http}/\"); log.Fatal(err)",
    # musl
    "name-not-resolved--musl": "{muslrun} {nowhere}",
    # Kubernetes and clouds from inside a hook
    "kubernetes-not-configured--kubectl": "env -u KUBECONFIG HOME={d} kubectl get pods",
    "connection-refused--kubectl": "env -u KUBECONFIG HOME={d} kubectl --token x --server https://127.0.0.1:{closed} get pods",
    "name-not-resolved--kubectl": "env -u KUBECONFIG HOME={d} kubectl --token x --server https://kubernetes.default.invalid get pods",
    "kubernetes-not-configured--helm": "env -u KUBECONFIG HOME={d} {helm} list",
    "usage--kubectl": "kubectl get pods --no-such-flag",
    "cloud-credentials--aws": "env -i PATH=$PATH AWS_EC2_METADATA_DISABLED=true {py} -m awscli s3 ls s3://backups --region eu-west-1",
    "cloud-credentials--boto3": "env -i AWS_EC2_METADATA_DISABLED=true {py} -c 'import boto3; boto3.client(\"s3\", region_name=\"eu-west-1\").list_buckets()'",
    "cloud-not-configured--aws-region": "env -i PATH=$PATH AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b AWS_EC2_METADATA_DISABLED=true {py} -m awscli sqs list-queues",
    "cloud-credentials--gcloud": "env HOME={d} CLOUDSDK_CONFIG={d} gcloud sql instances list --project p",
}  # fmt: skip
# CAUSE--NAME → (client, SQL); PostgreSQL first, MariaDB below. The database of the servers is `shop`.
POSTGRES_ERRORS = {
    "database-missing--sqlalchemy": "{py} -c 'import sqlalchemy as s; s.create_engine(\"postgresql+psycopg2://app:right@127.0.0.1:{port}/nothing\").connect()'",
    "authentication-failed--sqlalchemy": "{py} -c 'import sqlalchemy as s; s.create_engine(\"postgresql+psycopg2://app:wrong@127.0.0.1:{port}/postgres\").connect()'",
    "table-missing--sqlalchemy": "{py} -c 'import sqlalchemy as s; s.create_engine(\"postgresql+psycopg2://app:right@127.0.0.1:{port}/postgres\").connect().execute(s.text(\"select * from nothing\"))'",
    "already-exists--sqlalchemy": "{py} -c 'import sqlalchemy as s; s.create_engine(\"postgresql+psycopg2://owner@127.0.0.1:{port}/postgres\").connect().execute(s.text(\"create table agents (id int)\"))'",
    "unique-violation--sqlalchemy": "{py} -c 'import sqlalchemy as s; s.create_engine(\"postgresql+psycopg2://owner@127.0.0.1:{port}/postgres\").connect().execute(s.text(\"insert into agents select * from agents\"))'",
    "authentication-failed--asyncpg": "{py} -c 'import asyncio, asyncpg; asyncio.run(asyncpg.connect(host=\"127.0.0.1\", port={port}, user=\"app\", password=\"wrong\", database=\"postgres\"))'",
    "database-missing--asyncpg": "{py} -c 'import asyncio, asyncpg; asyncio.run(asyncpg.connect(host=\"127.0.0.1\", port={port}, user=\"app\", password=\"right\", database=\"shop\"))'",
    "schema-missing--psql": "{pg}/psql -h 127.0.0.1 -p {port} -U owner postgres -c 'create table reporting.x (id int)'",
    "encoding--psql": "{pg}/psql -h 127.0.0.1 -p {port} -U owner postgres -c \"select convert_from('\\\\xff', 'UTF8')\"",
    "authentication-failed--psql-hba": "{pg}/psql -h 127.0.0.1 -p {port} -U hba postgres -c 'select 1'",
    "usage--psql-dsn": "{pg}/psql 'postgresql://app@127.0.0.1:{port}/postgres?sslmod=disable' -c 'select 1'",
    "file-missing--psql-f": "{pg}/psql -h 127.0.0.1 -p {port} -U owner postgres -f /sql/migrate.sql",
    "serialization-failure--psycopg": "{py} -c 'import psycopg2 as p; f = lambda: p.connect(\"host=127.0.0.1 port={port} user=owner dbname=postgres\"); a, b = f(), f(); a.set_session(\"SERIALIZABLE\"); b.set_session(\"SERIALIZABLE\"); x, y = a.cursor(), b.cursor(); x.execute(\"select * from agents\"); y.execute(\"update agents set size = 5\"); b.commit(); x.execute(\"update agents set size = 6\")'",
    "table-missing--pg": "{node} -e 'const {{Client}} = require(\"pg\"); const c = new Client(\"postgres://app:right@127.0.0.1:{port}/postgres\"); c.connect().then(() => c.query(\"select * from nothing\"))'",
    "authentication-failed--pg": "{node} -e 'const {{Client}} = require(\"pg\"); new Client(\"postgres://app:wrong@127.0.0.1:{port}/postgres\").connect()'",
    "authentication-failed--pg-no-password": "{node} -e 'const {{Client}} = require(\"pg\"); new Client(\"postgres://app@127.0.0.1:{port}/postgres\").connect()'",
    "column-missing--sequelize": "{node} -e 'const {{Sequelize}} = require(\"sequelize\"); new Sequelize(\"postgres://owner@127.0.0.1:{port}/postgres\", {{logging: false}}).query(\"select model from agents\")'",
    "database-missing--sequelize": "{node} -e 'const {{Sequelize}} = require(\"sequelize\"); new Sequelize(\"postgres://app:right@127.0.0.1:{port}/shop\", {{logging: false}}).authenticate()'",
    "table-missing--php-pdo": "{php} -r '(new PDO(\"pgsql:host=127.0.0.1;port={port};dbname=postgres\", \"app\", \"right\"))->query(\"select * from nothing\");'",
    "authentication-failed--php-pdo": "{php} -r 'new PDO(\"pgsql:host=127.0.0.1;port={port};dbname=postgres\", \"app\", \"wrong\");'",
    "table-missing--ruby-pg": "{ruby} -rpg -e 'PG.connect(host: \"127.0.0.1\", port: {port}, user: \"owner\", dbname: \"postgres\").exec(\"select * from nothing\")'",
    "table-missing--jdbc": "{java} -|127.0.0.1|{port}|postgres|right|select * from nothing",
    "authentication-failed--jdbc": "{java} -|127.0.0.1|{port}|postgres|wrong|select 1",
    "database-missing--jdbc": "{java} -|127.0.0.1|{port}|shop|right|select 1",
    "table-missing--go-pq": "{gosql} select * from nothing",
    "authentication-failed--go-pq": "{gosql-wrong} select 1",
    "database-missing--django": "{django} migrate --noinput #shop",
    "connection-refused--django": "{django} migrate --noinput #closed",
    "migration-history--django": "{django} history",
    "migration-history--alembic": "{alembic} heads",
    "migration-history--alembic-revision": "{alembic} unknown",
}  # fmt: skip
MYSQL_ERRORS = {
    "connection-refused--mysql": "{mysql} -h 127.0.0.1 -P {closed} -e 'select 1'",
    "name-not-resolved--mysql": "{mysql} -h {nowhere} -e 'select 1'",
    "authentication-failed--mysql": "{mysql} -h 127.0.0.1 -P {my} -u app -pwrong -e 'select 1'",
    "authentication-failed--mysql-no-password": "{mysql} -h 127.0.0.1 -P {my} -u app -e 'select 1'",
    "database-missing--mysql": "{mysql} -h 127.0.0.1 -P {my} -u root -proot nothing -e 'select 1'",
    "privilege-missing--mysql-database": "{mysql} -h 127.0.0.1 -P {my} -u app -pright mysql -e 'select 1'",
    "privilege-missing--mysql": "{mysql} -h 127.0.0.1 -P {my} -u app -pright shop -e 'drop table agents'",
    "table-missing--mysql": "{mysql} -h 127.0.0.1 -P {my} -u root -proot shop -e 'select * from nothing'",
    "column-missing--mysql": "{mysql} -h 127.0.0.1 -P {my} -u root -proot shop -e 'select model from agents'",
    "already-exists--mysql": "{mysql} -h 127.0.0.1 -P {my} -u root -proot shop -e 'create table agents (id int)'",
    "already-exists--mysql-column": "{mysql} -h 127.0.0.1 -P {my} -u root -proot shop -e 'alter table agents add name int'",
    "already-exists--mysql-index": "{mysql} -h 127.0.0.1 -P {my} -u root -proot shop -e 'create index by_name on agents (name)'",
    "already-exists--mysql-database": "{mysql} -h 127.0.0.1 -P {my} -u root -proot shop -e 'create database shop'",
    "sql-syntax--mysql": "{mysql} -h 127.0.0.1 -P {my} -u root -proot shop -e 'alter tabel agents add x int'",
    "unique-violation--mysql": "{mysql} -h 127.0.0.1 -P {my} -u root -proot shop -e 'insert into agents values (1, 1)'",
    "foreign-key-violation--mysql": "{mysql} -h 127.0.0.1 -P {my} -u root -proot shop -e 'insert into runs values (1, 99)'",
    "foreign-key-violation--mysql-create": "{mysql} -h 127.0.0.1 -P {my} -u root -proot shop -e 'create table z (a varchar(9), foreign key (a) references agents (id))'",
    "not-null-violation--mysql": "{mysql} -h 127.0.0.1 -P {my} -u root -proot shop -e 'insert into agents values (null, null)'",
    "not-null-violation--mysql-default": "{mysql} -h 127.0.0.1 -P {my} -u root -proot shop -e 'insert into agents (id) values (77)'",
    "invalid-value--mysql-long": "{mysql} -h 127.0.0.1 -P {my} -u root -proot shop -e \"insert into words values ('far too long for it')\"",
    "invalid-value--mysql-number": "{mysql} -h 127.0.0.1 -P {my} -u root -proot shop -e \"insert into agents values ('x', 1)\"",
    "object-missing--mysql-drop-column": "{mysql} -h 127.0.0.1 -P {my} -u root -proot shop -e 'alter table agents drop column model'",
    "too-many-connections--mysql": "{mysql} -h 127.0.0.1 -P {my} -u limited -pright shop -e 'select sleep(3)' & sleep 1; {mysql} -h 127.0.0.1 -P {my} -u limited -pright shop -e 'select 1'",
    "lock-timeout--mysql": "{mysql} -h 127.0.0.1 -P {my} -u root -proot shop -e 'begin; update agents set name = 5; select sleep(4)' >/dev/null & sleep 1; {mysql} -h 127.0.0.1 -P {my} -u root -proot shop -e 'set innodb_lock_wait_timeout = 1; update agents set name = 6'",
    "read-only-transaction--mysql": "{mysql} -h 127.0.0.1 -P {my} -u root -proot shop -e 'set session transaction read only; begin; delete from agents'",
    "database-missing--pymysql": "{py} -c 'import pymysql; pymysql.connect(host=\"127.0.0.1\", port={my}, user=\"root\", password=\"root\", database=\"nothing\")'",
    "table-missing--pymysql": "{py} -c 'import pymysql; pymysql.connect(host=\"127.0.0.1\", port={my}, user=\"root\", password=\"root\", database=\"shop\").cursor().execute(\"select * from nothing\")'",
    "authentication-failed--pymysql": "{py} -c 'import pymysql; pymysql.connect(host=\"127.0.0.1\", port={my}, user=\"app\", password=\"wrong\")'",
    "table-missing--mysql2": "{node} -e 'require(\"mysql2/promise\").createConnection({{host: \"127.0.0.1\", port: {my}, user: \"root\", password: \"root\", database: \"shop\"}}).then(c => c.query(\"select * from nothing\"))'",
    "authentication-failed--mysql2": "{node} -e 'require(\"mysql2/promise\").createConnection({{host: \"127.0.0.1\", port: {my}, user: \"app\", password: \"wrong\"}})'",
    "already-exists--php-pdo": "{php} -r '(new PDO(\"mysql:host=127.0.0.1;port={my};dbname=shop\", \"root\", \"root\"))->query(\"create table agents (id int)\");'",
    "authentication-failed--php-mysql": "{php} -r 'new PDO(\"mysql:host=127.0.0.1;port={my}\", \"app\", \"wrong\");'",
}  # fmt: skip
MYSQL_SETUP = """
DELETE FROM mysql.global_priv WHERE User = ''; FLUSH PRIVILEGES;
CREATE OR REPLACE USER root@'127.0.0.1' IDENTIFIED BY 'root'; GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;
CREATE DATABASE shop; CREATE USER app@'%' IDENTIFIED BY 'right'; GRANT SELECT ON shop.* TO app@'%';
CREATE USER limited@'%' IDENTIFIED BY 'right' WITH MAX_USER_CONNECTIONS 1; GRANT SELECT ON shop.* TO limited@'%';
USE shop; CREATE TABLE agents (id int PRIMARY KEY, name int NOT NULL, KEY by_name (name)); INSERT INTO agents VALUES (1, 1);
CREATE TABLE runs (id int PRIMARY KEY, agent int, FOREIGN KEY (agent) REFERENCES agents (id)); CREATE TABLE words (word varchar(5));
"""
DJANGO = """
import sys, django
from django.conf import settings
from django.core.management import execute_from_command_line
port, name = {port}, "{name}"
settings.configure(DATABASES={{"default": {{"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": port, "NAME": name, "USER": "owner"}}}}, INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"])
django.setup()
if {history}:
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder
    recorder = MigrationRecorder(connection); recorder.ensure_schema(); recorder.record_applied("auth", "0001_initial")
execute_from_command_line(["manage.py", "migrate", "--noinput"])
"""
MUSL = '#include <netdb.h>\n#include <stdio.h>\nint main(int c, char **v) { struct addrinfo *r; int e = getaddrinfo(v[1], "80", 0, &r); if (e) { fprintf(stderr, "could not connect to %s: %s\\n", v[1], gai_strerror(e)); return 1; } return 0; }\n'


def main() -> None:
    shutil.rmtree(RECORDED, ignore_errors=True)
    RECORDED.mkdir(parents=True)
    record.RECORDED = RECORDED
    record.PLACES.update(
        {str(ROOT): "", f"{LAB}/py": "/venv", f"{LAB}/js": "/app", os.path.realpath(f"{LAB}/py"): "/venv"}
    )
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with web(folder):
            record_all(SHELL, folder)
        with record.postgres(folder / "data"):
            psql = f"{record.POSTGRES}/psql -h 127.0.0.1 -p {PORT} -U owner postgres"
            subprocess.run(psql, shell=True, input=record.SETUP, text=True, check=True, capture_output=True)
            hba = folder / "data" / "pg_hba.conf"
            hba.write_text(f"host all hba 127.0.0.1/32 reject\n{hba.read_text()}")
            subprocess.run(
                f"{psql} -c 'create role hba login; select pg_reload_conf()'",
                shell=True,
                check=True,
                capture_output=True,
            )
            record_all(POSTGRES_ERRORS, folder)
        with mariadb(folder / "mysql"):
            record_all(MYSQL_ERRORS, folder)
    for each in RECORDED.glob("*.txt"):
        each.write_text(tidy(each.read_bytes().decode()), newline="")
    print(f"{len(list(RECORDED.glob('*.txt')))} outputs recorded in {RECORDED}")


def tidy(text: str, width: int = 400) -> str:
    """Where this machine keeps things, and the middle of what is very long, is nobody's business."""
    text = re.sub(r"/tmp/tmp\w+(/tmp\w+)?", "/data", text).replace(str(LAB), "/opt")
    lines = [line[:width] for line in text.removesuffix("\n").split("\n")]
    return "\n".join(lines if len(lines) <= 70 else [*lines[:20], *lines[-50:]]) + "\n"


def record_all(table: dict[str, str], folder: Path) -> None:
    for name, command in table.items():
        own = Path(tempfile.mkdtemp(dir=folder))
        own.chmod(0o755)
        try:
            record.keep(name, prepared(command, own))
        except (KeyError, subprocess.TimeoutExpired, OSError) as error:
            print(f"{name}: not recorded: {error!r}")
        shutil.rmtree(own)


def prepared(command: str, own: Path) -> str:
    """The command with the programs' places filled in; sources are written where it needs some."""
    words = {**RUN, "d": own, "helm": record.RECORDED.parents[3] / ".oracle" / "helm", "own": own}
    first, _, rest = command.partition(" ")
    match first:
        case "{gorun}":
            (own / "main.go").write_text(GO.format(body=rest.format(**words)))
            return f"{RUN['go']} {own}/main.go"
        case "{gosql}" | "{gosql-wrong}":
            password = "right" if first == "{gosql}" else "wrong"
            dsn = f"host=127.0.0.1 port={PORT} user=app password={password} dbname=postgres"
            (own / "main.go").write_text(GO.format(body=GO_SQL.format(dsn=dsn, sql=rest)))
            return f"{RUN['go']} {own}/main.go"
        case "{java}":
            _, host, port, db, password, sql = rest.format(**words).split("|")
            (own / "Main.java").write_text(JDBC.format(host=host, port=port, db=db, password=password, sql=sql))
            return f"java -cp {ROOT}/usr/share/java/postgresql.jar {own}/Main.java"
        case "{muslrun}":
            (own / "main.c").write_text(MUSL)
            musl = ROOT / "usr/lib/x86_64-linux-musl"
            include = ROOT / "usr/include/x86_64-linux-musl"
            build = f"gcc -static -nostdinc -isystem {include} -nostdlib -o {own}/main {musl}/crt1.o {musl}/crti.o {own}/main.c {musl}/libc.a $(gcc -print-libgcc-file-name) -lgcc_eh {musl}/crtn.o"
            return f"{build} && {own}/main {rest.format(**words)}"
        case "{django}":
            name, server = ("shop", PORT) if "#shop" in rest else ("postgres", CLOSED if "#closed" in rest else PORT)
            (own / "manage.py").write_text(DJANGO.format(port=server, name=name, history="history" in rest))
            return f"{RUN['py']} {own}/manage.py"
        case "{alembic}":
            return alembic(own, rest)
    return command.format(**words)


def alembic(own: Path, what: str) -> str:
    """Two heads, or a database whose revision the image does not have."""
    run = f"cd {own} && {LAB}/py/bin/alembic"
    url = f"postgresql+psycopg2://owner@127.0.0.1:{PORT}/postgres"
    setup = f"{run} init m >/dev/null && sed -i 's#^sqlalchemy.url.*#sqlalchemy.url = {url}#' alembic.ini"
    if what == "heads":
        setup += f" && {run} revision -m one >/dev/null && {run} revision -m two --head base --splice >/dev/null"
    else:
        setup += f" && {record.POSTGRES}/psql -q -h 127.0.0.1 -p {PORT} -U owner postgres -c \"create table alembic_version (version_num varchar(32)); insert into alembic_version values ('1975ea83b712')\""
    subprocess.run(setup, shell=True, check=True, capture_output=True)
    return f"{run} upgrade head"


@contextmanager
def web(folder: Path) -> Iterator[None]:
    """A polite web server, a rude one and one that speaks TLS with a certificate of its own making."""
    server = HTTPServer(("127.0.0.1", HTTP_PORT), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rude = socket.create_server(("127.0.0.1", RUDE_PORT))
    threading.Thread(target=be_rude, args=(rude,), daemon=True).start()
    key, certificate = folder / "key.pem", folder / "cert.pem"
    make = f"openssl req -x509 -newkey rsa:2048 -nodes -keyout {key} -out {certificate} -subj /CN=elsewhere.example -days 1"
    subprocess.run(make, shell=True, check=True, capture_output=True)
    serve = f"openssl s_server -quiet -accept 127.0.0.1:{TLS_PORT} -key {key} -cert {certificate} -www".split()
    with subprocess.Popen(serve, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as tls:
        time.sleep(1)
        yield
        tls.terminate()
    server.shutdown()
    rude.close()


def be_rude(server: socket.socket) -> None:
    held = []
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        asked = connection.recv(4096)
        if b"/hang" in asked:
            held.append(connection)
            continue
        if b"/reset" in asked:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            time.sleep(0.3)
        connection.close()


@contextmanager
def mariadb(data: Path) -> Iterator[None]:
    data.mkdir()
    if AS_NOBODY:
        os.chown(data, 65534, 65534)
    environment = {**os.environ, "LD_LIBRARY_PATH": LIBRARIES}
    base = [f"--datadir={data}", f"--lc-messages-dir={ROOT}/usr/share/mysql", "--no-defaults"]
    server = [
        *AS_NOBODY,
        f"{ROOT}/usr/sbin/mariadbd",
        "--no-defaults",
        *base[:2],
        f"--port={MYSQL_PORT}",
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        f"--socket={data}/s",
    ]
    scripts = [
        ROOT / "usr/share/mysql" / name
        for name in ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql")
    ]
    boot = "create database mysql;\nuse mysql;\n" + "".join(path.read_text() for path in scripts) + "\n"
    subprocess.run(
        [*server, "--bootstrap", "--skip-grant-tables"],
        input=boot,
        text=True,
        env=environment,
        check=False,
        capture_output=True,
    )
    with subprocess.Popen(
        server, env=environment, stdout=subprocess.DEVNULL, stderr=(data.parent / "mysql.log").open("w")
    ) as process:
        client = f"{ROOT}/usr/bin/mariadb --no-defaults -S {data}/s -u root"
        for _ in range(60):
            if (
                subprocess.run(
                    client, shell=True, input=MYSQL_SETUP, text=True, env=environment, check=False, capture_output=True
                ).returncode
                == 0
            ):
                break
            time.sleep(0.5)
        else:
            print((data.parent / "mysql.log").read_text()[-2000:])
        try:
            yield
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
