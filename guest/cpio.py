"""An archive in the format "newc", which the kernel unpacks as its first file system.

Its source is Documentation/driver-api/early-userspace/buffer-format.rst of the kernel.
"""

from __future__ import annotations

import gzip
import stat
from collections.abc import Mapping
from pathlib import Path

__all__ = ["write_initrd"]

END = "TRAILER!!!"


def write_initrd(target: Path, files: Mapping[str, bytes], *, directories: tuple[str, ...]) -> None:
    """Write a compressed archive of executable files, in directories that it makes first."""
    entries = [_entry(name, stat.S_IFDIR | 0o755, b"") for name in directories]
    entries += [_entry(name, stat.S_IFREG | 0o755, content) for name, content in files.items()]
    target.write_bytes(gzip.compress(b"".join([*entries, _entry(END, 0, b"")]), compresslevel=1, mtime=0))


def _entry(name: str, mode: int, content: bytes) -> bytes:
    links, namesize = 2 if stat.S_ISDIR(mode) else 1, len(name) + 1
    # inode, mode, uid, gid, links, date, size, device (4 fields), size of the name, checksum
    fields = (0, mode, 0, 0, links, 0, len(content), 0, 0, 0, 0, namesize, 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
    return _padded(header) + _padded(content)


def _padded(block: bytes) -> bytes:
    return block + bytes(-len(block) % 4)
