"""The reference server of the switchboard's contract (`docs/switchboard.md`), and the stand-in for it in worlds.

board    switches: what may be set, by whom, for how long, and what is kept
jobs     tasks: what would be done, done, and stopped
server   the two behind HTTP, with a token for looking and one for changing

It is here and not among the examples, because worlds need it, too. Nothing in it needs the rest of the sandbox: who has
only scripts copies it, puts the reading and the setting of real things behind `Board` and `Job`, and runs it beside
them, on their host and under their identity. `codeblue switchboard check` says whether it still keeps the contract.
"""
