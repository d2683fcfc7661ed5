"""Imported by the process that forks flow runs, so that each run finds ready what is slow to load."""

from blocks.aws import warm
from journal.timeline import timeline

warm(("sts", "cloudwatch", "rds", "ecs"))

__all__ = ["timeline"]
