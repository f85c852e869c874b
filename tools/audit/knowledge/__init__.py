"""What is known about tags, as data: each entry with its reason and its source."""
