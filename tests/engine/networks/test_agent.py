"""Tasks on their nodes, as seen on Debian's docker 20.10.24 with three engines (2026-11-25)."""

from __future__ import annotations

from swarmkit_helpers.engine.faults import Link

from .town import Town, in_town

ONCE = {"RestartPolicy": {"Condition": "none"}}


def test_a_service_gets_its_addresses_in_the_engines_order() -> None:
    async def work(town: Town) -> None:
        identity = town.manager.networks.create({"Name": "web", "Driver": "overlay"})["Id"]
        ports = [{"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 8080}]
        networks = {"Networks": [{"Target": identity}]}
        town.serve("api", [], image="nginx", replicas=3, template=networks, EndpointSpec={"Ports": ports})
        await town.running("api", 3)
        vips = town.swarm.find("service", "api")["Endpoint"]["VirtualIPs"]
        assert [one["Addr"] for one in vips] == ["10.0.0.5/24", "10.0.1.2/24"]
        for task in town.tasks("api"):
            given = [one["Addresses"] for one in task["NetworksAttachments"]]
            assert given == [[f"10.0.0.{5 + task['Slot']}/24"], [f"10.0.1.{2 + task['Slot']}/24"]]
        balancers = {host.networks.find("web")["Containers"]["lb-web"]["IPv4Address"] for host in town.hosts}
        assert balancers == {"10.0.1.6/24", "10.0.1.7/24", "10.0.1.8/24"}
        told = town.manager.networks.inspect("web", verbose=True)["Services"]["api"]
        assert told["VIP"] == "10.0.1.2"
        assert {one["Info"]["Host IP"] for one in told["Tasks"]} == {host.address for host in town.hosts}
        container = town.manager.containers.all()[0]
        assert container.stack is not None
        assert [card.name for card in container.stack.interfaces] == ["eth0", "eth1", "eth2"]
        segment = town.swarm.allocator.segment(identity)
        assert sorted(segment.vips["10.0.1.2"]) == ["10.0.1.3", "10.0.1.4", "10.0.1.5"]
        town.swarm.remove_service("api")
        await town.until(lambda: not any(host.containers.all() for host in town.hosts))
        assert [one["Name"] for one in town.worker1.networks.all()].count("web") == 0
        assert segment.vips == {}
        seen = [(one["Type"], one["Action"]) for one in town.worker1.events.past() if one["Type"] != "image"]
        assert seen == [
            ("network", "create"),
            ("network", "create"),
            ("container", "create"),
            ("network", "connect"),
            ("network", "connect"),
            ("container", "start"),
            ("container", "kill"),
            ("container", "die"),
            ("network", "disconnect"),
            ("network", "disconnect"),
            ("container", "stop"),
            ("network", "destroy"),
            ("container", "destroy"),
        ]

    in_town(work)


def test_how_tasks_end() -> None:
    async def work(town: Town) -> None:
        town.serve("badi", [], image="nosuch:1", template=ONCE)
        town.serve("badx", ["nosuchprog"], template=ONCE)
        town.serve("fail3", ["sh", "-c", "sleep 1; exit 3"], template=ONCE)
        town.serve("ok0", ["sleep", "1"], template=ONCE)
        ended = ("rejected", "failed", "complete")
        names = ("badi", "badx", "fail3", "ok0")
        await town.until(
            lambda: [task["Status"]["State"] in ended for name in names for task in town.tasks(name)] == [True] * 4
        )
        seen = {name: town.tasks(name)[0]["Status"] for name in names}
        told = {name: (one["State"], one["Message"], one.get("Err", "")) for name, one in seen.items()}
        assert told["badi"] == ("rejected", "preparing", "No such image: nosuch:1")
        assert told["fail3"] == ("failed", "started", "task: non-zero exit (3)")
        assert told["ok0"] == ("complete", "finished", "")
        assert told["badx"] == (
            "failed",
            "starting",
            "starting container failed: failed to create shim task: OCI runtime create failed: runc create failed: "
            'unable to start container process: exec: "nosuchprog": executable file not found in $PATH: unknown',
        )
        assert seen["badi"]["ContainerStatus"] == {"ContainerID": "", "PID": 0, "ExitCode": 0}
        assert seen["badx"]["ContainerStatus"]["ExitCode"] == 127

    in_town(work)


def test_templates_labels_secrets() -> None:
    async def work(town: Town) -> None:
        secret = town.swarm.create_data("secret", {"Name": "se", "Data": "c2VjCg=="})["ID"]
        reference = {
            "SecretID": secret,
            "SecretName": "se",
            "File": {"Name": "se", "UID": "0", "GID": "0", "Mode": 292},
        }
        asked = {
            "Hostname": "{{.Node.Hostname}}-{{.Task.Slot}}",
            "Env": ["A={{.Service.Name}}.{{.Task.Name}}"],
            "Labels": {"k": "v"},
            "Secrets": [reference],
        }
        town.serve("tmpl", ["sleep", "1000"], container=asked)
        await town.running("tmpl")
        task = town.tasks("tmpl")[0]
        container = next(one for host in town.hosts for one in host.containers.all())
        name = f"tmpl.1.{task['ID']}"
        assert container.name == name
        assert container.config["Hostname"] == f"{container.host.hostname}-1"
        assert f"A=tmpl.{name}" in container.config["Env"]
        assert container.config["Labels"]["com.docker.swarm.task.name"] == name
        assert container.config["Labels"]["k"] == "v"
        assert container.files["/run/secrets/se"] == b"sec\n"
        assert list(container.attachments) == ["bridge"]

    in_town(work)


def test_a_node_cut_off_catches_up() -> None:
    async def work(town: Town) -> None:
        town.serve("api", [], image="nginx", replicas=3)
        await town.running("api", 3)
        town.world.faults.links[town.worker2.hostname] = Link(up=False)
        node = town.worker2.swarm.node_id
        await town.until(lambda: town.swarm.find("node", node)["Status"]["State"] == "down")
        await town.until(
            lambda: sum(t.get("NodeID") != node and t["Status"]["State"] == "running" for t in town.tasks("api")) == 3
        )
        assert len([one for one in town.worker2.containers.all() if one.state.running]) == 1
        del town.world.faults.links[town.worker2.hostname]
        await town.until(lambda: not any(one.state.running for one in town.worker2.containers.all()))

    in_town(work)


def test_leaving_removes_containers_and_networks() -> None:
    async def work(town: Town) -> None:
        town.serve("api", [], image="nginx", replicas=3)
        await town.running("api", 3)
        await town.worker2.swarm.leave()
        assert town.worker2.containers.all() == []
        names = [one["Name"] for one in town.worker2.networks.all()]
        assert sorted(names) == ["bridge", "docker_gwbridge", "host", "none"]

    in_town(work)
