"""Hooks that empty stores, delete objects with data, and carry SQL in other clients and in programs."""

from __future__ import annotations

import pytest

from .kit import Json, document, job, said
from .safe import AT_SCRIPTS, SCRIPTS

UPGRADE = "pre-upgrade"
STORE: Json = {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "d"}}]}
AT_DATA: Json = {"volumeMounts": [{"name": "d", "mountPath": "/data"}]}

EMPTIES = (
    "mongosh \"$URI\" --eval 'db.users.drop()'",
    "mongosh --eval 'db.orders.deleteMany({})'",
    "mongo shop --eval 'db.dropDatabase()'",
    "mongosh <<'JS'\nuse shop\ndb.getCollection('orders').remove({})\nJS",
    "redis-cli -h queue FLUSHALL",
    "echo flushdb | redis-cli -h sessions",
    "curl -X DELETE http://es:9200/logs",
    'curl -fsS -XDELETE "$ELASTIC_URL/orders-*"',
    "curl --request DELETE https://opensearch.local/_all",
    'curl -X POST http://es:9200/logs/_delete_by_query -d \'{"query": {"match_all": {}}}\'',
    "curl -X DELETE 'http://consul:8500/v1/kv/shop?recurse'",
    "aws s3 rm s3://bucket --recursive",
    "mc rm --recursive --force store/bucket",
    "gsutil -m rm -r gs://bucket",
    "kafka-topics.sh --bootstrap-server k:9092 --delete --topic orders",
    "rabbitmqctl delete_queue orders",
    "rabbitmqctl -n rabbit@x reset",
    "etcdctl --endpoints=$E del /shop --prefix",
    "influx delete --bucket shop --start 1970-01-01T00:00:00Z --stop 2030-01-01T00:00:00Z",
    "kubectl exec mongo-0 -- mongosh --eval 'db.users.drop()'",
    "timeout 60 sh -c 'redis-cli -h queue FLUSHALL'",
)
SPARES = (
    "mongosh --eval 'db.orders.deleteMany({status: \"gone\"}); db.orders_tmp.drop()'",
    "mongosh --eval 'db.orders.createIndex({a: 1})'",
    "redis-cli -h cache FLUSHDB",
    "redis-cli -h queue DEL one",
    "curl -X DELETE http://es:9200/_index_template/old",
    "curl -X DELETE http://es:9200/logs/_doc/1",
    "curl -X DELETE http://registry/services/shop",
    "curl http://es:9200/logs",
    "aws s3 rm s3://bucket/one",
    "mc cp a store/bucket",
    "kafka-topics.sh --create --topic orders",
    "etcdctl del /shop/one",
    "echo 'aws s3 rm s3://bucket --recursive'",
    "rm -rf /tmp/work",
)


@pytest.mark.parametrize("script", EMPTIES)
def test_store_that_is_emptied(script: str) -> None:
    assert len(said("hook-empties-store", job(UPGRADE, script=script))) == 1
    assert said("hook-empties-store", job("pre-rollback", script=script)) == []


@pytest.mark.parametrize("script", SPARES)
def test_store_that_is_spared(script: str) -> None:
    assert said("hook-empties-store", job(UPGRADE, script=script)) == []


def test_a_cache_is_there_to_be_emptied() -> None:
    assert said("hook-empties-store", job(UPGRADE, "invalidate-cache", script="redis-cli FLUSHALL")) == []


@pytest.mark.parametrize(
    ("script", "count"),
    [("rm -rf /data/*", 1), ("find /data -delete", 1), ("rm -rf /data/tmp", 0), ("find /data -mtime +7 -delete", 0)],
)
def test_volume_that_is_emptied(script: str, count: int) -> None:
    assert len(said("hook-empties-store", job(UPGRADE, script=script, container=AT_DATA, **STORE))) == count
    scratch: Json = {"volumes": [{"name": "d", "emptyDir": {}}]}
    assert said("hook-empties-store", job(UPGRADE, script=script, container=AT_DATA, **scratch)) == []


@pytest.mark.parametrize(
    ("hook", "script"),
    [
        (UPGRADE, "kubectl delete pvc data"),
        (UPGRADE, "kubectl -n shop delete pvc,configmap -l app=x"),
        (UPGRADE, "kubectl delete --wait namespace shop"),
        (UPGRADE, "kubectl delete crd/orders.example.org"),
        (UPGRADE, "kubectl delete secrets -l app=x"),
        (UPGRADE, "kubectl get pvc -o name | xargs -r kubectl delete pvc"),
        (UPGRADE, "kubectl delete all --all"),
        (UPGRADE, "helm uninstall shop-database"),
        ("pre-delete", "kubectl delete pvc --all"),
        ("post-delete", "kubectl delete ns prod"),
    ],
)
def test_objects_with_data_that_are_deleted(hook: str, script: str) -> None:
    assert len(said("kubectl-deletes-data", job(hook, script=script))) == 1


