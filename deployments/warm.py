"""Imported by the process that forks flow runs, so that each run finds ready what is slow to load."""

import os

import apprise

from blocks.aws import warm
from journal.timeline import timeline

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's threads would not survive the fork, and charts need none
from journal import charts  # after numpy was told

apprise.Apprise.instantiate("json://127.0.0.1")  # finds and imports every service it knows, for half a second
warm(("sts", "cloudwatch", "rds", "ecs", "lambda", "logs", "ec2"))

__all__ = ["charts", "timeline"]
