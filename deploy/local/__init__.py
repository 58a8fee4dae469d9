"""Runs the whole hall on one machine, for developers and tests.

It knows processes, databases, brokers and keys; it knows no business word.
"""
