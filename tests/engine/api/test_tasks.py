"""What the docker CLI asks of tasks while it waits for a service."""

from __future__ import annotations

import asyncio

from .lab import Lab, run

UP_TO_DATE = '/tasks?filters={"service":["web"],"_up-to-date":["true"]}'


def test_tasks_that_an_update_leaves_as_they_are_are_up_to_date() -> None:
    async def test(lab: Lab) -> None:
        spec = {
            "Name": "web",
            "TaskTemplate": {"ContainerSpec": {"Image": "nginx"}},
            "Mode": {"Replicated": {"Replicas": 2}},
        }
        await lab.ask("POST", "/services/create", spec)
        _, found = await lab.ask("GET", "/services/web")
        scaled = found["Spec"] | {"Mode": {"Replicated": {"Replicas": 3}}}
        where = f"/services/web/update?version={found['Version']['Index']}"
        assert (await lab.ask("POST", where, scaled))[0] == 200
        while len(tasks := (await lab.ask("GET", UP_TO_DATE))[1]) != 3:
            await asyncio.sleep(0.02)
        assert {one["Slot"] for one in tasks} == {1, 2, 3}
        assert {one["DesiredState"] for one in tasks} == {"running"}

    run(test)
