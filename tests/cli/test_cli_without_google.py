"""Whoever does not use Google Cloud loads nothing of it: whatever of Code Blue they start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

STARTS = {
    "the command line": "import deployments.cli; deployments.cli.run(['permissions', 'rung', '--json'])",
    "a list of everything": "import deployments.cli; deployments.cli.run(['runbooks'])",
    "codeblue up": "import deployments.cli.upping, deployments.stack, deployments.stack_register",
    "the receiver": "import deployments.receiver.app, deployments.receiver.serve",
    "the worker": "import deployments.warm, deployments.worker, deployments.worker_zygote, deployments.execute",
    "the watch": "import deployments.watch",
    "an incident": "import flows.rung.high_latency, flows.medicalcor.api_not_responding, tasks.engine_prefect",
}


@pytest.mark.parametrize("what", STARTS)
def test_nothing_of_google_is_loaded(what: str, tmp_path: Path) -> None:
    asked = (
        f"import sys; {STARTS[what]}\n"
        "print([name for name in sys.modules if name.split('.')[0] in"
        " {'google', 'googleapiclient', 'google_auth_httplib2', 'httplib2', 'grpc'}], file=sys.stderr)"
    )
    found = subprocess.run(
        [sys.executable, "-c", asked],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={"PATH": "/usr/bin:/bin", "CODEBLUE_HOME": str(tmp_path), "HOME": str(tmp_path)},
    )
    assert found.stderr.strip().splitlines()[-1] == "[]"
