"""The gRPC front of the hall: checks who calls, forwards over the bus, waits for outcomes, streams files."""
