"""The audit: checks that turn a dataset into findings with evidence and ready-made fixes."""
