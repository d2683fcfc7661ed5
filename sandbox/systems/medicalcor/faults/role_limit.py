"""The application's role has a connection limit of its own, and has used it up while the server is half empty."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.systems.medicalcor.project import API
from sandbox.systems.medicalcor.sessions import Limited


@dataclass(kw_only=True)
class RoleLimit(Limited):
    """As many sessions in use as the role may hold, and not one more."""

    @property
    def client(self) -> str:
        """The API itself."""
        return API
