"""What image files and their side files say about the picture: prompts, keywords, tags."""
