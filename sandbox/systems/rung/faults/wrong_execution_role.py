"""A deployment gives the API's function the role of another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.process import wait_until
from sandbox.systems.rung.api_faults import usual_function
from sandbox.systems.rung.memos import ALIAS, FUNCTION, ROLE, MemoFault
from sandbox.turns import turn_seconds

OTHER_ROLE = "rung-reports-role"


@dataclass(kw_only=True)
class WrongExecutionRole(MemoFault):
    """A version with the role of the reports is published, and the alias that the API calls points to it."""

    def start(self, scene: Scene) -> None:
        """Deploy."""
        functions: Any = scene.aws.facts.client("lambda")
        _set_role(scene, OTHER_ROLE)
        version = functions.publish_version(FunctionName=FUNCTION)["Version"]
        functions.update_alias(FunctionName=FUNCTION, Name=ALIAS, FunctionVersion=version)

    def heal(self, scene: Scene) -> None:
        """The right role, for what is deployed next, and the usual version for those who call now.

        A newer one with the right role may be what another fault deployed.
        """
        _set_role(scene, ROLE)
        usual_function(scene.aws.facts.client("lambda"))


def _set_role(scene: Scene, role: str) -> None:
    functions: Any = scene.aws.facts.client("lambda")
    arn = f"arn:aws:iam::{scene.aws.facts.account_id}:role/{role}"
    functions.update_function_configuration(FunctionName=FUNCTION, Role=arn)
    wait_until(
        lambda: functions.get_function_configuration(FunctionName=FUNCTION)["LastUpdateStatus"] == "Successful",
        seconds=10,
        failing=lambda: TimeoutError(f"{FUNCTION} did not take its role"),
        every=turn_seconds() / 2,
    )
