"""One TOML file a model; tools/vision/spec.py says what each field means."""
