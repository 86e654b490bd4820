"""What reacts on a screen. A widget gets its data by attributes and speaks by messages; it knows no other widget."""
