"""All looks of `rung.high_latency` at once, beside the same looks by the AWS CLI, one after another.

Both ask the same endpoint in turn. Ours is a whole incident: Prefect tasks, redaction and the journal are in it, and so
are the looks at PostgreSQL, which the CLI cannot take. The CLI is given the credentials of the reading role, so that
assuming it costs it nothing, and gets all metrics by one call, which nobody types at three in the morning.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.figures import Figure, Goal, Series, Unit
from blocks.rung import Rung
from flows.rung.high_latency import counted
from journal.chain import Entry
from journal.facts.seen import Checked, Read, SymptomAsked
from sandbox.rehearsal import Rehearsal
from sandbox.systems.rung.wiring import rung
from tasks.gather import GATHER
from tasks.logs.insights import REPORTS

REST = 1.0
WINDOW = timedelta(seconds=3)
AT_LEAST = 8.0
"""How many times as fast gathering must be."""

NOT_THERE = "ProvisionedConcurrencyConfigNotFoundException"
"""The one refusal that is an answer: no environment stands ready."""

Cli = Callable[..., Any]


def looks(rehearsal: Rehearsal, rounds: int, tell: Callable[[str], None]) -> Figure:
    """Each round: one incident that finds nothing wrong, then the CLI's looks."""
    env, cli = rung(rehearsal.world.facts), _cli(rehearsal)
    ours: list[float] = []
    theirs: list[float] = []
    slowest: list[float] = []
    calls = 0
    for number in range(rounds + 1):
        tell(f"looks of rung.high_latency, {number} of {rounds}")
        incident = rehearsal.alert("ApiHighLatency")
        rehearsal.closed(incident)
        entries = rehearsal.journal.entries(incident)
        time.sleep(REST)
        began = time.perf_counter()
        calls = _one_after_another(cli, env)
        took = time.perf_counter() - began
        if number:
            ours.append(_gathered(entries))
            theirs.append(took)
            slowest.append(max(e.fact.took.total_seconds() for e in entries if isinstance(e.fact, Read)))
    times = [reference / own for own, reference in zip(ours, theirs, strict=True)]
    return Figure(
        title="Gathering rung.high_latency",
        ours=(
            (Series(name="Code Blue, all looks at once", samples=ours), None),
            (Series(name="… times as fast", samples=times, unit=Unit.TIMES), Goal(at_least=AT_LEAST)),
        ),
        references=(Series(name=f"AWS CLI, {calls} calls in a row", samples=theirs),),
        parts=(Series(name="the slowest look", samples=slowest, unit=Unit.MILLISECONDS),),
    )


def _gathered(entries: Sequence[Entry]) -> float:
    """From the end of the preflight until all readings are in the journal and the symptom is judged, s."""
    begin = next(entry.at for entry in entries if isinstance(entry.fact, Checked))
    end = next(e.at for e in entries if isinstance(e.fact, SymptomAsked) and e.fact.phase == GATHER)
    return (end - begin).total_seconds()


def _one_after_another(cli: Cli, env: Rung) -> int:
    """Every look at AWS that the runbook takes; how many calls that needed."""
    end = datetime.now(UTC)
    window = {"start": (end - WINDOW).isoformat(), "end": end.isoformat()}
    function = ("--function-name", env.api.function)
    within = ("--filters", f"Name=vpc-id,Values={env.network.vpc}")
    group = ("--log-group-name", env.logs.function)
    seconds = ("--start-time", str(int((end - WINDOW).timestamp())), "--end-time", str(int(end.timestamp())))
    answers = [
        cli(
            *("cloudwatch", "get-metric-data", "--metric-data-queries", json.dumps(_queries(env))),
            *("--start-time", window["start"], "--end-time", window["end"]),
        ),
        cli("lambda", "get-alias", *function, "--name", env.api.alias),
        cli("lambda", "get-function-configuration", *function, "--qualifier", env.api.alias),
        cli("lambda", "get-provisioned-concurrency-config", *function, "--qualifier", env.api.alias),
        cli("lambda", "get-function-concurrency", *function),
        cli("lambda", "get-account-settings"),
        cli("ec2", "describe-vpc-endpoints", *within),
        cli("ec2", "describe-route-tables", *within),
        cli("ec2", "describe-security-groups", *within),
        cli("ec2", "describe-vpcs", "--vpc-ids", env.network.vpc),
        started := cli("logs", "start-query", *group, "--query-string", REPORTS, *seconds),
        reports := cli("logs", "get-query-results", "--query-id", started["queryId"]),
    ]
    if not reports["results"] or not any(one["Values"] for one in answers[0]["MetricDataResults"]):
        raise RuntimeError("The AWS CLI saw nothing, so its time says nothing.")
    return len(answers)


def _queries(env: Rung) -> list[dict[str, Any]]:
    return [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": metric.namespace,
                    "MetricName": metric.metric,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
                },
                "Period": 1,
                "Stat": metric.statistic,
            },
        }
        for number, metric in enumerate(counted(env))
    ]


def _cli(rehearsal: Rehearsal) -> Cli:
    """`aws`, as the reading role, against the sandbox."""
    aws = rehearsal.world.facts.aws
    sts: Any = aws.client("sts", as_="oncall")
    given = sts.assume_role(RoleArn=aws.reading_role, RoleSessionName="benchmark")["Credentials"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
        "AWS_DEFAULT_REGION": aws.region,
        "AWS_ENDPOINT_URL": aws.endpoint_url,
        "AWS_EC2_METADATA_DISABLED": "true",
    }

    def call(*words: str) -> Any:
        argv = [sys.executable, "-m", "awscli", *words, "--output", "json"]
        done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode and NOT_THERE not in done.stderr:
            raise RuntimeError(f"aws {' '.join(words[:2])} failed: {done.stderr.strip()}")
        return json.loads(done.stdout or "{}")

    return call
