"""Query: what employers look up (manual 四), from tables kept for reading."""
