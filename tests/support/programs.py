"""Find what the tests need and pip cannot bring: Chromium, PostgreSQL, nginx, Node, Java, and what
makes disks fail.

Run as a script, it names the Debian packages that are missing, one a line; with `--quicker`,
those that the tests can do without, but take longer.
"""

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

# The same browser without what makes windows: it does the same pages with half the work.
_SHELL = "chromium-headless-shell"
_CHROMIUM_NAMES = (
    *(_SHELL, "chromium"),
    *("google-chrome-stable", "google-chrome", "chromium-browser"),
)
# As root Chromium starts without its sandbox only, and on a server there is no graphics card.
CHROMIUM_OPTIONS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic"),
    *("--disable-background-networking", "--no-first-run"),
]


def chromium() -> Path | None:
    """A Chromium or Chrome that runs: CX_TEST_CHROMIUM, or the first in PATH."""
    chosen = os.environ.get("CX_TEST_CHROMIUM")
    if chosen:
        return Path(chosen) if _runs(chosen) else None
    paths = (shutil.which(name) for name in _CHROMIUM_NAMES)
    return next((Path(path) for path in paths if path and _runs(path)), None)


def postgresql() -> Path | None:
    """The folder of PostgreSQL's server programs, the newest first."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_major, reverse=True)
    in_path = [Path(place) for place in os.environ.get("PATH", "").split(os.pathsep) if place]
    return next((place for place in (*installed, *in_path) if _is_server(place)), None)


def nginx() -> str | None:
    """nginx; on Debian it lies where only root's PATH leads."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def node() -> str | None:
    """Node."""
    path = shutil.which("node")
    return path if path and _succeeds(path, "--version") else None


def npm() -> str | None:
    """npm, which brings the identity provider that is no work of ours."""
    return shutil.which("npm")


def java() -> str | None:
    """A Java that runs a source file: a JRE alone has no compiler."""
    path = shutil.which("java")
    return path if path and _succeeds(path, "--describe-module", "jdk.compiler") else None


def strace() -> str | None:
    """strace, which lets system calls fail."""
    return shutil.which("strace")


def mkfs() -> str | None:
    """What makes a file system; it lies where root's PATH leads."""
    return shutil.which("mkfs.ext4", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def compiler() -> str | None:
    """A C compiler, for what is loaded into programs to make their disk or clock lie."""
    path = shutil.which("gcc")
    return path if path and Path("/usr/include/stdlib.h").exists() else None


def prometheus() -> str | None:
    """Prometheus, and promtool beside it."""
    return shutil.which("prometheus") if shutil.which("promtool") else None


def missing_packages() -> list[str]:
    """The Debian or Ubuntu packages to install."""
    missing = []
    if chromium() is None:
        missing += ["chromium-browser" if _is_ubuntu() else "chromium"]
    if not _has_font():  # a browser without its windows brings none
        missing += ["fonts-liberation"]
    if not _loads("libatomic.so.1"):  # the node inside Playwright needs it
        missing += ["libatomic1"]
    if postgresql() is None:
        missing += ["postgresql"]
    # The first is a program, the second the package that brings it.
    wanted = (
        *((nginx, "nginx-light"), (node, "nodejs"), (npm, "npm")),
        (java, "default-jdk-headless"),
        *((strace, "strace"), (mkfs, "e2fsprogs"), (compiler, "gcc libc6-dev")),
        (prometheus, "prometheus"),
    )
    return missing + [package for program, package in wanted if program() is None]


def quicker_packages() -> list[str]:
    """The packages that only make the tests quicker."""
    wanted = "CX_TEST_CHROMIUM" not in os.environ and not _is_ubuntu()
    return [_SHELL] if wanted and shutil.which(_SHELL) is None else []


def _runs(path: str) -> bool:
    # Ubuntu's chromium-browser may be a script that only says "install the snap".
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.startswith(("Chromium", "Google Chrome"))


def _succeeds(*line: str) -> bool:
    try:
        return subprocess.run(line, capture_output=True, timeout=120).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _has_font() -> bool:
    """Whether the font is there that the pages are measured with."""
    return next(Path("/usr/share/fonts").rglob("LiberationSans-Regular.*"), None) is not None


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _major(place: Path) -> int:
    name = place.parent.name
    return int(name) if name.isdigit() else 0


def _is_server(place: Path) -> bool:
    return all((place / name).is_file() for name in ("initdb", "postgres"))


def _is_ubuntu() -> bool:
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    family = [line for line in lines if line.startswith(("ID=", "ID_LIKE="))]
    return any("ubuntu" in line for line in family)


if __name__ == "__main__":
    print(*(quicker_packages() if "--quicker" in sys.argv else missing_packages()), sep="\n")
