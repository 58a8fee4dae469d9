"""Machinery shared by every service: settings, database, outbox, bus, money, months. No business word lives here."""
