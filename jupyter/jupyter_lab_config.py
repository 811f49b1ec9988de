"""Settings of the JupyterLab that ``make lab`` opens, beside the user's own, which they leave as they are."""

import os
from pathlib import Path

here = Path(__file__).resolve().parent
notebooks = here.parent / "notebooks"
first = min(notebooks.glob("*.ipynb"), default=None)

c = get_config()  # noqa: F821 - given by traitlets, which runs this file

c.ServerApp.ip = "127.0.0.1"
c.ServerApp.root_dir = str(notebooks)
c.ServerApp.allow_root = os.geteuid() == 0
c.ServerApp.open_browser = os.geteuid() != 0 and bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
# Pages of the lab, for a browser on another machine: only what listens on this machine's loopback, only with the token.
c.ServerProxy.host_allowlist = ["localhost", "127.0.0.1"]

c.LabApp.app_settings_dir = str(here)
c.LabApp.workspaces_dir = str(here.parent / "build" / "jupyter")
c.LabApp.default_url = f"/lab/tree/{first.name}" if first else "/lab"
# Nothing is asked of any other machine.
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
c.LanguageServerManager.autodetect = False
