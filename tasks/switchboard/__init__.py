"""Switchboards: flags, settings and tasks of one owner, by the contract of `docs/switchboard.md`."""
