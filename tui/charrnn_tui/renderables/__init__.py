"""What only draws."""
