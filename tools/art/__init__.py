"""The demo's pictures, drawn with Pillow: places, figures, and the pen that draws both."""
