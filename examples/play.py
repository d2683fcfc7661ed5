"""Somebody else's system, installed beside a wheel of ours: `make example`.

Builds both wheels from copies, installs them into an environment that has neither, and plays one incident of the shop
there: `codeblue up`, an alert, a yes, Resolved, a timeline. At the end nothing of this project may have changed.
Exit codes: 0 all of it was seen, 1 something was not (said in the last line).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.request
import venv
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parents[1]
SHOP = Path("examples/shop")
RUNBOOKS = ("shop.database_connections", "shop.valkey_memory")
T = TypeVar("T")


class NotSeenError(Exception):
    """Something that should be so is not."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """An environment with both wheels, and a home of Code Blue's."""

    folder: Path
    env: dict[str, str] = field(repr=False)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def bin(self, name: str) -> str:
        return str(self.folder / "venv" / "bin" / name)

    def run(self, *argv: str, codes: tuple[int, ...] = (0,)) -> str:
        """What a program of the environment prints. Raises NotSeenError with what it says instead."""
        done = subprocess.run(
            [self.bin(argv[0]), *argv[1:]], cwd=self.folder, env=self.env, capture_output=True, text=True, check=False
        )
        if done.returncode not in codes:
            raise NotSeenError(
                f"{' '.join(argv)}: exit {done.returncode}: {(done.stderr or done.stdout).strip()[-800:]}"
            )
        return done.stdout

    def codeblue(self, *words: str, codes: tuple[int, ...] = (0,)) -> Any:
        return json.loads(self.run("codeblue", *words, "--json", codes=codes))


def say(words: str) -> None:
    """One line of progress."""
    sys.stdout.write(f"… {words}\n")
    sys.stdout.flush()


def wait(look: Callable[[], T | None], *, within: float, what: str) -> T:
    """Ask until there is an answer."""
    deadline = time.monotonic() + within
    while (seen := look()) is None:
        if time.monotonic() > deadline:
            raise NotSeenError(f"Waited {within:.0f} s in vain for {what}.")
        time.sleep(0.3)
    return seen


