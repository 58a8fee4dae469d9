"""The `hpf` command line: Chinese for people, `--json` for scripts."""

from client.cli.main import main

__all__ = ["main"]
