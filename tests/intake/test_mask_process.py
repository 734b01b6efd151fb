"""The process that masks heavy texts ends with its server, however that ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.support.http_server import PATIENCE

# Two heavy texts at once: the second is masked in the process. Its number is printed.
SERVER = """
import asyncio, multiprocessing
from cxserver.intake.mask_pool import MaskPool

async def main():
    pool, text = MaskPool(), "call 202-555-0143 " * 100
    masked = await asyncio.gather(*(pool.mask([text], ()) for _ in range(2)))
    assert masked == [["call [phone] " * 100]] * 2
    print(*(child.pid for child in multiprocessing.active_children()), flush=True)
    await asyncio.sleep(600)

if __name__ == "__main__":
    asyncio.run(main())
"""


def is_alive(number: int) -> bool:
    """Whether a process runs. One that has ended and that nobody has asked for does not."""
    try:
        status = Path(f"/proc/{number}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def test_a_server_that_is_killed_leaves_no_process_behind(tmp_path: Path) -> None:
    program = tmp_path / "server.py"
    program.write_text(SERVER, encoding="utf-8")
    with subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        child = int(server.stdout.readline())
        assert is_alive(child)
        server.kill()
    ends = time.monotonic() + PATIENCE / 4
    while is_alive(child) and time.monotonic() < ends:
        time.sleep(0.05)
    left = is_alive(child)
    if left:
        os.kill(child, signal.SIGKILL)
    assert not left
