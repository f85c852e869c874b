"""The workshop: datasets, captions, plans, the journal, every typed tool. No model, no screen."""
