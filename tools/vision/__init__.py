"""What looks at pictures: taggers, captioners, and all that they need; imported when used."""
