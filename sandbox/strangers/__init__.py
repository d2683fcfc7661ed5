"""Incidents that nobody has written: every fault before every runbook, alone, in pairs, and before blind eyes.

What must come of each follows from rules, not from a list: whoever is blamed is at work, whatever is changed treats
what is at work, and nobody is worse off afterwards. Which are carried out is drawn by a seed that is printed.
"""
