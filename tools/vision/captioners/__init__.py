"""What writes sentences about a picture: a model server, Florence-2, BLIP."""
