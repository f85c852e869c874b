"""Talking to a model server: addresses, requests, streamed answers, and what can go wrong."""
