"""Where one machine keeps its Code Blue: the home folder and the settings derived from it.

`server`, `worker`, `wakeup` and `stack` all start from a `Home`; nobody else builds these paths or this environment.
The home holds Prefect's database, the wake-ups of the running workers and the log files. Delete it and the machine
is new.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deployments.server_access import known, links

VARIABLE = "CODEBLUE_HOME"
"""The environment variable that moves the home away from `~/.codeblue`."""

POOL = "codeblue"
"""The Prefect work pool (and the pool's type) that Code Blue's workers serve."""

# What a process needs from its surroundings besides ours: everything except Prefect's own settings, which could
# point a sandbox at somebody's real server. What an operator may choose of them is asked for by name (`server_access`).
_OURS = ("PREFECT_",)


@dataclass(frozen=True)
class Home:
    """One home folder. `Home.at()` also creates the folders; `Home.named()` only says where they are."""

    path: Path

    @classmethod
    def at(cls, path: str | os.PathLike[str] | None = None) -> "Home":
        """The home at `path`, else at `$CODEBLUE_HOME`, else `~/.codeblue`; private to the user who runs it."""
        home = cls.named(path)
        for folder in (home.path, home.prefect, home.wakeups, home.logs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return home

    @classmethod
    def named(cls, path: str | os.PathLike[str] | None = None) -> "Home":
        """The same home as `at` names, which is there or not: nothing is made."""
        return cls(Path(path or os.environ.get(VARIABLE) or "~/.codeblue").expanduser().absolute())

    @property
    def prefect(self) -> Path:
        """Prefect's own home: its database, profiles and the files of its UI."""
        return self.path / "prefect"

    @property
    def database(self) -> Path:
        """The SQLite file of the Prefect server."""
        return self.prefect / "prefect.db"

    @property
    def wakeups(self) -> Path:
        """One socket for each running worker."""
        return self.path / "wake-ups"

    @property
    def logs(self) -> Path:
        """One log file for each process of the stack."""
        return self.path / "logs"


def environment(
    home: Home,
    api_url: str,
    *,
    ui_url: str | None = None,
    auth: str | None = None,
    base: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """What a process of this stack (worker, receiver, command line) gets as environment variables.

    `ui_url` is where people reach Prefect's UI, when that is not where the API is. `auth` is the secret of a Prefect
    that another home started; the home's own when left out.

    The surrounding `PREFECT_*` are dropped on purpose. Two round trips for each new client are saved by not asking
    for a CSRF token, which our server does not use, nor for the server's version, which is this installation's.
    Seven retries of a request (2, 4, 8, ... 128 s apart) let a run outlive a server that is away for four minutes.
    """
    kept = {k: v for k, v in (base or os.environ).items() if not k.startswith(_OURS)}
    ours = {
        VARIABLE: str(home.path),
        "PREFECT_HOME": str(home.prefect),
        "PREFECT_API_URL": api_url,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false",
        "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
        "PREFECT_CLIENT_MAX_RETRIES": "7",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_LOGGING_COLORS": "false",
        "PREFECT_LOGGING_FORMATTERS_STANDARD_DATEFMT": "%Y-%m-%d %H:%M:%S",  # by default without the day
    }
    if root := ui_url or api_url.removesuffix("/api"):
        ours["PREFECT_UI_URL"] = links(root)
    if who := auth or known(home.path):
        ours["PREFECT_API_AUTH_STRING"] = who
    return kept | ours
