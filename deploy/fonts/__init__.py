"""Builds `var/fonts`, the faces that receipts embed, from pinned and verified sources."""
