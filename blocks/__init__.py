"""WHERE: connections and environments, saved in Prefect. Floor 2.

A connection has two identities. `reading()` is open to everyone; `changing(warrant)` only to whoever holds a warrant,
which only `flows.follow` makes, for one approved plan.
"""
