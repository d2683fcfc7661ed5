"""Looks at which role a function runs with."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from runbook import Facts, look


class ExecutionRole(Facts):
    """The role of the version behind an alias, by name, and the role that is expected."""

    function: str
    role: str
    expected: str

    @property
    def right(self) -> bool:
        return self.role == self.expected

    def __str__(self) -> str:
        return f"{self.function} runs as {self.role}" + ("" if self.right else f", not as {self.expected}")


@look("lambda:GetFunctionConfiguration", bound="one name; the rest of the answer is dropped")
def read_execution_role(aws: Aws, function: str, alias: str, *, expected: str) -> ExecutionRole:
    """The role that callers of the alias get (`rung.c422`). GetFunction would bring a link to the code as well."""
    try:
        said = aws.reading("lambda").get_function_configuration(FunctionName=function, Qualifier=alias)
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"read the role of {function}:{alias}") from error
    return ExecutionRole(function=f"{function}:{alias}", role=str(said["Role"]).rpartition("/")[2], expected=expected)
