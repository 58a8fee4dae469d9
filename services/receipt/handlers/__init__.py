"""What receipt does: keeps the facts of posted businesses, gives documents out, renders again for staff."""
