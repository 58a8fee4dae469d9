"""What the hall costs next to what it could cost at the least, measured in the same run (`make bench`)."""
