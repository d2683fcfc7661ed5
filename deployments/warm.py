"""Imported by the process that forks flow runs, so that each run finds ready what is slow to load."""

import os

import apprise

from blocks.aws import warm
from journal.timeline import templates

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's threads would not survive the fork, and charts need none
from journal import charts  # after numpy was told

apprise.Apprise.instantiate("json://127.0.0.1")  # finds and imports every service it knows, for half a second
warm(("sts", "cloudwatch", "rds", "ecs", "lambda", "logs", "ec2"))
for html in (True, False):  # compiled once here, not for 35 ms each by every run that ends
    templates(html=html).get_template(f"timeline.{'html' if html else 'md'}.j2")

__all__ = ["charts"]
