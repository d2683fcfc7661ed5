"""A project on this machine's loopback, in a thread, and the connection to it as people would save it."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from pydantic import SecretStr

from blocks.google import Google
from sandbox.google.access import offer
from sandbox.google.server import TOKENS, Cloud, serve
from sandbox.switchboard.serving import served

REGION: Final = "europe-west3"
READING, CHANGING, RUNS_AS = "codeblue-reading", "codeblue-changing", "api-runtime"
"""Names of the accounts that every practice project has."""


def email(name: str, project: str) -> str:
    return f"{name}@{project}.iam.gserviceaccount.com"


def practice(project: str) -> Cloud:
    """A project with a reading and a changing account, which hold what is generated for them, and one to run as."""
    cloud = Cloud(project=project)
    whole = f"projects/{project}"
    services = f"{whole}/locations/{REGION}/services/*"
    cloud.accounts.add(
        email(READING, project),
        {
            whole: {
                "cloudsql.instances.get",
                "logging.logEntries.list",
                "monitoring.timeSeries.list",
                "redis.instances.get",
                "run.operations.get",
                "run.services.list",
            },
            services: {"run.services.get", "run.revisions.get", "run.revisions.list"},
            f"{whole}/secrets/*": {"secretmanager.versions.list"},
        },
    )
    cloud.accounts.add(email(RUNS_AS, project))
    runs_as = f"{whole}/serviceAccounts/{email(RUNS_AS, project)}"
    cloud.accounts.add(
        email(CHANGING, project),
        {
            whole: {"cloudsql.instances.update"},
            services: {"run.services.update"},
            runs_as: {"iam.serviceAccounts.actAs"},
        },
    )
    offer(cloud)
    return cloud


@contextmanager
def standing(cloud: Cloud) -> Generator[Google]:
    """Serve a project, and connect to it with the keys of its two accounts."""
    with served(serve(cloud)) as url:
        yield connection(cloud, url)


def connection(cloud: Cloud, url: str, *, reader: str = READING) -> Google:
    """The block of a project that is served at an address; `reader` names the account that looks."""
    reading, changing = email(reader, cloud.project), email(CHANGING, cloud.project)

    def key(account: str) -> SecretStr:
        return SecretStr(json.dumps(cloud.accounts.of(account).key(f"{url}{TOKENS}")))

    return Google(
        project=cloud.project,
        region=REGION,
        reading_account=reading,
        changing_account=changing,
        reading_key=key(reading),
        changing_key=key(changing),
        endpoint_url=url,
    )
