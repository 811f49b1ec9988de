"""Logs: which lines are told, and when a reader that follows them ends."""

from __future__ import annotations

import asyncio

from swarmkit_helpers.engine.node.log import Line, Log


async def read(log: Log, *, since: float = 0, until: float = 0, tail: int = -1, follow: bool = False) -> list[bytes]:
    """The lines."""
    return [line async for _, _, line in log.read(since, until, tail, follow)]


def test_whole_lines_in_their_order() -> None:
    async def scenario() -> None:
        log = Log()
        log.add("stdout", b"one\ntwo")
        log.add("stderr", b"other\n")
        assert await read(log) == [b"one\n", b"other\n"]
        log.add("stdout", b"\nrest")
        log.flush()
        lines: list[Line] = [line async for line in log.read()]
        assert [(stream, line) for _, stream, line in lines] == [
            ("stdout", b"one\n"),
            ("stderr", b"other\n"),
            ("stdout", b"two\n"),
            ("stdout", b"rest"),
        ]
        times = [when for when, _, _ in lines]
        assert times == sorted(set(times))
        assert await read(log, tail=2) == [b"two\n", b"rest"]
        assert await read(log, tail=0) == []
        assert await read(log, since=times[2] / 1e9 + 1) == []
        assert await read(log, until=times[0] / 1e9 - 1) == []

    asyncio.run(scenario())


def test_long_lines_are_cut() -> None:
    async def scenario() -> None:
        log = Log()
        log.add("stdout", b"x" * 40_000 + b"\n")
        assert [len(line) for line in await read(log)] == [16_384, 16_384, 7_233]

    asyncio.run(scenario())


def test_following_ends_with_the_container() -> None:
    async def scenario() -> None:
        running = True
        log = Log(lambda: running)
        log.add("stdout", b"one\n")
        following = asyncio.ensure_future(read(log, follow=True))
        last = asyncio.ensure_future(read(log, tail=0, follow=True))
        await asyncio.sleep(0)
        log.add("stdout", b"two\n")
        await asyncio.sleep(0)
        assert not following.done()
        running = False
        log.flush()
        assert await following == [b"one\n", b"two\n"]
        assert await last == [b"two\n"]

    asyncio.run(scenario())


def test_old_lines_go() -> None:
    async def scenario() -> None:
        log = Log()
        for _ in range(17):
            log.add("stdout", b"".join([b"x" * 9_999 + b"\n"] * 105))
        kept = await read(log)
        assert 1_500 < len(kept) < 17 * 105
        assert sum(map(len, kept)) <= 16 * 2**20

    asyncio.run(scenario())
