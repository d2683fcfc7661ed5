"""What runbooks of several systems share, by technology: probes with all that they may show, causes, and steps.

A part is written against what an environment has (`blocks.shapes`) and knows no system. What a runbook alone can say
is an argument: the rows of its source, who approves, how likely the cause is.
"""
