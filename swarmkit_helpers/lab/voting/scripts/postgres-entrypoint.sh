#!/bin/sh
# Makes the cluster where there is none yet, then starts PostgreSQL, as the user postgres.
#
# The cluster is made in a directory of its own, inside $PGDATA so that it is on the same volume; its files then move up,
# PG_VERSION last. Where PG_VERSION stands, all the rest does; where only the directory does, a container was killed
# before it was done, and the cluster is made again.
set -eu
umask 077
case "${1:-}" in
-*) set -- postgres "$@" ;;
esac
if [ "$1" != postgres ]; then
    exec "$@"
fi
user="${POSTGRES_USER:-postgres}"
database="${POSTGRES_DB:-$user}"
new="$PGDATA/.initdb"

fail() {
    echo "$1" >&2
    exit 1
}

if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA"
    chmod 700 "$PGDATA"
    find "$PGDATA" \! -user postgres -exec chown postgres:postgres {} +
    exec su -p -s /bin/sh -- postgres -c 'exec "$0" "$@"' "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    [ -n "${POSTGRES_PASSWORD:-}" ] || fail "La base n'est pas créée : POSTGRES_PASSWORD est vide ou absent. Donnez un \
mot de passe à l'utilisateur $user, par exemple avec docker run -e POSTGRES_PASSWORD=..."
    found="$(find "$PGDATA" -mindepth 1 -maxdepth 1 \! -name lost+found)"
    if [ -e "$new" ]; then
        echo "Une création de la base a été interrompue : elle est reprise du début."
        find "$PGDATA" -mindepth 1 -maxdepth 1 \! -name lost+found -exec rm -rf {} +
    elif [ -n "$found" ]; then
        fail "La base n'est pas créée : $PGDATA n'est pas vide, et ce n'est pas une base PostgreSQL."
    fi
    trap 'exit 130' INT TERM
    echo "Création de la base dans $PGDATA."
    password="$(mktemp)"
    printf '%s\n' "$POSTGRES_PASSWORD" >"$password"
    initdb --pgdata="$new" --username="$user" --pwfile="$password" --encoding=UTF8 --locale=C.UTF-8 \
        --auth-local=trust --auth-host=scram-sha-256 >/dev/null || fail "initdb n'a pas pu créer la base."
    rm -f "$password"
    echo "listen_addresses = '*'" >>"$new/postgresql.conf"
    echo "host all all all scram-sha-256" >>"$new/pg_hba.conf"
    if [ "$database" != postgres ]; then
        quoted="$(printf '%s' "$database" | sed 's/"/""/g')"
        echo "CREATE DATABASE \"$quoted\"" | postgres --single -D "$new" postgres >/dev/null
    fi
    find "$new" -mindepth 1 -maxdepth 1 \! -name PG_VERSION -exec mv {} "$PGDATA/" \;
    sync -f "$PGDATA"
    mv "$new/PG_VERSION" "$PGDATA/"
    trap - INT TERM
fi
rm -rf "$new"
exec "$@"
