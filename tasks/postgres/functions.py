"""Looks at how long the functions of a database take, where the server adds that up (`track_functions`)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from blocks.postgres import Postgres
from journal import clock
from runbook import Facts, Permanent, look

SPENT = """
select current_setting('track_functions') as tracked,
       (select coalesce(jsonb_object_agg(name, jsonb_build_array(calls, spent)), '{}') from (
            select schemaname || '.' || funcname as name, sum(calls) as calls, sum(self_time) as spent
            from pg_stat_user_functions group by 1 order by 3 desc limit 50
        ) as top) as functions
"""


class Functions(Facts):
    """What calls ended between two looks, and the time in them (their own, without what they call), by function.

    `tracked`: whether the server adds it up at all.
    """

    tracked: bool
    between: timedelta
    calls: dict[str, int]
    spent: dict[str, timedelta]

    @property
    def busy(self) -> float:
        """In how many calls somebody was at a time, on average. Raises `LookupError` where no call was seen to end."""
        if not self.tracked:
            raise LookupError("the server does not add up how long functions take (track_functions)")
        if not any(self.calls.values()):
            raise LookupError("no call of a function ended meanwhile")
        return sum(self.spent.values(), timedelta(0)) / self.between

    def __str__(self) -> str:
        if not self.tracked:
            return "how long functions take is not added up (track_functions)"
        seen = sorted((name for name, calls in self.calls.items() if calls), key=lambda name: -self.spent[name])
        shown = (f"{name}: {self.calls[name]} calls, {self.spent[name].total_seconds():.2g} s" for name in seen[:3])
        return f"in {self.between.total_seconds():g} s {'; '.join(shown) or 'no call of a function ended'}"


@look("postgres:connect", bound="50 functions, twice")
def read_functions(database: Postgres, *, between: timedelta) -> Functions:
    """What functions of this database took between two looks. Their names are code's, and no argument is seen."""
    with database.reading() as connection:
        first = _spent(connection.execute(SPENT).fetchone())
        if first["tracked"] != "none":
            clock.sleep(between.total_seconds())
        last = _spent(connection.execute(SPENT).fetchone())
    before, now = first["functions"], last["functions"]
    calls = {name: max(0, one[0] - before.get(name, (0, 0))[0]) for name, one in now.items()}
    spent = {name: max(0.0, one[1] - before.get(name, (0, 0.0))[1]) for name, one in now.items()}
    return Functions(
        tracked="none" not in {first["tracked"], last["tracked"]},
        between=between,
        calls=calls,
        spent={name: timedelta(milliseconds=one) for name, one in spent.items()},
    )


def _spent(row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None:
        raise Permanent("The server returned no row for its own settings; look by hand.")
    return row
