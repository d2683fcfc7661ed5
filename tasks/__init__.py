"""WHAT: the stages of the pipeline and, per technology, the readers and changes that runbooks are made of. Floor 3.

`tasks/<tech>/read.py` only looks; `tasks/<tech>/change.py` only changes. The stages (`gather`, `hypothesize`, ...) are
called by `flows.follow`, in that order.
"""
