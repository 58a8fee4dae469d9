"""The hall from outside: typed client over gRPC, the `hpf` command line, staff over the bus."""
