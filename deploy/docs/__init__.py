"""Pages of `docs/` that are made from the code: reasons of refusal and the catalogue of events."""
