"""What each trainer would read from a folder, by its own rules; no image is opened."""
