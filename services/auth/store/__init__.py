"""The only SQL of auth, one file per thing that is kept."""
