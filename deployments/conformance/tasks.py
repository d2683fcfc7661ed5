"""The cases about tasks. Each raises `Broken` with its sentence at the first thing that is not as it must be."""

from __future__ import annotations

from deployments.conformance.server import NOWHERE, OK, TASK, Broken, Server, must, run_in


def offered(server: Server) -> bool:
    """Whether there is a test task; who offers no tasks need not have one."""
    return server.ask(f"/tasks/{TASK}?dry_run=true", method="POST").status != 404  # noqa: PLR2004 # HTTP's own


def counts_and_does_nothing(server: Server) -> None:
    plan = server.plan()
    if plan.state != "planned" or plan.done or plan.failed or plan.count < 2:  # noqa: PLR2004 # or more than one item
        raise Broken("A dry run of the test task must be planned, about two things or more, and nothing of it done.")
    if server.run(plan.plan) != plan:
        raise Broken("A plan must be told as its dry run answered it, and a dry run start nothing.")
    if server.plan().plan == plan.plan:
        raise Broken("Each dry run of a task must make a plan with a name of its own.")


def says_which_plan_it_does_not_know(server: Server) -> None:
    must(server.ask(f"/tasks/{NOWHERE}?dry_run=true", method="POST"), (404,), "A dry run of a task that is not there")
    must(server.ask(f"/tasks/{TASK}/{NOWHERE}"), (404,), "Looking at a plan that is not there")
    must(server.start(NOWHERE, 1), (404,), "Starting a plan that is not there")


def lets_readers_only_plan(server: Server) -> None:
    plan, reader = server.plan(), f"Bearer {server.reading}"
    must(server.start(plan.plan, plan.count, token=reader), (403,), "Starting with the reading token")
    path = f"/tasks/{TASK}/{plan.plan}"
    must(server.ask(path, method="DELETE", token=reader), (403,), "Stopping with the reading token")
    if server.run(plan.plan) != plan:
        raise Broken("A refused request has started or stopped a task.")


def does_no_more_than_was_approved(server: Server) -> None:
    plan = server.plan()
    must(server.start(plan.plan, plan.count - 1), (422,), "Starting a plan about more than `at_most`")
    if server.run(plan.plan) != plan:
        raise Broken("A refused request has started a task.")


def does_a_plan_once(server: Server) -> None:
    plan = server.plan()
    for _ in range(2):
        run = run_in(must(server.start(plan.plan, plan.count), OK, "Starting a plan"))
        if run.plan != plan.plan or run.state == "planned":
            raise Broken("Starting a plan must answer with its run, and starting it again with the same.")
    if not server.eventually(lambda: server.run(plan.plan).ended, server.grace.total_seconds()):
        raise Broken(f"The test task must end within {server.grace.total_seconds():g} s.")
    ended = server.run(plan.plan)
    if (ended.state, ended.done, ended.failed) != ("done", plan.count, 0):
        raise Broken(f"The test task must do all that it counted, once: {ended}.")


def stops(server: Server) -> None:
    plan = server.plan()
    path = f"/tasks/{TASK}/{plan.plan}"
    for _ in range(2):
        must(server.ask(path, method="DELETE", token=server.changer), OK, "Stopping a plan")
    must(server.start(plan.plan, plan.count), OK, "Starting what was stopped")
    if (run := server.run(plan.plan)).state != "stopped" or run.done:
        raise Broken("What was stopped before its start must never be done.")
