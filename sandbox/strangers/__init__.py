"""Incidents that nobody has written: every fault before every runbook, alone and in pairs, plainly and hindered.

Hindered: before blind eyes, without one probe, with late metrics, a clock that is off, samples of one and two; and with
each number of the fault made smaller and larger, so that limits are met from both sides.

What must come of each follows from rules, not from a list: whoever is blamed is at work, whatever is changed treats
what is at work, and nobody is worse off afterwards. Which are carried out is drawn by a seed that is printed.
"""
