"""Copies of what owners' events tell, made anew beside the running ones or compared with them.

`tables` what a replay remembers · `runs` its progress · `beside` the new tables and the switch · `following` the work ·
`staff` what the centre's staff ask for.
"""
