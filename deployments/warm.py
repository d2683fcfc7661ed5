"""Imported by the process that forks flow runs, so that each run finds ready what is slow to load."""

import os

from blocks.aws import warm
from journal.timeline import timeline

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's threads would not survive the fork, and charts need none
from journal import charts  # after numpy was told

warm(("sts", "cloudwatch", "rds", "ecs"))

__all__ = ["charts", "timeline"]
