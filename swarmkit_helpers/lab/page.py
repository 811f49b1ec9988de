"""The address of a page that a node serves: what this machine may fetch, and what the learner's browser opens.

They differ where the browser is on another machine than Jupyter: jupyter-server-proxy then serves each port of this
machine's loopback below Jupyter's own address, to those who have its token only.
"""

from __future__ import annotations

import json
import os
import re
from html import escape
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self

from .listeners import listeners

__all__ = ["PROXY_VARIABLE", "Url", "jupyter_base"]

PROXY_VARIABLE = "SWARMLAB_PROXY"
"""Environment variable: the address, in the browser, of the Jupyter that serves the pages; ``/`` for its root."""
BASE = re.compile(r"(https?://[^\s/\"'<>]+)?/[^\s\"'<>]*|https?://[^\s/\"'<>]+")


class Url(str):
    """An address on this machine's loopback, ``http://127.0.0.1:40123/``; a notebook shows it as a link.

    Attributes
    ----------
    node, port
        What it leads to: ``worker1``, ``5000``.
    link
        What the browser opens: the address itself, or where Jupyter serves it.
    """

    node: str
    port: int
    link: str

    def __new__(cls, local_port: int, *, node: str, port: int, base: str | None = None) -> Self:
        """Name the page of a node's port by the port of loopback that leads to it.

        Parameters
        ----------
        base
            Of Jupyter, when the browser reaches loopback through it alone.
        """
        url = super().__new__(cls, f"http://127.0.0.1:{local_port}/")
        url.node, url.port = node, port
        url.link = str(url) if base is None else f"{base.rstrip('/')}/proxy/{local_port}/"
        return url

    def _repr_html_(self) -> str:
        link = escape(self.link)
        return (
            f'<p><a href="{link}" target="_blank" rel="noopener">{link}</a> '
            f"(port {self.port} de {escape(self.node)})</p>"
        )


def jupyter_base() -> str | None:
    """Where the browser finds this kernel's Jupyter, if pages go through it; None when the browser is on this machine.

    Returns
    -------
    str or None
        $SWARMLAB_PROXY; else the path of this server in its JupyterHub; else the path of the Jupyter that started this
        kernel, if it listens beyond loopback. A path is enough: the notebook's page is of the same origin.

    Raises
    ------
    ValueError
        $SWARMLAB_PROXY is neither an http address nor a path.
    """
    if asked := os.environ.get(PROXY_VARIABLE, "").strip():
        if not BASE.fullmatch(asked) or asked.startswith("//"):
            raise ValueError(asked)
        return asked
    if hub := os.environ.get("JUPYTERHUB_SERVICE_PREFIX"):
        return hub
    server = _parent()
    return str(server.get("base_url") or "/") if server and _is_reached_from_afar(server) else None


def _parent() -> dict[str, Any] | None:
    """What the Jupyter server that started this kernel wrote about itself; None when there is none."""
    from jupyter_core.paths import jupyter_runtime_dir

    pid = os.environ.get("JPY_PARENT_PID") or os.getppid()
    try:
        facts = json.loads((Path(jupyter_runtime_dir()) / f"jpserver-{pid}.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return facts if isinstance(facts, dict) else None


def _is_reached_from_afar(server: dict[str, Any]) -> bool:
    """True when it listens on a Unix socket, for a proxy before it, or beyond loopback."""
    name = str(server.get("hostname", ""))
    try:
        local = name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        local = False
    # It says localhost, too, when it listens on all addresses.
    return (
        bool(server.get("sock"))
        or not local
        or any(found.port == server.get("port") and not found.address.is_loopback for found in listeners())
    )
