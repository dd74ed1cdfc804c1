"""Drawings of figures, as numbers and text that templates make SVG from."""
