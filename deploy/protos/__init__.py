"""Generates code from `protos/` and keeps its grammar and its promises to older clients."""
