"""The tools that find tags by looking: taggers, captioners, metadata, questions."""
