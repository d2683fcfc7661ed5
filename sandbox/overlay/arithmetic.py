"""Metric math, the everyday part: + - * / between queries and numbers. Anything else is refused, not guessed."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sandbox.overlay.call import Refused
from sandbox.overlay.datapoints import Point

_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Div: lambda left, right: left / right,
}


def evaluate(expression: str, series: Mapping[str, Sequence[Point]]) -> list[Point]:
    """The expression at every moment at which all its series have a value; a division by zero gives no value."""
    try:
        tree = ast.parse(expression, mode="eval").body
    except SyntaxError:
        raise _unsupported(expression) from None
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for name in names - series.keys():
        raise Refused("ValidationError", f"Error in expression '{expression}': unknown id {name}")
    by_time = {name: {point.at: point.value for point in series[name]} for name in names}
    moments: set[datetime] = {at for values in by_time.values() for at in values}
    for values in by_time.values():
        moments &= values.keys()
    found: list[Point] = []
    for at in sorted(moments):
        try:
            value = _value(tree, {name: values[at] for name, values in by_time.items()}, expression)
        except ZeroDivisionError:
            continue
        found.append(Point(at=at, value=value, unit="None"))
    return found


def _value(node: ast.expr, at: Mapping[str, float], expression: str) -> float:
    if isinstance(node, ast.Name):
        return at[node.id]
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, at, expression)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _value(node.left, at, expression), _value(node.right, at, expression)
        return _OPERATORS[type(node.op)](left, right)
    raise _unsupported(expression)


def _unsupported(expression: str) -> Refused:
    return Refused(
        "ValidationError", f"Error in expression '{expression}': the sandbox computes only + - * / of ids and numbers."
    )