@pytest.mark.parametrize(
    ("hook", "script"),
    [
        (UPGRADE, "kubectl delete pod -l app=pvc"),
        (UPGRADE, "kubectl delete job migrate --ignore-not-found"),
        (UPGRADE, "kubectl delete secret bootstrap-token"),
        (UPGRADE, "kubectl delete configmap x --namespace shop"),
        (UPGRADE, "kubectl delete pvc data --dry-run=server"),
        (UPGRADE, "kubectl get pvc"),
        ("post-delete", "kubectl delete pvc -l release=shop"),
        ("pre-delete", "kubectl delete crd x --ignore-not-found"),
        ("pre-delete", "helm uninstall shop-database"),
        ("pre-delete", "kubectl delete ns own"),
    ],
)
def test_objects_that_may_be_deleted(hook: str, script: str) -> None:
    assert said("kubectl-deletes-data", document("Namespace", "own"), job(hook, script=script)) == []


LOSES = (
    "cqlsh db -e 'TRUNCATE shop.orders'",
    "cqlsh -e 'DROP TABLE shop.orders'",
    "clickhouse-client -q 'DROP TABLE shop.orders'",
    "clickhouse client --query='TRUNCATE TABLE orders'",
    "cockroach sql --url x -e 'DROP TABLE orders'",
    "sqlcmd -S db -Q 'DROP TABLE dbo.orders'",
    "sqlplus app/x@db <<'SQL'\nWHENEVER SQLERROR EXIT 1\nTRUNCATE TABLE orders;\nEXIT;\nSQL",
    "sqlite3 /data/x.db 'DELETE FROM orders'",
    "kubectl exec db-0 -- psql -c 'DROP TABLE orders'",
    "su postgres -c \"psql -c 'TRUNCATE orders'\"",
    "timeout 60 psql -c 'DROP TABLE orders'",
    "python3 -c \"import psycopg2; c=psycopg2.connect('x'); c.cursor().execute('DROP TABLE a'); c.commit()\"",
    "python <<'P'\nimport pymysql\nsql = 'DELETE FROM orders'\nwith pymysql.connect() as c:\n    c.cursor().execute(sql)\nP",
    "node -e \"const {Client} = require('pg'); new Client().query('TRUNCATE orders')\"",
    "ruby -e \"require 'pg'; PG.connect.exec('DROP TABLE orders')\"",
    'php -r \'$p = new PDO("pgsql:host=db"); $p->exec("DROP TABLE orders");\'',
)
KEEPS = (
    "cqlsh -e 'CREATE TABLE IF NOT EXISTS shop.orders (id int PRIMARY KEY)'",
    "clickhouse-client -q 'SELECT 1'",
    "sqlcmd -S db -Q 'SELECT 1'",
    "python -c \"print('DROP TABLE a')\"",
    "python -c \"import psycopg2; psycopg2.connect('x').cursor().execute(open('a.sql').read())\"",
    "node -e \"fetch('http://x').then(r => process.exit(r.ok ? 0 : 1))\"",
)


@pytest.mark.parametrize("script", LOSES)
def test_sql_of_any_client_is_read(script: str) -> None:
    assert len(said("sql-data-loss", job(UPGRADE, script=script))) == 1


@pytest.mark.parametrize("script", KEEPS)
def test_what_loses_nothing_is_left_alone(script: str) -> None:
    assert said("sql-data-loss", job(UPGRADE, script=script)) == []


PYTHON = "import psycopg2\nc = psycopg2.connect('x')\n"


@pytest.mark.parametrize(
    ("program", "count"),
    [
        (f"{PYTHON}c.cursor().execute('CREATE TABLE IF NOT EXISTS a (b int)')\nc.close()\n", 1),
        (f"{PYTHON}with c.cursor() as k:\n    k.execute('CREATE TABLE IF NOT EXISTS a (b int)')\n", 1),
        (f"{PYTHON}c.cursor().execute('CREATE TABLE IF NOT EXISTS a (b int)')\nc.commit()\n", 0),
        (f"{PYTHON}c.autocommit = True\nc.cursor().execute('CREATE TABLE IF NOT EXISTS a (b int)')\n", 0),
        (f"{PYTHON}with c:\n    c.cursor().execute('CREATE TABLE IF NOT EXISTS a (b int)')\n", 0),
        (f"{PYTHON}c.cursor().execute('SELECT 1')\n", 0),
        ("import pymysql\npymysql.connect().cursor().execute('CREATE TABLE a (b int)')\n", 0),
        ("import pymysql\npymysql.connect().cursor().execute('DELETE FROM a WHERE b = 1')\n", 1),
    ],
)
def test_a_program_commits(program: str, count: int) -> None:
    assert (
        len(said("sql-uncommitted-transaction", job(UPGRADE, container={"command": ["python", "-c", program]})))
        == count
    )


def test_a_program_in_a_config_map_is_read_and_named_by_its_line() -> None:
    files = document(
        "ConfigMap", "scripts", "pre-upgrade -1", data={"up.py": f"{PYTHON}c.cursor().execute('DROP TABLE a')\n"}
    )
    hook = job(UPGRADE, container={"command": ["python", "/scripts/up.py"], **AT_SCRIPTS}, **SCRIPTS)
    assert said("sql-not-repeatable", files, hook) == [
        "ConfigMap/scripts at data.up.py: not safe to run twice: DROP TABLE fails when it is gone already"
    ]
    assert len(said("sql-no-lock-timeout", files, hook)) == 1
    assert said("sql-no-transaction", files, hook) == []
