"""`python -m client.cli` is `hpf` where nothing is installed."""

from client.cli.main import main

main()
