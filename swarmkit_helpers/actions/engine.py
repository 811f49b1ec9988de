"""The Engine API's own JSON, sent as it is through the SDK's connection.

The SDK has no call to update a secret or a config, and those it has for services and networks rewrite what they send.
"""

from __future__ import annotations

from typing import Any

from ..lab.node import Node

__all__ = ["post"]

Json = dict[str, Any]


def post(node: Node, operation: str, path: str, body: Json, **query: object) -> Json:
    """``POST`` to a node's engine, at the API version that the SDK agreed on with it.

    Parameters
    ----------
    operation
        What is asked, as a French infinitive.
    path
        ``/services/create``.
    query
        Parameters after the ``?``.

    Returns
    -------
    dict
        The answer; empty when there is none.

    Raises
    ------
    NodeUnreachable, DiskFull, EngineRefused
    """
    import docker.errors
    import requests.exceptions

    api = node.api
    with node.asking(operation):
        answer = api.post(f"{api.base_url}/v{api.api_version}{path}", json=body, params=query, timeout=api.timeout)
        try:
            answer.raise_for_status()
        except requests.exceptions.HTTPError as err:
            docker.errors.create_api_error_from_http_exception(err)  # raises
    return dict(answer.json()) if answer.content else {}
