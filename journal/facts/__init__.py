"""What can be said about an incident: one frozen model per kind of journal entry.

Stages say facts, `Journal.append` keeps them, `timeline` and the approval channels read them back. A fact is complete
in itself (sentences and values, no references into a runbook's code; `runbook.judging` gives its verdicts in these very
words), so that a timeline can be drawn again years later from a runbook that no longer exists. In the order in which
an incident says them: `opened`, `policy`, `seen`, `decided`, `waited`, `done`, `closed`; beside them the
`installation`'s own.
Adding a kind means adding it to `every.Fact` and to the timeline, which refuses kinds that it does not know.
"""