def wheel(project: Path, into: Path) -> Path:
    """Build a wheel from a copy of what is tracked, so that building leaves nothing here."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "."],
        cwd=ROOT / project,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    with tempfile.TemporaryDirectory(prefix="codeblue-build-") as name:
        for file in filter(None, listed.split("\0")):
            if (ROOT / project / file).is_file():
                target = Path(name) / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / project / file, target)
        command = [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            str(into),
            name,
        ]
        before = set(into.iterdir())
        subprocess.run(command, check=True)
    (made,) = set(into.iterdir()) - before
    return made


def installed(folder: Path) -> Place:
    """An environment with both wheels. Their dependencies are those of this environment, so no network is needed."""
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "CODEBLUE_", "PYTHON"))
    }
    place = Place(folder=folder, env=env | {"CODEBLUE_HOME": str(folder / "home")})
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    packages = Path(place.run("python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")  # its own .pth files do not count
    wheels = folder / "wheels"
    wheels.mkdir()
    made = [str(wheel(project, wheels)) for project in (Path(), SHOP)]
    place.run("python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--ignore-installed", *made)
    where = place.run("python", "-c", "import deployments, shop; print(deployments.__file__, shop.__file__)").split()
    if not all(Path(one).is_relative_to(packages) for one in where):
        raise NotSeenError(f"The wheels are not what is imported: {', '.join(where)}.")
    return place


@contextmanager
def started(place: Place, *argv: str, within: float = 120) -> Generator[str]:
    """A program that runs meanwhile, from its first line on; ended by closing its input, or by Ctrl-C."""
    log = place.folder / f"{argv[-1].strip('-').replace('/', '_')}.err"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [place.bin(argv[0]), *argv[1:]],
            cwd=place.folder,
            env=place.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise NotSeenError(f"{' '.join(argv)} ended: {log.read_text()[-800:]}")
            yield line
        finally:
            process.stdin.close()  # ends the shop
            if argv[0] == "codeblue":
                process.send_signal(signal.SIGINT)
            try:
                process.wait(within)
            except subprocess.TimeoutExpired:
                process.kill()


def post_alert(place: Place, receiver: str, name: str) -> None:
    """What Alertmanager sends."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    alert = {
        "status": "firing",
        "labels": {"alertname": name, "severity": "critical", "environment": "shop-prod"},
        "annotations": {"summary": "No cart can be kept"},
        "startsAt": now,
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "",
        "fingerprint": "5f0b1c2d3e4f5a6b",
    }
    body = {"version": "4", "groupKey": "shop", "truncatedAlerts": 0, "status": "firing", "receiver": "codeblue"}
    body |= {"groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "", "alerts": [alert]}
    token = (place.home / "alertmanager.token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{receiver}/alerts/alertmanager", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        if answer.status != 202:
            raise NotSeenError(f"The receiver answered {answer.status}.")


TOLD = {
    "whose it is and how it ended": "· shop · shop-prod · severity critical · **resolved** after",
    "who opened it": "by alert:alertmanager",
    "the symptom": "Symptom: at least 90% of Valkey's memory is used (yes;",
    "the cause": "Cause: Carts are kept for ever, though nobody comes back to them (",
    "what was done": "Unlink carts that nobody comes back to: applied on ",
    "whether it helped": "Unlink carts that nobody comes back to: worked.",
    "who agreed, and how": "| Ana Lima | approved | Unlink carts that nobody comes back to | cli |",
    "why": "they are months old",
}
"""What the timeline must say, in its own words."""

FORMS = """
import json, os
from pathlib import Path
from deployments.places import Prefect
from deployments.stack_home import Home
with Prefect(Home.at()) as prefect:
    found = prefect.post("/deployments/filter", {})
print(json.dumps({one["name"]: sorted(one["parameter_openapi_schema"].get("definitions", {}).get("Params", {})
                  .get("properties", {})) for one in found if any(t == "system:shop" for t in one["tags"])
                  and any(t.startswith("runbook:") for t in one["tags"])}))
"""


def play(folder: Path) -> None:
    """The whole of it. Raises NotSeenError."""
    before = changed()
    say("building both wheels and installing them into an empty environment")
    place = installed(folder)
    with (
        started(place, "python", "-m", "shop.world", "up", "world"),
        started(place, "codeblue", "up", "--port", "0", "--receiver-port", "0", "--json") as line,
    ):
        up = json.loads(line)
        say(f"the shop and Code Blue are up ({up['receiver']})")
        forms = json.loads(place.run("python", "-c", FORMS))
        if sorted(f"shop.{name}" for name in forms) != sorted(RUNBOOKS) or not all(
            "environment" in f for f in forms.values()
        ):
            raise NotSeenError(f"Prefect does not offer the runbooks of the shop with their forms: {forms}")
        say(f"Prefect offers its runbooks, with forms: {forms}")
        place.run("python", "-m", "shop.saving", "world", "shop-prod")
        page(up["receiver"])
        place.run("python", "-m", "shop.world", "break", "world", "abandoned_carts")
        if "no cart can be kept" not in place.run("python", "-m", "shop.world", "suffers", "world", codes=(1,)):
            raise NotSeenError("Nobody suffers, though carts fill Valkey's memory.")
        say("abandoned carts fill Valkey's memory; the alert goes out")
        post_alert(place, up["receiver"], "ValkeyMemoryFull")
        incident = wait(lambda: waits(place), within=120, what="the plan")
        say(f"{incident} waits for a yes")
        place.run("codeblue", "approve", incident, "--yes", "--by", "Ana Lima", "--why", "they are months old")
        ending = wait(lambda: closed(place, incident), within=180, what="the ending")
        if ending != "Resolved":
            raise NotSeenError(f"{incident} ended {ending}.")
        place.run("python", "-m", "shop.world", "suffers", "world")
        lines = timeline(place, incident)
        place.run("codeblue", "verify")
        say(f"Resolved; its timeline is {lines} lines and says what it must; no customer suffers; the record is whole")
    if (after := changed()) != before:
        raise NotSeenError(f"This project was changed: {after}")
    say("nothing of this project was changed")


def waits(place: Place) -> str | None:
    """The incident once it waits for an approval; NotSeenError when it has ended without."""
    for one in place.codeblue("incidents", "--all")["incidents"]:
        if one["runbook"] != "shop.valkey_memory":
            continue
        if one["status"] == "waits for approval":
            return str(one["id"])
        if one["closed_at"]:
            raise NotSeenError(
                f"{one['id']} ended {one['status']} without a plan: {place.run('codeblue', 'show', one['id'])}"
            )
    return None


def timeline(place: Place, incident: str) -> int:
    """How many lines the document has. Raises NotSeenError for what it does not say."""
    drawn = place.codeblue("timeline", incident)
    text, page = Path(drawn["markdown"]).read_text(), Path(drawn["html"]).read_text()
    if lacking := [what for what, words in TOLD.items() if words not in text]:
        raise NotSeenError(f"The timeline does not say {', '.join(lacking)}:\n{text}")
    if "Ana Lima" not in page or "<svg" not in page:
        raise NotSeenError("The timeline as a page lacks who agreed, or its chart.")
    return len(text.splitlines())


def closed(place: Place, incident: str) -> str | None:
    """How it ended, once it has."""
    found = {one["id"]: one for one in place.codeblue("incidents", "--all")["incidents"]}[incident]
    return str(found["status"]) if found["closed_at"] else None


def page(receiver: str) -> None:
    """The documents that our blocks in Prefect's UI link to came with the wheel."""
    with urllib.request.urlopen(f"{receiver}/docs", timeout=20) as answer:
        if b"<h1>" not in answer.read():
            raise NotSeenError("The receiver serves no documents.")


def changed() -> str:
    """What git says of this project."""
    return subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def main() -> int:
    """Play it in a folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="codeblue-example-") as name:
        try:
            play(Path(name))
        except (NotSeenError, subprocess.CalledProcessError) as error:
            sys.stderr.write(f"example: {error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
