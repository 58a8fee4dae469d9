"""What puts the hall on a machine: fonts, local runner, container and broker files."""
