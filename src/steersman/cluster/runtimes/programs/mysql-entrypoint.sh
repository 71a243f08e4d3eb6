#!/bin/sh
# What the official mysql and mariadb images do at their start, for the variables they document: MYSQL_ROOT_PASSWORD, _USER,
# _PASSWORD, _DATABASE, _ALLOW_EMPTY_PASSWORD (or MARIADB_…, each also as …_FILE); scripts of /docker-entrypoint-initdb.d run once.
set -eu

value() { # value NAME: $MYSQL_NAME, $MARIADB_NAME, or what the file of one of them holds
    for prefix in MARIADB MYSQL; do
        eval "given=\${${prefix}_$1:-} file=\${${prefix}_$1_FILE:-}"
        if [ -z "$given" ] && [ -n "$file" ]; then given=$(cat "$file"); fi
        if [ -n "$given" ]; then
            printf '%s' "$given"
            return
        fi
    done
}

literal() { # an SQL string
    printf "'%s'" "$(printf '%s' "$1" | sed "s/[\\\\']/\\\\&/g")"
}

case "${1:-mysqld}" in
    mysqld | mariadbd) [ $# -gt 0 ] && shift ;;
    -*) ;;
    *) exec "$@" ;;
esac

data=${MYSQL_DATADIR:-/var/lib/mysql}
mkdir -p "$data"
if [ "$(id -u)" = 0 ]; then set -- --user=root "$@"; fi
set -- --no-defaults --datadir="$data" --lc-messages-dir="$MYSQL_SHARE" --plugin-dir="$MYSQL_PLUGINS" \
    --character-sets-dir="$MYSQL_SHARE/charsets" --socket=/tmp/mysqld.sock --pid-file=/tmp/mysqld.pid "$@"

if [ ! -d "$data/mysql" ]; then
    root=$(value ROOT_PASSWORD)
    if [ -z "$root" ] && [ -z "$(value ALLOW_EMPTY_PASSWORD)$(value ALLOW_EMPTY_ROOT_PASSWORD)" ]; then
        echo "error: Database is uninitialized and password option is not specified: set MYSQL_ROOT_PASSWORD" >&2
        exit 1
    fi
    {
        printf 'CREATE DATABASE mysql;\nUSE mysql;\n'
        cat "$MYSQL_SHARE/mysql_system_tables.sql" "$MYSQL_SHARE/mysql_performance_tables.sql" \
            "$MYSQL_SHARE/mysql_system_tables_data.sql"
    } | mariadbd "$@" --bootstrap --innodb-buffer-pool-size=16M --log-warnings=0 >&2
    user=$(value USER)
    database=$(value DATABASE)
    {
        echo "DELETE FROM mysql.global_priv WHERE User = '' OR Host NOT IN ('localhost');"
        echo "FLUSH PRIVILEGES;"
        echo "CREATE OR REPLACE USER root@localhost IDENTIFIED BY $(literal "$root");"
        echo "CREATE OR REPLACE USER root@'%' IDENTIFIED BY $(literal "$root");"
        echo "GRANT ALL ON *.* TO root@localhost WITH GRANT OPTION;"
        echo "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;"
        if [ -n "$database" ]; then echo "CREATE DATABASE IF NOT EXISTS \`$database\`;"; fi
        if [ -n "$user" ]; then
            echo "CREATE USER IF NOT EXISTS $(literal "$user")@'%' IDENTIFIED BY $(literal "$(value PASSWORD)");"
            if [ -n "$database" ]; then echo "GRANT ALL ON \`$database\`.* TO $(literal "$user")@'%';"; fi
        fi
    } > /tmp/accounts.sql
    mariadbd "$@" --skip-networking --init-file=/tmp/accounts.sql >&2 &
    server=$!
    until MYSQL_PWD=$root mariadb-admin --no-defaults --socket=/tmp/mysqld.sock --user=root --silent ping; do
        kill -0 $server 2>/dev/null || { echo "the server did not start" >&2; exit 1; }
        sleep 0.1
    done
    for script in /docker-entrypoint-initdb.d/*; do
        case "$script" in
            *.sh) . "$script" ;;
            *.sql) MYSQL_PWD=$root mariadb --no-defaults --socket=/tmp/mysqld.sock --user=root ${database:+"$database"} < "$script" ;;
        esac
    done
    rm -f /tmp/accounts.sql
    kill -TERM $server
    wait $server
    echo "MySQL init process done. Ready for start up."
fi

exec mariadbd "$@" --bind-address=0.0.0.0 --port="${MYSQL_PORT:-3306}" --skip-name-resolve
