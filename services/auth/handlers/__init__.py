"""One short function per command and incoming event of auth."""
