"""Pure rules of employers and accounts: no clock, no store, no framework."""
