#!/bin/sh
# What the official postgres image does at its start, for the variables it documents: POSTGRES_PASSWORD, _USER, _DB,
# _INITDB_ARGS, _HOST_AUTH_METHOD (each also as …_FILE) and PGDATA; scripts of /docker-entrypoint-initdb.d run once.
set -eu

value() { # value NAME DEFAULT: $NAME, or what the file $NAME_FILE holds
    eval "given=\${$1:-} file=\${$1_FILE:-}"
    if [ -n "$given" ] && [ -n "$file" ]; then
        echo "error: both $1 and $1_FILE are set (but are exclusive)" >&2
        exit 1
    fi
    if [ -n "$file" ]; then given=$(cat "$file"); fi
    printf '%s' "${given:-$2}"
}

case "${1:-postgres}" in
    postgres) [ $# -gt 0 ] && shift ;;
    -*) ;;
    *) exec "$@" ;;
esac

# Where a volume's own folder could not be made private, an earlier start went one folder deeper.
if [ -s "$PGDATA/pgdata/PG_VERSION" ]; then export PGDATA="$PGDATA/pgdata"; fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    user=$(value POSTGRES_USER "${POSTGRESQL_USERNAME:-postgres}")
    password=$(value POSTGRES_PASSWORD "${POSTGRESQL_PASSWORD:-}")
    database=$(value POSTGRES_DB "${POSTGRESQL_DATABASE:-$user}")
    method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
    if [ -z "$password" ] && [ "$method" != trust ]; then
        echo "Error: Database is uninitialized and superuser password is not specified." >&2
        echo "       You must specify POSTGRES_PASSWORD to a non-empty value for the superuser." >&2
        exit 1
    fi
    mkdir -p "$PGDATA"
    # Where no volume is mounted the folder belongs to the sandbox, and PostgreSQL wants one of its own.
    chmod 0700 "$PGDATA" 2>/dev/null || { export PGDATA="$PGDATA/pgdata"; mkdir -p -m 0700 "$PGDATA"; }
    printf '%s\n' "$password" > /tmp/pwfile
    eval "initdb --username=\"\$user\" --pwfile=/tmp/pwfile --auth-local=trust --auth-host=scram-sha-256 --no-sync \
        -D \"\$PGDATA\" ${POSTGRES_INITDB_ARGS:-}"
    rm -f /tmp/pwfile
    printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"
    postgres -D "$PGDATA" -c listen_addresses= -k /tmp -c port=5432 &
    server=$!
    until pg_isready -q -h /tmp -p 5432; do
        kill -0 $server 2>/dev/null || { echo "the server did not start" >&2; exit 1; }
        sleep 0.05
    done
    if [ "$database" != postgres ]; then
        psql -q -v ON_ERROR_STOP=1 -h /tmp -p 5432 -U "$user" -d postgres -v name="$database" <<'SQL'
CREATE DATABASE :"name";
SQL
    fi
    for script in /docker-entrypoint-initdb.d/*; do
        case "$script" in
            *.sh) . "$script" ;;
            *.sql) psql -v ON_ERROR_STOP=1 --no-password -h /tmp -p 5432 -U "$user" -d "$database" -f "$script" ;;
        esac
    done
    kill -INT $server
    wait $server
    echo "PostgreSQL init process complete; ready for start up."
fi

# No sockets in the data folder of the wheel's build, every address, and a clean stop on SIGTERM as for any container.
exec postgres -D "$PGDATA" -c listen_addresses='*' -k /tmp "$@"
