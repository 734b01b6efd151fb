"""`cx`: the command line, or a word on how to get it."""

import gc
import sys


def main() -> None:
    """Run `cx`."""
    # A third of the time to start is spent looking for waste among modules, which never are.
    gc.disable()
    try:
        from cxserver import cli
    except ModuleNotFoundError as missing:
        name = missing.name or ""
        # Our own module missing is our own fault: it must not hide behind advice.
        if name.partition(".")[0] in ("cxserver", "cxsdk"):
            raise
        sys.exit(f"cx needs the server ('{name}' is missing): pip install 'cxsdk[server]'")
    gc.freeze()
    gc.enable()
    cli.app()


if __name__ == "__main__":
    main()
