"""Document rendering: facts in, sealed and signed PDF bytes out. Start at `document.py`, then
`render.py`."""
