"""The suite of ``tagsmith eval``: its tasks, and the dataset that they are done on."""
