"""The only SQL of query."""
