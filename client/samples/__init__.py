"""Programs that show outside systems how to talk to the hall over the bus."""
