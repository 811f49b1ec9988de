"""nginx, redis, PostgreSQL and the voting application, asked over the network as any client asks them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from swarmkit_helpers.engine.net.pipe import Pipe
from swarmkit_helpers.engine.programs import catalogue

from .bench import Bench, Run, play

NGINX = "10.0.1.3"


def with_servers(scenario: Callable[[Bench], Awaitable[None]]) -> None:
    """Run it where containers wait on the overlay: a client, and one for each server."""

    async def whole() -> None:
        bench = Bench(speed=20.0)
        bench.add("client", catalogue.TOOLS)
        bench.add("web", catalogue.NGINX)
        bench.add("redis", catalogue.REDIS)
        bench.add("db", catalogue.POSTGRES)
        bench.add("vote", catalogue.VOTE)
        bench.add("result", catalogue.RESULT, host="worker1.i2tch.loc")
        bench.add("worker", catalogue.WORKER)
        await scenario(bench)
        await bench.close()

    play(whole())


async def asked(bench: Bench, address: str, port: int, request: bytes) -> bytes:
    """All that a server sends back."""
    stack = bench.containers["client"].stack
    assert stack is not None
    pipe: Pipe = await bench.world.fabric.connect(stack, address, port)
    pipe.write(request)
    said = b""
    while part := await pipe.read():
        said += part
    return said


async def started(bench: Bench, name: str, *argv: str, until: str, env: dict[str, str] | None = None) -> Run:
    run = bench.start(name, *argv, env=env, pid=1)
    await run.until(until)
    return run


def test_nginx_answers_and_writes_its_log() -> None:
    async def scenario(bench: Bench) -> None:
        run = await started(bench, "web", "nginx", "-g", "daemon off;", until="start worker process")
        page = await asked(bench, NGINX, 80, b"GET / HTTP/1.1\r\nHost: web\r\nUser-Agent: me\r\n\r\n")
        head, _, body = page.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        assert lines[0] == "HTTP/1.1 200 OK"
        assert f"Content-Length: {len(body)}" in lines
        assert lines[1].startswith("Server: nginx/")
        assert bench.containers["web"].stack is not None
        assert bench.containers["web"].stack.hostname.encode() in body

        headed = await asked(bench, NGINX, 80, b"HEAD / HTTP/1.1\r\nHost: web\r\n\r\n")
        assert headed.split(b"\r\n\r\n")[1] == b""
        assert f"Content-Length: {len(body)}".encode() in headed
        for request, status in (
            (b"GET /nope HTTP/1.1\r\nHost: web\r\n\r\n", b"404 Not Found"),
            (b"POST / HTTP/1.1\r\nHost: web\r\n\r\n", b"405 Not Allowed"),
            (b"hello\r\n\r\n", b"400 Bad Request"),
        ):
            said = await asked(bench, NGINX, 80, request)
            assert said.startswith(b"HTTP/1.1 " + status), said
            assert b"<center><h1>" + status + b"</h1></center>" in said
        logged = [line for line in run.out.splitlines() if line.startswith("10.0.1.2 - - [")]
        assert re.fullmatch(
            rf'10\.0\.1\.2 - - \[../.../....:..:..:.. \+0000\] "GET / HTTP/1\.1" 200 {len(body)} "-" "me" "-"',
            logged[0],
        )
        assert [line.split('"')[2].split()[0] for line in logged] == ["200", "200", "404", "405", "400"]
        assert logged[1].split('"')[2] == " 200 0 "
        assert 'open() "/usr/share/nginx/html/nope" failed (2: No such file or directory)' in run.err
        run.signal("SIGQUIT")
        assert await run.wait() == 0

    with_servers(scenario)


def test_nginx_serves_the_files_that_are_there() -> None:
    async def scenario(bench: Bench) -> None:
        bench.containers["web"].files["/usr/share/nginx/html/index.html"] = b"mine\n"
        bench.containers["web"].files["/usr/share/nginx/html/a.css"] = b"p {}\n"
        await started(bench, "web", "nginx", until="start worker process")
        assert (await asked(bench, NGINX, 80, b"GET / HTTP/1.0\r\n\r\n")).endswith(b"\r\n\r\nmine\n")
        assert b"Content-Type: text/css" in await asked(bench, NGINX, 80, b"GET /a.css?v=2 HTTP/1.0\r\n\r\n")
        assert await bench.run("client", "wget", "-q", "-O", "-", "http://web/") == (0, "mine\n", "")

    with_servers(scenario)


def test_redis_speaks_its_protocol() -> None:
    async def scenario(bench: Bench) -> None:
        await started(bench, "redis", "redis-server", until="Ready to accept connections")
        script = (
            b"PING\r\n*3\r\n$5\r\nRPUSH\r\n$1\r\nl\r\n$1\r\na\r\nRPUSH l b c\r\nLRANGE l 0 -1\r\nLPOP l\r\nLLEN l\r\n"
            b"GET l\r\nGET none\r\nSET k v\r\nGET k\r\nNOPE x\r\nGET\r\nINCR k\r\nDEL k l none\r\nQUIT\r\n"
        )
        assert await asked(bench, "10.0.1.4", 6379, script) == (
            b"+PONG\r\n:1\r\n:3\r\n*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\na\r\n:2\r\n"
            b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n$-1\r\n+OK\r\n$1\r\nv\r\n"
            b"-ERR unknown command 'nope', with args beginning with: 'x' \r\n"
            b"-ERR wrong number of arguments for 'get' command\r\n"
            b"-ERR value is not an integer or out of range\r\n:2\r\n+OK\r\n"
        )

    with_servers(scenario)


def test_redis_cli_shows_answers_as_redis_does() -> None:
    async def scenario(bench: Bench) -> None:
        cli = ("redis-cli", "-h", "redis")
        refused = "Could not connect to Redis at redis:6379: Connection refused\n"
        assert await bench.run("redis", *cli, "ping") == (1, "", refused)
        run = await started(bench, "redis", "redis-server", until="Ready to accept connections")
        for words, said in (
            (("ping",), "PONG\n"),
            (("rpush", "votes", '{"vote": "a"}', "x"), "2\n"),
            (("lrange", "votes", "0", "-1"), '{"vote": "a"}\nx\n'),
            (("--no-raw", "lrange", "votes", "0", "-1"), '1) "{\\"vote\\": \\"a\\"}"\n2) "x"\n'),
            (("--no-raw", "llen", "votes"), "(integer) 2\n"),
            (("--no-raw", "get", "none"), "(nil)\n"),
            (("--no-raw", "lrange", "none", "0", "-1"), "(empty array)\n"),
        ):
            assert await bench.run("redis", *cli, *words) == (0, said, ""), words
        run.signal("SIGTERM")
        assert await run.wait() == 0
        # What was kept is there again at the next start.
        await started(bench, "redis", "redis-server", until="Ready to accept connections")
        assert await bench.run("redis", *cli, "llen", "votes") == (0, "2\n", "")

    with_servers(scenario)


PASSWORD = {"POSTGRES_PASSWORD": "postgres"}
READY = "database system is ready to accept connections"


def test_psql_draws_tables_as_postgresql_does() -> None:
    async def scenario(bench: Bench) -> None:
        run = await started(bench, "db", "postgres", until=READY, env=PASSWORD)
        psql = ("psql", "-U", "postgres", "-c")
        table = "CREATE TABLE votes (id VARCHAR(255) NOT NULL UNIQUE, vote VARCHAR(255) NOT NULL)"
        missing = 'ERROR:  relation "votes" does not exist\nLINE 1: SELECT * FROM votes\n                      ^\n'
        double = (
            'ERROR:  duplicate key value violates unique constraint "votes_id_key"\n'
            "DETAIL:  Key (id)=(v1) already exists.\n"
        )
        for statement, done in (
            ("SELECT * FROM votes", (1, "", missing)),
            (table, (0, "CREATE TABLE\n", "")),
            ("INSERT INTO votes VALUES ('v1', 'a'), ('v2', 'b'), ('v3', 'a')", (0, "INSERT 0 3\n", "")),
            ("INSERT INTO votes VALUES ('v1', 'b')", (1, "", double)),
            (
                "SELECT vote, count(id) FROM votes GROUP BY vote ORDER BY vote",
                (0, " vote | count \n------+-------\n a    |     2\n b    |     1\n(2 rows)\n\n", ""),
            ),
            ("SELECT id FROM votes WHERE vote = 'b'", (0, " id \n----\n v2\n(1 row)\n\n", "")),
            ("DELETE FROM votes WHERE id = 'v9'", (0, "DELETE 0\n", "")),
            ("SELEC 1", (1, "", 'ERROR:  syntax error at or near "SELEC"\nLINE 1: SELEC 1\n        ^\n')),
        ):
            assert await bench.run("db", *psql, statement) == done, statement
        assert await bench.run("db", "psql", "-U", "nobody", "-c", "SELECT 1") == (
            2,
            "",
            'psql: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: '
            'FATAL:  role "nobody" does not exist\n',
        )
        assert (await bench.run("db", "pg_isready"))[:2] == (0, "/var/run/postgresql:5432 - accepting connections\n")
        run.signal("SIGTERM")
        assert await run.wait() == 0
        # The table is in $PGDATA, and there again.
        await started(bench, "db", "postgres", until=READY, env=PASSWORD)
        assert await bench.run("db", "psql", "-U", "postgres", "-At", "-c", "SELECT count(*) FROM votes") == (
            0,
            "3\n",
            "",
        )

    with_servers(scenario)


def test_a_database_without_a_password_is_not_made() -> None:
    async def scenario(bench: Bench) -> None:
        code, _, said = await bench.run("db", "postgres")
        assert code == 1
        assert "POSTGRES_PASSWORD" in said

    with_servers(scenario)


def test_a_vote_goes_from_the_page_to_the_count() -> None:
    async def scenario(bench: Bench) -> None:
        await started(bench, "db", "postgres", until=READY, env=PASSWORD)
        await started(bench, "redis", "redis-server", until="Ready to accept connections")
        voting = bench.start("vote", "python3", "-m", "voting.vote")
        bench.start("result", "python3", "-m", "voting.result")
        page = await asked(bench, "10.0.1.6", 80, b"GET / HTTP/1.1\r\nHost: vote\r\n\r\n")
        assert page.startswith(b"HTTP/1.1 200 OK"), page
        assert b'name="vote" value="a"' in page
        voter = re.search(rb"Set-Cookie: voter_id=(\w+)", page)
        assert voter
        form = b"Cookie: voter_id=%s\r\nContent-Length: 6\r\n\r\nvote=b" % voter[1]
        taken = await asked(bench, "10.0.1.6", 80, b"POST / HTTP/1.1\r\nHost: vote\r\n" + form)
        assert b'id="vote-taken"' in taken
        bad = await asked(bench, "10.0.1.6", 80, b"POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\nvote=z")
        assert bad.startswith(b"HTTP/1.1 400")
        await voting.until("→ redis")
        assert await bench.run("redis", "redis-cli", "llen", "votes") == (0, "1\n", "")

        working = bench.start("worker", "python3", "-m", "voting.worker")
        await working.until("→ PostgreSQL")
        kept = await bench.run("db", "psql", "-U", "postgres", "-At", "-c", "SELECT id, vote FROM votes")
        assert kept == (0, f"{voter[1].decode()}|b\n", "")
        await bench.world.clock.sleep(3)
        counted = await asked(bench, "10.0.1.7", 80, b"GET / HTTP/1.1\r\nHost: result\r\n\r\n")
        assert counted.startswith(b"HTTP/1.1 200 OK")
        assert re.search(rb'id="count-b"[^>]*>\s*1\b', counted), counted.decode()[-1500:]

    with_servers(scenario)


def test_without_redis_a_vote_is_refused_and_said() -> None:
    async def scenario(bench: Bench) -> None:
        bench.start("vote", "python3", "-m", "voting.vote")
        await bench.world.clock.sleep(1)
        said = await asked(bench, "10.0.1.6", 80, b"POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\nvote=a")
        assert said.startswith(b"HTTP/1.1 503")
        assert b'id="vote-refused"' in said

    with_servers(scenario)
