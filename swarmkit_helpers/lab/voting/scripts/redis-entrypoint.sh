#!/bin/sh
# Starts redis as the user redis, open to the other containers, as the official image does.
set -eu
case "${1:-}" in
-* | *.conf) set -- redis-server "$@" ;;
esac
if [ "$1" != redis-server ]; then
    exec "$@"
fi
if [ "$(id -u)" = 0 ]; then
    find . \! -user redis -exec chown redis:redis {} +
    exec su -p -s /bin/sh -- redis -c 'exec "$0" "$@"' "$0" "$@"
fi
shift
# a configuration file, where there is one, comes first and decides
case "${1:-}" in
*.conf) exec redis-server "$@" ;;
esac
exec redis-server --protected-mode no "$@"
