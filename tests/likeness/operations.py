"""The operations of the Engine API 1.41 (moby/moby, docs/api/v1.41.yaml)."""

from __future__ import annotations

import re

__all__ = ["NOT_ASKED", "OPERATIONS", "operation"]

OPERATIONS = tuple(
    line.strip()
    for line in """
    GET /_ping
    HEAD /_ping
    GET /version
    GET /info
    GET /events
    GET /system/df
    POST /auth
    GET /containers/json
    POST /containers/create
    POST /containers/prune
    GET /containers/{id}/json
    GET /containers/{id}/top
    GET /containers/{id}/logs
    GET /containers/{id}/changes
    GET /containers/{id}/export
    GET /containers/{id}/stats
    POST /containers/{id}/resize
    POST /containers/{id}/start
    POST /containers/{id}/stop
    POST /containers/{id}/restart
    POST /containers/{id}/kill
    POST /containers/{id}/update
    POST /containers/{id}/rename
    POST /containers/{id}/pause
    POST /containers/{id}/unpause
    POST /containers/{id}/attach
    GET /containers/{id}/attach/ws
    POST /containers/{id}/wait
    DELETE /containers/{id}
    HEAD /containers/{id}/archive
    GET /containers/{id}/archive
    PUT /containers/{id}/archive
    POST /containers/{id}/exec
    POST /exec/{id}/start
    POST /exec/{id}/resize
    GET /exec/{id}/json
    GET /images/json
    POST /build
    POST /build/prune
    POST /images/create
    POST /images/prune
    POST /images/load
    GET /images/get
    GET /images/search
    GET /images/{name}/json
    GET /images/{name}/history
    POST /images/{name}/push
    POST /images/{name}/tag
    GET /images/{name}/get
    DELETE /images/{name}
    POST /commit
    GET /volumes
    POST /volumes/create
    POST /volumes/prune
    GET /volumes/{name}
    DELETE /volumes/{name}
    GET /networks
    POST /networks/create
    POST /networks/prune
    GET /networks/{id}
    DELETE /networks/{id}
    POST /networks/{id}/connect
    POST /networks/{id}/disconnect
    GET /plugins
    GET /plugins/privileges
    POST /plugins/pull
    GET /plugins/{name}/json
    DELETE /plugins/{name}
    POST /plugins/{name}/enable
    POST /plugins/{name}/disable
    POST /plugins/{name}/upgrade
    POST /plugins/{name}/push
    POST /plugins/{name}/set
    POST /plugins/create
    GET /nodes
    GET /nodes/{id}
    DELETE /nodes/{id}
    POST /nodes/{id}/update
    GET /swarm
    POST /swarm/init
    POST /swarm/join
    POST /swarm/leave
    POST /swarm/update
    GET /swarm/unlockkey
    POST /swarm/unlock
    GET /services
    POST /services/create
    GET /services/{id}
    DELETE /services/{id}
    POST /services/{id}/update
    GET /services/{id}/logs
    GET /tasks
    GET /tasks/{id}
    GET /tasks/{id}/logs
    GET /secrets
    POST /secrets/create
    GET /secrets/{id}
    DELETE /secrets/{id}
    POST /secrets/{id}/update
    GET /configs
    POST /configs/create
    GET /configs/{id}
    DELETE /configs/{id}
    POST /configs/{id}/update
    GET /distribution/{name}/json
    POST /session
    """.strip().splitlines()
)

NOT_ASKED = {
    "POST /session": "BuildKit's own protocol; the course builds no image",
    "POST /plugins/pull": "no registry is reachable; the course installs no plugin",
    "POST /plugins/create": "the course installs no plugin",
    "POST /plugins/{name}/upgrade": "the course installs no plugin",
    "POST /plugins/{name}/push": "the course installs no plugin",
    "POST /plugins/{name}/set": "the course installs no plugin",
}
"""Operation -> why no scenario asks it."""


def pattern(known: str) -> re.Pattern[str]:
    method, path = known.split()
    whole = re.escape(path).replace(r"\{id\}", "[^/]+").replace(r"\{name\}", ".+")
    return re.compile(f"{method} {whole}")


# Those without a variable part first: /containers/json is no container.
PATTERNS = [(known, pattern(known)) for known in sorted(OPERATIONS, key=lambda known: "{" in known)]
VERSION = re.compile(r"(?<= )/v[\d.]+(?=/)")


def operation(call: str) -> str:
    """Give the operation that a step asks: ``GET /nodes/{id}`` of ``GET /nodes/$node?x=1``; itself when none."""
    asked = VERSION.sub("", call.split("?")[0])
    return next((known for known, found in PATTERNS if found.fullmatch(asked)), "others")
