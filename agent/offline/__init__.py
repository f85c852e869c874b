"""The engine without a model: a small grammar over one lexicon a language."""
