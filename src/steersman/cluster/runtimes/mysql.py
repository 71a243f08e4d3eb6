"""MySQL's and MariaDB's images: the MariaDB server of this machine stands for both.

It is the system's own, or that of unpacked packages in the folder that $STEERSMAN_MARIADB names (`usr/sbin/mariadbd` and so on).
"""

from __future__ import annotations

import os
from pathlib import Path

from steersman.cluster.runtimes.images import Image

FOLDER = "STEERSMAN_MARIADB"
_ENTRYPOINT = Path(__file__).parent / "programs" / "mysql-entrypoint.sh"
# MySQL's names of the clients beside MariaDB's own.
_CLIENTS = {
    "mysql": "mariadb",
    "mysqladmin": "mariadb-admin",
    "mysqldump": "mariadb-dump",
    "mysqlcheck": "mariadb-check",
    "mysqlimport": "mariadb-import",
    "mysqlshow": "mariadb-show",
}
DATA = "/var/lib/mysql"


def entries(bitnami_user: str) -> list[tuple[Image, tuple[str, ...]]]:
    """The images with their further names; [] where there is no MariaDB."""
    given = os.environ.get(FOLDER, "")
    root = Path(os.path.abspath(given)) if given else Path("/")
    share = root / "usr/share/mysql"
    if not (root / "usr/sbin/mariadbd").exists() or not (share / "mysql_system_tables.sql").exists():
        return []
    programs = {"mariadbd": str(root / "usr/sbin/mariadbd"), "docker-entrypoint.sh": str(_ENTRYPOINT)}
    programs["mysqld"] = programs["mariadbd"]
    for mysql, mariadb in _CLIENTS.items():
        if (path := root / "usr/bin" / mariadb).exists():
            programs |= {mysql: str(path), mariadb: str(path)}
    env = {"MYSQL_SHARE": str(share), "MYSQL_PLUGINS": str(root / "usr/lib/mysql/plugin")}
    if given:
        env["LD_LIBRARY_PATH"] = ":".join(sorted(str(path) for path in (root / "usr/lib").glob("*-linux-gnu*")))

    def image(name: str, user: str = "") -> Image:
        return Image(
            name,
            programs,
            (str(root),) if given else (),
            entrypoint=("docker-entrypoint.sh",),
            command=("mysqld",),
            env=env,
            folders=(DATA, "/docker-entrypoint-initdb.d"),
            user=user,
            service_user=999,
        )

    return [
        (image("mysql"), ("mariadb", "percona")),
        (image("bitnami/mysql", bitnami_user), ("bitnami/mariadb", "bitnamilegacy/mysql", "bitnamilegacy/mariadb")),
    ]
